/** The ingest on a real broker into a Redshift, for which Postgres stands in behind the Data API, and into a lake on S3: by the DAG, and by a process that is killed. */
import { ListStatementsCommand } from '@aws-sdk/client-redshift-data';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { checkIngestedLake } from '../../activities/kafka/check-ingested-lake.js';
import type { KafkaIngestArgs } from '../../activities/kafka/ingest-args.js';
import type { IngestResult } from '../../activities/kafka/ingest-topic.js';
import { kafkaIngest } from '../../activities/kafka-ingest.js';
import { openProducer } from '../../connections/kafka/producer.js';
import { ensureTopic } from '../../connections/kafka/topics.js';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import kafkaIngestDag from '../../dags/kafka-ingest.js';
import { createSampleTopic } from '../activities/kafka/support/sample-topic.js';
import { startEngine, until } from '../support/engine.js';
import { startTestKafka, type TestKafka } from '../support/kafka.js';
import { DATA_API_KEYS, startTestDataApi, type TestDataApi } from '../support/redshift-data-api.js';
import { services } from '../support/services.js';
import { createTaskContext } from '../support/task-context.js';

const TOPIC = 'events';
const BATCH_MESSAGES = 500;
const POISON = 'no event';
const sample = createSampleTopic(
  { users: 12, from: '2018-10-01', to: '2018-10-21', partitions: 1 },
  { duplicates: 0.05, malformed: 0.02 },
);

let kafka: TestKafka;
let api: TestDataApi;
let connections: readonly Connection[];
beforeAll(async () => {
  [kafka, api] = await Promise.all([startTestKafka(), startTestDataApi()]);
  const aws: Connection = {
    id: 'aws_api',
    type: 'aws',
    login: 'AKIAFIRST',
    password: DATA_API_KEYS.AKIAFIRST.secretAccessKey,
    extra: { region_name: 'us-east-1', endpoint_url: api.server.url },
  };
  const redshift: Connection = {
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
  connections = [kafka.connection, redshift, aws, services().s3];
  await produce();
}, 120_000);
afterAll(async () => {
  await Promise.all([kafka.stop(), api.stop()]);
});
beforeEach(() => query('DROP TABLE IF EXISTS events, kafka_positions, kafka_batches'));

async function produce(): Promise<void> {
  await ensureTopic(kafka.connection, TOPIC, 3);
  const producer = await openProducer(kafka.connection);
  const lines = [...sample.lines.flat(), POISON];
  for (let at = 0; at < lines.length; at += 1_000) {
    const chunk = lines.slice(at, at + 1_000);
    await producer.send(
      TOPIC,
      chunk.map((line, index) => ({ key: String((at + index) % 97), value: Buffer.from(line) })),
    );
  }
  await producer.close();
}

const MESSAGES = sample.messages + 1;
const WHOLE = {
  messages: MESSAGES,
  written: sample.keys.length,
  duplicates: sample.duplicates,
  deadLetters: sample.broken + 1,
};
const query = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
  (await api.database.session.query(sql)).rows;

/** Each event is there once, and the ledger accounts for each message. */
async function expectWhole(): Promise<void> {
  const rows = await query(`
    SELECT CONCAT_WS('|', ROUND(EXTRACT(EPOCH FROM ts) * 1000), COALESCE(user_id, ''), session_id, item_in_session) AS key FROM events`);
  const keys = rows.map(({ key }) => key as string);
  expect(keys.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(sample.keys);
  const [ledger] = await query(`
    SELECT SUM(messages)::int AS messages, SUM(written)::int AS written, SUM(duplicates)::int AS duplicates, SUM(dead_letters)::int AS "deadLetters"
    FROM kafka_batches`);
  expect(ledger).toEqual(WHOLE);
}

const argsOf = (extra: Partial<KafkaIngestArgs> = {}): KafkaIngestArgs => ({
  connId: 'kafka',
  topic: TOPIC,
  sink: { kind: 'warehouse', connId: 'redshift', stage: `s3://${api.bucket.name}/stage/` },
  batchMessages: BATCH_MESSAGES,
  ...extra,
});
const ingest = (extra?: Partial<KafkaIngestArgs>): Promise<IngestResult> =>
  kafkaIngest({ args: argsOf(extra), ctx: createTaskContext(connections) });

test('the DAG brings every message into a Redshift and into a lake on S3 once', async () => {
  const engine = await startEngine([kafkaIngestDag], connections);
  const lake = `s3://${api.bucket.name}/lake/`;
  const lakeConnId = services().s3.id;
  try {
    const conf = {
      topic: TOPIC,
      warehouseConnId: 'redshift',
      stage: `s3://${api.bucket.name}/stage/`,
      lake,
      lakeConnId,
    };
    for (let time = 0; time < 2; time += 1) {
      const run = await engine.run(kafkaIngestDag, { conf });
      expect(run).toMatchObject({ failure: undefined, status: 'COMPLETED' });
      await expectWhole();
    }
  } finally {
    await engine.stop();
  }
  const ctx = createTaskContext(connections);
  const account = await checkIngestedLake({ args: { lake, connId: lakeConnId, topic: TOPIC }, ctx });
  expect(account).toMatchObject(WHOLE);
}, 180_000);

/** Lists of the ingest that have begun and not ended. */
async function listsUnderWay(): Promise<number> {
  const { Statements = [] } = await api.client.send(new ListStatementsCommand({ Status: 'STARTED' }));
  return Statements.filter((each) => JSON.stringify(each).includes('LOCK TABLE kafka_positions')).length;
}

test('a list goes on when the process that sent it is killed, and its messages count once', async () => {
  await ingest({ maxMessages: BATCH_MESSAGES });
  const reader = await connectSql(api.database.connection);
  await reader.query('BEGIN');
  await reader.query('SELECT COUNT(*) FROM kafka_positions'); // holds up who wants to lock it, not who reads
  const script = path.resolve('test/support/killed-ingest.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      AIRTEMPO_TEST_INGEST: JSON.stringify({ args: argsOf(), connections }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await until(async () => ((await listsUnderWay()) > 0 ? true : undefined));
  child.kill('SIGKILL');
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  expect(await listsUnderWay()).toBe(1);
  const next = ingest();
  await reader.close();
  expect((await next).messages).toBe(MESSAGES - 2 * BATCH_MESSAGES);
  await expectWhole();
}, 120_000);

test('two ingests at once take nothing twice', async () => {
  const both = await Promise.all([ingest(), ingest()]);
  expect(both.reduce((sum, { messages }) => sum + messages, 0)).toBe(MESSAGES);
  await expectWhole();
}, 120_000);
