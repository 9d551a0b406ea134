/** Collects the tasks, edges and groups of one DAG while its build function runs. */
import { encodeArgs, knownArgs } from './args.js';
import type { BuildScope, GroupOptions, InlineHandler, ShortCircuitOptions } from './build-scope.js';
import { collectCallbacks } from './callback-options.js';
import type { TaskContext } from './context.js';
import type { TaskCode } from './dag.js';
import { createOperator } from './define-operator.js';
import { AirtempoError } from './errors.js';
import type { Graph, GraphTask } from './graph.js';
import { checkTaskId } from './identifiers.js';
import type { JsonValue } from './json.js';
import type { Control, Operator } from './operator.js';
import { checkKeys, invalidOption } from './option-checks.js';
import { showValue } from './outside-value.js';
import { computePokeOptions, refuseSensorOptions } from './sensor-options.js';
import {
  checkTaskOptions,
  computeExecutionOptions,
  computePastOptions,
  mergeTaskOptions,
  type TaskOptions,
} from './task-options.js';
import { GroupRef, TaskRef, Tasks, type EdgeRecorder } from './task-ref.js';

/** Activity type of tasks whose handler is written in place. */
export const INLINE_OPERATOR = 'inline';

/** A kind of task whose handler is written in the DAG file. */
interface InPlaceKind {
  /** Its activity type. */
  readonly name: string;
  readonly control?: Control;
}

const INLINE: InPlaceKind = { name: INLINE_OPERATOR };
const BRANCH: InPlaceKind = { name: 'branch', control: 'branch' };
const SHORT_CIRCUIT: InPlaceKind = { name: 'short_circuit', control: 'short_circuit' };
const SHORT_CIRCUIT_DIRECT: InPlaceKind = { name: 'short_circuit', control: 'short_circuit_direct' };

/** The activity types whose code is the DAG file's, so that the name alone does not find it. */
export const IN_PLACE_OPERATORS: ReadonlySet<string> = new Set(
  [INLINE, BRANCH, SHORT_CIRCUIT].map(({ name }) => name),
);

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

/** A build function at work: the DAG's, or a group's. */
interface Scope {
  /** `DAG x` or `DAG x, group y`. */
  readonly place: string;
  readonly prefix: string;
  readonly defaultArgs: TaskOptions;
  /** Its tasks and those of the groups within. */
  readonly members: Draft[];
  readonly parent: Scope | undefined;
  /** Set when its build function has returned: whatever is added later would be lost. */
  finished: boolean;
}

export class DagBuilder<Params> implements EdgeRecorder {
  readonly dagId: string;
  readonly code = new Map<string, TaskCode>();
  private readonly drafts = new Map<string, Draft>();
  private readonly groups = new Set<string>();
  private readonly root: Scope;

  constructor(dagId: string, defaultArgs: TaskOptions) {
    this.dagId = dagId;
    this.root = createScope(`DAG ${dagId}`, '', defaultArgs, undefined);
  }

  /** Runs the DAG's build function, to its end: nothing can be added afterwards. */
  build(build: (scope: BuildScope<Params>) => unknown): void {
    this.run(this.root, build);
  }

  private run<Result>(scope: Scope, build: (scope: BuildScope<Params>) => Result): Result {
    if (typeof build !== 'function') {
      throw new AirtempoError(
        'INVALID_DAG',
        `${scope.place}: its build function is ${showValue(build)}. Write ({ task }) => { … }.`,
      );
    }
    const task = (id: string, run: unknown, args?: unknown, options: TaskOptions = {}): TaskRef =>
      this.addTask(scope, id, run, args, options);
    const result = build({
      task,
      branch: (id, handler, args, options = {}) =>
        this.addTask(scope, id, handler, args, options, BRANCH) as TaskRef<readonly string[]>,
      shortCircuit: (id, handler, args, options = {}) =>
        this.addShortCircuit(scope, id, handler, args, options),
      group: (id, build, options = {}) => this.addGroup(scope, id, build, options),
    });
    scope.finished = true;
    refusePromise(result, scope.place);
    return result;
  }

  private addTask(
    scope: Scope,
    localId: string,
    run: unknown,
    args: unknown,
    options: TaskOptions,
    kind: InPlaceKind = INLINE,
  ): TaskRef {
    const id = this.claimId(scope, localId, 'task');
    const where = `DAG ${this.dagId}, task ${id}`;
    checkTaskOptions(options, where);
    const operator = asOperator(run, where, kind);
    if (operator.sensor === undefined) refuseSensorOptions(options, operator.operatorName, where);
    const { template, inputs, functions } = encodeArgs(args, where, this);
    const merged = mergeTaskOptions(scope.defaultArgs, options);
    this.code.set(id, Object.freeze({ operator, functions, callbacks: collectCallbacks(merged) }));
    const draft: Draft = {
      id,
      operator,
      options: merged,
      template,
      inputs,
      upstream: new Set(inputs),
      setup: false,
      teardown: undefined,
    };
    this.drafts.set(id, draft);
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) at.members.push(draft);
    return new TaskRef(this, id);
  }

  private addShortCircuit<Output>(
    scope: Scope,
    id: string,
    handler: unknown,
    args: unknown,
    { ignoreDownstreamTriggerRules = true, ...options }: ShortCircuitOptions,
  ): TaskRef<Output> {
    if (typeof ignoreDownstreamTriggerRules !== 'boolean') {
      throw invalidOption(
        `DAG ${this.dagId}, task ${scope.prefix}${id}`,
        'ignoreDownstreamTriggerRules',
        `is ${showValue(ignoreDownstreamTriggerRules)}`,
        'Use true or false.',
      );
    }
    const kind = ignoreDownstreamTriggerRules ? SHORT_CIRCUIT : SHORT_CIRCUIT_DIRECT;
    return this.addTask(scope, id, handler, args, options, kind) as TaskRef<Output>;
  }

  private addGroup<Result>(
    parent: Scope,
    localId: string,
    build: (scope: BuildScope<Params>) => Result,
    options: GroupOptions,
  ): GroupRef<Result> {
    const id = this.claimId(parent, localId, 'group');
    this.groups.add(id);
    const place = `DAG ${this.dagId}, group ${id}`;
    checkKeys(options, ['defaultArgs'], place);
    const { defaultArgs = {} } = options;
    checkTaskOptions(defaultArgs, `${place}, defaultArgs`);
    const scope = createScope(place, `${id}.`, mergeTaskOptions(parent.defaultArgs, defaultArgs), parent);
    const result = this.run(scope, build);
    if (scope.members.length === 0) {
      throw new AirtempoError(
        'INVALID_DAG',
        `${place} is empty. Add a task with the task function that its own build function is given, or remove the group.`,
      );
    }
    return new GroupRef(this, id, result, {
      roots: () => rootsOf(scope.members),
      leaves: () => leavesOf(scope.members),
    });
  }

  /** The full id of a task or group, which nothing else has. */
  private claimId(scope: Scope, localId: unknown, kind: 'task' | 'group'): string {
    if (scope.finished) throw late(scope.place, `${kind} ${showValue(localId)} was added`);
    if (typeof localId !== 'string' || localId === '') checkTaskId(localId, this.dagId, kind);
    const id = scope.prefix + String(localId);
    checkTaskId(id, this.dagId, kind);
    if (!this.drafts.has(id) && !this.groups.has(id)) return id;
    throw new AirtempoError(
      'DUPLICATE_ID',
      `DAG ${this.dagId} has two tasks or groups with the id ${JSON.stringify(id)}. Rename one of them.`,
    );
  }

  addEdge(upstream: string, downstream: string): void {
    this.openDraft(downstream, `the edge ${upstream} → ${downstream} was added`).upstream.add(upstream);
  }

  markSetup(id: string): void {
    this.openDraft(id, `task ${id} was made a setup`).setup = true;
  }

  markTeardown(id: string, onFailureFailDagrun: boolean): void {
    this.openDraft(id, `task ${id} was made a teardown`).teardown = { onFailureFailDagrun };
  }

  private openDraft(id: string, change: string): Draft {
    if (this.root.finished) throw late(this.root.place, change);
    const draft = this.drafts.get(id);
    if (draft !== undefined) return draft;
    throw new AirtempoError('UNKNOWN_ID', `DAG ${this.dagId} has no task ${JSON.stringify(id)}.`);
  }

  /** The finished graph. */
  graph(options: Omit<Graph, 'dagId' | 'tasks'>): Graph {
    const tasks = [...this.drafts.values()].map((draft) => Object.freeze(toGraphTask(draft, this.dagId)));
    if (tasks.length === 0) {
      throw new AirtempoError('INVALID_DAG', `DAG ${this.dagId} has no task. Add one in its build function.`);
    }
    return Object.freeze({ dagId: this.dagId, ...options, tasks: Object.freeze(tasks) });
  }
}

function createScope(
  place: string,
  prefix: string,
  defaultArgs: TaskOptions,
  parent: Scope | undefined,
): Scope {
  return { place, prefix, defaultArgs, parent, members: [], finished: false };
}

function late(place: string, change: string): AirtempoError {
  return new AirtempoError(
    'INVALID_DAG',
    `${place}: ${change} after its build function had returned. Do it inside that function, which must not be async.`,
  );
}

/** An async build function would go on adding tasks when the graph is long finished. */
function refusePromise(result: unknown, place: string): void {
  const isPromise =
    typeof result === 'object' && result !== null && 'then' in result && !(result instanceof Tasks);
  if (!isPromise) return;
  Promise.resolve(result).catch(() => undefined); // its own failure would only hide this one
  throw new AirtempoError(
    'INVALID_DAG',
    `${place}: its build function is async, and a graph is built at once. Make it synchronous: ` +
      `await what it needs before the DAG is defined, or do that work in a task.`,
  );
}

function asOperator(run: unknown, where: string, kind: InPlaceKind): Operator<never, unknown> {
  const isOperator = typeof run === 'function' && 'operatorName' in run;
  if (isOperator && kind === INLINE) return run as unknown as Operator<never, unknown>; // only operators have that name
  if (typeof run !== 'function' || isOperator) {
    const wanted = kind === INLINE ? 'an operator or a handler' : 'a handler';
    const example = kind === INLINE ? 'an operator such as runSql, or async' : 'a function such as';
    throw new AirtempoError(
      'INVALID_TASK',
      `${where}: its second argument is ${isOperator ? 'an operator' : showValue(run)}, not ${wanted}. ` +
        `Pass ${example} ({ args, ctx }) => ….`,
    );
  }
  const handler = run as InlineHandler<never, unknown, never>; // a plain function in this position is a handler
  const { name, control } = kind;
  return createOperator<never, unknown>(
    name,
    ({ args, ctx }) => handler({ args, ctx: ctx as TaskContext<never> }),
    control === undefined ? {} : { control },
  );
}

function toGraphTask(draft: Draft, dagId: string): GraphTask {
  const { options, operator, teardown } = draft;
  const { sensor } = operator;
  const where = `DAG ${dagId}, task ${draft.id}`;
  const triggerRule = options.triggerRule ?? (teardown === undefined ? undefined : 'all_done_setup_success');
  const summary = options.summary ?? summarize(draft, where);
  return {
    id: draft.id,
    operator: operator.operatorName,
    upstream: Object.freeze([...draft.upstream]),
    ...(triggerRule === undefined ? {} : { triggerRule }),
    ...(options.priority === undefined ? {} : { priority: options.priority }),
    ...(draft.setup ? { setup: true } : {}),
    ...(operator.control === 'approval' ? { deferred: true } : {}), // it waits for a person, not for a worker
    ...(teardown === undefined ? {} : { teardown: true }),
    ...(teardown?.onFailureFailDagrun === true ? { onFailureFailDagrun: true } : {}),
    ...computePastOptions(options),
    ...(sensor === undefined ? {} : { deferred: true }),
    ...(summary === undefined ? {} : { summary }),
    ...(draft.template === undefined ? {} : { args: draft.template }),
    ...(draft.inputs.length === 0 ? {} : { inputs: Object.freeze([...draft.inputs]) }),
    execution: Object.freeze({
      ...computeExecutionOptions(options, where),
      ...(sensor === undefined ? {} : { poke: computePokeOptions(options, sensor, where) }),
    }),
  };
}

/** The operator's own words for the task. */
function summarize({ operator, template }: Draft, where: string): string | undefined {
  if (operator.summary === undefined) return undefined;
  try {
    return String(operator.summary(knownArgs(template) as never)); // unknown arguments are undefined, as its type says
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_TASK',
      `${where}: the summary function of operator ${operator.operatorName} failed: ${String(cause)}. ` +
        `Make it cope with arguments that are not known yet, or give the task an option summary.`,
      { cause },
    );
  }
}

/** Tasks of a group without upstream inside it. */
function rootsOf(members: readonly Draft[]): string[] {
  const ids = new Set(members.map((member) => member.id));
  return members.filter(({ upstream }) => ![...upstream].some((id) => ids.has(id))).map(({ id }) => id);
}

/**
 * Tasks of a group without downstream inside it. As in Airflow, edges from a group ignore its teardowns,
 * and setups that have nothing but a teardown after them.
 */
function leavesOf(members: readonly Draft[]): string[] {
  const work = members.filter((member) => member.teardown === undefined);
  const beforeWork = new Set(work.flatMap(({ upstream }) => [...upstream]));
  const beforeTeardown = new Set(
    members.flatMap(({ teardown, upstream }) => (teardown === undefined ? [] : [...upstream])),
  );
  return work
    .filter(({ id, setup }) => !beforeWork.has(id) && !(setup && beforeTeardown.has(id)))
    .map(({ id }) => id);
}
