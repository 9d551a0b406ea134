/**
 * Secrets are planted in a connection of every type, tasks do their worst with them and with services that refuse them, and then
 * everything that a worker leaves is searched: histories, logs, metrics, command lines, files, what the database holds.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import getPort from 'get-port';
import { connectSql } from '../../connections/postgres.js';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { testStack } from '../support/stack.js';

const TASK_QUEUE = `secrets-${String(process.pid)}`;
const API = new URL('../../dist/index.js', import.meta.url).pathname;
/** Hard to recognize once it is encoded. */
const plant = (name: string): string => `${name}"pä/ß+&%${randomBytes(9).toString('hex')}`;
const NAMES = [
  'pg',
  'rs',
  'aws',
  's3',
  'kafka',
  'http',
  'slack',
  'smtp',
  'spark',
  'emr',
  'real',
  'stored',
  'var',
] as const;
type Name = (typeof NAMES)[number];
const SECRETS = Object.fromEntries(NAMES.map((name) => [name, plant(name)])) as Record<Name, string>;

let database: TestDatabase;
let project: CliProject;
let worker: CliProcess;
let client: Client;
let temporal: Connection;
let metrics: string;
beforeAll(async () => {
  database = await createTestDatabase('secrets');
  await database.session.query(`CREATE ROLE planted_${String(process.pid)} LOGIN PASSWORD '${SECRETS.real}'`);
  await database.session.query(`GRANT ALL ON SCHEMA public TO planted_${String(process.pid)}`);
  const { host, port, schema } = database.connection;
  const nowhere = { host: '127.0.0.1', port: await getPort() }; // nobody listens there
  const endpoint = `http://127.0.0.1:${String(nowhere.port)}`;
  const conn = (name: Name, fields: object): object => ({
    password: SECRETS[name],
    login: 'etl',
    ...nowhere,
    ...fields,
  });
  const connections: Record<string, object> = {
    PG: conn('pg', { conn_type: 'postgres' }),
    RS: conn('rs', { conn_type: 'redshift', extra: { sslmode: 'disable' } }),
    AWS: conn('aws', {
      conn_type: 'aws',
      host: undefined,
      port: undefined,
      extra: { endpoint_url: endpoint, region_name: 'us-east-1' },
    }),
    S3: conn('s3', {
      conn_type: 's3',
      host: undefined,
      port: undefined,
      extra: { endpoint_url: endpoint, region_name: 'us-east-1' },
    }),
    KAFKA: conn('kafka', { conn_type: 'kafka', extra: { security_protocol: 'SASL_PLAINTEXT' } }),
    HTTP: conn('http', { conn_type: 'http' }),
    SLACK: conn('slack', { conn_type: 'slackwebhook', login: undefined }),
    SMTP: conn('smtp', { conn_type: 'smtp' }),
    SPARK: conn('spark', { conn_type: 'spark', host: 'local', port: undefined }),
    EMR: conn('emr', { conn_type: 'emr', host: undefined, port: undefined }),
    REAL: conn('real', {
      conn_type: 'postgres',
      host,
      port,
      schema,
      login: `planted_${String(process.pid)}`,
    }),
  };
  const env = Object.entries(connections).map(([id, fields]) => [
    `AIRTEMPO_CONN_${id}`,
    JSON.stringify(fields),
  ]);
  metrics = `127.0.0.1:${String(await getPort())}`;
  project = await createCliProject({
    ...(Object.fromEntries(env) as Record<string, string>),
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
    AIRTEMPO_VAR_API_TOKEN: SECRETS.var,
    OPENLINEAGE_URL: endpoint,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(project.dir, 'leaks.ts'), DAG_FILE);
  const add = [
    'connections',
    'add',
    'stored',
    '--conn-type',
    'postgres',
    '--conn-host',
    'nowhere',
    '--password-stdin',
  ];
  expect(await project.run(add, { stdin: SECRETS.stored })).toMatchObject({ code: 0 });
  worker = project.start(['worker', '--dags', 'leaks.ts', '--metrics', metrics]);
  await until(() => worker.output().includes('worker started'));
  temporal = await Connection.connect({ address: testStack.temporalAddress() });
  client = new Client({ connection: temporal });
});
afterAll(async () => {
  await project.remove();
  await temporal.close();
  await database.drop();
  const admin = await connectSql(testStack.postgres());
  await admin.query(`DROP ROLE planted_${String(process.pid)}`);
  await admin.close();
});

/** Every task fails once in each way it can, with the secret in whatever it throws, logs and reports. */
const DAG_FILE = `
import { copyFromS3, dag, kafkaIngest, runSql, webhook } from ${JSON.stringify(API)};
const IDS = ['pg', 'rs', 'aws', 's3', 'kafka', 'http', 'slack', 'smtp', 'spark', 'emr', 'real', 'stored'];
const REFUSED = { retries: 1, executionTimeout: '5s' };
const FAST = { retries: 2, retryDelay: '10ms', executionTimeout: '20s' };
async function leak(ctx, secret, fields) {
  const uri = 'postgres://etl:' + encodeURIComponent(secret) + '@nowhere/dev';
  const basic = Buffer.from('etl:' + secret).toString('base64');
  ctx.log.info({ fields, secret, nested: { list: [uri, basic] } }, 'connecting with ' + secret);
  ctx.heartbeat({ uri, basic, text: JSON.stringify({ secret }) });
  if (ctx.tryNumber === 2) throw new Error('refused: ' + uri + ' ' + JSON.stringify({ password: secret }), { cause: new Error(basic) });
  if (ctx.tryNumber === 1) throw { code: secret, detail: [uri] };
  ctx.log.error({ err: new Error(secret) }, uri);
}
export default dag('leaks', { defaultArgs: FAST, onFailure: webhook({ connId: 'http', path: '/told' }) }, ({ task }) => {
  for (const id of IDS) {
    task('leak_' + id, async ({ ctx }) => {
      const connection = await ctx.connection(id);
      await leak(ctx, connection.password, connection);
    });
  }
  task('leak_var', async ({ ctx }) => leak(ctx, await ctx.variable('api_token'), {}));
  task('sql', runSql, { connId: 'pg', sql: 'SELECT 1' }, REFUSED);
  task('sql_redshift', runSql, { connId: 'rs', sql: 'SELECT 1' }, REFUSED);
  task('sql_real', runSql, { connId: 'real', sql: 'SELECT nothing FROM nowhere' }, REFUSED);
  task('copy', copyFromS3, { table: 'events', from: 's3://bucket/key', format: 'json', connId: 'real', awsConnId: 'aws' }, REFUSED);
  task('ingest', kafkaIngest, { connId: 'kafka', topic: 'events', sink: { kind: 'warehouse', connId: 'real' } }, REFUSED);
});
`;

test('nothing that a worker leaves has a secret in it', async () => {
  const handle = await client.workflow.start('leaks', {
    taskQueue: TASK_QUEUE,
    workflowId: `leaks-${String(process.pid)}`,
  });
  const commandLines = new Set<string>();
  const watch = setInterval(
    () => void readCommandLines().then((lines) => lines.forEach((line) => commandLines.add(line))),
    200,
  );
  const failure = await handle.result().catch((error: unknown) => error);
  clearInterval(watch);
  const report = await handle.query<{ tasks: { id: string; state: string }[] }, []>('state');
  const states = Object.fromEntries(report.tasks.map(({ id, state }) => [id, state]));
  // what was to leak has had its chance: three tries each, and services that refuse
  expect(NAMES.map((name) => states[`leak_${name}`])).toEqual(NAMES.map(() => 'success'));
  expect(['sql', 'sql_redshift', 'sql_real', 'copy', 'ingest'].map((id) => states[id])).toEqual(
    Array.from({ length: 5 }, () => 'failed'),
  );

  const shown = await Promise.all([
    project.run(['runs', 'show', handle.workflowId]),
    project.run(['runs', 'logs', handle.workflowId, 'leak_pg']),
    project.run(['explain', handle.workflowId]),
    project.run(['connections', 'list', '--json']),
    project.run(['connections', 'get', 'stored', '--json']),
    project.run(['connections', 'test', '--all']),
    project.run(['kafka', 'dlq', 'list', 'events', '--conn-id', 'kafka']),
  ]);
  worker.child.kill('SIGTERM');
  const places: Record<string, string> = {
    'the failure of the run': String(failure) + JSON.stringify(failure),
    'the history': readable(await handle.fetchHistory()),
    'the answer of the state query': JSON.stringify(report),
    "the worker's log": worker.output(),
    'the metrics': await fetch(`http://${metrics}/metrics`).then(
      (response) => response.text(),
      () => '',
    ),
    'command lines': [...commandLines].join('\n'),
    'what commands print': shown.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
    'the database': await dumpDatabase(),
    ...(await readFiles(project.dir)),
  };
  await worker.ended;
  places["the worker's log"] = worker.output();
  expect(places["the worker's log"]).toContain('connecting with ***');
  expect(places['the history']).toContain('refused: postgres://etl:***');
  expect(commandLines.size).toBeGreaterThan(0);
  const leaks = Object.entries(places).flatMap(([place, text]) =>
    NAMES.filter((name) => formsOf(SECRETS[name]).some((form) => text.includes(form))).map(
      (name) => `${name} in ${place}`,
    ),
  );
  expect(leaks).toEqual([]);
});

test('the search finds a secret in each form', () => {
  const { pg } = SECRETS;
  const texts = [pg, encodeURIComponent(pg), JSON.stringify({ pg }), btoa(unescape(encodeURIComponent(pg)))];
  expect(texts.map((text) => formsOf(pg).some((form) => text.includes(form)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

/** Written without the product's own list of forms. The end of a secret is random, and is searched for alone as well. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift, 'x'), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [secret.slice(-18), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64];
}

/** The history as text, with its payloads as they were before base64. */
function readable(history: object): string {
  return JSON.stringify(history, (key, value: unknown) =>
    key === 'data' && typeof value === 'string'
      ? `${value} ${Buffer.from(value, 'base64').toString('utf8')}`
      : value,
  );
}

/** The worker's and its children's. */
async function readCommandLines(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
  return (await Promise.all(lines)).filter((line) => line !== '');
}

async function readFiles(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  expect(files.some((file) => file.includes('logs'))).toBe(true);
  return Object.fromEntries(
    await Promise.all(
      files.map(async (file) => [`the file ${path.relative(folder, file)}`, await readFile(file, 'latin1')]),
    ),
  ) as Record<string, string>;
}

async function dumpDatabase(): Promise<string> {
  const { rows } = await database.session.query(`
    SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`);
  const tables = rows.map(({ table_name }) => String(table_name));
  const dumps = tables.map(async (table) => (await database.session.query(`SELECT * FROM "${table}"`)).rows);
  return JSON.stringify(await Promise.all(dumps));
}
