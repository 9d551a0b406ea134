/**
 * Follows a task's state upstream to where it comes from: the failure behind an `upstream_failed`, the skip
 * behind a skip, what a waiting task waits for in the end. Pure; O(tasks + edges) a question.
 */
import type { RunGraph, RunGraphTask } from './graph.js';
import { computeSetupScopes } from './setup-scope.js';
import { isFinal, type TaskState } from './states.js';
import { defaultTriggerRule, type TriggerRule } from './trigger-rule.js';

/** What tracing asks of a run. */
export interface TracedRun {
  stateOf(taskId: string): TaskState;
  /** Whether its upstream gave the task its state, so that it never started. */
  isForced(taskId: string): boolean;
  /** The branch or short circuit that skipped it, if one did. */
  skippedBy(taskId: string): string | undefined;
}

/** Where a state comes from. */
export interface Cause {
  readonly taskId: string;
  readonly state: TaskState;
  /** The tasks between, the cause's next one first; the asking task is not in it. */
  readonly via: readonly string[];
}

/** Traces causes in one graph. */
export interface CauseTracer {
  /** The tasks at which the trail ends, the nearest first; none for a state that a task has of itself. */
  trace(taskId: string, run: TracedRun): readonly Cause[];
}

/** Prepares tracing: the setups that guard each task are found once. */
export function createCauseTracer(graph: RunGraph): CauseTracer {
  const tasks = new Map(graph.tasks.map((task) => [task.id, task]));
  const guards = computeGuards(graph);
  const responsible = (taskId: string, run: TracedRun): readonly string[] => {
    const task = tasks.get(taskId);
    return task === undefined ? [] : findResponsible(task, guards.get(taskId) ?? [], run);
  };
  return {
    trace(taskId, run) {
      const causes: Cause[] = [];
      const seen = new Set([taskId]);
      let wave: readonly Trail[] = [{ taskId, from: undefined }];
      while (wave.length > 0) wave = wave.flatMap((trail) => follow(trail, responsible, run, seen, causes));
      return causes;
    },
  };
}

/** A way upstream, linked so that long chains share it. */
interface Trail {
  readonly taskId: string;
  readonly from: Trail | undefined;
}

function follow(
  trail: Trail,
  responsible: (taskId: string, run: TracedRun) => readonly string[],
  run: TracedRun,
  seen: Set<string>,
  causes: Cause[],
): readonly Trail[] {
  const above = responsible(trail.taskId, run);
  if (above.length === 0 && trail.from !== undefined) {
    causes.push({ taskId: trail.taskId, state: run.stateOf(trail.taskId), via: listBetween(trail.from) });
  }
  const next = above.filter((id) => !seen.has(id));
  for (const id of next) seen.add(id);
  return next.map((id) => ({ taskId: id, from: trail }));
}

/** The tasks of a way but for the one that asked. */
function listBetween(trail: Trail): readonly string[] {
  const ids: string[] = [];
  for (let step = trail; step.from !== undefined; step = step.from) ids.push(step.taskId);
  return ids;
}

/** The setups that guard a task from further up, by task. */
function computeGuards(graph: RunGraph): ReadonlyMap<string, readonly string[]> {
  const guards = new Map<string, string[]>();
  for (const [setupId, taskIds] of computeSetupScopes(graph)) {
    for (const id of taskIds) guards.set(id, [...(guards.get(id) ?? []), setupId]);
  }
  return guards;
}

/** The upstream that a task's state comes from; none when it has the state of itself. */
function findResponsible(task: RunGraphTask, guards: readonly string[], run: TracedRun): readonly string[] {
  const state = run.stateOf(task.id);
  const above = [...new Set([...task.upstream, ...guards])];
  if (state === 'none') return above.filter((id) => !isFinal(run.stateOf(id)));
  const brancher = run.skippedBy(task.id);
  if (brancher !== undefined) return [brancher];
  if (!run.isForced(task.id)) return [];
  const accused = accusedStates(state, task.triggerRule ?? defaultTriggerRule(task));
  const found = above.filter((id) => accused.includes(run.stateOf(id)));
  return found.length > 0 ? found : above.filter((id) => run.stateOf(id) !== 'success');
}

/** The states upstream that make a rule force this one. */
function accusedStates(state: TaskState, rule: TriggerRule): readonly TaskState[] {
  if (state === 'upstream_failed') return ['failed', 'upstream_failed'];
  if (rule === 'all_failed') return ['success', 'skipped'];
  if (rule === 'all_skipped') return ['success', 'failed', 'upstream_failed'];
  if (rule === 'one_failed') return ['success', 'skipped'];
  return ['skipped'];
}
