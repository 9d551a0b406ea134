/** A task as a run would have it: its arguments, and the SQL that they lead to. Runs nothing and opens no connection. */
import { evaluateArgs } from '../../core/args.js';
import type { ReadVariable } from '../../core/context.js';
import type { Dag } from '../../core/dag.js';
import { AirtempoError } from '../../core/errors.js';
import type { GraphTask } from '../../core/graph.js';
import { createRunContext, type RunFacts } from '../../core/run-facts.js';
import { suggest } from '../../core/suggest.js';
import { describeIssues } from '../../workers/execute-task.js';
import { type RenderedSql, renderSql, type RenderScene } from './render-sql.js';

/** A task as it would run. */
export interface RenderedTask {
  readonly dagId: string;
  readonly taskId: string;
  readonly operator: string;
  readonly run: RunFacts;
  readonly args: unknown;
  /** Why the arguments would be refused, if they would. */
  readonly problem?: string;
  readonly sql: readonly RenderedSql[];
}

/** Renders one task. Throws UNKNOWN_ID. */
export async function renderTask(
  dag: Dag,
  taskId: string,
  facts: RunFacts,
  { variable, ...scene }: RenderScene & { readonly variable: ReadVariable },
): Promise<RenderedTask> {
  const task = findTask(dag, taskId);
  const args = await evaluate(dag, task, facts, variable);
  return {
    dagId: dag.id,
    taskId,
    operator: task.operator,
    run: facts,
    args,
    ...checkArgs(dag, task, args),
    sql: await renderSql(task.operator, args, scene),
  };
}

function findTask(dag: Dag, taskId: string): GraphTask {
  const { tasks } = dag.graph;
  const task = tasks.find(({ id }) => id === taskId);
  if (task !== undefined) return task;
  const ids = tasks.map(({ id }) => id);
  throw new AirtempoError(
    'UNKNOWN_ID',
    `DAG ${dag.id} has no task ${JSON.stringify(taskId)}.${suggest(taskId, ids)} Its tasks: ${ids.slice(0, 20).join(', ')}${ids.length > 20 ? ' …' : ''}.`,
  );
}

/** Variables are those of this machine; where the workers run, others may be set. */
function evaluate(dag: Dag, task: GraphTask, facts: RunFacts, variable: ReadVariable): Promise<unknown> {
  return evaluateArgs(task.args, {
    output: (id) => `<output of ${id}>`,
    item: (key) => `<element of ${key}>`,
    functionAt: (path) => dag.code.get(task.id)?.functions.get(path),
    run: { ...createRunContext(facts), variable },
  });
}

/** What the operator would say to them; a placeholder is not what it will get. */
function checkArgs(dag: Dag, task: GraphTask, args: unknown): Pick<RenderedTask, 'problem'> {
  const parser = dag.code.get(task.id)?.operator.args;
  if (parser === undefined || (task.inputs?.length ?? 0) > 0 || task.mapGroup !== undefined) return {};
  try {
    parser.parse(args);
    return {};
  } catch (error) {
    return { problem: describeIssues(error) };
  }
}
