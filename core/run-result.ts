/** The result of a run: decided by its effective leaves, as in Airflow. Pure. */
import type { RunGraph, RunGraphTask } from './graph.js';
import { computeDownstream } from './graph-links.js';
import type { RunState, TaskState } from './states.js';

/**
 * The tasks whose states decide the run: those with nothing below but teardowns that do not count, and
 * that are not such teardowns themselves. In a DAG of such teardowns only: the tasks with nothing below.
 */
export function computeEffectiveLeaves(graph: RunGraph): readonly string[] {
  const downstream = computeDownstream(graph);
  const leaves = graph.tasks.filter((task) => !isIgnorable(task) && downstream(task.id).every(isIgnorable));
  const deciding =
    leaves.length > 0 ? leaves : graph.tasks.filter((task) => downstream(task.id).length === 0);
  return deciding.map((task) => task.id);
}

function isIgnorable(task: RunGraphTask): boolean {
  return task.teardown === true && task.onFailureFailDagrun !== true;
}

/** The result of a run that is done, from the states of its effective leaves: one failure fails it. */
export function computeRunResult(leafStates: Iterable<TaskState>): Exclude<RunState, 'running'> {
  for (const state of leafStates) {
    if (state === 'failed' || state === 'upstream_failed') return 'failed';
  }
  return 'success';
}
