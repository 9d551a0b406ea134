/**
 * What a task may say about those after it, besides its state: a branch follows some of its direct downstream
 * tasks and skips the others, a short circuit skips everything below. Pure; internal to the run state machine.
 */
import { collectReachable } from './graph-links.js';
import { templateIdOf } from './expand-graph.js';
import type { RunNode } from './run-node.js';

/** Airflow's BranchPythonOperator, ShortCircuitOperator and LatestOnlyOperator, as one instruction. */
export interface Branch {
  /** Ids of direct downstream tasks or groups that are not skipped. */
  readonly follow: readonly string[];
  /** `direct`: only direct downstream tasks are skipped, and trigger rules decide below. `all`: whatever is below. */
  readonly reach: 'direct' | 'all';
}

/** The followed ids that are no direct downstream task or group of the branch. */
export function findStrangers(node: RunNode, branch: Branch): readonly string[] {
  return branch.follow.filter((id) => !node.downstream.some((child) => names(id, child)));
}

/** Why a branch to these fails. */
export function describeStrangers(ids: readonly string[]): string {
  return (
    `it follows ${ids.map((id) => JSON.stringify(id)).join(', ')}, which is not directly downstream of it. ` +
    `Return ids of tasks that come right after it, or of their groups.`
  );
}

/** Whether a branch that names `id` means this task: by its own id, or by that of a group it is in. */
function names(id: string, { task }: RunNode): boolean {
  const taskId = templateIdOf(task); // inside a mapped group, a branch names tasks of its own instance
  return taskId === id || taskId.startsWith(`${id}.`);
}

/**
 * The tasks that the branch skips. As in Airflow: teardowns never, and a task that can also be reached by a followed
 * one not either.
 */
export function computeSkipped(node: RunNode, branch: Branch): readonly RunNode[] {
  const followed = node.downstream.filter((child) => branch.follow.some((id) => names(id, child)));
  const spared = collectBelow(followed);
  const candidates = branch.reach === 'direct' ? node.downstream : [...collectBelow(node.downstream)];
  return candidates.filter((child) => child.task.teardown !== true && !spared.has(child));
}

/** These tasks and all that are downstream of them. */
export function collectBelow(nodes: Iterable<RunNode>): ReadonlySet<RunNode> {
  return collectReachable(nodes, ({ downstream }) => downstream);
}
