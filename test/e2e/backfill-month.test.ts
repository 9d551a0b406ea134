/** The Sparkify month, backfilled day by day while the worker and the Temporal server are killed. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import { formatConnectionUri } from '../../connections/index.js';
import { connectS3, type S3Storage } from '../../connections/s3.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { readDataFolder } from '../../local/data-folder/read.js';
import { uploadData } from '../../local/data-folder/upload.js';
import { startStack, type LocalStack } from '../../local/stack.js';
import type { BackfillReport } from '../../workflows/backfill-report.js';
import { createStarDatabase, type StarDatabase } from '../sql/support/star-database.js';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const realData =
  process.env['AIRTEMPO_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
const SHIPPED = fileURLToPath(new URL('../../dist/dags/awst-redshift-dag.js', import.meta.url));
const DAG_ID = 'awst_redshift_dag';

/** The counts of the full load, as docs/sparkify-counts.md has them. */
const REAL_COUNTS = {
  staging_events: 8056, staging_songs: 71, songplays: 6820, users: 97, songs: 71, artists: 69, time: 6813,
}; // prettier-ignore

/** The shipped DAG with short waits: a retry after five minutes is another suite's concern. */
const dagFile = `
import shipped from ${JSON.stringify(SHIPPED)};
const hasten = (task) => ({ ...task, execution: { ...task.execution, retries: 10, retryDelayMs: 100, heartbeatTimeoutMs: 3000 } });
export default Object.freeze({ ...shipped, graph: { ...shipped.graph, tasks: shipped.graph.tasks.map(hasten) } });
`;

const bucket = `month-${randomBytes(6).toString('hex')}`;
let dir: string;
let stack: LocalStack<'temporal'>;
let storage: S3Storage;
let star: StarDatabase;
let project: CliProject;
let worker: CliProcess;
let temporal: TemporalConnection;
let client: Client;
let expected: Readonly<Record<string, number>>;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'airtempo-month-'));
  stack = await startTemporal({ temporal: 0, temporalUi: 0 });
  storage = connectS3(testStack.s3());
  const { matched: _, ...generated } = createSampleData().expected;
  const hasReal = existsSync(realData);
  expected = hasReal ? REAL_COUNTS : generated;
  await uploadData(storage.client, bucket, hasReal ? readDataFolder(realData) : createSampleData().files());
  star = await createStarDatabase();
  project = await createCliProject({
    TEMPORAL_ADDRESS: stack.temporal.address,
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_CONN_REDSHIFT: formatConnectionUri({ ...star.connection, id: 'redshift' }),
    AIRTEMPO_CONN_AWS_CREDENTIALS: formatConnectionUri({ ...testStack.s3(), id: 'aws_credentials' }),
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(project.dir, 'month.ts'), dagFile);
  temporal = await TemporalConnection.connect({ address: stack.temporal.address });
  client = new Client({ connection: temporal });
  worker = await startWorker();
}, 120_000);
afterAll(async () => {
  worker.child.kill('SIGTERM');
  await worker.ended;
  await temporal.close();
  await stack.stop();
  await star.close();
  storage.close();
  await project.remove();
  await rm(dir, { recursive: true, force: true });
});

function startTemporal(ports: {
  readonly temporal: number;
  readonly temporalUi: number;
}): Promise<LocalStack<'temporal'>> {
  return startStack({ dir, services: ['temporal'], ports });
}

async function startWorker(): Promise<CliProcess> {
  const started = project.start(['worker', '--dags', 'month.ts']);
  await until(() => started.output().includes('worker started'));
  return started;
}

/** Ends the server as a power cut does, and starts it again where it was. */
async function killTemporal(): Promise<void> {
  const ports = {
    temporal: Number(stack.temporal.address.split(':')[1]),
    temporalUi: Number(new URL(stack.temporal.uiUrl).port),
  };
  process.kill(stack.pids.temporal, 'SIGKILL');
  await stack.stop();
  stack = await startTemporal(ports);
}

const NOVEMBER = [
  '--from',
  '2018-11-01',
  '--to',
  '2018-11-30',
  '--conf',
  JSON.stringify({ bucket, mode: 'day' }),
];

async function create(...options: readonly string[]): Promise<string> {
  const { stdout, stderr } = await project.run([
    'backfill',
    'create',
    DAG_ID,
    ...NOVEMBER,
    ...options,
    '--json',
  ]);
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { readonly id: string }).id;
}

/** How the backfill stands; undefined while nobody can tell. */
async function look(id: string): Promise<BackfillReport | undefined> {
  try {
    return await client.workflow.getHandle(id).query<BackfillReport, []>('state');
  } catch {
    return undefined;
  }
}

let mostRunning = 0;

/** Waits until so many dates are done, and notes how many ran at once. */
const untilDone = (id: string, count: number): Promise<boolean> =>
  until(async () => {
    const report = await look(id);
    mostRunning = Math.max(mostRunning, report?.counts.running ?? 0);
    const failed = report?.dates.filter(({ state }) => state === 'failed') ?? [];
    expect(failed).toEqual([]);
    return (report?.counts.done ?? 0) >= count;
  });

test('thirty days, four at a time, give the counts of the full load, though worker and server are killed on the way', async () => {
  const id = await create('--max-active-runs', '4');
  await untilDone(id, 5);
  worker.child.kill('SIGKILL');
  await worker.ended;
  worker = await startWorker();
  await untilDone(id, 12);
  await killTemporal();
  await untilDone(id, 30);
  const report = await until(async () => {
    const found = await look(id);
    return found?.state === 'success' ? found : undefined;
  });
  expect(report).toMatchObject({
    total: 30,
    counts: { done: 30, failed: 0, skipped: 0, in_flight: 0, left: 0 },
  });
  expect(mostRunning).toBe(4);
  expect(await star.counts()).toEqual(expected);
}, 300_000);

test('run again it does nothing; a day that failed is all that is run by reprocess failed', async () => {
  const started = async (): Promise<number> =>
    (await client.workflow.count(`WorkflowType = "${DAG_ID}"`)).count;
  await until(async () => (await started()) === 30);
  const again = await create();
  expect(await client.workflow.getHandle(again).result()).toMatchObject({ counts: { skipped: 30 } });
  const broken = await client.workflow.start(DAG_ID, {
    taskQueue: 'airtempo',
    workflowId: `${DAG_ID}-2018-11-11T00:00:00Z`,
    args: [{ logicalDate: '2018-11-10', conf: { bucket, mode: 'day', logPrefix: 'nowhere/' } }],
  });
  await expect(broken.result()).rejects.toThrow();
  const repaired = await create('--reprocess', 'failed');
  expect(await client.workflow.getHandle(repaired).result()).toMatchObject({
    counts: { done: 1, skipped: 29 },
  });
  await until(async () => (await started()) === 32);
  expect(await star.counts()).toEqual(expected);
}, 120_000);
