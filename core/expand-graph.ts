/**
 * Takes a mapped group apart: in place of each of its tasks the graph gets one instance for each element, with edges
 * of its own. Instances are tasks like others, so trigger rules count them singly, as in Airflow. Pure.
 */
import type { RunGraph, RunGraphTask } from './graph.js';

/** A mapped group and how many instances it has. */
export type Expansion = readonly [groupId: string, length: number];

/** More instances would make a history that no worker can replay in time. */
export const MAX_MAP_LENGTH = 10_000;

/** The id of one instance: `load[3]`. */
export function formatInstanceId(taskId: string, index: number): string {
  return `${taskId}[${String(index)}]`;
}

/** The mapped task that an instance belongs to; for other tasks, their own id. */
export function templateIdOf({ id, instance }: RunGraphTask): string {
  return instance?.of ?? id;
}

/** The id of the mapped task in the id of an instance; any other id as it is. */
export function stripIndex(id: string): string {
  return id.replace(/\[\d+\]$/, '');
}

/** The graph after these expansions. Groups that are not in the graph are overlooked. */
export function expandGraph<Graph extends RunGraph>(graph: Graph, expansions: readonly Expansion[]): Graph {
  return expansions.reduce<Graph>((expanded, expansion) => expandGroup(expanded, expansion), graph);
}

function expandGroup<Graph extends RunGraph>(graph: Graph, [groupId, length]: Expansion): Graph {
  const members = new Set(graph.tasks.filter(({ mapGroup }) => mapGroup === groupId).map(({ id }) => id));
  const { maxActive } = graph.maps?.find(({ id }) => id === groupId) ?? {};
  const indexes = Array.from({ length }, (_, index) => index);
  const tasks = graph.tasks.flatMap((task): readonly RunGraphTask[] => {
    if (!members.has(task.id)) return [replaceIds(task, members, indexes)];
    return indexes.map((index) => createInstance(task, index, members, maxActive));
  });
  return { ...graph, tasks };
}

/** A whole DAG's tasks say also whose outputs they use. */
type WithInputs = RunGraphTask & { readonly inputs?: readonly string[] };

/** A task outside of the group has all instances upstream where it had the mapped task. */
function replaceIds(
  task: RunGraphTask,
  members: ReadonlySet<string>,
  indexes: readonly number[],
): RunGraphTask {
  if (!task.upstream.some((id) => members.has(id))) return task;
  return renameIds(task, (id) =>
    members.has(id) ? indexes.map((index) => formatInstanceId(id, index)) : [id],
  );
}

function renameIds(task: WithInputs, rename: (id: string) => readonly string[]): WithInputs {
  const { upstream, inputs } = task;
  return {
    ...task,
    upstream: upstream.flatMap(rename),
    ...(inputs === undefined ? {} : { inputs: inputs.flatMap(rename) }),
  };
}

/** An instance has the instances of its own index upstream. */
function createInstance(
  task: RunGraphTask,
  index: number,
  members: ReadonlySet<string>,
  maxActive: number | undefined,
): RunGraphTask {
  const { mapGroup: group = '', ...rest } = task;
  const limit = maxActive === undefined ? {} : { maxActive };
  return {
    ...renameIds(rest, (id) => [members.has(id) ? formatInstanceId(id, index) : id]),
    id: formatInstanceId(task.id, index),
    instance: { of: task.id, group, index, ...limit },
  };
}
