/** Wires the `connections` commands to this process, and knows how to try each type of connection. */
import { resolveHttp } from '../connections/http.js';
import { verifySmtp } from '../connections/smtp.js';
import type { Connection } from '../core/connection.js';
import { messageOf } from '../core/outside-value.js';
import type { App } from './app.js';
import {
  createTerminalPrompter,
  type ConnectionsCommandDeps,
  type ConnectionTestResult,
} from './connections.js';

export function createConnectionsDeps(app: App): ConnectionsCommandDeps {
  const find = (id: string): Promise<Connection> => app.registry.get(id);
  const testSql = (connection: Connection, signal: AbortSignal): Promise<ConnectionTestResult> =>
    attempt(async () => (await import('./connections/test-sql.js')).describeSql(connection, find, signal));
  return {
    registry: app.registry,
    store: app.fileStore,
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: app.env,
    testers: {
      aws: testAws,
      s3: testAws,
      postgres: testSql,
      redshift: testSql,
      emr: (connection, signal) =>
        attempt(async () => (await loadSparkTests()).describeEmr(connection, find, signal)),
      emr_serverless: (connection, signal) =>
        attempt(async () => (await loadSparkTests()).describeEmrServerless(connection, find, signal)),
      spark: (connection, signal) =>
        attempt(async () => (await loadSparkTests()).describeSpark(connection, signal)),
      kafka: testKafka,
      http: testHttp,
      slackwebhook: testHttp,
      smtp: testSmtp,
    },
    ...(process.stdin.isTTY ? { prompt: createTerminalPrompter(process.stdin, process.stderr) } : {}),
  };
}

// the AWS SDK is loaded for the test that needs it
const loadSparkTests = (): Promise<typeof import('./connections/test-spark.js')> =>
  import('./connections/test-spark.js');

async function testAws(connection: Connection, signal: AbortSignal): Promise<ConnectionTestResult> {
  return attempt(async () => (await import('./connections/test-aws.js')).describeAws(connection, signal));
}

/** Whether the server answers at all: a request to the address itself would post a message. */
async function testHttp(connection: Connection, signal: AbortSignal): Promise<ConnectionTestResult> {
  return attempt(async () => {
    const { url } = resolveHttp(connection);
    const { status } = await fetch(url.origin, { method: 'HEAD', signal, redirect: 'manual' });
    return `${url.host} answers (${String(status)}); nothing was sent to the webhook itself`;
  });
}

async function testKafka(connection: Connection): Promise<ConnectionTestResult> {
  return attempt(async () => {
    const { pingKafka } = await import('../connections/kafka/ping.js');
    await pingKafka(connection);
    return connection.login === undefined ? 'the brokers answer' : 'signed in';
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
    return { ok: false, message: messageOf(error) };
  }
}
