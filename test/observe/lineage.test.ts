/** The OpenLineage events of real loads, as a backend receives them. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkSql, copyFromFiles, copyFromS3, dag, runSql } from '../../index.js';
import { createSecretScrubber } from '../../connections/index.js';
import { describeFiles, describeNamed, describeObjects, describeTable } from '../../connections/datasets.js';
import type { Connection } from '../../core/connection.js';
import { createLogger } from '../../workers/logger.js';
import { readLineageConfig } from '../../workers/observe/lineage-config.js';
import { createLineageTransport } from '../../workers/observe/lineage-transport.js';
import { createLineageObserver, type LineageEvent } from '../../workers/observe/lineage.js';
import { startEngine, until, type Engine, type FinishedRun } from '../support/engine.js';
import { startHttpReceiver, type HttpReceiver } from '../support/http-receiver.js';
import {
  createTestBucket,
  services,
  createTestDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/services.js';
import { RUN_EVENT_SCHEMA } from './openlineage-schema.js';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
const isRunEvent = ajv.compile(RUN_EVENT_SCHEMA);

const logLines: string[] = [];
const logger = createLogger(createSecretScrubber(), {
  destination: { write: (line: string) => void logLines.push(line) },
});

let receiver: HttpReceiver;
let database: TestDatabase;
let bucket: TestBucket;
let engine: Engine;
let run: FinishedRun;

function createLoads(bucketName: string): ReturnType<typeof dag> {
  return dag('loads', { defaultArgs: { retries: 0 } }, ({ task }) => {
    const create = task('create', runSql, {
      connId: 'redshift',
      sql: ['CREATE TABLE plays (id INT, song TEXT)', 'CREATE TABLE songs (song TEXT)'],
    });
    const stage = task('stage', copyFromS3, {
      connId: 'redshift',
      awsConnId: 'aws',
      table: 'plays',
      columns: ['id', 'song'],
      from: `s3://${bucketName}/log_data/`,
      format: 'csv',
    });
    const load = task('load', runSql, {
      connId: 'redshift',
      sql: ['DELETE FROM songs', 'INSERT INTO songs SELECT DISTINCT song FROM plays'],
      inlets: ['plays'],
      outlets: ['songs'],
    });
    const check = task('check', checkSql, {
      connId: 'redshift',
      checks: [{ kind: 'row_count', table: 'songs', equals: 2 }],
    });
    const own = task('own', ({ ctx }) => {
      ctx.lineage({ inputs: [{ namespace: 'kafka://broker:9092', name: 'plays' }] });
      ctx.lineage({ outputs: [{ namespace: 'file', name: '/tmp/report' }] });
      ctx.lineage({ outputs: [{ namespace: 'file', name: '/tmp/report', rowCount: 7 }] });
    });
    const lost = task('lost', copyFromFiles, {
      connId: 'redshift',
      table: 'plays',
      from: '/nowhere/*.csv',
      format: 'csv',
    });
    create.then(stage).then(load).then(check).then(own).then(lost);
  });
}

beforeAll(async () => {
  receiver = await startHttpReceiver();
  database = await createTestDatabase('lineage');
  bucket = await createTestBucket();
  await bucket.put('log_data/a.csv', '1,Intro\n2,Outro\n');
  await bucket.put('log_data/b.csv', '3,Intro\n');
  const transport = createLineageTransport(
    { type: 'http', namespace: 'sparkify', url: `${receiver.url}/api/v1/lineage`, apiKey: 'k-123' },
    logger,
  );
  const loads = createLoads(bucket.name);
  const connections: readonly Connection[] = [
    { ...database.connection, id: 'redshift' },
    { ...services().s3, id: 'aws' },
  ];
  engine = await startEngine([loads], connections, [
    createLineageObserver('sparkify', (event) => transport.send(event)),
  ]);
  run = await engine.run(loads);
  await until(() => eventsOf('loads').length === 2);
});
afterAll(async () => {
  await engine.stop();
  await receiver.stop();
  await database.drop();
  await bucket.drop();
});

const events = (): readonly LineageEvent[] => receiver.received.map(({ body }) => body as LineageEvent);
const eventsOf = (job: string): readonly LineageEvent[] => events().filter((event) => event.job.name === job);

describe('the events of a run', () => {
  test('are what the specification asks for', () => {
    expect(events()).toHaveLength(14);
    for (const event of events()) expect([isRunEvent(event), isRunEvent.errors]).toEqual([true, null]);
  });

  test('go to the endpoint with the key', () => {
    const [request] = receiver.received;
    expect(request?.path).toBe('/api/v1/lineage');
    expect(request?.headers['authorization']).toBe('Bearer k-123');
  });

  test('are a start and an end for each try and for the run, in that order', () => {
    const kinds = (job: string): readonly string[] => eventsOf(job).map(({ eventType }) => eventType);
    expect(kinds('loads')).toEqual(['START', 'FAIL']);
    expect(kinds('loads.stage')).toEqual(['START', 'COMPLETE']);
    expect(kinds('loads.lost')).toEqual(['START', 'FAIL']);
    for (const job of ['loads', 'loads.stage', 'loads.lost']) {
      expect(new Set(eventsOf(job).map((event) => event.run.runId)).size).toBe(1);
    }
  });

  test('name the run of the DAG as parent, and its data interval', async () => {
    const [parent] = eventsOf('loads');
    const [stage] = eventsOf('loads.stage');
    expect(parent?.run.runId).toBe((await run.handle.describe()).runId);
    expect(stage?.run.facets['parent']).toMatchObject({
      run: { runId: parent?.run.runId },
      job: { namespace: 'sparkify', name: 'loads' },
    });
    const [start, end] = run.report.run?.dataInterval ?? [];
    expect(stage?.run.facets['nominalTime']).toMatchObject({ nominalStartTime: start, nominalEndTime: end });
  });

  test('tell from where a COPY loads, into which columns of which table, and how many rows', () => {
    const { host, port, schema } = database.connection;
    const [, complete] = eventsOf('loads.stage');
    expect(complete?.inputs).toEqual([{ namespace: `s3://${bucket.name}`, name: 'log_data', facets: {} }]);
    expect(complete?.outputs).toMatchObject([
      {
        namespace: `postgres://${String(host)}:${String(port)}`,
        name: `${String(schema)}.public.plays`,
        facets: { schema: { fields: [{ name: 'id' }, { name: 'song' }] } },
        outputFacets: { outputStatistics: { rowCount: 3 } },
      },
    ]);
  });

  test('tell the tables that SQL is said to read and write, and what checks look at', () => {
    const names = (datasets: readonly object[] | undefined): readonly string[] =>
      (datasets as { name: string }[]).map(({ name }) => name.replace(/^.*\.public\./, ''));
    const [, load] = eventsOf('loads.load');
    expect([names(load?.inputs), names(load?.outputs)]).toEqual([['plays'], ['songs']]);
    expect(load?.outputs).toMatchObject([{ outputFacets: { outputStatistics: { rowCount: 2 } } }]);
    expect(names(eventsOf('loads.check')[1]?.inputs)).toEqual(['songs']);
  });

  test('tell what a handler says, a dataset named twice as one', () => {
    const [, own] = eventsOf('loads.own');
    expect(own?.inputs).toEqual([{ namespace: 'kafka://broker:9092', name: 'plays', facets: {} }]);
    expect(own?.outputs).toMatchObject([
      { name: '/tmp/report', outputFacets: { outputStatistics: { rowCount: 7 } } },
    ]);
  });

  test('tell why a load failed, with the data that it was about', () => {
    const [, failed] = eventsOf('loads.lost');
    expect(failed?.run.facets['errorMessage']).toMatchObject({
      message: expect.stringContaining('/nowhere/'),
      programmingLanguage: 'TypeScript',
    });
    expect(failed?.inputs).toMatchObject([{ namespace: 'file', name: '/nowhere/*.csv' }]);
    expect(eventsOf('loads')[1]?.run.facets['errorMessage']).toMatchObject({
      message: expect.stringContaining('lost'),
    });
  });

  test('hold no secret of a connection', () => {
    const { password } = database.connection;
    expect(password).toBeDefined();
    expect(JSON.stringify(receiver.received)).not.toContain(password);
  });
});

const event = (name: string): LineageEvent => ({
  eventType: 'START',
  eventTime: '2018-11-02T00:00:00.000Z',
  run: { runId: '0188c0de-0000-7000-8000-000000000000', facets: {} },
  job: { namespace: 'n', name, facets: {} },
  inputs: [],
  outputs: [],
  producer: 'urn:p',
  schemaURL: 'urn:s',
});

describe('a backend that does not answer', () => {
  test('never holds up whoever sends, and costs what does not fit the queue', async () => {
    let answer: (status: number) => void = () => undefined;
    const stuck = new Promise<number>((resolve) => (answer = resolve));
    const slow = await startHttpReceiver(() => stuck);
    const transport = createLineageTransport({ type: 'http', namespace: 'n', url: slow.url }, logger);
    for (let index = 0; index < 1_100; index += 1) transport.send(event(`e${String(index)}`));
    expect(logLines.join('')).toContain('1000 events wait already');
    answer(200);
    await transport.flush();
    expect(slow.received.length).toBeGreaterThanOrEqual(1_000);
    expect(slow.received.length).toBeLessThan(1_100);
    await slow.stop();
  });

  test('or refuses costs the event and a warning, and the next is sent', async () => {
    const picky = await startHttpReceiver(({ body }) =>
      (body as LineageEvent).job.name === 'bad' ? 500 : 201,
    );
    const before = logLines.length;
    const transport = createLineageTransport({ type: 'http', namespace: 'n', url: picky.url }, logger);
    for (const name of ['good', 'bad', 'better']) transport.send(event(name));
    await transport.flush();
    expect(picky.received).toHaveLength(3);
    expect(logLines.slice(before).join('')).toContain('HTTP 500');
    await picky.stop();
  });
});

test('a file gets one event a line', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'airtempo-lineage-'));
  const file = path.join(folder, 'events.jsonl');
  const transport = createLineageTransport({ type: 'file', namespace: 'n', path: file }, logger);
  transport.send(event('a'));
  transport.send(event('b'));
  await transport.flush();
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as LineageEvent).job.name)).toEqual(['a', 'b']);
  await rm(folder, { recursive: true });
});

describe('the variables', () => {
  const URL_ = 'http://marquez:5000';
  test.each<[Readonly<Record<string, string>>, unknown]>([
    [{}, undefined],
    [{ OPENLINEAGE_NAMESPACE: 'n' }, undefined],
    [
      { OPENLINEAGE_URL: URL_ },
      { type: 'http', namespace: 'airtempo', url: 'http://marquez:5000/api/v1/lineage' },
    ],
    [
      { OPENLINEAGE_URL: `${URL_}/base`, OPENLINEAGE_ENDPOINT: '/e', OPENLINEAGE_API_KEY: 'k' },
      { type: 'http', namespace: 'airtempo', url: 'http://marquez:5000/base/e', apiKey: 'k' },
    ],
    [{ OPENLINEAGE_URL: URL_, OPENLINEAGE_DISABLED: 'true' }, undefined],
    [
      {
        OPENLINEAGE__TRANSPORT__TYPE: 'http',
        OPENLINEAGE__TRANSPORT__URL: 'https://lineage.example',
        OPENLINEAGE__TRANSPORT__AUTH: '{"type":"api_key","apiKey":"s"}',
        OPENLINEAGE_NAMESPACE: 'night',
      },
      { type: 'http', namespace: 'night', url: 'https://lineage.example/api/v1/lineage', apiKey: 's' },
    ],
    [
      { OPENLINEAGE__TRANSPORT__TYPE: 'file', OPENLINEAGE__TRANSPORT__LOG_FILE_PATH: 'l.jsonl' },
      { type: 'file', namespace: 'airtempo', path: '/project/l.jsonl' },
    ],
  ])('%j', (env, config) => {
    expect(readLineageConfig(env, '/project')).toEqual(config);
  });

  test.each<[Readonly<Record<string, string>>, RegExp]>([
    [{ OPENLINEAGE_URL: 'marquez:5000' }, /^OPENLINEAGE_URL is not an http or https URL/],
    [{ OPENLINEAGE__TRANSPORT__TYPE: 'kafka' }, /TYPE is "kafka"\. Use http or file/],
    [{ OPENLINEAGE__TRANSPORT__TYPE: 'http' }, /^OPENLINEAGE_URL is not/],
    [{ OPENLINEAGE__TRANSPORT__TYPE: 'file' }, /LOG_FILE_PATH is not set/],
    [
      { OPENLINEAGE_URL: URL_, OPENLINEAGE__TRANSPORT__AUTH: 'secret' },
      /^OPENLINEAGE__TRANSPORT__AUTH (?!.*secret)/,
    ],
  ])('%j is refused', (env, message) => {
    expect(() => readLineageConfig(env, '/project')).toThrow(message);
  });
});

describe('datasets', () => {
  const connection = (fields: Partial<Connection>): Connection => ({
    id: 'c',
    type: 'postgres',
    extra: {},
    ...fields,
  });

  test.each<[Partial<Connection>, string, string, string]>([
    [{ host: 'db', port: 5433, schema: 'dev' }, 'plays', 'postgres://db:5433', 'dev.public.plays'],
    [{ host: 'db', schema: 'dev' }, 'staging.plays', 'postgres://db:5432', 'dev.staging.plays'],
    [{}, 'plays', 'postgres://localhost:5432', 'public.plays'],
    [
      { type: 'redshift', host: 'my-cluster.abc123.us-west-2.redshift.amazonaws.com', schema: 'dev' },
      'plays',
      'redshift://my-cluster.us-west-2:5439',
      'dev.public.plays',
    ],
  ])('a table of %j, %s, is %s %s', (fields, table, namespace, name) => {
    expect(describeTable(connection(fields), table)).toEqual({ namespace, name });
  });

  test('objects are a bucket and a prefix, files a path', () => {
    expect(describeObjects('s3://bucket/a/b/')).toEqual({ namespace: 's3://bucket', name: 'a/b' });
    expect(describeObjects('s3a://bucket')).toEqual({ namespace: 's3://bucket', name: '/' });
    expect(describeNamed(connection({}), 's3://b/k.csv')).toEqual({ namespace: 's3://b', name: 'k.csv' });
    expect(describeFiles('/data/*.csv')).toEqual({ namespace: 'file', name: '/data/*.csv' });
  });
});
