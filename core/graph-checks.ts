/**
 * `checkGraph`: everything that can be wrong with a graph before it runs. Pure, iterative, O(tasks +
 * edges). It also reads graphs that old histories recorded: a rule here may be loosened, never tightened.
 */
import { AirtempoError } from './errors.js';
import type { ErrorCode } from './errors.js';
import type { RunGraph, RunGraphTask } from './graph.js';
import { computeDownstream } from './graph-links.js';
import { checkDagId, checkTaskId } from './identifiers.js';
import { isCount, isRecord, showValue } from './outside-value.js';
import { suggest } from './suggest.js';
import { defaultTriggerRule, isTriggerRule, TRIGGER_RULES } from './trigger-rule.js';

export { checkDagId, checkTaskId } from './identifiers.js';

/** A graph to be checked: a run's, or a whole DAG's with its id and each task's inputs. */
export type CheckableGraph = RunGraph & { readonly dagId?: string };
type CheckableTask = RunGraphTask & { readonly inputs?: readonly string[] };

const FLAGS = [
  'setup',
  'teardown',
  'onFailureFailDagrun',
  'dependsOnPast',
  'waitForDownstream',
  'ignoreFirstDependsOnPast',
  'waitForPastDependsBeforeSkipping',
] as const;
/** A longer cycle is shown in part: an error must fit on a screen. */
const LONGEST_CYCLE_SHOWN = 12;

/**
 * Throws an AirtempoError for the first thing that is wrong: INVALID_DAG, INVALID_TASK, DUPLICATE_ID,
 * UNKNOWN_ID or CYCLE. Accepts untyped JSON. A graph without tasks is fine.
 */
export function checkGraph(graph: CheckableGraph): void {
  checkShape(graph);
  const { dagId } = graph;
  const tasks = new Map<string, CheckableTask>();
  for (const task of graph.tasks) {
    checkTask(task, dagId);
    if (tasks.has(task.id)) {
      throw fault('DUPLICATE_ID', `${nameTask(task.id, dagId)} exists twice. Rename one of the two.`);
    }
    tasks.set(task.id, task);
  }
  for (const task of tasks.values()) checkEdges(task, tasks, dagId);
  for (const task of tasks.values()) checkRule(task, tasks, dagId);
  checkCycles(graph);
}

function nameTask(taskId: string, dagId: string | undefined): string {
  return dagId === undefined
    ? `Task ${JSON.stringify(taskId)}`
    : `DAG ${dagId}, task ${JSON.stringify(taskId)}`;
}

function checkShape(graph: CheckableGraph): void {
  const value: unknown = graph;
  if (!isRecord(value) || !Array.isArray(value['tasks'])) {
    throw fault('INVALID_DAG', `The graph is ${showValue(value)}, not an object with a list of tasks.`);
  }
  if (value['dagId'] !== undefined) checkDagId(value['dagId']);
  const limit = value['maxActiveTasks'];
  if (limit !== undefined && (!isCount(limit) || limit === 0)) {
    throw fault('INVALID_DAG', `maxActiveTasks is ${showValue(limit)}. Use a whole number from 1.`);
  }
}

function checkTask(task: CheckableTask, dagId: string | undefined): void {
  const value: unknown = task;
  if (!isRecord(value))
    throw fault('INVALID_TASK', `A task is ${showValue(value)}, not an object with an id.`);
  const { id } = value;
  checkTaskId(id, dagId);
  const at = nameTask(id, dagId);
  for (const key of ['upstream', ...(value['inputs'] === undefined ? [] : ['inputs'])]) {
    const ids = value[key];
    if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) continue;
    throw fault('INVALID_TASK', `${at}: ${key} is ${showValue(ids)}, not a list of task ids.`);
  }
  for (const flag of FLAGS) {
    if (value[flag] === undefined || typeof value[flag] === 'boolean') continue;
    throw fault('INVALID_TASK', `${at}: ${flag} is ${showValue(value[flag])}. Use true or false.`);
  }
  const { priority, triggerRule } = value;
  if (priority !== undefined && ![1, 2, 3, 4, 5].some((known) => known === priority)) {
    throw fault('INVALID_TASK', `${at}: priority is ${showValue(priority)}. Use 1 (first) to 5 (last).`);
  }
  if (triggerRule === undefined || isTriggerRule(triggerRule)) return;
  const hint = typeof triggerRule === 'string' ? suggest(triggerRule, TRIGGER_RULES) : '';
  const known = TRIGGER_RULES.join(', ');
  throw fault(
    'INVALID_TASK',
    `${at}: trigger rule ${showValue(triggerRule)} is unknown.${hint} Use one of: ${known}.`,
  );
}

function checkEdges(
  task: CheckableTask,
  tasks: ReadonlyMap<string, CheckableTask>,
  dagId: string | undefined,
): void {
  const at = nameTask(task.id, dagId);
  const seen = new Set<string>();
  for (const id of task.upstream) {
    if (!tasks.has(id)) {
      const hint = suggest(id, tasks.keys());
      throw fault(
        'UNKNOWN_ID',
        `${at} is downstream of ${JSON.stringify(id)}, which the DAG does not have.${hint}`,
      );
    }
    if (seen.has(id)) {
      throw fault('DUPLICATE_ID', `${at} lists ${JSON.stringify(id)} twice in upstream. List it once.`);
    }
    seen.add(id);
  }
  const stray = task.inputs?.find((id) => !seen.has(id));
  if (stray === undefined) return;
  throw fault(
    'UNKNOWN_ID',
    `${at} needs the output of ${JSON.stringify(stray)}, which is not upstream of it. Add it to upstream.`,
  );
}

function checkRule(
  task: CheckableTask,
  tasks: ReadonlyMap<string, CheckableTask>,
  dagId: string | undefined,
): void {
  const at = nameTask(task.id, dagId);
  const rule = task.triggerRule ?? defaultTriggerRule(task);
  if (task.setup === true && task.teardown === true) {
    throw fault('INVALID_TASK', `${at} is both a setup and a teardown. Make two tasks of it.`);
  }
  if (task.teardown === true) {
    if (rule === 'all_done_setup_success') return;
    throw fault(
      'INVALID_TASK',
      `${at} is a teardown with trigger rule ${rule}. A teardown's rule is all_done_setup_success: leave it out.`,
    );
  }
  if (task.onFailureFailDagrun === true) {
    throw fault('INVALID_TASK', `${at} sets onFailureFailDagrun, which is for teardowns. Remove it.`);
  }
  const setup =
    rule === 'all_success' ? undefined : task.upstream.find((id) => tasks.get(id)?.setup === true);
  if (setup === undefined) return;
  throw fault(
    'INVALID_TASK',
    `${at} has trigger rule ${rule} directly downstream of the setup ${JSON.stringify(setup)}. ` +
      `Use all_success there, or make it a teardown.`,
  );
}

/** Takes away tasks without open upstream until none is left; whatever remains contains a cycle. */
function checkCycles(graph: CheckableGraph): void {
  const downstream = computeDownstream(graph);
  const open = new Map(graph.tasks.map((task) => [task.id, task.upstream.length]));
  const free = graph.tasks.filter((task) => task.upstream.length === 0);
  for (const task of free) {
    open.delete(task.id);
    for (const child of downstream(task.id)) {
      const left = (open.get(child.id) as number) - 1; // a child is a task of the graph
      open.set(child.id, left);
      if (left === 0) free.push(child);
    }
  }
  if (open.size === 0) return;
  const cycle = findCycle(graph.tasks.filter((task) => open.has(task.id)));
  const place = graph.dagId === undefined ? 'The tasks' : `DAG ${graph.dagId}: the tasks`;
  throw fault('CYCLE', `${place} form a cycle: ${showCycle(cycle)}. Remove one of these edges.`);
}

/** Walks upstream among tasks that all have open upstream, so the walk must meet itself. */
function findCycle(tasks: readonly RunGraphTask[]): readonly string[] {
  const openTasks = new Map(tasks.map((task) => [task.id, task]));
  const visited = new Set<RunGraphTask>();
  let task = tasks[0];
  while (task !== undefined && !visited.has(task)) {
    visited.add(task);
    task = task.upstream.map((id) => openTasks.get(id)).find((parent) => parent !== undefined);
  }
  const walk = [...visited];
  const cycle = walk
    .slice(walk.findIndex((visit) => visit === task))
    .map(({ id }) => id)
    .toReversed();
  // begin where the author did
  const members = new Set(cycle);
  const start = tasks.find(({ id }) => members.has(id));
  const first = cycle.findIndex((id) => id === start?.id);
  const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
  return [...turned, ...turned.slice(0, 1)];
}

function showCycle(cycle: readonly string[]): string {
  if (cycle.length <= LONGEST_CYCLE_SHOWN) return cycle.join(' → ');
  const head = cycle.slice(0, LONGEST_CYCLE_SHOWN - 2);
  const left = cycle.length - LONGEST_CYCLE_SHOWN;
  return [...head, `… ${left + 1} more …`, ...cycle.slice(-1)].join(' → ');
}

function fault(code: ErrorCode, problem: string): AirtempoError {
  return new AirtempoError(code, problem);
}
