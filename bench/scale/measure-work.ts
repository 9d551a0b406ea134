/** One size of work on one side, with a worker of its own: what it took, and what it left. */
import { WORKFLOW_TASK_TIMEOUT_MS } from '../../core/workflow-options.js';
import { round } from '../support/median.js';
import { readMemoryMb, readTreeCpuS } from '../support/processes.js';
import { readHistories } from './history.js';
import type { Bench } from './server.js';
import { projectFor, type Side, type Work } from './sides.js';

/** What a size took; the CPU is without the worker's start. */
export type Figures = Readonly<Record<string, number>>;

/** Runs the work to its end. Throws when the side cannot do it. */
export async function measureWork(bench: Bench, side: Side, work: Work): Promise<Figures> {
  const worker = await side.start(await projectFor(bench.dir, bench.address, work));
  try {
    const cpu = (): number => readTreeCpuS(worker.pid);
    const [workerBefore, serverBefore] = [cpu(), readTreeCpuS(bench.serverPid)];
    const begin = performance.now();
    const workflowIds = await runAll(bench, side, work);
    const wallS = (performance.now() - begin) / 1000;
    const [workerCpuS, serverCpuS] = [cpu() - workerBefore, readTreeCpuS(bench.serverPid) - serverBefore];
    const { events, bytes, histories } = await readHistories(bench.client, workflowIds[0] ?? '');
    return {
      'wall s': round(wallS),
      'CPU s': round(workerCpuS + serverCpuS),
      'worker CPU s': round(workerCpuS),
      'server CPU s': round(serverCpuS),
      'worker peak MB': readMemoryMb(worker.pid).peakRssMb,
      'server MB': readMemoryMb(bench.serverPid).rssMb,
      'history events': events * workflowIds.length,
      'history KB': Math.round((bytes * workflowIds.length) / 1024),
      histories: histories * workflowIds.length,
    };
  } finally {
    await worker.stop();
  }
}

/** Starts the runs and waits until all have ended. Returns their workflow ids. */
async function runAll({ client }: Bench, side: Side, work: Work): Promise<readonly string[]> {
  const { type, taskQueue, args } = side.call(work);
  const [stem, runs] = work.kind === 'lanes' ? [work.tasks, 1] : [work.runs, work.runs];
  const ids = Array.from(
    { length: runs },
    (_, index) => `${side.name}-${type}-${String(stem)}-${String(index)}`,
  );
  await Promise.all(
    ids.map((workflowId) =>
      client.workflow.execute(type, {
        workflowId,
        taskQueue,
        args: [...args],
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      }),
    ),
  );
  return ids;
}
