/** The ingest on a real broker, a real Postgres and a real lake: by the DAG, and by processes and servers that are killed meanwhile. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { checkIngestedLake } from '../../activities/kafka/check-ingested-lake.js';
import { replayLetters } from '../../activities/kafka/dead-letter-topic.js';
import { readLetter } from '../../activities/kafka/dead-letter.js';
import type { IngestResult } from '../../activities/kafka/ingest-topic.js';
import { kafkaIngest } from '../../activities/kafka-ingest.js';
import type { KafkaIngestArgs } from '../../activities/kafka/ingest-args.js';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { readMessages } from '../../connections/kafka/messages.js';
import { openProducer } from '../../connections/kafka/producer.js';
import { ensureTopic, readPartitions } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import type { TaskContext } from '../../core/context.js';
import kafkaIngestDag from '../../dags/kafka-ingest.js';
import { createSampleTopic, type SampleTopic } from '../activities/kafka/support/sample-topic.js';
import { createCliProject } from '../support/cli.js';
import { startEngine } from '../support/engine.js';
import { startTestKafka, type TestKafka } from '../support/kafka.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { createTaskContext } from '../support/task-context.js';

const PARTITIONS = 3;
/** With this, the first test ingests about so many messages instead of forty thousand. */
const MESSAGES = Number(process.env['AIRTEMPO_TEST_KAFKA_MESSAGES'] ?? 40_000);
const HEAP_MB = 64;

let kafka: TestKafka;
let database: TestDatabase;
let scratch: { dir: string; remove: () => Promise<void> };
let db: DuckDb;
let connections: readonly Connection[];
beforeAll(async () => {
  [kafka, database, scratch] = await Promise.all([
    startTestKafka(),
    createTestDatabase('ingest'),
    createScratchFolder(),
  ]);
  db = await openDuckDb({ tempFolder: scratch.dir, threads: 1 });
  connections = [kafka.connection, { ...database.connection, id: 'postgres' }];
});
afterAll(async () => {
  await db.close();
  await Promise.all([kafka.stop(), database.drop()]);
  await scratch.remove();
});
beforeEach(() =>
  database.session.query(
    'DROP TABLE IF EXISTS events; DROP TABLE IF EXISTS kafka_positions; DROP TABLE IF EXISTS kafka_batches',
  ),
);

const TS = Date.parse('2018-10-01T10:00:00Z');
/** Messages that are no events, each for another reason. */
const POISON = [
  Buffer.from('{"ts":'),
  Buffer.from('[]'),
  Buffer.from(JSON.stringify({ ts: 'NaN' })),
  Buffer.from(JSON.stringify({ ts: TS, song: 'Ebb\u0000' })),
  Buffer.from(JSON.stringify({ ts: 253402300800000 })),
  Buffer.from(JSON.stringify({ ts: TS, song: 'Café' }), 'latin1'),
  Buffer.from(JSON.stringify({ ts: TS, song: 'x'.repeat(5_000) })),
];

/** Sends the sample, and a bad message after every so many; the bad ones. */
async function produce(topic: string, sample: SampleTopic, poisonEvery?: number): Promise<readonly Buffer[]> {
  await ensureTopic(kafka.connection, topic, PARTITIONS);
  const producer = await openProducer(kafka.connection);
  const lines = sample.lines.flat();
  const sent: Buffer[] = [];
  for (let at = 0; at < lines.length; at += 1_000) {
    const values = lines.slice(at, at + 1_000).map((line) => Buffer.from(line));
    if (poisonEvery !== undefined && at % poisonEvery === 0) {
      const poison = POISON[sent.length % POISON.length] ?? Buffer.alloc(0);
      values.push(poison);
      sent.push(poison);
    }
    const messages = values.map((value, index) => ({ key: String((at + index) % 97), value }));
    await producer.send(topic, messages);
  }
  await producer.close();
  return sent;
}

const readWarehouse = async (): Promise<readonly unknown[]> =>
  keysOf(
    (
      await database.session.query(`
        SELECT CONCAT_WS('|', ROUND(EXTRACT(EPOCH FROM ts) * 1000), COALESCE(user_id, ''), session_id, item_in_session) AS key FROM events`)
    ).rows,
  );
const readLake = async (lake: string): Promise<readonly unknown[]> =>
  keysOf(
    await db.rows(
      `SELECT concat_ws('|', ts_ms, coalesce(user_id, ''), session_id, item_in_session) AS key FROM read_parquet('${lake}/events/*/part-0.parquet')`,
    ),
  );
const keysOf = (rows: readonly Readonly<Record<string, unknown>>[]): readonly string[] =>
  rows.map(({ key }) => key as string).toSorted((a, b) => (a < b ? -1 : 1));

async function readLetters(topic: string): Promise<readonly Buffer[]> {
  const spans = (await readPartitions(kafka.connection, topic)).map(({ partition, low, high }) => ({
    partition,
    from: low,
    to: high,
  }));
  const found = new Map<string, Buffer>();
  for await (const { messages } of readMessages(kafka.connection, topic, spans)) {
    for (const message of messages) {
      const letter = readLetter(message);
      if (letter?.value != null)
        found.set(`${String(letter.partition)}/${String(letter.offset)}`, letter.value);
    }
  }
  return [...found.values()];
}

const lakeOf = (name: string): string => path.join(scratch.dir, name);
const WAREHOUSE = { kind: 'warehouse', connId: 'postgres' } as const;
const ingest = (
  args: Omit<KafkaIngestArgs, 'connId'>,
  overrides: Partial<TaskContext> = {},
  known = connections,
): Promise<IngestResult> =>
  kafkaIngest({ args: { connId: 'kafka', ...args }, ctx: createTaskContext(known, overrides) });

/** An ingest in a process of its own, which tells of each batch. */
function startIngest(
  args: KafkaIngestArgs,
  options: readonly string[] = [],
): ChildProcessByStdio<null, Readable, null> {
  return spawn(
    process.execPath,
    [...options, '--import', 'tsx', path.resolve('test/support/killed-ingest.ts')],
    {
      env: { ...process.env, NODE_OPTIONS: '', AIRTEMPO_TEST_INGEST: JSON.stringify({ args, connections }) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}

/** Runs `disturb` once, when the first batch has been written, and waits for it. */
function afterFirstBatch(disturb: () => Promise<void>): {
  heartbeat: () => void;
  disturbed: () => Promise<void>;
} {
  let running: Promise<void> | undefined;
  return { heartbeat: () => void (running ??= disturb()), disturbed: () => running ?? Promise.resolve() };
}

/** `list` shows each letter; a replay sends all of them back, and another one none. */
async function expectReplay(topic: string, letters: number): Promise<void> {
  const { host = '', port = 0 } = kafka.connection;
  const project = await createCliProject({ AIRTEMPO_CONN_KAFKA: `kafka://${host}:${String(port)}` });
  const list = await project.run(['kafka', 'dlq', 'list', topic, '--json', '--limit', '100000']);
  await project.remove();
  const listed = JSON.parse(list.stdout) as readonly { readonly reason: string }[];
  expect(listed).toHaveLength(letters);
  expect(new Set(listed.map(({ reason }) => reason)).size).toBe(6);
  const end = async (): Promise<number> =>
    (await readPartitions(kafka.connection, topic)).reduce((sum, { high }) => sum + high, 0);
  const before = await end();
  for (const replayed of [letters, 0]) {
    const result = await replayLetters(kafka.connection, `${topic}.dlq`);
    expect(result).toEqual({ replayed, cut: 0 });
  }
  expect(await end()).toBe(before + letters);
}

test(
  'a topic with 1 in 1,000 messages poisoned: the DAG brings each event into both sinks once, and the bad ones where dead letters go',
  async () => {
    const sample = createSampleTopic(
      { users: Math.ceil(MESSAGES / 950), from: '2018-10-01', to: '2018-12-01', partitions: 1 },
      { duplicates: 0.01, malformed: 0 },
    );
    expect(sample.messages).toBeGreaterThan(MESSAGES * 0.8);
    const poison = await produce('events', sample, 1_000);
    const engine = await startEngine([kafkaIngestDag], connections);
    try {
      const conf = { topic: 'events', lake: lakeOf('lake') };
      const first = await engine.run(kafkaIngestDag, { conf });
      expect(first.failure).toBeUndefined();
      expect(await readWarehouse()).toEqual(sample.keys);
      expect(await readLake(lakeOf('lake'))).toEqual(sample.keys);
      const letters = await readLetters('events.dlq');
      const sorted = (list: readonly Buffer[]): readonly string[] =>
        list.map((each) => each.toString('hex')).toSorted();
      expect(sorted(letters)).toEqual(sorted(poison));
      const { rows } = await database.session.query('SELECT SUM(duplicates)::int AS n FROM kafka_batches');
      expect(rows).toEqual([{ n: sample.duplicates }]);
      await expectReplay('events', letters.length);
      await database.session.query(
        `DELETE FROM events WHERE event_key IN (SELECT MIN(event_key) FROM events)`,
      );
      const again = await engine.run(kafkaIngestDag, { conf });
      expect(again.states).toMatchObject({
        ingest_warehouse: 'success',
        check_warehouse: 'failed',
        check_lake: 'success',
      });
    } finally {
      await engine.stop();
    }
  },
  Math.max(300_000, 3 * MESSAGES),
);

describe('disturbed in the middle of', () => {
  const sample = createSampleTopic(
    { users: 12, from: '2018-10-01', to: '2018-10-21', partitions: 1 },
    { duplicates: 0.05, malformed: 0.02 },
  );
  const topic = 'small';
  const limits = { batchMessages: 500 };
  beforeAll(() => produce(topic, sample).then(() => undefined));

  test.each(['warehouse', 'lake'] as const)(
    'an ingest into the %s, whose consumer is SIGKILLed in mid-batch',
    async (kind) => {
      const lake = lakeOf('killed');
      const sink = kind === 'lake' ? { kind, lake } : WAREHOUSE;
      const args = { connId: 'kafka', topic, sink, ...limits };
      const child = startIngest(args);
      await once(child.stdout, 'data');
      child.kill('SIGKILL');
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
      const result = await ingest({ topic, sink, ...limits });
      expect(result.messages).toBeGreaterThan(0);
      expect(result.messages).toBeLessThan(sample.messages);
      expect(kind === 'lake' ? await readLake(lake) : await readWarehouse()).toEqual(sample.keys);
      if (kind === 'lake') {
        const account = await checkIngestedLake({ args: { lake, topic }, ctx: createTaskContext([]) });
        expect(account).toMatchObject({ messages: sample.messages, duplicates: sample.duplicates });
      }
    },
  );

  test('two ingests at once', async () => {
    const both = await Promise.all([1, 2].map(() => ingest({ topic, sink: WAREHOUSE, ...limits })));
    expect(both.reduce((sum, { messages }) => sum + messages, 0)).toBe(sample.messages);
    expect(await readWarehouse()).toEqual(sample.keys);
  });

  test('an ingest whose database is gone for a while', async () => {
    const { heartbeat, disturbed } = afterFirstBatch(async () => {
      await database.session.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
      );
    });
    await expect(ingest({ topic, sink: WAREHOUSE, ...limits }, { heartbeat })).rejects.toMatchObject({
      retryable: true,
    });
    await disturbed();
    const nowhere = connections.map((each) => (each.type === 'postgres' ? { ...each, port: 1 } : each));
    await expect(ingest({ topic, sink: WAREHOUSE, ...limits }, {}, nowhere)).rejects.toMatchObject({
      retryable: true,
    });
    await ingest({ topic, sink: WAREHOUSE, ...limits });
    expect(await readWarehouse()).toEqual(sample.keys);
  });

  test('an ingest whose broker is SIGKILLed and restarted', async () => {
    const { heartbeat, disturbed } = afterFirstBatch(async () => {
      await kafka.kill();
      await kafka.restart();
    });
    const again = (overrides: Partial<TaskContext> = {}): Promise<unknown> =>
      ingest({ topic, sink: WAREHOUSE, batchMessages: 300 }, overrides);
    // on a busy machine the broker is away for longer than the client waits: then it is for the task's next try
    const failure: unknown = await again({ heartbeat }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await disturbed();
    if (failure !== undefined) {
      expect(failure).toMatchObject({ retryable: true });
      await again();
    }
    expect(await readWarehouse()).toEqual(sample.keys);
  }, 120_000);
});

test('an ingest of many times more than its heap may hold', async () => {
  const sample = createSampleTopic(
    { users: 20, from: '2018-10-01', to: '2018-11-01', partitions: 1 },
    { duplicates: 0, malformed: 0 },
  );
  const bytes = sample.lines.flat().reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  const copies = Math.ceil((4 * HEAP_MB * 2 ** 20) / bytes);
  for (let copy = 0; copy < copies; copy += 1) await produce('large', sample);
  const args = { connId: 'kafka', topic: 'large', sink: WAREHOUSE };
  const child = startIngest(args, [`--max-old-space-size=${String(HEAP_MB)}`]);
  child.stdout.resume();
  expect(await once(child, 'exit')).toEqual([0, null]);
  const { rows } = await database.session.query(
    'SELECT SUM(messages)::int AS messages, SUM(written)::int AS written FROM kafka_batches',
  );
  expect(rows).toEqual([{ messages: copies * sample.messages, written: sample.keys.length }]);
}, 300_000);
