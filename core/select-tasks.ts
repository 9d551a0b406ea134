/** Chooses tasks of a graph: by pattern, with what is upstream or downstream of them, and as a graph of their own. Pure. */
import { AirtempoError } from './errors.js';
import { templateIdOf } from './expand-graph.js';
import type { Graph, RunGraphTask } from './graph.js';
import { collectReachable, computeDownstream, computeUpstream } from './graph-links.js';
import { messageOf } from './outside-value.js';
import { suggest } from './suggest.js';

/** Which tasks are meant, as in Airflow's `tasks clear`. */
export interface TaskSelection {
  /** A regular expression, matched anywhere in the task id. Default: every task. */
  readonly taskRegex?: string;
  /** Whether tasks upstream of the matches are meant too. Default false. */
  readonly upstream?: boolean;
  /** Whether tasks downstream of the matches are meant too. Default false. */
  readonly downstream?: boolean;
}

/** Ids of the selected tasks, in graph order. Throws INVALID_ARGUMENT for a pattern that cannot be read or fits nothing. */
export function selectTasks(tasks: readonly RunGraphTask[], selection: TaskSelection): readonly string[] {
  const { taskRegex = '', upstream = false, downstream = false } = selection;
  const pattern = parsePattern(taskRegex);
  // a pattern for a mapped task means its instances
  const matches = tasks
    .filter((task) => pattern.test(task.id) || pattern.test(templateIdOf(task)))
    .map(({ id }) => id);
  if (matches.length === 0) throw noMatch(taskRegex, tasks);
  const below = computeDownstream({ tasks });
  const chosen = new Set([
    ...matches,
    ...(upstream ? collectReachable(matches, computeUpstream({ tasks })) : []),
    ...(downstream ? collectReachable(matches, (id) => below(id).map((task) => task.id)) : []),
  ]);
  return tasks.filter(({ id }) => chosen.has(id)).map(({ id }) => id);
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(text)} is not a regular expression: ${messageOf(cause)}. ` +
        `Write a task id, or a pattern such as "^load_".`,
      { cause },
    );
  }
}

function noMatch(text: string, tasks: readonly RunGraphTask[]): AirtempoError {
  const ids = tasks.map(({ id }) => id);
  const shown = ids.length > 20 ? `${ids.slice(0, 20).join(', ')} …` : ids.join(', ');
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `No task matches ${JSON.stringify(text)}.${suggest(text, ids)} The tasks: ${shown}.`,
  );
}

/**
 * The graph of these tasks alone; edges to others are left out. Throws UNKNOWN_ID for an unknown task, and
 * INVALID_ARGUMENT when a chosen task needs the output of one that is not chosen.
 */
export function selectSubgraph(graph: Graph, taskIds: readonly string[]): Graph {
  const known = new Set(graph.tasks.map(({ id }) => id));
  const unknown = taskIds.find((id) => !known.has(id));
  if (unknown !== undefined) {
    throw new AirtempoError(
      'UNKNOWN_ID',
      `DAG ${graph.dagId} has no task ${JSON.stringify(unknown)}.${suggest(unknown, known)} Use task ids of this DAG.`,
    );
  }
  const chosen = new Set(taskIds);
  const tasks = graph.tasks.filter(({ id }) => chosen.has(id));
  for (const { id, inputs = [] } of tasks) {
    const missing = inputs.find((input) => !chosen.has(input));
    if (missing === undefined) continue;
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `Task ${id} of DAG ${graph.dagId} needs the output of ${missing}, which is not among the chosen tasks. Choose ${missing} too.`,
    );
  }
  return {
    ...graph,
    tasks: tasks.map((task) => ({ ...task, upstream: task.upstream.filter((id) => chosen.has(id)) })),
  };
}
