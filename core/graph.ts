/**
 * The graph of a DAG as data: what a run records in its history and what the run state machine reads.
 * Plain JSON, no functions.
 */
import type { JsonValue } from './json.js';
import type { CallbackName } from './notifier.js';
import type { TriggerRule } from './trigger-rule.js';

/** 1 runs first, 5 last; Temporal's priority keys. Default 3. */
export type Priority = 1 | 2 | 3 | 4 | 5;

/** The part of a task that decides when it runs. */
export interface RunGraphTask {
  readonly id: string;
  /** Ids of the direct upstream tasks. */
  readonly upstream: readonly string[];
  /** Default: `all_success`; `all_done_setup_success` for teardowns. */
  readonly triggerRule?: TriggerRule;
  readonly priority?: Priority;
  /** Prepares a resource: its failure fails, and its skip skips, every task in its scope. */
  readonly setup?: boolean;
  /** Releases a resource: runs once its setups succeeded, however the tasks between ended. */
  readonly teardown?: boolean;
  /** Whether this teardown's failure fails the run. Default false. */
  readonly onFailureFailDagrun?: boolean;
  /** Only waits while it runs (a sensor, an approval), and so takes no slot of `maxActiveTasks`. */
  readonly deferred?: boolean;
  /** Does not start before it succeeded or was skipped in the previous run. */
  readonly dependsOnPast?: boolean;
  /** … nor before its direct downstream did. Only with `dependsOnPast`. */
  readonly waitForDownstream?: boolean;
  /** Whether it may start when no earlier run has it, though there is one. Default true. */
  readonly ignoreFirstDependsOnPast?: boolean;
  /** Whether its trigger rule may skip it only once the previous run lets it start. Default false. */
  readonly waitForPastDependsBeforeSkipping?: boolean;
  /** The mapped group it is in: it stands for as many instances as the group's lists have elements. */
  readonly mapGroup?: string;
  /** One instance of a mapped task; only in the graph of a run that has expanded it. */
  readonly instance?: MapInstance;
}

/** Which instance of a mapped task this is. */
export interface MapInstance {
  /** Id of the mapped task. */
  readonly of: string;
  /** Id of its mapped group. */
  readonly group: string;
  readonly index: number;
  /** At most so many instances of the mapped task run at once. Default: as many as the run lets. */
  readonly maxActive?: number;
}

/** A mapped group: tasks that run once for each element of lists, or of each combination of their elements. */
export interface MapGroup {
  /** Id of the mapped task or of the group. */
  readonly id: string;
  /** The lists by the name of the item; the last varies fastest, as in Airflow's expand(). */
  readonly sources: readonly MapSource[];
  /** At most so many instances of each of its tasks run at once. */
  readonly maxActive?: number;
}

/** A list to map over: given in the DAG file, or a task's output; several outputs are zipped. */
export type MapSource = { readonly key: string } & (
  { readonly list: readonly JsonValue[] } | { readonly from: readonly string[] }
);

/** The graph as the run state machine reads it. */
export interface RunGraph {
  readonly tasks: readonly RunGraphTask[];
  /** How many tasks of one run may run at once. Default 16, as in Airflow. */
  readonly maxActiveTasks?: number;
  /** The mapped groups, in the order of the DAG file. */
  readonly maps?: readonly MapGroup[];
}

/** How Temporal is to execute a task. Milliseconds throughout. */
export interface ExecutionOptions {
  /** Extra tries after the first. */
  readonly retries: number;
  readonly retryDelayMs: number;
  /** 1: constant delay. */
  readonly retryBackoff: number;
  readonly maxRetryDelayMs: number;
  /** For one try. */
  readonly executionTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  /** Task queue of a pool; default: the run's own queue. */
  readonly pool?: string;
  /** Present for sensors: how they wait. */
  readonly poke?: PokeOptions;
  /** Which events somebody is told of; the code is the worker's. */
  readonly callbacks?: CallbackNames;
  /** From the run's start: when it has not ended by then, its deadline is missed. */
  readonly deadlineMs?: number;
}

/** The names of the callbacks of each event; an event without any is absent. `on_retry` is never there. */
export type CallbackNames = Readonly<Partial<Record<CallbackName, readonly string[]>>>;

/** By when a run is to be done. */
export interface DeadlineOptions {
  readonly from: 'run_start' | 'logical_date' | 'interval_end';
  readonly withinMs: number;
}

/** How a sensor waits: one activity that is tried again and again, with nothing held in between. */
export interface PokeOptions {
  /** Between the first poke and the second. */
  readonly intervalMs: number;
  /** Factor by which the interval grows from poke to poke. 1: constant. */
  readonly backoff: number;
  readonly maxIntervalMs?: number;
  /** From the first poke on; the last one is then. */
  readonly timeoutMs: number;
  /** A time-out or failure is a skip. */
  readonly softFail?: boolean;
  /** The operator wants to know when the task is cancelled while it waits. */
  readonly hasOnCancel?: boolean;
}

/** One task of a serialized graph. */
export interface GraphTask extends RunGraphTask {
  /** The operator's name = Temporal activity type. `empty` never costs an activity. */
  readonly operator: string;
  /** What the task does, in a few words, for the Web UI. */
  readonly summary?: string;
  /** Arguments with markers for outputs and functions; see core/args.ts. */
  readonly args?: JsonValue;
  /** Ids of the tasks whose outputs the arguments need. A subset of `upstream`. */
  readonly inputs?: readonly string[];
  readonly execution: ExecutionOptions;
}

/** A whole DAG as data. */
export interface Graph extends RunGraph {
  readonly dagId: string;
  readonly tasks: readonly GraphTask[];
  readonly maxActiveTasks: number;
  /** The run fails when it takes longer. */
  readonly dagrunTimeoutMs?: number;
  /** Of the run itself; those of tasks are in their execution options. */
  readonly callbacks?: CallbackNames;
  readonly deadline?: DeadlineOptions;
}
