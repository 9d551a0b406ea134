/** Both sides' workers and how each is asked for a run. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chainFile, LANES, lanesFile } from './dag-files.js';
import { createProject, type Project, startProcess, type Started, startWorker } from './project.js';

const HAND_WRITTEN = fileURLToPath(new URL('./hand-written-worker.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');

/** Tasks of each of many runs at once. */
export const CHAIN = 5;

/** What to run. */
export type Work =
  { readonly kind: 'lanes'; readonly tasks: number } | { readonly kind: 'chains'; readonly runs: number };

/** A workflow to start, by type and input. */
export interface Call {
  readonly type: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
}

export interface Side {
  readonly name: 'ours' | 'limit';
  start(project: Project): Promise<Started>;
  call(work: Work): Call;
}

export const OURS: Side = {
  name: 'ours',
  start: startWorker,
  call: ({ kind }) => ({ type: kind === 'lanes' ? 'lanes' : 'chain', taskQueue: 'airtempo', args: [] }),
};

export const LIMIT: Side = {
  name: 'limit',
  start: (project) => startProcess(['--import', TSX, HAND_WRITTEN], project, 'worker started'),
  call: (work) =>
    work.kind === 'lanes'
      ? { type: 'lanes', taskQueue: 'hand-written', args: [LANES, Math.round(work.tasks / LANES)] }
      : { type: 'chain', taskQueue: 'hand-written', args: [CHAIN] },
};

/** The project whose DAG is this work. */
export function projectFor(dir: string, address: string, work: Work): Promise<Project> {
  const files =
    work.kind === 'lanes' ? { 'lanes.ts': lanesFile(work.tasks) } : { 'chain.ts': chainFile('chain', CHAIN) };
  return createProject(path.join(dir, 'project'), address, files);
}
