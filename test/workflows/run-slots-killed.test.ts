/** Run slots outlive the worker process: what it held and who waited is with Temporal. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { finishRun, until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TASK_QUEUE = `slots-killed-${String(process.pid)}`;

/** The first try of the first day hangs for good; every try leaves its beginning and its end in the journal. */
const DAG_FILE = `
import { appendFile } from 'node:fs/promises';
import { cron, dag } from ${JSON.stringify(API)};
const defaultArgs = { retries: 1, retryDelay: '100ms', heartbeatTimeout: '2s' } as const;
export default dag('one_by_one', { schedule: cron('0 0 * * *'), maxActiveRuns: 1, defaultArgs }, ({ task }) => {
  task('load', async ({ ctx }) => {
    await appendFile('journal', 'begin ' + ctx.ds + '\\n');
    if (ctx.tryNumber === 1 && ctx.ds === '2018-11-01') await new Promise(() => undefined);
    await appendFile('journal', 'end ' + ctx.ds + '\\n');
  });
});
`;

let project: CliProject;
let connection: Connection;

beforeAll(async () => {
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(project.dir, 'one-by-one.ts'), DAG_FILE);
  connection = await Connection.connect({ address: testStack.temporalAddress() });
});
afterAll(async () => {
  await connection.close();
  await project.remove();
});

async function startWorker(): Promise<CliProcess> {
  const worker = project.start(['worker', '--dags', 'one-by-one.ts']);
  await until(() => worker.output().includes('worker started'));
  return worker;
}

async function journal(): Promise<readonly string[]> {
  const text = await readFile(path.join(project.dir, 'journal'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

test('runs keep their order and their turns when the worker is killed', async () => {
  const { workflow } = new Client({ connection });
  const start = (day: string): Promise<WorkflowHandle> =>
    workflow.start('one_by_one', {
      taskQueue: TASK_QUEUE,
      workflowId: `one_by_one-${day}-${String(process.pid)}`,
      args: [{ logicalDate: day }],
    });
  const first = await startWorker();
  const holder = await start('2018-11-01');
  await until(async () => (await journal()).includes('begin 2018-11-01') || undefined);
  const waiting = [await start('2018-11-03'), await start('2018-11-02')];
  await until(async () => {
    const ledger = workflow.getHandle('airtempo-run-slots/one_by_one');
    const { waiting: runs } = await ledger.query<{ waiting: unknown[] }, []>('slots');
    return runs.length === 2;
  });
  first.child.kill('SIGKILL');
  await first.ended;

  const second = await startWorker();
  for (const handle of [holder, ...waiting]) expect((await finishRun(handle)).failure).toBeUndefined();
  expect(await journal()).toEqual([
    'begin 2018-11-01',
    'begin 2018-11-01',
    'end 2018-11-01',
    'begin 2018-11-02',
    'end 2018-11-02',
    'begin 2018-11-03',
    'end 2018-11-03',
  ]);
  second.child.kill('SIGTERM');
  await second.ended;
});
