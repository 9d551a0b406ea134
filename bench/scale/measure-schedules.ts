/** A number of DAGs with schedules: what deploying them costs, and a worker that has them and nothing to do. */
import { setTimeout as delay } from 'node:timers/promises';
import { round } from '../support/median.js';
import { readEndedCpuS, readMemoryMb, readTreeCpuS } from '../support/processes.js';
import { chainFile } from './dag-files.js';
import type { Figures } from './measure-work.js';
import { createProject, type Project, runCommand, startWorker } from './project.js';
import type { Bench } from './server.js';

/** Tasks of each DAG. */
const TASKS = 5;
/** A worker that has just started collects its garbage first. */
const SETTLE_MS = 5_000;
const IDLE_S = 10;

/** Deploys so many DAGs, a file each, twice, and watches a worker of them. */
export async function measureSchedules(bench: Bench, dags: number): Promise<Figures> {
  const names = Array.from({ length: dags }, (_, index) => `scheduled_${String(index)}`);
  const files = Object.fromEntries(
    names.map((name, index) => [`${name}.ts`, chainFile(name, TASKS, `${String(index % 60)} 3 * * *`)]),
  );
  const project = await createProject(`${bench.dir}/scheduled`, bench.address, files);
  const first = await timeDeploy(project);
  const again = await timeDeploy(project);
  const begin = performance.now();
  const worker = await startWorker(project);
  const startS = (performance.now() - begin) / 1000;
  const startCpuS = readTreeCpuS(worker.pid);
  try {
    return {
      'load + deploy s': first.wallS,
      'its CPU s': first.cpuS,
      'deploy again s': again.wallS,
      'its CPU s again': again.cpuS,
      'worker start s': round(startS),
      'worker start CPU s': round(startCpuS),
      ...(await watchIdle(bench, worker.pid)),
    };
  } finally {
    await worker.stop();
  }
}

async function timeDeploy(project: Project): Promise<{ readonly wallS: number; readonly cpuS: number }> {
  const [cpuBefore, begin] = [readEndedCpuS(process.pid), performance.now()];
  await runCommand(project, ['deploy', '--dags', 'dags', '--unpause']);
  return {
    wallS: round((performance.now() - begin) / 1000),
    cpuS: round(readEndedCpuS(process.pid) - cpuBefore),
  };
}

/** What a worker and the server use while there is nothing to do. */
async function watchIdle({ serverPid }: Bench, workerPid: number): Promise<Figures> {
  await delay(SETTLE_MS);
  const read = (): readonly number[] => [readTreeCpuS(workerPid), readTreeCpuS(serverPid)];
  const [workerBefore = 0, serverBefore = 0] = read();
  await delay(IDLE_S * 1000);
  const [workerAfter = 0, serverAfter = 0] = read();
  return {
    'idle worker MB': readMemoryMb(workerPid).rssMb,
    'idle worker % of a core': round(((workerAfter - workerBefore) / IDLE_S) * 100),
    'idle server MB': readMemoryMb(serverPid).rssMb,
    'idle server % of a core': round(((serverAfter - serverBefore) / IDLE_S) * 100),
  };
}
