/** Both sides' workers, in this process: ours, and one with the workflow written by hand, with the same bounds. */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type NativeConnection, Worker } from '@temporalio/worker';
import type { Dag } from '../../core/dag.js';
import { DEFAULT_TASK_QUEUE } from '../../core/workflow-options.js';
import { createBenchWorker } from '../support/engine.js';
import { noteStart } from './starts.js';

export const QUEUES = { ours: DEFAULT_TASK_QUEUE, limit: 'hand-written' } as const;
export type Side = keyof typeof QUEUES;

/** What `createDagWorker` sets by default. */
const BOUNDS = { maxCachedWorkflows: 300, maxConcurrentActivityTaskExecutions: 100 };

/** Runs `work` while both workers poll. */
export async function withWorkers<Result>(
  connection: NativeConnection,
  dags: readonly Dag[],
  dir: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const ours = await createBenchWorker(connection, dags, dir);
  const handWritten = await Worker.create({
    connection,
    taskQueue: QUEUES.limit,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('../support/hand-written.ts', import.meta.url)),
      logger: new DefaultLogger('WARN'),
    }),
    activities: { noop: noopByHand },
    ...BOUNDS,
  });
  return ours.runUntil(handWritten.runUntil(work));
}

function noopByHand(): Promise<null> {
  noteStart();
  return Promise.resolve(null);
}
