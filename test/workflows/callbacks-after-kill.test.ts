/** Callbacks outlive the worker: one is killed in the middle of a task, and its successor tells of it. */
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { finishRun, until } from '../support/engine.js';
import { createWorkerProject, type WorkerProject } from '../support/worker-project.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const TASK_QUEUE = `told-${String(process.pid)}`;

const DAG_FILE = `
import { appendFile } from 'node:fs/promises';
import { dag } from ${JSON.stringify(API)};
const note = (entry: string) => appendFile('journal', entry + '\\n');
const tell = ({ event }) => note([event.taskId ?? '', event.event, event.tryNumber ?? '-', event.reason, event.url].join('|'));
const defaultArgs = { retryDelay: '100ms', heartbeatTimeout: '2s', onRetry: tell, onFailure: tell } as const;
export default dag('told', { defaultArgs, onFailure: tell }, ({ task }) => {
  task('hopeless', async () => { await note('hopeless runs'); await new Promise(() => undefined); });
  task('second_try', async ({ ctx }) => {
    await note('second_try runs ' + ctx.tryNumber);
    if (ctx.tryNumber === 1) await new Promise(() => undefined);
  }, {}, { retries: 1 });
});
`;

let workers: WorkerProject;
beforeAll(async () => {
  workers = await createWorkerProject(TASK_QUEUE, DAG_FILE, {
    AIRTEMPO_UI_URL: 'https://ui.example.com',
  });
});
afterAll(() => workers.remove());

test('a killed worker is told of by the next one: failure, further try, and the failed run', async () => {
  const first = await workers.startWorker();
  const workflowId = `told-${String(process.pid)}`;
  const { workflow } = new Client({ connection: workers.connection });
  const handle = await workflow.start('told', { taskQueue: TASK_QUEUE, workflowId });
  await until(async () => (await workers.journal()).length === 2);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = await workers.startWorker();
  const run = await finishRun(handle);
  second.child.kill('SIGTERM');
  await second.ended;
  expect(run.states).toEqual({ hopeless: 'failed', second_try: 'success' });
  const told = (await workers.journal()).filter((line) => line.includes('|')).map((line) => line.split('|'));
  const url = expect.stringContaining(`https://ui.example.com/namespaces/default/workflows/${workflowId}/`);
  expect(told).toHaveLength(3);
  expect(told).toEqual(
    expect.arrayContaining([
      ['hopeless', 'on_failure', '1', expect.stringContaining('the worker was silent for 2 s'), url],
      ['second_try', 'on_retry', '1', expect.stringMatching(/heartbeat/i), url],
      ['', 'on_failure', '-', expect.stringContaining('Failed: hopeless'), url],
    ]),
  );
});
