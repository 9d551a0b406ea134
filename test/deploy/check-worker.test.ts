import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { waitUntil } from '../../local/wait-until.js';
import { testStack } from '../support/stack.js';

const run = promisify(execFile);
let connection: Connection;

beforeAll(async () => {
  connection = await Connection.connect({ address: testStack.temporalAddress() });
});
afterAll(() => connection.close());

function check(taskQueue: string, address = testStack.temporalAddress()): Promise<{ stderr: string }> {
  const env = { ...process.env, TEMPORAL_ADDRESS: address, AIRTEMPO_TASK_QUEUE: taskQueue };
  return run(process.execPath, ['deploy/check-worker.mjs'], { env });
}

/** Polls for activities as a worker of `host` does, until `signal` says stop. */
async function poll(taskQueue: string, host: string, signal: AbortSignal): Promise<void> {
  const request = { namespace: 'default', taskQueue: { name: taskQueue }, identity: `1@${host}` };
  const ask = (): Promise<unknown> => connection.workflowService.pollActivityTaskQueue(request);
  const minute = Date.now() + 60_000; // a poll without a deadline is refused
  await connection.withDeadline(minute, () => connection.withAbortSignal(signal, ask)).catch(() => undefined);
}

test('a worker of this host that polls is healthy', async () => {
  const taskQueue = randomUUID();
  const stop = new AbortController();
  const polling = poll(taskQueue, hostname(), stop.signal);
  try {
    const healthy = (): Promise<boolean> =>
      check(taskQueue).then(
        () => true,
        () => false,
      );
    expect(await waitUntil(healthy, { timeoutMs: 20_000 })).toBe(true);
  } finally {
    stop.abort();
    await polling;
  }
});

test('a worker of another host does not count', async () => {
  const taskQueue = randomUUID();
  const stop = new AbortController();
  const polling = poll(taskQueue, 'elsewhere', stop.signal);
  try {
    await expect(check(taskQueue)).rejects.toMatchObject({
      code: 1,
      stderr: `unhealthy: no worker of ${hostname()} polls task queue ${taskQueue}\n`,
    });
  } finally {
    stop.abort();
    await polling;
  }
});

test('a worker that cannot reach Temporal is not healthy', async () => {
  await expect(check('airtempo', '127.0.0.1:9')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('unhealthy: '),
  });
});
