/** Airflow's state names for tasks and runs, where a user reads or writes them. Pure. */

/**
 * The state of one task in one run. `none`: waits for its upstream; `scheduled`: may run, waits for a
 * slot; `running`: handed to a worker (Temporal's retries happen inside this state); the rest are final.
 */
export type TaskState =
  'none' | 'scheduled' | 'running' | 'success' | 'failed' | 'skipped' | 'upstream_failed' | 'removed';

/** The states that a task does not leave by itself. */
export type FinalTaskState = Exclude<TaskState, 'none' | 'scheduled' | 'running'>;

/** The state of a run. */
export type RunState = 'running' | 'success' | 'failed';

const FINAL: ReadonlySet<TaskState> = new Set(['success', 'failed', 'skipped', 'upstream_failed', 'removed']);

/** Whether a task is done with, in whichever way. */
export function isFinal(state: TaskState): state is FinalTaskState {
  return FINAL.has(state);
}
