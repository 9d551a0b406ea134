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
