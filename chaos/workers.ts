/** The workers: processes of the built command that are killed, and started again when they end, as an operator's supervisor does. */
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CliProcess, CliProject } from '../test/support/cli.js';
import { WORKERS, type WorkerName } from './plan.js';

export interface Workers {
  kill(name: WorkerName): Promise<void>;
  restart(name: WorkerName): Promise<void>;
  /** How often a worker ended by itself, with what it said last. */
  readonly ended: readonly string[];
  /** SIGTERM, and what did not end in good order within the time. */
  stop(timeoutMs: number): Promise<readonly string[]>;
}

const BEFORE_RESTART_MS = 500;

/** Starts them all. */
export function startWorkers(project: CliProject): Workers {
  const running = new Map<WorkerName, CliProcess>();
  const killed = new Set<CliProcess>();
  const ended: string[] = [];
  let stopping = false;
  const log = (name: WorkerName, text: string): Promise<void> =>
    appendFile(path.join(project.dir, `${name}.log`), text);
  const start = (name: WorkerName): void => {
    const worker = project.start(['worker', '--dags', 'star.ts', 'lake.ts']);
    running.set(name, worker);
    void worker.ended.then(async ({ code }) => {
      await log(name, `${worker.output()}\nended with ${String(code)}\n`);
      if (stopping || killed.has(worker)) return;
      ended.push(`${name} ended with ${String(code)}: ${worker.output().slice(-500)}`);
      await delay(BEFORE_RESTART_MS);
      if (!stopping) start(name);
    });
  };
  const find = (name: WorkerName): CliProcess => running.get(name) as CliProcess; // all are started at once
  for (const name of WORKERS) start(name);
  return {
    ended,
    kill: async (name) => {
      const worker = find(name);
      killed.add(worker);
      worker.child.kill('SIGKILL');
      await worker.ended;
    },
    restart: (name) => {
      start(name);
      return Promise.resolve();
    },
    stop: async (timeoutMs) => {
      stopping = true;
      const late = delay(timeoutMs, 'late' as const, { ref: false });
      const stopOne = async (name: WorkerName): Promise<readonly string[]> => {
        const worker = find(name);
        worker.child.kill('SIGTERM');
        const end = await Promise.race([worker.ended, late]);
        if (end === 'late') return [`${name} had not ended ${String(timeoutMs / 1000)} s after SIGTERM`];
        return end.code === 0 ? [] : [`${name} ended with ${String(end.code)} after SIGTERM`];
      };
      return (await Promise.all(WORKERS.map(stopOne))).flat();
    },
  };
}
