import { writeFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection as TemporalConnection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { formatConnectionUri } from '../../connections/index.js';
import type { Connection } from '../../core/connection.js';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { finishRun, until } from '../support/engine.js';
import {
  createTestBucket,
  createTestDatabase,
  type TestBucket,
  type TestDatabase,
} from '../support/services.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TASK_QUEUE = `faults-${String(process.pid)}`;
const EVENTS = 150_000;

/** The shape of the warehouse load, with short waits: a retry after five minutes is another suite's concern. */
const dagFile = (bucket: string): string => `
import { dag, copyFromS3, runSql } from ${JSON.stringify(API)};
import { z } from ${JSON.stringify(import.meta.resolve('zod'))};
const connId = 'redshift';
export default dag('nightly', {
  defaultArgs: { retries: 3, retryDelay: '100ms', heartbeatTimeout: '3s' },
  params: z.object({ prefix: z.string().default('big/'), aws: z.string().default('aws_credentials'), bucket: z.string().default(${JSON.stringify(bucket)}) }),
}, ({ task }) => {
  const create = task('create', runSql, { connId, files: ['schema/create-staging-events.sql', 'schema/create-songplays.sql', 'schema/create-staging-songs.sql', 'schema/create-songs.sql', 'schema/create-artists.sql'] });
  const stage = task('stage_events', copyFromS3, {
    connId, awsConnId: (run) => run.params.aws, table: 'staging_events',
    from: (run) => \`s3://\${run.params.bucket}/\${run.params.prefix}\`, format: 'json', ignoreCase: true, timeFormat: 'epochmillisecs',
  });
  create.then(stage).then(task('load_songplays', runSql, {
    connId, files: ['star/lock-songplays.sql', 'star/delete-songplays.sql', 'star/insert-songplays.sql'],
    parameters: { interval_start: '0001-01-01', interval_end: '9999-12-31' },
  }));
});
`;

function event(index: number): string {
  return JSON.stringify({
    artist: 'Nobody', auth: 'Logged In', firstName: 'Ann', gender: 'F', itemInSession: index % 100, lastName: 'Onym',
    length: 200.5, level: 'free', location: 'Nowhere', method: 'PUT', page: index % 10 === 0 ? 'Home' : 'NextSong',
    registration: 1540000000000, sessionId: Math.floor(index / 100), song: `Song ${String(index)}`, status: 200,
    ts: 1541100000000 + index, userAgent: 'test', userId: String((index % 90) + 1),
  }); // prettier-ignore
}

const lines = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => event(from + index)).join('\n');

let project: CliProject;
let database: TestDatabase;
let bucket: TestBucket;
let temporal: TemporalConnection;
let client: Client;
let worker: CliProcess;
const workers: CliProcess[] = [];
const handles: WorkflowHandle[] = [];
let secrets: readonly string[];

beforeAll(async () => {
  database = await createTestDatabase('faults');
  bucket = await createTestBucket();
  for (let part = 0; part < 3; part += 1) {
    const body = lines((part * EVENTS) / 3, ((part + 1) * EVENTS) / 3);
    await bucket.put(`big/${String(part)}.json`, body);
    for (const copy of ['a', 'b', 'c', 'd', 'e', 'f'])
      await bucket.put(`huge/${copy}${String(part)}.json`, body);
  }
  await bucket.put('malformed/1.json', `${lines(0, 10)}\n{"artist": oops}\n${lines(10, 20)}`);
  await bucket.put('truncated/1.json', lines(0, 20).slice(0, -40));
  const redshift: Connection = { ...database.connection, id: 'redshift' };
  const aws: Connection = { ...testStack.s3(), id: 'aws_credentials' };
  const wrong: Connection = { ...aws, id: 'aws_wrong', password: 'not-the-secret-8Xq+/2&z' };
  secrets = [redshift.password, aws.password, wrong.password].filter((secret) => secret !== undefined);
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
    AIRTEMPO_LOG_LEVEL: 'debug',
    AIRTEMPO_CONN_REDSHIFT: formatConnectionUri(redshift),
    AIRTEMPO_CONN_AWS_CREDENTIALS: formatConnectionUri(aws),
    AIRTEMPO_CONN_AWS_WRONG: formatConnectionUri(wrong),
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(project.dir, 'nightly.ts'), dagFile(bucket.name));
  temporal = await TemporalConnection.connect({ address: testStack.temporalAddress() });
  client = new Client({ connection: temporal });
}, 120_000);
afterAll(async () => {
  await temporal.close();
  await project.remove();
  await bucket.drop();
  await database.drop();
});

beforeEach(async () => {
  await database.session.query('DROP SCHEMA public CASCADE');
  await database.session.query('CREATE SCHEMA public');
  worker = await startWorker();
});
afterEach(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
});

async function startWorker(): Promise<CliProcess> {
  const started = project.start(['worker', '--dags', 'nightly.ts']);
  workers.push(started);
  await until(() => started.output().includes('worker started'));
  return started;
}

async function start(conf: object = {}): Promise<WorkflowHandle> {
  const workflowId = `nightly-${String(process.pid)}-${String(handles.length)}`;
  const handle = await client.workflow.start('nightly', {
    taskQueue: TASK_QUEUE,
    workflowId,
    args: [{ conf }],
  });
  handles.push(handle);
  return handle;
}

const count = async (text: string): Promise<number> =>
  Number(Object.values((await database.session.query(text)).rows[0] ?? {})[0]);

/** Waits until COPY has written rows that nobody can see yet. */
const untilCopying = (): Promise<boolean> =>
  until(
    async () => (await count('SELECT COALESCE(MAX(tuples_processed), 0) FROM pg_stat_progress_copy')) > 1000,
  );

const untilIdle = (): Promise<boolean> =>
  until(async () => {
    const others =
      'SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    return (await count(others)) === 0;
  });

describe('the warehouse load', () => {
  test('is exact although its worker is killed in mid-COPY', async () => {
    const handle = await start();
    await untilCopying();
    worker.child.kill('SIGKILL');
    await worker.ended;
    worker = await startWorker();
    const run = await finishRun(handle);
    expect(run).toMatchObject({ failure: undefined, status: 'COMPLETED' });
    expect(await count('SELECT COUNT(*) FROM staging_events')).toBe(EVENTS);
    expect(await count('SELECT COUNT(*) FROM songplays')).toBe(EVENTS * 0.9);
    expect(await count('SELECT COUNT(DISTINCT songplay_id) FROM songplays')).toBe(EVENTS * 0.9);
  }, 120_000);

  test('leaves nothing behind when it is cancelled in mid-COPY', async () => {
    const handle = await start({ prefix: 'huge/' });
    await untilCopying();
    await handle.cancel();
    const run = await finishRun(handle);
    expect(run.status).toBe('CANCELLED');
    expect(run.states).toEqual({ create: 'success', stage_events: 'failed', load_songplays: 'skipped' });
    await untilIdle();
    expect(await count('SELECT COUNT(*) FROM staging_events')).toBe(0);
    expect(await count("SELECT COUNT(*) FROM pg_class WHERE relpersistence = 't'")).toBe(0);
  }, 120_000);

  test.each([
    ['malformed', /malformed\/1\.json.*line 11/s],
    ['truncated', /truncated\/1\.json.*line 20/s],
  ])(
    'names file and line of a %s record, keeps it, loads nothing and is not tried again',
    async (kind, message) => {
      const run = await finishRun(await start({ prefix: `${kind}/` }));
      expect(run.status).toBe('FAILED');
      expect(run.failure).toMatch(message);
      expect(await count('SELECT COUNT(*) FROM staging_events')).toBe(0);
      const { rows } = await database.session.query('SELECT * FROM load_errors');
      expect(rows).toEqual([
        expect.objectContaining({ file_name: expect.stringContaining(`${kind}/1.json`) }),
      ]);
    },
  );

  test('names a bucket that does not exist', async () => {
    const run = await finishRun(await start({ bucket: 'no-such-bucket-here' }));
    expect(run.failure).toContain('no-such-bucket-here');
    expect(run.states['stage_events']).toBe('failed');
  });

  test('names the connection whose credentials are refused, once', async () => {
    const run = await finishRun(await start({ aws: 'aws_wrong' }));
    expect(run.failure).toContain('aws_wrong');
    const { events } = await run.handle.fetchHistory();
    const attempts = (events ?? []).flatMap(
      ({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? [],
    );
    expect(attempts).toEqual(attempts.map(() => 1));
  });

  test('writes no secret into a history or a log', async () => {
    const histories = await Promise.all(handles.map((handle) => handle.fetchHistory()));
    const decoded = histories.map((history) => JSON.stringify(history) + payloadTexts(history)).join('\n');
    const everything = `${decoded}\n${workers.map((process) => process.output()).join('\n')}`;
    expect(everything.includes('"aws":"aws_wrong"')).toBe(true); // the search looks where the runs wrote
    for (const secret of secrets) {
      for (const form of formsOf(secret)) expect(everything.includes(form)).toBe(false);
    }
    expect(await readFile(`/proc/${String(worker.child.pid)}/cmdline`, 'utf8')).not.toContain(secrets[0]);
  });
});

/** Payloads are base64 in a history's JSON: their text, too, is searched. */
function payloadTexts(history: unknown): string {
  const texts: string[] = [];
  JSON.stringify(history, (key, value: unknown) => {
    if (key === 'data' && typeof value === 'string')
      texts.push(Buffer.from(value, 'base64').toString('utf8'));
    return value;
  });
  return texts.join('\n');
}

function formsOf(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  ];
}
