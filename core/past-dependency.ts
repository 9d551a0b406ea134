/**
 * Whether the previous run of a DAG lets a task start: Airflow's ti_deps/deps/prev_dagrun_dep.py, answer by answer.
 * Pure; finding runs and reading their states is for whoever asks.
 */
import type { RunType } from './context.js';
import type { TaskState } from './states.js';

/** A task that depends on the past. */
export interface PastTask {
  readonly id: string;
  /** Its direct downstream, when it waits for that too (`waitForDownstream`). */
  readonly downstream?: readonly string[];
  /** Default true; see `TaskOptions`. */
  readonly ignoreFirstDependsOnPast?: boolean;
}

/** A run of the DAG, as far as choosing the previous one needs it. */
export interface PastRun {
  readonly runType: RunType;
  readonly logicalDate: Date;
  readonly startedAt: Date;
}

/** What of the DAG counts. */
export interface PastDag {
  readonly catchup: boolean;
  readonly startDate?: Date | undefined;
}

/**
 * The runs before `logicalDate`, one a date, the latest, which is the previous run, first. With catchup those started
 * by hand do not count. Of several for one date the last one started counts: it repaired the others.
 */
export function listPreviousRuns<R extends PastRun>(
  runs: Iterable<R>,
  logicalDate: Date,
  dag: PastDag,
): readonly R[] {
  const byDate = new Map<number, R>();
  for (const run of runs) {
    if (run.logicalDate >= logicalDate || (dag.catchup && run.runType === 'manual')) continue;
    const known = byDate.get(run.logicalDate.getTime());
    if (known === undefined || known.startedAt < run.startedAt) byDate.set(run.logicalDate.getTime(), run);
  }
  return [...byDate.values()].sort((a, b) => b.logicalDate.getTime() - a.logicalDate.getTime());
}

/** Whether no task has to look at the previous run at all: there is none, or it lies before the DAG's start. */
export function isFirstRun(previous: PastRun | undefined, dag: PastDag): boolean {
  if (previous === undefined) return true;
  return dag.catchup && dag.startDate !== undefined && previous.logicalDate < dag.startDate;
}

/** What the previous run says of one task. `absent`: it has no such task; see `decideAbsent`. */
export type PastVerdict =
  | { readonly kind: 'met' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'waits'; readonly reason: string };

/** Decides by the states of the previous run's tasks. A task's state is `none` as long as it has not started. */
export function decidePast(task: PastTask, states: ReadonlyMap<string, TaskState>): PastVerdict {
  const state = states.get(task.id);
  if (state === undefined) return { kind: 'absent' };
  if (!isGood(state)) return { kind: 'waits', reason: `${task.id} is ${describe(state)}` };
  for (const id of task.downstream ?? []) {
    const below = states.get(id) ?? 'success'; // absent ones do not count
    if (isGood(below)) continue;
    return { kind: 'waits', reason: `${id}, right below ${task.id}, is ${describe(below)}` };
  }
  return { kind: 'met' };
}

function isGood(state: TaskState): boolean {
  return state === 'success' || state === 'skipped';
}

function describe(state: TaskState): string {
  return state === 'none' ? 'not started' : state;
}

/** Decides about a task that the previous run does not have: a new one may start, unless it is told to wait. */
export function decideAbsent(task: PastTask, hadEarlier: boolean): PastVerdict {
  if (task.ignoreFirstDependsOnPast !== false && !hadEarlier) return { kind: 'met' };
  return { kind: 'waits', reason: `${task.id} is not part of it` };
}
