/** The types of what a DAG's build function is given: `task`, `group` and their kin. Types only. */
import type { TaskContext } from './context.js';
import type { Evaluated, InlineArg, Inputs, MapInputs } from './inputs.js';
import type { Each, MapItem } from './map-items.js';
import type { Operator } from './operator.js';
import type { TaskOptions } from './task-options.js';
import type { GroupRef, TaskRef } from './task-ref.js';

/**
 * A handler written in the DAG file itself. It sees the run's params as `ctx.params`. What it returns
 * travels as JSON: a Date arrives downstream as a text.
 */
export type InlineHandler<Args, Output, Params> = (input: {
  readonly args: Args;
  readonly ctx: TaskContext<Params>;
}) => Output | Promise<Output>;

/** `args` may be left out when every argument may. */
type RestArgs<Args, Params> =
  Readonly<Record<string, never>> extends Args
    ? [args?: Inputs<Args, Params>, options?: TaskOptions]
    : [args: Inputs<Args, Params>, options?: TaskOptions];

/** Adds a task. Options override the group's and the DAG's default args. */
export interface TaskFunction<Params> {
  /**
   * A task whose handler is written here. `args` may hold other tasks' outputs and functions of the run; the
   * handler sees their values, with their types.
   *
   * One limit: the compiler types the handler before it looks into functions of `args` whose parameter has no
   * type, so that in `{ day: ({ ds }) => ds }` the handler's `day` is unknown. Such a value is at hand as
   * `ctx.ds`; or annotate it: `({ ds }: RunContext) => ds`.
   */
  <const Args extends object, Output>(
    id: string,
    // an operator is not a handler: its arguments' names would go unchecked
    handler: InlineHandler<Evaluated<Args>, Output, Params> & { readonly operatorName?: never },
    // mapped, so that a property that cannot be inferred leaves the others typed
    args?: { readonly [K in keyof Args]: Args[K] & InlineArg<Params> },
    options?: TaskOptions,
  ): TaskRef<Output>;
  /** A task that runs an operator. */
  <Args, Output>(
    id: string,
    operator: Operator<Args, Output>,
    ...rest: RestArgs<NoInfer<Args>, Params>
  ): TaskRef<Output>;
}

/** Adds a task that chooses which of its direct downstream tasks run; the others are skipped. */
export interface BranchFunction<Params> {
  /**
   * As `task` with a handler written here, which returns what to follow: the id of a task or group, several, or null for
   * none; `load.id` is the id of the task `load`. Airflow's `@task.branch`. Its output is the list of followed ids.
   */
  <const Args extends object>(
    id: string,
    handler: InlineHandler<Evaluated<Args>, string | readonly string[] | null, Params>,
    args?: { readonly [K in keyof Args]: Args[K] & InlineArg<Params> },
    options?: TaskOptions,
  ): TaskRef<readonly string[]>;
}

export interface ShortCircuitOptions extends TaskOptions {
  /** Default true: everything below is skipped. False: only direct downstream tasks, and trigger rules decide below. */
  readonly ignoreDownstreamTriggerRules?: boolean;
}

/** Adds a task that lets the run go on below it only when its handler returns something truthy. */
export interface ShortCircuitFunction<Params> {
  /** As `task` with a handler written here. Airflow's `@task.short_circuit`. */
  <const Args extends object, Output>(
    id: string,
    handler: InlineHandler<Evaluated<Args>, Output, Params>,
    args?: { readonly [K in keyof Args]: Args[K] & InlineArg<Params> },
    options?: ShortCircuitOptions,
  ): TaskRef<Output>;
}

/** Options of mapping. */
export interface MapOptions {
  /** At most so many instances of each mapped task run at once. Default: as many as the run lets. */
  readonly maxActive?: number;
}

/**
 * Adds a mapped task: it runs once for each element of the lists that its arguments name with `each`. In the arguments
 * of other tasks it is the list of its outputs, in the order of the elements, without those that were skipped.
 */
export interface MapFunction<Params> {
  <const Args extends object, Output>(
    id: string,
    handler: InlineHandler<Evaluated<Args>, Output, Params> & { readonly operatorName?: never },
    args: { readonly [K in keyof Args]: Args[K] & InlineArg<Params> },
    options?: TaskOptions & MapOptions,
  ): TaskRef<readonly Output[]>;
  <Args, Output>(
    id: string,
    operator: Operator<Args, Output>,
    args: MapInputs<NoInfer<Args>, Params>,
    options?: TaskOptions & MapOptions,
  ): TaskRef<readonly Output[]>;
}

/** What the build function of a mapped group is given besides. */
export interface MapScope<Params, Sources> extends BuildScope<Params> {
  /** The element of each list, as an argument for the group's tasks. */
  readonly item: {
    readonly [K in keyof Sources]: Sources[K] extends Each<infer Item> ? MapItem<Item> : never;
  };
}

/** A result of a mapped group as the tasks outside of it see it: each task is the list of its outputs. */
export type Collected<Result> =
  Result extends TaskRef<infer Output>
    ? TaskRef<readonly Output[]>
    : Result extends object
      ? { readonly [K in keyof Result]: Collected<Result[K]> }
      : Result;

/** Adds a mapped group: its tasks run once for each element, each instance with edges of its own. */
export interface MapGroupFunction<Params> {
  <const Sources extends Readonly<Record<string, Each>>, Result>(
    id: string,
    sources: Sources,
    build: (scope: MapScope<Params, Sources>) => Result,
    options?: GroupOptions & MapOptions,
  ): GroupRef<Collected<Result>>;
}

export interface GroupOptions {
  /** Options that each task of the group has unless it says otherwise; they override the DAG's. */
  readonly defaultArgs?: TaskOptions;
}

/** Adds a task group: its tasks' ids are prefixed with `<group>.`. Groups may be nested. */
export interface GroupFunction<Params> {
  <Result>(
    id: string,
    build: (scope: BuildScope<Params>) => Result,
    options?: GroupOptions,
  ): GroupRef<Result>;
}

/** What a build function is given. It is synchronous, and these are of use only until it returns. */
export interface BuildScope<Params> {
  readonly task: TaskFunction<Params>;
  readonly branch: BranchFunction<Params>;
  readonly shortCircuit: ShortCircuitFunction<Params>;
  readonly map: MapFunction<Params>;
  readonly mapGroup: MapGroupFunction<Params>;
  readonly group: GroupFunction<Params>;
}
