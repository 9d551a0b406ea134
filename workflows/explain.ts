/** Says why tasks are where they are: the answer of the `explain` query. Pure; decides nothing. */
import type { Graph, GraphTask } from '../core/graph.js';
import type { Run } from '../core/run.js';
import type { TaskState } from '../core/states.js';
import { createCauseTracer, type Cause, type CauseTracer } from '../core/trace-causes.js';
import { defaultTriggerRule } from '../core/trigger-rule.js';
import type { TaskRecord } from './run-report.js';

/** A task at which an explanation ends. */
export interface ExplainedCause extends Cause {
  /** Why it failed or was skipped. */
  readonly message?: string;
}

/** Why one task is where it is. */
export interface TaskExplanation {
  readonly taskId: string;
  readonly operator: string;
  readonly state: TaskState;
  /** What the run itself knows, in one sentence: the trigger rule with its counts, a slot it waits for … */
  readonly reason: string;
  /** Why it failed or was skipped, in the task's own words. */
  readonly message?: string;
  readonly triggerRule: string;
  /** Tries that it may have. */
  readonly maxTries: number;
  /** Its pool's task queue; the run's own when absent. */
  readonly pool?: string;
  /** The direct upstream and how it stands; the first ones of a wide fan-in. */
  readonly upstream: readonly { readonly taskId: string; readonly state: TaskState }[];
  readonly upstreamCount: number;
  /** Where its state comes from in the end: failures, skips, or what it waits for. */
  readonly causes: readonly ExplainedCause[];
  readonly causeCount: number;
}

/** What explaining looks at. */
export interface ExplainedRun {
  readonly graph: Graph;
  readonly run: Run;
  readonly records: ReadonlyMap<string, TaskRecord>;
  /** Why no task of the run may start yet, when it is the run's turn that is missing. */
  readonly queued?: string | undefined;
}

/** An answer is for people, and a payload has its limit. */
const MOST_UPSTREAM = 20;
const MOST_CAUSES = 10;
const MOST_TASKS = 50;

/** Without a task id: what failed first, then what runs or waits, then what was given up. */
const ORDER: readonly TaskState[] = ['failed', 'running', 'scheduled', 'none', 'upstream_failed', 'skipped'];

/** Explains one task. */
export function explainTask(
  task: GraphTask,
  view: ExplainedRun,
  tracer: CauseTracer = createCauseTracer(view.graph),
): TaskExplanation {
  const { run, records, queued } = view;
  const causes = tracer.trace(task.id, run);
  const message = records.get(task.id)?.message;
  const { pool, retries } = task.execution;
  return {
    taskId: task.id,
    operator: task.operator,
    state: run.stateOf(task.id),
    reason: run.stateOf(task.id) === 'scheduled' && queued !== undefined ? queued : run.explain(task.id),
    ...(message === undefined ? {} : { message }),
    triggerRule: task.triggerRule ?? defaultTriggerRule(task),
    maxTries: retries + 1,
    ...(pool === undefined ? {} : { pool }),
    upstream: task.upstream.slice(0, MOST_UPSTREAM).map((taskId) => ({ taskId, state: run.stateOf(taskId) })),
    upstreamCount: task.upstream.length,
    causes: causes.slice(0, MOST_CAUSES).map((cause) => withMessage(cause, records)),
    causeCount: causes.length,
  };
}

function withMessage(cause: Cause, records: ReadonlyMap<string, TaskRecord>): ExplainedCause {
  const message = records.get(cause.taskId)?.message;
  return message === undefined ? cause : { ...cause, message };
}

/** Explains the tasks of a run that did not simply succeed, the most telling first, and not too many. */
export function explainRun(view: ExplainedRun): readonly TaskExplanation[] {
  const tracer = createCauseTracer(view.graph);
  return ORDER.flatMap((state) => view.graph.tasks.filter(({ id }) => view.run.stateOf(id) === state))
    .slice(0, MOST_TASKS)
    .map((task) => explainTask(task, view, tracer));
}
