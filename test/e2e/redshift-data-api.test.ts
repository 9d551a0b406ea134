/** Redshift by the Data API, as workers meet it: the warehouse load, killed workers, lost answers, cancellation. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ListStatementsCommand,
  type RedshiftDataClient,
  type StatementData,
} from '@aws-sdk/client-redshift-data';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { formatConnectionUri } from '../../connections/index.js';
import { connectSql, type SqlSession } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import awstRedshiftDag from '../../dags/awst-redshift-dag.js';
import { copyFromS3, dag, runSql, waitForSql } from '../../index.js';
import { FAULTS } from '../../local/aws/faults.js';
import { LOCAL_TARGETS } from '../../local/redshift-data-api/server.js';
import { readDataFolder } from '../../local/data-folder/read.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { uploadData } from '../../local/data-folder/upload.js';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { type Engine, finishRun, startEngine, until } from '../support/engine.js';
import { startTestDataApi, type TestDataApi } from '../support/redshift-data-api.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const realData =
  process.env['AIRTEMPO_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

const TABLES = ['staging_events', 'staging_songs', 'songplays', 'users', 'songs', 'artists', 'time'];
/** docs/sparkify-counts.md */
const REAL_COUNTS = {
  staging_events: 8056, staging_songs: 71, songplays: 6820, users: 97, songs: 71, artists: 69, time: 6813,
}; // prettier-ignore

/** As it would be in an environment variable. */
const KEY = { id: 'AKIAWORKER', secret: 'worker/secret+key' };

/** A twin would show: each run of these statements adds a row. */
const APPEND = ['LOCK TABLE t', 'INSERT INTO t (a) VALUES (1)'];
const quick = { retries: 3, retryDelay: '100ms', heartbeatTimeout: '3s' } as const;
const connId = 'redshift';

const append = dag('append', { defaultArgs: quick }, ({ task }) => {
  task('append', runSql, { connId, sql: APPEND });
});
const stage = dag('stage', { defaultArgs: quick }, ({ task }) => {
  task('stage', copyFromS3, { connId, table: 't', from: ({ conf }) => String(conf['from']), format: 'json' });
});
const wait = dag('wait', { defaultArgs: quick }, ({ task }) => {
  task('wait', waitForSql, { connId, sql: 'SELECT COUNT(*) FROM t', expect: 1 }, { pokeInterval: '200ms' });
});

let api: TestDataApi;
let client: RedshiftDataClient;
let engine: Engine;
let redshift: Connection;
let aws: Connection;
let query: SqlSession['query'];

beforeAll(async () => {
  api = await startTestDataApi({
    findKey: (id) => (id === KEY.id ? { secretAccessKey: KEY.secret } : undefined),
  });
  client = api.connect(KEY.id, KEY.secret);
  const { session } = api.database;
  query = (text, params) => session.query(text, params);
  aws = {
    id: 'aws_api',
    type: 'aws',
    login: KEY.id,
    password: KEY.secret,
    extra: { region_name: 'us-east-1', endpoint_url: api.server.url },
  };
  redshift = {
    id: connId,
    type: 'redshift',
    schema: String(api.database.connection.schema),
    extra: {
      driver: 'data-api',
      cluster_identifier: LOCAL_TARGETS.clusterIdentifier,
      db_user: 'awsuser',
      aws_conn_id: aws.id,
    },
  };
  engine = await startEngine([awstRedshiftDag, append, stage, wait], [redshift, aws]);
}, 120_000);
afterAll(async () => {
  await engine.stop();
  await api.stop();
});
beforeEach(async () => {
  await query('DROP TABLE IF EXISTS t');
  await query('CREATE TABLE t (a INTEGER)');
});

const count = async (table: string): Promise<number> =>
  Number((await query(`SELECT COUNT(*) AS n FROM ${table}`)).rows[0]?.['n']);

/** Every statement that the service has been given and that mentions `text`, newest first. */
async function statements(text: string): Promise<readonly StatementData[]> {
  const found: StatementData[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListStatementsCommand({ Status: 'ALL', ...(token === undefined ? {} : { NextToken: token }) }),
    );
    found.push(...(page.Statements ?? []));
    token = page.NextToken;
  } while (token !== undefined);
  return found.filter((one) => JSON.stringify(one).includes(text));
}

/** Keeps table t locked until it is let go, so that what is handed over does not end. */
async function lockTable(): Promise<{ release(): Promise<void> }> {
  const blocker = await connectSql(api.database.connection);
  await blocker.query('BEGIN');
  await blocker.query('LOCK TABLE t');
  return { release: () => blocker.close() };
}

const submitted = (since: number): Promise<true> =>
  until(async () => ((await statements('LOCK TABLE t')).length > since ? true : undefined));

describe('awst_redshift_dag', () => {
  test('runs unchanged by the Data API, with the counts of the wire protocol', async () => {
    const isReal = existsSync(realData);
    const sample = createSampleData({ days: 4, songs: 30 });
    const { matched: _matched, ...sampleCounts } = sample.expected;
    const { name: bucket, storage } = api.bucket;
    await uploadData(storage.client, bucket, isReal ? readDataFolder(realData) : sample.files());
    for (let time = 0; time < 2; time += 1) {
      const run = await engine.run(awstRedshiftDag, { conf: { bucket } });
      expect(run).toMatchObject({ failure: undefined, status: 'COMPLETED' });
      const counts = await Promise.all(TABLES.map(async (table) => [table, await count(table)] as const));
      expect(Object.fromEntries(counts)).toEqual(isReal ? REAL_COUNTS : sampleCounts);
    }
    const day = await engine.run(awstRedshiftDag, {
      logicalDate: '2018-11-02T00:00:00Z',
      conf: { bucket, mode: 'day' },
    });
    expect(day).toMatchObject({ failure: undefined, status: 'COMPLETED' });
    expect(await count('songplays')).toBe(isReal ? REAL_COUNTS.songplays : sampleCounts.songplays);
  }, 240_000);
});

describe('a statement', () => {
  test('whose answer is lost again and again is run once', async () => {
    const before = (await statements('INSERT INTO t')).length;
    // more often than the SDK asks by itself, so that a try fails and the next one finds the statement
    api.faults.push('BatchExecuteStatement', FAULTS.lostAnswer, 4);
    const run = await engine.run(append);
    expect(run).toMatchObject({ failure: undefined, states: { append: 'success' } });
    expect(api.faults.pending).toBe(0);
    expect(await count('t')).toBe(1);
    expect((await statements('INSERT INTO t')).length).toBe(before + 1);
  }, 60_000);

  test('is run again when the task is run again', async () => {
    await engine.run(append);
    await engine.run(append);
    expect(await count('t')).toBe(2);
  }, 60_000);

  test('is cancelled with its run', async () => {
    const before = (await statements('LOCK TABLE t')).length;
    const lock = await lockTable();
    const handle = await engine.start(append);
    await submitted(before);
    await handle.cancel();
    expect((await finishRun(handle)).status).toBe('CANCELLED');
    await until(async () => (await statements('LOCK TABLE t'))[0]?.Status === 'ABORTED');
    await lock.release();
    expect(await count('t')).toBe(0);
  }, 120_000);

  test('is asked anew at each poke of a sensor', async () => {
    const handle = await engine.start(wait);
    await until(async () => ((await statements('COUNT(*) FROM t')).length > 1 ? true : undefined));
    await query('INSERT INTO t VALUES (1)');
    expect(await finishRun(handle)).toMatchObject({ failure: undefined, status: 'COMPLETED' });
  }, 120_000);
});

describe('a load', () => {
  test('over bad data names file, line and reason, is rolled back and not tried again', async () => {
    await query('INSERT INTO t VALUES (99)');
    await api.bucket.put('bad/1.json', '{"a":1}\n{"a":"x"}\n');
    const run = await engine.run(stage, { conf: { from: `s3://${api.bucket.name}/bad/` } });
    expect(run.failure).toMatch(/bad\/1\.json line 2, column a: /);
    expect(run.states).toEqual({ stage: 'failed' });
    expect(await statements('/bad/')).toHaveLength(1);
    expect((await query('SELECT a FROM t')).rows).toEqual([{ a: 99 }]);
  }, 60_000);
});

describe('a worker that is killed', () => {
  const TASK_QUEUE = `redshift-data-${String(process.pid)}`;
  let project: CliProject;
  let temporal: TemporalConnection;

  beforeAll(async () => {
    project = await createCliProject({
      TEMPORAL_ADDRESS: testStack.temporalAddress(),
      AIRTEMPO_LOAD_EXAMPLES: 'false',
      AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
      AIRTEMPO_CONN_REDSHIFT: formatConnectionUri(redshift),
      AIRTEMPO_CONN_AWS_API: formatConnectionUri(aws),
    });
    await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
    await writeFile(
      path.join(project.dir, 'append.ts'),
      `import { dag, runSql } from ${JSON.stringify(API)};
       export default dag('append', { defaultArgs: ${JSON.stringify(quick)} }, ({ task }) => {
         task('append', runSql, { connId: 'redshift', sql: ${JSON.stringify(APPEND)} });
       });`,
    );
    temporal = await TemporalConnection.connect({ address: testStack.temporalAddress() });
  }, 60_000);
  afterAll(async () => {
    await temporal.close();
    await project.remove();
  });

  async function startWorker(): Promise<CliProcess> {
    const started = project.start(['worker', '--dags', 'append.ts']);
    await until(() => started.output().includes('worker started'));
    return started;
  }

  test('leaves no twin: the next try goes on with the statement that was handed over', async () => {
    const before = (await statements('LOCK TABLE t')).length;
    const lock = await lockTable();
    const killed = await startWorker();
    const handle = await new Client({ connection: temporal }).workflow.start('append', {
      taskQueue: TASK_QUEUE,
      workflowId: `append-killed-${String(process.pid)}`,
      args: [],
    });
    await submitted(before);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const worker = await startWorker();
    // the second try has begun, and waits for what the first one has handed over
    await until(async () => {
      const { raw } = await handle.describe();
      return (raw.pendingActivities?.[0]?.attempt ?? 0) > 1 ? true : undefined;
    });
    await lock.release();
    const run = await finishRun(handle);
    expect(run).toMatchObject({ failure: undefined, status: 'COMPLETED' });
    expect(await count('t')).toBe(1);
    expect((await statements('LOCK TABLE t')).length).toBe(before + 1);
    worker.child.kill('SIGTERM');
    await worker.ended;
  }, 180_000);
});
