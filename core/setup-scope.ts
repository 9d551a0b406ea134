/**
 * Setup scopes: which tasks may run only once a setup above them has succeeded, besides its direct
 * downstream, whose trigger rule sees to it already. Pure; costs nothing without setups.
 */
import type { RunGraph, RunGraphTask } from './graph.js';
import { collectReachable, computeDownstream, computeUpstream } from './graph-links.js';
import type { Downstream, Upstream } from './graph-links.js';

/**
 * For each setup, the ids of the tasks that it guards from further away: those below it and, if it has
 * teardowns of its own, above one of them. Teardowns are never guarded. O(setups × (tasks + edges)).
 */
export function computeSetupScopes(graph: RunGraph): ReadonlyMap<string, readonly string[]> {
  const setups = graph.tasks.filter((task) => task.setup === true);
  const scopes = new Map<string, readonly string[]>();
  if (setups.length === 0) return scopes;
  const downstream = computeDownstream(graph);
  const upstream = computeUpstream(graph);
  for (const setup of setups) scopes.set(setup.id, computeScope(graph, setup, upstream, downstream));
  return scopes;
}

function computeScope(
  graph: RunGraph,
  setup: RunGraphTask,
  upstream: Upstream,
  downstream: Downstream,
): readonly string[] {
  const children = downstream(setup.id);
  const teardownIds = children.filter((task) => task.teardown === true).map((task) => task.id);
  const below = collectReachable([setup.id], (id) => downstream(id).map((task) => task.id));
  const above = collectReachable(teardownIds, upstream);
  const direct = new Set(children.map((task) => task.id));
  return graph.tasks
    .filter((task) => task.teardown !== true && task.id !== setup.id && !direct.has(task.id))
    .filter((task) => below.has(task.id) && (teardownIds.length === 0 || above.has(task.id)))
    .map((task) => task.id);
}

/**
 * These tasks with the setups and teardowns in whose scope they are: a task that runs again needs its resource again.
 * In graph order.
 */
export function withSetups(graph: RunGraph, taskIds: readonly string[]): readonly string[] {
  const chosen = new Set(taskIds);
  const downstream = computeDownstream(graph);
  const isTeardown = (task: RunGraphTask): boolean => task.teardown === true;
  for (const [setupId, guarded] of computeSetupScopes(graph)) {
    const children = downstream(setupId);
    const scope = [setupId, ...guarded, ...children.map(({ id }) => id)];
    if (!scope.some((id) => chosen.has(id))) continue;
    for (const id of [setupId, ...children.filter(isTeardown).map(({ id }) => id)]) chosen.add(id);
  }
  return graph.tasks.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
}
