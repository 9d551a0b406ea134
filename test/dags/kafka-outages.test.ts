/**
 * The ingest while what it needs is down for longer than its clients wait, while other ingests join and leave, and while messages come
 * twice: rows and counts are those of the input. AIRTEMPO_TEST_OUTAGE_S makes an outage last so many seconds at least.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { KafkaIngestArgs } from '../../activities/kafka/ingest-args.js';
import type { IngestResult } from '../../activities/kafka/ingest-topic.js';
import { kafkaIngest } from '../../activities/kafka-ingest.js';
import { ensureTopic } from '../../connections/kafka/topics.js';
import { connectSql } from '../../connections/postgres.js';
import type { SqlRow } from '../../connections/sql/client.js';
import type { Connection } from '../../core/connection.js';
import type { TaskContext } from '../../core/context.js';
import { dag } from '../../index.js';
import { createSampleTopic } from '../activities/kafka/support/sample-topic.js';
import { startEngine } from '../support/engine.js';
import { sendLines, startTestKafka, type TestKafka } from '../support/kafka.js';
import { startTestPostgres, type TestPostgres } from '../support/postgres.js';
import { createTaskContext } from '../support/task-context.js';

const OUTAGE_MS = 1000 * Number(process.env['AIRTEMPO_TEST_OUTAGE_S'] ?? 0);
const TIMEOUT_MS = 300_000 + 4 * OUTAGE_MS;

let kafka: TestKafka;
let postgres: TestPostgres;
let connections: readonly Connection[];
beforeAll(async () => {
  [kafka, postgres] = await Promise.all([startTestKafka(), startTestPostgres()]);
  connections = [kafka.connection, postgres.connection];
  await produce('events');
}, 60_000);
afterAll(() => Promise.all([kafka.stop(), postgres.stop()]));
beforeEach(() => query('DROP TABLE IF EXISTS events, kafka_positions, kafka_batches'));

const sample = createSampleTopic(
  { users: 25, from: '2018-10-01', to: '2018-10-21', partitions: 1 },
  { duplicates: 0.05, malformed: 0.02 },
);
const WHOLE = {
  messages: sample.messages,
  written: sample.keys.length,
  duplicates: sample.duplicates,
  dead_letters: sample.broken,
};

async function produce(topic: string): Promise<void> {
  await ensureTopic(kafka.connection, topic, 3);
  await sendLines(kafka.connection, topic, sample.lines.flat());
}

async function query(sql: string): Promise<readonly SqlRow[]> {
  const session = await connectSql(postgres.connection);
  try {
    return (await session.query(sql)).rows;
  } finally {
    await session.close();
  }
}

const readKeys = async (): Promise<readonly string[]> =>
  (
    await query(`
      SELECT CONCAT_WS('|', ROUND(EXTRACT(EPOCH FROM ts) * 1000), COALESCE(user_id, ''), session_id, item_in_session) AS key FROM events`)
  )
    .map(({ key }) => key as string)
    .toSorted((a, b) => (a < b ? -1 : 1));
const readLedger = async (): Promise<SqlRow | undefined> =>
  (
    await query(`
      SELECT SUM(messages)::int AS messages, SUM(written)::int AS written, SUM(duplicates)::int AS duplicates,
        SUM(dead_letters)::int AS dead_letters
      FROM kafka_batches`)
  )[0];

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}
/** Whether some batches are in, and not all of them. */
const isInMidIngest = async (): Promise<boolean> => {
  const [row] = await query("SELECT TO_REGCLASS('kafka_batches') IS NOT NULL AS is_there");
  return row?.['is_there'] === true && Number((await readLedger())?.['messages'] ?? 0) > 0;
};

const ARGS = {
  connId: 'kafka',
  topic: 'events',
  sink: { kind: 'warehouse', connId: 'postgres' },
  batchMessages: 50,
} as const satisfies KafkaIngestArgs;

const ingest = (
  overrides: Partial<TaskContext> = {},
  args: Partial<KafkaIngestArgs> = {},
): Promise<IngestResult> =>
  kafkaIngest({ args: { ...ARGS, ...args }, ctx: createTaskContext(connections, overrides) });

/** As the shipped DAG's task, but that it does not wait a minute between tries. */
const outageDag = dag('kafka_outage', { schedule: null }, ({ task }) => {
  task('ingest', kafkaIngest, ARGS, { retries: 1_000, retryDelay: '1s' });
});

/** Which try of the task is running or waiting. */
async function readTry(handle: WorkflowHandle): Promise<number> {
  const { raw } = await handle.describe();
  return Math.max(0, ...(raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0));
}

/** Takes a server away in the middle of a task's ingest, until so many tries have begun without it. */
async function expectToOutlast(
  server: { readonly kill: () => Promise<void>; readonly restart: () => Promise<void> },
  tries: number,
): Promise<void> {
  const engine = await startEngine([outageDag], connections);
  try {
    const handle = await engine.start(outageDag);
    await until(isInMidIngest);
    await server.kill();
    const outage = delay(OUTAGE_MS);
    await until(async () => (await readTry(handle)) >= tries);
    await outage;
    await server.restart();
    await handle.result();
  } finally {
    await engine.stop();
  }
  expect(await readKeys()).toEqual(sample.keys);
  expect(await readLedger()).toEqual(WHOLE);
}

test(
  'the database is down for longer than its client waits: the retries of the task bridge it',
  () => expectToOutlast(postgres, 4),
  TIMEOUT_MS,
);

test(
  'the broker is down for longer than its client waits: the retries of the task bridge it',
  () => expectToOutlast(kafka, 2),
  TIMEOUT_MS,
);

/** A process that ingests; resolves when it has written so many batches. */
async function startIngest(batches: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', path.resolve('test/support/killed-ingest.ts')], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      AIRTEMPO_TEST_INGEST: JSON.stringify({ args: ARGS, connections }),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    seen += 1;
    if (seen === batches) return child;
  }
  throw new Error(`the ingest ended after ${String(seen)} batches`);
}

test('consumers join and leave at once: one is SIGKILLed, one is stopped, one goes on, one comes late', async () => {
  const killed = await startIngest(2);
  const stop = new AbortController();
  const left = new Error('left');
  const stopped = ingest({ signal: stop.signal, heartbeat: () => stop.abort(left) }).catch(
    (error: unknown) => error,
  );
  const goesOn = ingest();
  killed.kill('SIGKILL');
  expect(await once(killed, 'exit')).toEqual([null, 'SIGKILL']);
  const late = ingest();
  stop.abort(left);
  expect(await stopped).toBe(left);
  const [first, second] = await Promise.all([goesOn, late]);
  expect(first.messages + second.messages).toBeGreaterThan(0);
  expect(await readKeys()).toEqual(sample.keys);
  expect(await readLedger()).toEqual(WHOLE);
}, 120_000);

test('duplicate deliveries: a topic that holds each message twice, and one that is read again from its start', async () => {
  await produce('twice');
  await produce('twice');
  const twice = { topic: 'twice', batchMessages: 700 };
  expect(await ingest({}, twice)).toMatchObject({
    messages: 2 * sample.messages,
    written: sample.keys.length,
    duplicates: 2 * sample.duplicates + sample.keys.length,
    deadLetters: 2 * sample.broken,
  });
  const rows = await query('SELECT * FROM events ORDER BY event_key');
  await query('DELETE FROM kafka_positions');
  expect(await ingest({}, twice)).toMatchObject({ messages: 2 * sample.messages, written: 0 });
  expect(await query('SELECT * FROM events ORDER BY event_key')).toEqual(rows);
  expect(await readKeys()).toEqual(sample.keys);
}, 120_000);
