import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCliProject, type CliProcess, type CliProject } from '../support/cli.js';
import { finishRun, until } from '../support/engine.js';
import { testStack } from '../support/stack.js';
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

let project: CliProject;
let connection: Connection;

beforeAll(async () => {
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await writeFile(path.join(project.dir, 'interrupted.ts'), DAG_FILE);
  connection = await Connection.connect({ address: testStack.temporalAddress() });
});
afterAll(async () => {
  await connection.close();
  await project.remove();
});

async function startWorker(): Promise<CliProcess> {
  const worker = project.start(['worker', '--dags', 'interrupted.ts']);
  await until(() => worker.output().includes('worker started'));
  return worker;
}

async function journal(): Promise<readonly string[]> {
  const text = await readFile(path.join(project.dir, 'journal'), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

test('a task whose worker is killed is tried again by another, and nothing else is run twice', async () => {
  const first = await startWorker();
  const handle = await new Client({ connection }).workflow.start('interrupted', {
    taskQueue: TASK_QUEUE,
    workflowId: `interrupted-${String(process.pid)}`,
  });
  await until(async () => (await journal()).includes('load 1') || undefined);
  first.child.kill('SIGKILL');
  await first.ended;

  const second = await startWorker();
  const run = await finishRun(handle);
  expect(run.failure).toBeUndefined();
  expect(run.states).toEqual({ extract: 'success', load: 'success', report: 'success' });
  expect(await journal()).toEqual(['extract', 'load 1', 'load 2', 'report 6']);

  const lastTryOfLoad = (await fetchEvents(handle)).flatMap(
    ({ activityTaskStartedEventAttributes: started }) => (started?.attempt === 2 ? [started] : []),
  );
  expect(lastTryOfLoad).toHaveLength(1);
  expect(lastTryOfLoad[0]?.lastFailure?.message).toBe('activity Heartbeat timeout');
  second.child.kill('SIGTERM');
  expect((await second.ended).code).toBe(0);
});
