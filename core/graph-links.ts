/** The edges of a graph, seen from above. Pure; the graph has been checked. */
import type { RunGraph, RunGraphTask } from './graph.js';

/** The direct downstream of a task, in graph order; none for an id that the graph does not have. */
export type Downstream = (taskId: string) => readonly RunGraphTask[];

/** The ids of the direct upstream of a task; none for an id that the graph does not have. */
export type Upstream = (taskId: string) => readonly string[];

/** Makes the upstream lists known by id. O(tasks). */
export function computeUpstream(graph: RunGraph): Upstream {
  const upstream = new Map(graph.tasks.map((task) => [task.id, task.upstream]));
  return (taskId) => upstream.get(taskId) ?? [];
}

/** Turns the upstream lists round. Unknown ids are overlooked: `checkGraph` refuses them. O(tasks + edges). */
export function computeDownstream(graph: RunGraph): Downstream {
  const downstream = new Map<string, RunGraphTask[]>(graph.tasks.map((task) => [task.id, []]));
  for (const task of graph.tasks) {
    for (const id of task.upstream) downstream.get(id)?.push(task);
  }
  return (taskId) => downstream.get(taskId) ?? [];
}

/** Everything reachable, the starting points included. No recursion: chains may be long. O(nodes + edges). */
export function collectReachable<Node>(
  start: Iterable<Node>,
  next: (node: Node) => Iterable<Node>,
): ReadonlySet<Node> {
  const seen = new Set(start);
  for (const node of seen) for (const found of next(node)) seen.add(found); // a set is walked with what is added on the way
  return seen;
}
