/**
 * moto, an emulator of AWS: STS, IAM, EC2 and the control planes of Redshift and EMR answer as AWS does, in memory.
 * Each server that is started is an empty account of its own. What it does not do: SQL, and the end of EMR steps.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AwsCredentials } from '../../connections/aws.js';
import type { Connection } from '../../core/connection.js';
import { startChild, waitUntilReady } from '../../local/child.js';
import { findFreePort } from '../../local/ports.js';
import { throttleProgress } from '../../local/progress.js';
import { ensurePythonEnv } from '../../local/python/ensure-python-env.js';
import { parseRequirements } from '../../local/python/python-env-spec.js';
import { childEnv, orStop, READY_TIMEOUT_MS, retryOnTakenPort } from '../../local/service.js';

const SUPPORT = path.resolve('test/support');
/** Fixed by moto. */
export const MOTO_ACCOUNT = '123456789012';
export const MOTO_REGION = 'us-west-2';

export interface Moto {
  readonly url: string;
  /** Keys with every right. */
  readonly credentials: AwsCredentials;
  /** A connection of type `aws` to it. */
  connection(overrides?: Partial<Connection>): Connection;
  /** From now on the policies of users and roles decide, by action and resource; until now nobody was refused. */
  enforcePolicies(): Promise<void>;
  /** Empties the account. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server; the first time on a machine it is installed, which takes half a minute. */
export async function startMoto(): Promise<Moto> {
  const { python } = await ensurePythonEnv(
    {
      name: 'moto',
      title: 'moto, the AWS emulator',
      requirements: parseRequirements(await readFile(path.join(SUPPORT, 'moto-requirements.txt'), 'utf8')),
      minimumPython: '3.10',
      expected: 'about 30 seconds',
    },
    {
      onProgress: throttleProgress(({ message, elapsedMs }) => {
        if (elapsedMs > 5000) process.stderr.write(`${message}\n`);
      }),
    },
  );
  const dir = await mkdtemp(path.join(tmpdir(), 'airtempo-moto-'));
  const { child, url } = await retryOnTakenPort(() => startServer(python, dir));
  const credentials = { accessKeyId: 'AKIAMOTOROOTUSER0001', secretAccessKey: 'moto-secret-access-key' };
  return {
    url,
    credentials,
    connection: (overrides) => ({
      id: 'aws_credentials',
      type: 'aws',
      login: credentials.accessKeyId,
      password: credentials.secretAccessKey,
      ...overrides,
      extra: { endpoint_url: url, region_name: MOTO_REGION, ...overrides?.extra },
    }),
    enforcePolicies: async () => {
      await fetch(`${url}/moto-api/reset-auth`, { method: 'POST', body: '0' });
    },
    reset: async () => {
      await fetch(`${url}/moto-api/reset`, { method: 'POST' });
    },
    stop: async () => {
      await child.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function startServer(python: string, dir: string) {
  const port = await findFreePort([], []);
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild({
    name: 'moto',
    command: python,
    args: [path.join(SUPPORT, 'moto-server.py'), String(port)],
    // without AWS's own policies there is nothing to attach to the default roles of EMR
    env: childEnv(dir, { MOTO_IAM_LOAD_MANAGED_POLICIES: 'true', MOTO_EC2_LOAD_DEFAULT_AMIS: 'false' }),
    cwd: dir,
    logFile: path.join(dir, 'moto.log'),
    stopSignal: 'SIGKILL', // it keeps nothing
  });
  const probe = async (): Promise<boolean> => (await fetch(`${url}/moto-api/data.json`)).ok;
  await orStop(child, waitUntilReady({ child, probe, timeoutMs: READY_TIMEOUT_MS, signal: undefined }));
  return { child, url };
}
