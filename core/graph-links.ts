/** The edges of a graph, seen from above. Pure; the graph has been checked. */
import type { RunGraph, RunGraphTask } from './graph.js';

/** The direct downstream of each task, in graph order. O(tasks + edges). */
export type Downstream = ReadonlyMap<string, readonly RunGraphTask[]>;

/** Turns the upstream lists round. Unknown ids are overlooked: `checkGraph` refuses them. */
export function computeDownstream(graph: RunGraph): Downstream {
  const downstream = new Map<string, RunGraphTask[]>(graph.tasks.map((task) => [task.id, []]));
  for (const task of graph.tasks) {
    for (const id of task.upstream) downstream.get(id)?.push(task);
  }
  return downstream;
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
