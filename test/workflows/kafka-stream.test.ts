/** Streams on a real broker, a real Postgres and the real server: whatever happens to them, each event is there once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { ensureTopic } from '../../connections/kafka/topics.js';
import type { StreamAdvance } from '../../workers/observe/observer.js';
import type { StreamTuning } from '../../workflows/kafka-stream.js';
import { KAFKA_STREAM } from '../../workflows/stream-contract.js';
import { totalLag, type StreamReport } from '../../workflows/stream-report.js';
import { countsOf, createSampleTopic } from '../activities/kafka/support/sample-topic.js';
import { startEngine, until, type Engine } from '../support/engine.js';
import { sendLines, startTestKafka, type TestKafka } from '../support/kafka.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';

const sample = createSampleTopic(
  { users: 30, from: '2018-10-01', to: '2018-10-15', partitions: 3 },
  { duplicates: 0.1, malformed: 0.05 },
);
const LINES = sample.lines.flat();

let kafka: TestKafka;
let database: TestDatabase;
let engine: Engine;
const advances: StreamAdvance[] = [];
beforeAll(async () => {
  [kafka, database] = await Promise.all([startTestKafka(), createTestDatabase('stream')]);
  const connections = [kafka.connection, { ...database.connection, id: 'postgres' }];
  engine = await startEngine([], connections, [{ streamAdvanced: (advance) => void advances.push(advance) }]);
});
afterAll(async () => {
  await engine.stop();
  await Promise.all([kafka.stop(), database.drop()]);
});

const inputFor = (topic: string): object => ({
  connId: kafka.connection.id,
  topic,
  sink: { kind: 'warehouse', connId: 'postgres' },
  interval: '100ms',
});
function start(input: unknown, tuning: Omit<StreamTuning, '$airtempo'> = {}): Promise<WorkflowHandle> {
  return engine.client.workflow.start(KAFKA_STREAM, {
    taskQueue: engine.taskQueue,
    workflowId: `stream-${randomUUID()}`,
    args: [input, { $airtempo: 'stream', ...tuning }],
  });
}
const ask = (stream: WorkflowHandle): Promise<StreamReport> => stream.query<StreamReport, []>('state');
/** A handle follows one history; this one whichever is the latest. */
const latest = ({ workflowId }: WorkflowHandle): WorkflowHandle =>
  engine.client.workflow.getHandle(workflowId);
const untilRead = (stream: WorkflowHandle, messages: number): Promise<StreamReport> =>
  until(async () => {
    const report = await ask(latest(stream));
    return report.counts.messages >= messages ? report : undefined;
  });
const produce = (topic: string, lines: readonly string[]): Promise<void> =>
  sendLines(kafka.connection, topic, lines);
const countRows = async (): Promise<number> =>
  Number((await database.session.query('SELECT COUNT(*) AS n FROM events')).rows[0]?.['n']);

test('what comes is ingested, in one history after the other; a pause holds and a resumed stream has lost nothing', async () => {
  await ensureTopic(kafka.connection, 'events', 3);
  const stream = await start(inputFor('events'), { portionMs: 500, continueAfterEvents: 60 });
  const third = Math.ceil(LINES.length / 3);
  await produce('events', LINES.slice(0, third));
  await untilRead(stream, third);

  const paused = await latest(stream).executeUpdate<StreamReport, []>('pause');
  expect(paused).toMatchObject({ state: 'paused', counts: { messages: third } });
  const rows = await countRows();
  await produce('events', LINES.slice(third, 2 * third));
  const { runId } = await latest(stream).describe();
  expect(await ask(latest(stream))).toMatchObject({ state: 'paused', counts: { messages: third } });
  expect(await countRows()).toBe(rows);

  expect(await latest(stream).executeUpdate<StreamReport, []>('resume')).toMatchObject({ state: 'running' });
  await produce('events', LINES.slice(2 * third));
  await untilRead(stream, LINES.length);
  await until(async () => (await latest(stream).describe()).runId !== runId);

  const report = await until(async () => {
    const found = await ask(latest(stream));
    return totalLag(found) === 0 ? found : undefined;
  });
  const counts = { ...countsOf(sample), lost: 0 };
  expect(report).toMatchObject({
    state: 'running',
    stream: { name: 'events-warehouse', topic: 'events', sink: 'the warehouse', intervalMs: 100 },
    counts,
  });
  expect(Object.values(report.positions).reduce((sum, one) => sum + one)).toBe(sample.messages);
  expect(await countRows()).toBe(sample.keys.length);
  const told = advances.reduce((sum, { portion }) => sum + portion.messages, 0);
  expect(told).toBe(sample.messages);

  await latest(stream).cancel();
  await expect(latest(stream).result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
});

test('it goes on by itself when the broker was down', async () => {
  await ensureTopic(kafka.connection, 'restarted', 1);
  const input = { ...inputFor('restarted'), deadLetterTopic: 'restarted.dead' };
  const stream = await start(input, { portionMs: 1_000 });
  await produce('restarted', LINES.slice(0, 100));
  await untilRead(stream, 100);
  await kafka.kill();
  await kafka.restart();
  await produce('restarted', LINES.slice(100, 200));
  await until(async () => {
    const { rows } = await database.session.query(
      `SELECT SUM(messages) AS n FROM kafka_batches WHERE kafka_topic = 'restarted'`,
    );
    return Number(rows[0]?.['n']) === 200;
  });
  await latest(stream).cancel();
});

test('it fails with a sentence where waiting cannot help', async () => {
  const wrong = await start({ topic: 'events' });
  await expect(wrong.result()).rejects.toMatchObject({
    cause: { type: 'INVALID_ARGS', message: expect.stringMatching(/connId: .*Give an object such as/s) },
  });
  const missing = await start(inputFor('nowhere'));
  await expect(missing.result()).rejects.toMatchObject({
    cause: { type: 'SOURCE_NOT_FOUND', message: expect.stringContaining('nowhere') },
  });
});
