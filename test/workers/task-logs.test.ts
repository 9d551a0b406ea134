/** Logs of tries: written while they run, kept within bounds, found again, in a folder and in S3. */
import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Connection } from '../../core/connection.js';
import { MAX_TRY_BYTES } from '../../workers/task-log-writer.js';
import { createTaskLogStore, type TaskLogStore, type TryId } from '../../workers/task-logs.js';
import { until } from '../support/engine.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';

const folder = mkdtempSync(path.join(tmpdir(), 'airtempo-logs-'));
let bucket: TestBucket;
beforeAll(async () => {
  bucket = await createTestBucket();
});
afterAll(async () => {
  await bucket.drop();
  await rm(folder, { recursive: true, force: true });
});

const neverFails = (error: unknown): never => {
  throw error;
};
const connection = (): Promise<Connection> => Promise.resolve(services().s3);
const places: Readonly<Record<string, () => string>> = {
  'a folder': () => folder,
  'an S3 bucket': () => `s3://${bucket.name}/task-logs?conn=s3`,
};

const idOf = (over: Partial<TryId>): TryId => ({
  workflowId: 'sparkify-2018-11-02T00:00:00Z',
  executionId: 'e1',
  taskId: 'load',
  scheduledMs: 1_541_116_800_000,
  attempt: 1,
  ...over,
});
const lineOf = (msg: string): string => `${JSON.stringify({ level: 30, time: 0, msg })}\n`;

/** The messages of one try. */
async function readAll(
  store: TaskLogStore,
  workflowId: string,
  taskId: string,
  tryNumber: number,
): Promise<readonly string[]> {
  const logs = await store.list(workflowId, taskId);
  const log = logs.find((candidate) => candidate.tryNumber === tryNumber);
  if (log === undefined) throw new Error(`no try ${String(tryNumber)}`);
  let text = '';
  for (let position = 0; ;) {
    const part = await store.read(log, position);
    text += part.text;
    if (part.position === position) break;
    position = part.position;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
}

describe.each(Object.keys(places))('in %s', (name) => {
  const open = (): TaskLogStore => createTaskLogStore(places[name]?.() ?? '', connection, neverFails);

  test('a log that is given up before anything was handed on is none', async () => {
    const store = open();
    const writer = store.open(idOf({ workflowId: 'given-up' }));
    writer.write(lineOf('not yet'));
    await writer.discard();
    writer.write(lineOf('too late'));
    expect(await store.list('given-up', 'load')).toEqual([]);
  });

  test('the tries of a task are found in their order, over clears and reruns', async () => {
    const store = open();
    const workflowId = 'in-order';
    const tries = [
      { executionId: 'e2', scheduledMs: 3_000, attempt: 1 }, // a rerun
      { executionId: 'e1', scheduledMs: 1_000, attempt: 2 },
      { executionId: 'e1', scheduledMs: 2_000, attempt: 1 }, // cleared
      { executionId: 'e1', scheduledMs: 1_000, attempt: 1 },
    ];
    for (const one of tries) {
      const writer = store.open(idOf({ workflowId, ...one }));
      writer.write(lineOf(`${one.executionId} ${String(one.scheduledMs)} ${String(one.attempt)}`));
      await writer.close([lineOf('end')]);
    }
    const found = await store.list(workflowId, 'load');
    expect(
      found.map(({ tryNumber, executionId, scheduledAt }) => [tryNumber, executionId, scheduledAt.getTime()]),
    ).toEqual([
      [1, 'e1', 1_000],
      [2, 'e1', 1_000],
      [3, 'e1', 2_000],
      [4, 'e2', 3_000],
    ]);
    expect(await readAll(store, workflowId, 'load', 3)).toEqual(['e1 2000 1', 'end']);
  });

  test('no name of a run or task leads out of the store or to another one', async () => {
    const store = open();
    const names = ['../../etc/passwd', '..', '.', '', 'a/b', 'a%2Fb', 'x'.repeat(500), 'ü:1 %', 'load[3]'];
    for (const taskId of names) {
      await store.open(idOf({ workflowId: `odd/${taskId}`, taskId })).close([lineOf(taskId)]);
    }
    for (const taskId of names) {
      expect(await readAll(store, `odd/${taskId}`, taskId, 1)).toEqual([taskId]);
    }
  });

  test('a task without a log has no tries', async () => {
    expect(await open().list('no-such-run', 'load')).toEqual([]);
  });

  test('a log that is too large ends with what was cut and how the try ended', async () => {
    const store = open();
    const writer = store.open(idOf({ workflowId: 'chatty' }));
    const line = lineOf('x'.repeat(100_000));
    const fitting = Math.floor(MAX_TRY_BYTES / line.length);
    for (let index = 0; index < fitting + 50; index += 1) {
      await until(() => writer.pendingBytes < 500_000); // what comes faster than it can be written is cut as well
      writer.write(line);
    }
    await writer.close([lineOf('try failed')]);
    const messages = await readAll(store, 'chatty', 'load', 1);
    expect(messages).toHaveLength(fitting + 3);
    expect(messages.slice(-3)).toEqual([
      "… cut: a try's log ends at 10 MB",
      '… 50 lines were cut from this log',
      'try failed',
    ]);
  });
});

test('a task that logs faster than the store writes loses lines, not memory, and the log says so', async () => {
  const store = createTaskLogStore(folder, connection, neverFails);
  const writer = store.open(idOf({ workflowId: 'flood' }));
  for (let index = 0; index < 50; index += 1) writer.write(lineOf('x'.repeat(100_000)));
  expect(writer.pendingBytes).toBeLessThanOrEqual(1024 * 1024);
  await writer.close([lineOf('end')]);
  const messages = await readAll(store, 'flood', 'load', 1);
  expect(messages.slice(-2)).toEqual(['… 40 lines were cut from this log', 'end']);
});

test('lines are in the file while the try runs, so that a killed worker leaves them', async () => {
  const store = createTaskLogStore(folder, connection, neverFails);
  const writer = store.open(idOf({ workflowId: 'running' }));
  writer.write(lineOf('half way'));
  await until(async () => (await store.list('running', 'load')).length > 0);
  await until(async () => (await readAll(store, 'running', 'load', 1)).includes('half way'));
  await writer.close();
});

test('a line in the making is read when it is complete', async () => {
  const store = createTaskLogStore(folder, connection, neverFails);
  await store.open(idOf({ workflowId: 'torn' })).close([lineOf('whole')]);
  const [log] = await store.list('torn', 'load');
  const file = log?.address ?? '';
  writeFileSync(file, '{"level":30,"ti', { flag: 'a' });
  expect(await readAll(store, 'torn', 'load', 1)).toEqual(['whole']);
  writeFileSync(file, 'me":0,"msg":"later"}\n', { flag: 'a' });
  expect(await readAll(store, 'torn', 'load', 1)).toEqual(['whole', 'later']);
});

test('logs are readable by their owner alone', async () => {
  const store = createTaskLogStore(folder, connection, neverFails);
  await store.open(idOf({ workflowId: 'private' })).close([lineOf('x')]);
  const [log] = await store.list('private', 'load');
  expect(statSync(log?.address ?? '').mode & 0o077).toBe(0);
});

test('a store that cannot be written warns once, and nothing fails', async () => {
  const notAFolder = path.join(folder, 'a-file');
  writeFileSync(notAFolder, '');
  const warnings: unknown[] = [];
  const store = createTaskLogStore(notAFolder, connection, (error) => warnings.push(error));
  for (const attempt of [1, 2]) {
    const writer = store.open(idOf({ attempt }));
    writer.write(lineOf('lost'));
    await writer.close([lineOf('end')]);
  }
  expect(warnings).toHaveLength(1);
});
