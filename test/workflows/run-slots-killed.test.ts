/** Run slots outlive the worker process: what it held and who waited is with Temporal. */
import { fileURLToPath } from 'node:url';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { finishRun, until } from '../support/engine.js';
import { createWorkerProject, type WorkerProject } from '../support/worker-project.js';

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

let workers: WorkerProject;
beforeAll(async () => {
  workers = await createWorkerProject(TASK_QUEUE, DAG_FILE);
});
afterAll(() => workers.remove());

test('runs keep their order and their turns when the worker is killed', async () => {
  const { workflow } = new Client({ connection: workers.connection });
  const start = (day: string): Promise<WorkflowHandle> =>
    workflow.start('one_by_one', {
      taskQueue: TASK_QUEUE,
      workflowId: `one_by_one-${day}-${String(process.pid)}`,
      args: [{ logicalDate: day }],
    });
  const first = await workers.startWorker();
  const holder = await start('2018-11-01');
  await until(async () => (await workers.journal()).includes('begin 2018-11-01') || undefined);
  const waiting = [await start('2018-11-03'), await start('2018-11-02')];
  await until(async () => {
    const ledger = workflow.getHandle('airtempo-run-slots/one_by_one');
    const { waiting: runs } = await ledger.query<{ waiting: unknown[] }, []>('slots');
    return runs.length === 2;
  });
  first.child.kill('SIGKILL');
  await first.ended;

  const second = await workers.startWorker();
  for (const handle of [holder, ...waiting]) expect((await finishRun(handle)).failure).toBeUndefined();
  expect(await workers.journal()).toEqual([
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
