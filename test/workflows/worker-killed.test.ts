import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { finishRun, until } from '../support/engine.js';
import { createWorkerProject, type WorkerProject } from '../support/worker-project.js';
import { fetchEvents } from './support/history.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TASK_QUEUE = `killed-${String(process.pid)}`;

/** The first try of `load` hangs for good; every try of a task leaves a line in the journal. */
const DAG_FILE = `
import { appendFile } from 'node:fs/promises';
import { dag } from ${JSON.stringify(API)};
const note = (entry: string) => appendFile('journal', entry + '\\n');
const defaultArgs = { retries: 2, retryDelay: '100ms', heartbeatTimeout: '2s' } as const;
export default dag('interrupted', { defaultArgs }, ({ task }) => {
  const extract = task('extract', async () => { await note('extract'); return { rows: 3 }; });
  const load = task('load', async ({ args, ctx }) => {
    await note('load ' + ctx.tryNumber);
    if (ctx.tryNumber === 1) await new Promise(() => undefined);
    return args.extracted.rows * 2;
  }, { extracted: extract });
  task('report', async ({ args }) => { await note('report ' + args.rows); }, { rows: load });
});
`;

let workers: WorkerProject;
beforeAll(async () => {
  workers = await createWorkerProject(TASK_QUEUE, DAG_FILE);
});
afterAll(() => workers.remove());

test('a task whose worker is killed is tried again by another, and nothing else is run twice', async () => {
  const first = await workers.startWorker();
  const handle = await new Client({ connection: workers.connection }).workflow.start('interrupted', {
    taskQueue: TASK_QUEUE,
    workflowId: `interrupted-${String(process.pid)}`,
  });
  await until(async () => (await workers.journal()).includes('load 1') || undefined);
  first.child.kill('SIGKILL');
  await first.ended;

  const second = await workers.startWorker();
  const run = await finishRun(handle);
  expect(run.failure).toBeUndefined();
  expect(run.states).toEqual({ extract: 'success', load: 'success', report: 'success' });
  expect(await workers.journal()).toEqual(['extract', 'load 1', 'load 2', 'report 6']);

  const lastTryOfLoad = (await fetchEvents(handle)).flatMap(
    ({ activityTaskStartedEventAttributes: started }) => (started?.attempt === 2 ? [started] : []),
  );
  expect(lastTryOfLoad).toHaveLength(1);
  expect(lastTryOfLoad[0]?.lastFailure?.message).toBe('activity Heartbeat timeout');
  second.child.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
});
