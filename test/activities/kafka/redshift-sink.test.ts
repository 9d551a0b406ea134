/** Into Redshift, by either driver: whatever the borders of batches, lost answers, files left over and two ingests at once, each event is there once. */
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeadLetter } from '../../../activities/kafka/dead-letter.js';
import {
  ingestTopic,
  type IngestOptions,
  type IngestResult,
} from '../../../activities/kafka/ingest-topic.js';
import { openRedshiftSink } from '../../../activities/kafka/redshift-sink.js';
import { openRedshiftStage } from '../../../activities/kafka/redshift-stage.js';
import type { EventSink } from '../../../activities/kafka/sink.js';
import { kafkaIngest } from '../../../activities/kafka-ingest.js';
import { connectSql } from '../../../connections/postgres.js';
import { connectRedshiftData } from '../../../connections/redshift-data.js';
import type { SqlClient } from '../../../connections/sql/client.js';
import type { Connection } from '../../../core/connection.js';
import { FAULTS } from '../../../local/aws/faults.js';
import { until } from '../../support/engine.js';
import { DATA_API_KEYS, startTestDataApi, type TestDataApi } from '../../support/redshift-data-api.js';
import { services } from '../../support/services.js';
import { createTaskContext } from '../../support/task-context.js';
import { connectRedshiftOverWire } from './support/redshift-over-wire.js';
import {
  countsOf,
  createSmallTopic,
  INGEST_OPTIONS,
  readLines,
  type SampleTopic,
} from './support/sample-topic.js';

const TOPIC = 'events';
const DAY_MS = 24 * 3_600_000;
const sample = createSmallTopic();
const WHOLE = countsOf(sample);
const OPTIONS: IngestOptions = { ...INGEST_OPTIONS, limits: { messages: 150, bytes: 1e9 } };
const ingest = (
  sink: EventSink,
  options: Partial<IngestOptions> = {},
  letters?: DeadLetter[],
  topic: SampleTopic = sample,
): Promise<IngestResult> => ingestTopic(readLines(topic, letters), sink, { ...OPTIONS, ...options });

let api: TestDataApi;
let redshift: Connection;
let aws: Connection;
beforeAll(async () => {
  api = await startTestDataApi();
  aws = {
    id: 'aws_api',
    type: 'aws',
    login: 'AKIAFIRST',
    password: DATA_API_KEYS.AKIAFIRST.secretAccessKey,
    extra: { region_name: 'us-east-1', endpoint_url: api.server.url },
  };
  redshift = {
    id: 'redshift',
    type: 'redshift',
    schema: String(api.database.connection.schema),
    extra: {
      driver: 'data-api',
      cluster_identifier: api.target.ClusterIdentifier,
      db_user: 'awsuser',
      aws_conn_id: aws.id,
    },
  };
}, 60_000);
afterAll(() => api.stop());
const query = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
  (await api.database.session.query(sql)).rows;
beforeEach(async () => {
  await query('DROP TABLE IF EXISTS events, kafka_positions, kafka_batches');
  const { name: Bucket, storage } = api.bucket;
  for (const Key of await readStage()) await storage.client.send(new DeleteObjectCommand({ Bucket, Key }));
});

const readKeys = async (): Promise<readonly unknown[]> =>
  (
    await query(`
      SELECT CONCAT_WS('|', ROUND(EXTRACT(EPOCH FROM ts) * 1000), COALESCE(user_id, ''), session_id, item_in_session) AS key FROM events`)
  )
    .map(({ key }) => key as string)
    .toSorted((a, b) => (a < b ? -1 : 1));
const readLedger = async (): Promise<unknown> =>
  (
    await query(`
      SELECT SUM(messages)::int AS messages, SUM(written)::int AS written, SUM(duplicates)::int AS duplicates, SUM(dead_letters)::int AS "deadLetters"
      FROM kafka_batches`)
  )[0];
async function readStage(): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of api.bucket.storage.listObjects(api.bucket.name, '')) keys.push(key);
  return keys;
}

const DRIVERS = {
  'the Data API': () => connectRedshiftData(redshift, () => Promise.resolve(aws)),
  'the wire protocol': () => connectRedshiftOverWire(api.database.connection, services().s3),
} as const satisfies Record<string, () => Promise<SqlClient>>;
type Driver = keyof typeof DRIVERS;

async function onSink<T>(
  driver: Driver,
  work: (sink: EventSink) => Promise<T>,
  now: () => number = Date.now,
): Promise<T> {
  const client = await DRIVERS[driver]();
  const stage = openRedshiftStage({
    stage: `s3://${api.bucket.name}/stage`,
    topic: TOPIC,
    connection: services().s3,
    now,
  });
  const onLog = (message: string): never => {
    throw new Error(message);
  };
  try {
    return await work(
      await openRedshiftSink(client, { topic: TOPIC, stage, credentials: { kind: 'role' }, onLog }),
    );
  } finally {
    stage.close();
    await client.close();
  }
}

describe.each(['the Data API', 'the wire protocol'] as const)('by %s', (driver) => {
  test('it has every event once, nothing is left on S3, and a second ingest finds nothing to do', async () => {
    const letters: DeadLetter[] = [];
    const first = await onSink(driver, (sink) => ingest(sink, {}, letters));
    expect(first).toMatchObject({ ...WHOLE, lag: 0, lost: 0 });
    expect(first.batches).toBeGreaterThan(2);
    expect(await readKeys()).toEqual(sample.keys);
    expect(await readLedger()).toEqual(WHOLE);
    expect(letters).toHaveLength(sample.broken);
    expect(await readStage()).toEqual([]);
    expect(await onSink(driver, (sink) => ingest(sink))).toMatchObject({ messages: 0, batches: 0, lag: 0 });
    const [row] = await query('SELECT * FROM events WHERE song IS NOT NULL ORDER BY event_key LIMIT 1');
    const line = sample.lines[Number(row?.['kafka_partition'])]?.[Number(row?.['kafka_offset'])] ?? '';
    const event = JSON.parse(line) as Record<string, unknown>;
    const at = (ms: unknown): string => new Date(Number(ms)).toISOString();
    expect(row).toMatchObject({
      song: event['song'],
      artist: event['artist'],
      length: event['length'],
      user_agent: event['userAgent'],
      event_date: at(event['ts']).slice(0, 10),
      registration: expect.stringContaining(at(event['registration']).slice(0, 19).replace('T', ' ')),
    });
  }, 60_000);

  test('it is the same after ends at any message and batches of any size', async () => {
    const step = fc.record({
      limit: fc.integer({ min: 30, max: 200 }),
      stop: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 3 }), async (steps) => {
        await query('DROP TABLE IF EXISTS events, kafka_positions, kafka_batches');
        for (const { limit, stop } of steps) {
          await onSink(driver, (sink) =>
            ingest(sink, { limits: { messages: limit, bytes: 1e9 }, maxMessages: stop }),
          );
        }
        await onSink(driver, (sink) => ingest(sink));
        expect(await readKeys()).toEqual(sample.keys);
        expect(await readLedger()).toEqual(WHOLE);
      }),
      { numRuns: 3 },
    );
  }, 120_000);

  test('it takes nothing twice from two ingests at once, and accounts for each message', async () => {
    const limits = { messages: 60, bytes: 1e9 };
    const both = await Promise.all([1, 2].map(() => onSink(driver, (sink) => ingest(sink, { limits }))));
    expect(await readKeys()).toEqual(sample.keys);
    expect(both.reduce((sum, { messages }) => sum + messages, 0)).toBe(sample.messages);
    expect(await readLedger()).toEqual(WHOLE);
    expect(await readStage()).toEqual([]);
  }, 60_000);

  test('a batch that fails leaves nothing in the tables, and its file is used again', async () => {
    await onSink(driver, async (sink) => {
      await query('ALTER TABLE kafka_batches ADD CONSTRAINT full_disk CHECK (FALSE)');
      await expect(ingest(sink)).rejects.toMatchObject({ code: 'SQL_FAILED' });
      expect(await readKeys()).toEqual([]);
      expect(await query('SELECT * FROM kafka_positions')).toEqual([]);
      expect(await readStage()).toEqual([expect.stringMatching(/^stage\/events\/[0-9a-f]{32}\.json\.gz$/)]);
      await query('ALTER TABLE kafka_batches DROP CONSTRAINT full_disk');
      expect(await ingest(sink)).toMatchObject(WHOLE);
    });
    expect(await readStage()).toEqual([]);
  }, 60_000);

  test('a list has room for a topic of many partitions, and for batches without an event', async () => {
    const lines = Array.from({ length: 90 }, (_, partition) => {
      const event = { ts: Date.UTC(2018, 9, 1) + partition, userId: '1', sessionId: 1, itemInSession: 0 };
      return partition < 45 ? ['no event'] : [JSON.stringify(event)];
    });
    const wide = { messages: 90, lines, keys: [], duplicates: 0, broken: 45 };
    const limits = { messages: 45, bytes: 1e9 };
    expect(await onSink(driver, (sink) => ingest(sink, { limits }, [], wide))).toMatchObject({
      messages: 90,
      written: 45,
      deadLetters: 45,
      batches: 2,
    });
    expect(await query('SELECT * FROM kafka_positions')).toHaveLength(90);
  }, 60_000);
});

describe('a list of statements', () => {
  const DATA_API = 'the Data API';
  /** More often than the SDK asks, so that the try fails. */
  const LOSSES = 4;
  const batches = async (): Promise<number> =>
    Number((await query('SELECT COUNT(*) AS n FROM kafka_batches'))[0]?.['n']);

  test('whose answer was lost is counted once: the next try goes on behind it', async () => {
    await onSink(DATA_API, async (sink) => {
      await ingest(sink, { maxMessages: 150 });
      api.faults.push('BatchExecuteStatement', FAULTS.lostAnswer, LOSSES);
      const lost = ingest(sink, { maxMessages: 150 });
      await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_REFUSED', retryable: true });
      await until(async () => ((await batches()) === 2 ? true : undefined));
      expect(await readStage()).toHaveLength(1);
      api.faults.push('DescribeStatement', FAULTS.lostAnswer);
      expect((await ingest(sink)).messages).toBe(sample.messages - 300);
    });
    expect(api.faults.pending).toBe(0);
    expect(await readKeys()).toEqual(sample.keys);
    expect(await readLedger()).toEqual(WHOLE);
  }, 60_000);

  test('that waits while the next try comes is counted once', async () => {
    await onSink(DATA_API, async (sink) => {
      await ingest(sink, { maxMessages: 150 });
      const reader = await connectSql(api.database.connection);
      await reader.query('BEGIN');
      await reader.query('SELECT COUNT(*) FROM kafka_positions');
      api.faults.push('BatchExecuteStatement', FAULTS.lostAnswer, LOSSES);
      await expect(ingest(sink, { maxMessages: 150 })).rejects.toMatchObject({ retryable: true });
      const next = ingest(sink);
      await reader.close();
      await next;
    });
    expect(await readKeys()).toEqual(sample.keys);
    expect(await readLedger()).toEqual(WHOLE);
  }, 60_000);
});

describe('the stage', () => {
  test('loses what killed tries have left once nobody can be reading it', async () => {
    const left = [`stage/${TOPIC}/0123.json.gz`, 'stage/other/0123.json.gz'];
    for (const key of left) await api.bucket.put(key, 'left');
    await onSink('the Data API', (sink) => ingest(sink));
    expect(await readStage()).toEqual(left);
    await onSink(
      'the Data API',
      (sink) => ingest(sink),
      () => Date.now() + DAY_MS + 1,
    );
    expect(await readStage()).toEqual(left.slice(1));
  }, 60_000);

  test('has to be named', async () => {
    const args = { connId: 'kafka', topic: TOPIC, sink: { kind: 'warehouse', connId: 'redshift' } } as const;
    const ctx = createTaskContext([redshift, aws]);
    await expect(kafkaIngest({ args, ctx })).rejects.toMatchObject({
      code: 'INVALID_ARGS',
      message: expect.stringContaining(`stage: 's3://bucket/ingest/'`),
    });
  });
});
