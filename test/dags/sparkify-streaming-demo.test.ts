/** The streaming demo's DAG on a real broker, a real Postgres and a lake: counts against those of the file, again, and after a SIGKILL. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { kafkaProduce } from '../../activities/kafka-produce.js';
import { mixDay } from '../../cli/kafka/demo/day-of-events.js';
import { generateDay } from '../../cli/kafka/demo/find-day.js';
import { readMessages } from '../../connections/kafka/messages.js';
import { readPartitions } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import streamingDemo from '../../dags/sparkify-streaming-demo.js';
import { startEngine, type Engine } from '../support/engine.js';
import { startTestKafka, type TestKafka } from '../support/kafka.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { createTaskContext } from '../support/task-context.js';

const found = generateDay(400);
const { lines, counts } = mixDay(found.today, found.dayBefore);

let kafka: TestKafka;
let database: TestDatabase;
let scratch: { dir: string; remove: () => Promise<void> };
let connections: readonly Connection[];
let engine: Engine;
let file: string;
beforeAll(async () => {
  [kafka, database, scratch] = await Promise.all([
    startTestKafka(),
    createTestDatabase('streaming'),
    createScratchFolder(),
  ]);
  connections = [kafka.connection, { ...database.connection, id: 'postgres' }];
  engine = await startEngine([streamingDemo], connections);
  file = path.join(scratch.dir, 'day.json');
  await writeFile(file, Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])));
});
afterAll(async () => {
  await engine.stop();
  await Promise.all([kafka.stop(), database.drop()]);
  await scratch.remove();
});

async function readTopic(topic: string): Promise<readonly string[]> {
  const partitions = await readPartitions(kafka.connection, topic);
  const spans = partitions.map(({ partition, low, high }) => ({ partition, from: low, to: high }));
  const values: string[] = [];
  for await (const { messages } of readMessages(kafka.connection, topic, spans))
    values.push(...messages.map(({ value }) => value?.toString('hex') ?? ''));
  return values.toSorted();
}
const sent = lines.map((line) => line.toString('hex')).toSorted();

test('each message of a day is accounted for in both sinks, and a second run changes nothing', async () => {
  const { messages, rows, duplicates, deadLetters } = counts;
  const expected = { messages, rows, duplicates, deadLetters };
  const conf = { file, topic: 'day', lake: path.join(scratch.dir, 'lake'), expected };
  for (const run of [1, 2]) {
    const { failure, states } = await engine.run(streamingDemo, { conf });
    expect({ run, failure }).toEqual({ run, failure: undefined });
    expect(new Set(Object.values(states))).toEqual(new Set(['success']));
    expect(await readTopic('day')).toEqual(sent);
    const stored = await database.session.query(
      `SELECT COUNT(*)::int AS n, COUNT(*) FILTER (WHERE event_date <> '${found.day}')::int AS late FROM events`,
    );
    expect(stored.rows).toEqual([{ n: rows, late: counts.late }]);
  }
  const wrong = { ...conf, expected: { ...expected, rows: rows + 1 } };
  const { states, failure } = await engine.run(streamingDemo, { conf: wrong });
  expect(states).toMatchObject({
    check_warehouse: 'success',
    check_lake: 'success',
    compare_counts: 'failed',
  });
  expect(failure).toContain('compare_counts');
}, 120_000);

test('a task that sends and is killed sends the rest at its next try; another run of it sends all again', async () => {
  const args = { connId: 'kafka', topic: 'killed', file };
  const child = spawn(process.execPath, ['--import', 'tsx', path.resolve('test/support/killed-produce.ts')], {
    env: { ...process.env, NODE_OPTIONS: '', AIRTEMPO_TEST_PRODUCE: JSON.stringify({ args, connections }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);

  const again = await kafkaProduce({ args, ctx: createTaskContext(connections, { tryNumber: 2 }) });
  expect(again.messages).toBe(lines.length);
  expect(again.skipped).toBeGreaterThan(0);
  expect(again.sent).toBeGreaterThan(0);
  expect(await readTopic('killed')).toEqual(sent);

  const another = await kafkaProduce({ args, ctx: createTaskContext(connections, { taskKey: 'another' }) });
  expect(another).toMatchObject({ sent: lines.length, skipped: 0 });
});

test('a try that is stopped fails, and says not that all is sent', async () => {
  const stop = new AbortController();
  const ctx = createTaskContext(connections, {
    signal: stop.signal,
    heartbeat: () => stop.abort(new Error('the worker shuts down')),
  });
  const args = { connId: 'kafka', topic: 'stopped', file };
  await expect(kafkaProduce({ args, ctx })).rejects.toThrow('the worker shuts down');
  const rest = await kafkaProduce({ args, ctx: createTaskContext(connections) });
  expect(rest.sent).toBeLessThan(lines.length);
  expect(await readTopic('stopped')).toEqual(sent);
});
