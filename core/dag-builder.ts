/** Collects the tasks, edges and groups of one DAG while its build function runs. */
import { encodeArgs, knownArgs } from './args.js';
import type { TaskContext } from './context.js';
import type { TaskCode } from './dag.js';
import { AirtempoError } from './errors.js';
import { checkTaskId } from './graph-checks.js';
import type { Graph, GraphTask } from './graph.js';
import type { Evaluated, InlineArgs, Inputs } from './inputs.js';
import type { JsonValue } from './json.js';
import type { Operator } from './operator.js';
import {
  checkTaskOptions,
  computeExecutionOptions,
  mergeTaskOptions,
  type TaskOptions,
} from './task-options.js';
import { GroupRef, TaskRef, type EdgeRecorder } from './task-ref.js';

/** Activity type of tasks whose handler is written in place. */
export const INLINE_OPERATOR = 'inline';

/** A handler written in the DAG file itself. */
export type InlineHandler<Args, Output, Params> = (input: {
  readonly args: Args;
  readonly ctx: TaskContext<Params>;
}) => Output | Promise<Output>;

/** `args` may be left out when every argument may. */
type RestArgs<Args, Params> =
  Partial<Args> extends Args
    ? [args?: Inputs<Args, Params>, options?: TaskOptions]
    : [args: Inputs<Args, Params>, options?: TaskOptions];

/** Adds a task. Options override the group's and the DAG's default args. */
export interface TaskFunction<Params> {
  /** A task that runs an operator. */
  <Args, Output>(
    id: string,
    operator: Operator<Args, Output>,
    ...rest: RestArgs<NoInfer<Args>, Params>
  ): TaskRef<Output>;
  /** A task whose handler is written here; `args` may hold other tasks' outputs and functions of the run. */
  <const Args extends InlineArgs<Params>, Output>(
    id: string,
    handler: InlineHandler<Evaluated<Args>, Output, Params>,
    args?: Args,
    options?: TaskOptions,
  ): TaskRef<Output>;
}

export interface GroupOptions {
  readonly defaultArgs?: TaskOptions;
}

/** Adds a task group: its tasks' ids are prefixed with `<group>.`. */
export interface GroupFunction<Params> {
  <Result>(
    id: string,
    build: (scope: BuildScope<Params>) => Result,
    options?: GroupOptions,
  ): GroupRef<Result>;
}

/** What a build function is given. */
export interface BuildScope<Params> {
  readonly task: TaskFunction<Params>;
  readonly group: GroupFunction<Params>;
}

/** A task under construction. */
interface Draft {
  readonly id: string;
  readonly operator: Operator<never, unknown>;
  readonly options: TaskOptions;
  readonly template: JsonValue | undefined;
  readonly inputs: readonly string[];
  readonly upstream: Set<string>;
  setup: boolean;
  teardown: { readonly onFailureFailDagrun: boolean } | undefined;
}

interface Scope {
  readonly prefix: string;
  readonly defaultArgs: TaskOptions;
}

export class DagBuilder<Params> implements EdgeRecorder {
  readonly dagId: string;
  readonly code = new Map<string, TaskCode>();
  private readonly drafts = new Map<string, Draft>();
  private readonly groups = new Set<string>();
  private readonly defaultArgs: TaskOptions;

  constructor(dagId: string, defaultArgs: TaskOptions) {
    this.dagId = dagId;
    this.defaultArgs = defaultArgs;
  }

  /** What the DAG's build function is given. */
  scope(): BuildScope<Params> {
    return this.scopeOf({ prefix: '', defaultArgs: this.defaultArgs });
  }

  private scopeOf(scope: Scope): BuildScope<Params> {
    const task = (id: string, run: unknown, args?: unknown, options?: TaskOptions): TaskRef =>
      this.addTask(scope, id, run, args, options ?? {});
    return {
      task: task as TaskFunction<Params>, // the overloads are the typed face of addTask
      group: (id, build, options) => this.addGroup(scope, id, build, options ?? {}),
    };
  }

  private addTask(scope: Scope, localId: string, run: unknown, args: unknown, options: TaskOptions): TaskRef {
    const id = scope.prefix + localId;
    const where = `DAG ${this.dagId}, task ${id}`;
    checkTaskId(id, this.dagId);
    this.refuseTaken(id);
    checkTaskOptions(options, where);
    const operator = asOperator(run, where);
    const encoded = encodeArgs(args, where);
    this.refuseForeign(encoded.inputs, where);
    this.code.set(id, { operator, functions: encoded.functions });
    this.drafts.set(id, {
      id,
      operator,
      options: mergeTaskOptions(scope.defaultArgs, options),
      template: encoded.template,
      inputs: encoded.inputs,
      upstream: new Set(encoded.inputs),
      setup: false,
      teardown: undefined,
    });
    return new TaskRef(this, id);
  }

  private addGroup<Result>(
    scope: Scope,
    localId: string,
    build: (scope: BuildScope<Params>) => Result,
    options: GroupOptions,
  ): GroupRef<Result> {
    const id = scope.prefix + localId;
    checkTaskId(id, this.dagId);
    this.refuseTaken(id);
    checkTaskOptions(options.defaultArgs ?? {}, `DAG ${this.dagId}, group ${id}, defaultArgs`);
    this.groups.add(id);
    const defaultArgs = mergeTaskOptions(scope.defaultArgs, options.defaultArgs);
    const result = build(this.scopeOf({ prefix: `${id}.`, defaultArgs }));
    const members = (): Draft[] => [...this.drafts.values()].filter((draft) => draft.id.startsWith(`${id}.`));
    if (members().length === 0) {
      throw new AirtempoError(
        'INVALID_DAG',
        `DAG ${this.dagId}: group ${id} is empty. Add a task or remove it.`,
      );
    }
    return new GroupRef(this, id, result, {
      roots: () => rootsOf(members()),
      leaves: () => leavesOf(members()),
    });
  }

  private refuseTaken(id: string): void {
    if (!this.drafts.has(id) && !this.groups.has(id)) return;
    throw new AirtempoError(
      'DUPLICATE_ID',
      `DAG ${this.dagId} has two tasks or groups with the id ${JSON.stringify(id)}. Rename one of them.`,
    );
  }

  private refuseForeign(inputs: readonly string[], where: string): void {
    const foreign = inputs.find((input) => !this.drafts.has(input));
    if (foreign === undefined) return;
    throw new AirtempoError(
      'UNKNOWN_ID',
      `${where}: its arguments use the output of ${JSON.stringify(foreign)}, which is not a task of this DAG. ` +
        `Use an output of the same DAG.`,
    );
  }

  addEdge(upstream: string, downstream: string): void {
    this.draft(downstream).upstream.add(upstream);
  }

  markSetup(id: string): void {
    this.draft(id).setup = true;
  }

  markTeardown(id: string, onFailureFailDagrun: boolean): void {
    this.draft(id).teardown = { onFailureFailDagrun };
  }

  private draft(id: string): Draft {
    const draft = this.drafts.get(id);
    if (draft !== undefined) return draft;
    throw new AirtempoError('UNKNOWN_ID', `DAG ${this.dagId} has no task ${JSON.stringify(id)}.`);
  }

  /** The finished graph. */
  graph(options: { readonly maxActiveTasks: number; readonly dagrunTimeoutMs?: number }): Graph {
    const tasks = [...this.drafts.values()].map((draft) => Object.freeze(toGraphTask(draft, this.dagId)));
    if (tasks.length === 0) {
      throw new AirtempoError('INVALID_DAG', `DAG ${this.dagId} has no task. Add one in its build function.`);
    }
    return Object.freeze({ dagId: this.dagId, ...options, tasks: Object.freeze(tasks) });
  }
}

function asOperator(run: unknown, where: string): Operator<never, unknown> {
  if (typeof run !== 'function') {
    throw new AirtempoError(
      'INVALID_TASK',
      `${where}: its second argument is a ${typeof run}, not an operator or a handler. ` +
        `Pass an operator such as runSql, or async ({ args, ctx }) => ….`,
    );
  }
  if ('operatorName' in run) return run as Operator<never, unknown>; // only operator() sets that name
  const handler = run as InlineHandler<never, unknown, never>; // a plain function in this position is a handler
  const inline = async (input: { args: never; ctx: TaskContext<never> }): Promise<unknown> => handler(input);
  return Object.assign(inline, { operatorName: INLINE_OPERATOR }) as Operator<never, unknown>;
}

function toGraphTask(draft: Draft, dagId: string): GraphTask {
  const { options, operator, teardown } = draft;
  const triggerRule = options.triggerRule ?? (teardown === undefined ? undefined : 'all_done_setup_success');
  const summary = options.summary ?? operator.summary?.(knownArgs(draft.template) as never);
  return {
    id: draft.id,
    operator: operator.operatorName,
    upstream: Object.freeze([...draft.upstream]),
    ...(triggerRule === undefined ? {} : { triggerRule }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(draft.setup ? { setup: true } : {}),
    ...(teardown === undefined ? {} : { teardown: true }),
    ...(teardown?.onFailureFailDagrun === true ? { onFailureFailDagrun: true } : {}),
    ...(summary === undefined ? {} : { summary }),
    ...(draft.template === undefined ? {} : { args: draft.template }),
    ...(draft.inputs.length === 0 ? {} : { inputs: Object.freeze([...draft.inputs]) }),
    execution: computeExecutionOptions(options, `DAG ${dagId}, task ${draft.id}`),
  };
}

/** Tasks of a group without upstream inside it. */
function rootsOf(members: readonly Draft[]): string[] {
  const ids = new Set(members.map((member) => member.id));
  return members
    .filter((member) => ![...member.upstream].some((id) => ids.has(id)))
    .map((member) => member.id);
}

/** Tasks of a group without downstream inside it; edges from a group ignore its teardowns, as in Airflow. */
function leavesOf(members: readonly Draft[]): string[] {
  const work = members.filter((member) => member.teardown === undefined);
  const hasDownstream = new Set(work.flatMap((member) => [...member.upstream]));
  return work.filter((member) => !hasDownstream.has(member.id)).map((member) => member.id);
}
