/**
 * An operator: what a DAG file names and what a worker runs, in one value. A handler takes one object,
 * `{ args, ctx }`, and returns the task's output (JSON).
 */
import type { TaskContext } from './context.js';

/** What a handler is called with. */
export interface TaskInput<Args, Params = unknown> {
  readonly args: Args;
  readonly ctx: TaskContext<Params>;
}

/** Turns an outside value into a type, or throws an error that names what is wrong. A zod schema fits. */
export interface Parser<T> {
  parse(value: unknown): T;
}

export interface OperatorOptions<Args> {
  /** Checks the evaluated arguments before the handler sees them; a failure is not retried. */
  readonly args?: Parser<Args>;
  /**
   * A few words for the Web UI, from the arguments as far as they are known before the run; unknown
   * ones arrive as `undefined`. Default: none.
   */
  readonly summary?: (args: { readonly [K in keyof Args]?: Args[K] | undefined }) => string;
}

/**
 * What an operator says about the tasks after it, besides its output. Airflow's BranchPythonOperator,
 * ShortCircuitOperator (with and without ignore_downstream_trigger_rules), LatestOnlyOperator and ApprovalOperator.
 */
export type Control = 'branch' | 'short_circuit' | 'short_circuit_direct' | 'latest_only' | 'approval';

/** A named, typed unit of work that DAGs use and workers run. */
export interface Operator<Args, Output> extends OperatorOptions<Args>, OperatorTraits<Args> {
  (input: TaskInput<Args>): Promise<Output>;
  /** snake_case; the activity type in Temporal. */
  readonly operatorName: string;
}

/** What sets an operator apart from the plain ones. */
export interface OperatorTraits<Args> {
  /** Default: nothing but its output. */
  readonly control?: Control;
  /** Present when it is a sensor; see core/sensor.ts. */
  readonly sensor?: SensorTraits<Args>;
}

/** What makes an operator a sensor. */
export interface SensorTraits<Args> {
  /** Takes back what a poke has begun, when the task is cancelled before the wait is over. */
  readonly onCancel?: (input: TaskInput<Args>) => void | Promise<void>;
}
