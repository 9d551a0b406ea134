/** Wires the `connections` commands to this process, and knows how to try each type of connection. */
import { resolveHttp } from '../connections/http.js';
import { verifySmtp } from '../connections/smtp.js';
import type { Connection } from '../core/connection.js';
import type { App } from './app.js';
import {
  createTerminalPrompter,
  type ConnectionsCommandDeps,
  type ConnectionTestResult,
} from './connections.js';
import { describeAws } from './connections/test-aws.js';
import { describeSql } from './connections/test-sql.js';
import { describeEmr, describeEmrServerless, describeSpark } from './connections/test-spark.js';

export function createConnectionsDeps(app: App): ConnectionsCommandDeps {
  const find = (id: string): Promise<Connection> => app.registry.get(id);
  return {
    registry: app.registry,
    store: app.fileStore,
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: app.env,
    testers: {
      aws: (connection, signal) => attempt(() => describeAws(connection, signal)),
      s3: (connection, signal) => attempt(() => describeAws(connection, signal)),
      postgres: (connection, signal) => attempt(() => describeSql(connection, find, signal)),
      redshift: (connection, signal) => attempt(() => describeSql(connection, find, signal)),
      emr: (connection, signal) => attempt(() => describeEmr(connection, find, signal)),
      emr_serverless: (connection, signal) => attempt(() => describeEmrServerless(connection, find, signal)),
      spark: (connection, signal) => attempt(() => describeSpark(connection, signal)),
      http: testHttp,
      slackwebhook: testHttp,
      smtp: testSmtp,
    },
    ...(process.stdin.isTTY ? { prompt: createTerminalPrompter(process.stdin, process.stderr) } : {}),
  };
}

/** Whether the server answers at all: a request to the address itself would post a message. */
async function testHttp(connection: Connection, signal: AbortSignal): Promise<ConnectionTestResult> {
  return attempt(async () => {
    const { url } = resolveHttp(connection);
    const { status } = await fetch(url.origin, { method: 'HEAD', signal, redirect: 'manual' });
    return `${url.host} answers (${String(status)}); nothing was sent to the webhook itself`;
  });
}

async function testSmtp(connection: Connection, signal: AbortSignal): Promise<ConnectionTestResult> {
  return attempt(async () => {
    await verifySmtp(connection, signal);
    return connection.login === undefined ? 'the server answers' : 'signed in';
  });
}

async function attempt(work: () => Promise<string>): Promise<ConnectionTestResult> {
  try {
    return { ok: true, message: await work() };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}
