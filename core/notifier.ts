/**
 * Callbacks: what a DAG file wants to happen when a task or a run succeeds, fails, is tried again, skips
 * itself or misses its deadline. Types, and `notifier(…)`, which makes one that takes arguments. Runs nothing.
 */
import type { Connection } from './connection.js';
import type { ArgContext, DataInterval, TaskLogger } from './context.js';
import { AirtempoError } from './errors.js';
import type { Parser } from './operator.js';
import { checkKeys, invalidOption } from './option-checks.js';
import { showValue } from './outside-value.js';
import type { TaskState } from './states.js';

/** What a callback is called for. Airflow's names; the last one is its deadline alert. */
export type CallbackName = 'on_success' | 'on_failure' | 'on_retry' | 'on_skipped' | 'on_deadline_missed';

/** What happened. */
export interface CallbackEvent {
  readonly kind: 'task' | 'dag';
  readonly event: CallbackName;
  readonly dagId: string;
  readonly runId: string;
  /** Absent when the event is the run's. */
  readonly taskId?: string;
  /** The try that ended, from 1; on a retry, the one that failed. Absent when it is not known. */
  readonly tryNumber?: number;
  /** The state now; a missed deadline is no state, so the task or the run still waits or runs then. */
  readonly state: TaskState | 'up_for_retry';
  /** Why it failed, was skipped or is tried again, in words. Free of secrets. */
  readonly reason?: string;
  readonly logicalDate: Date;
  readonly dataInterval: DataInterval;
  /** The run's page in the Temporal Web UI, where that is known. */
  readonly url?: string;
}

/** What a callback is given besides the event. */
export interface CallbackContext<Params = unknown> extends ArgContext<Params> {
  /** Aborts when the callback takes too long (a minute). Pass it on. */
  readonly signal: AbortSignal;
  readonly log: TaskLogger;
  /** Resolves a connection by its id; its secrets are scrubbed from logs and errors from then on. */
  connection(connId: string): Promise<Connection>;
}

/** What a callback, and a function in a notifier's arguments, is called with. */
export interface CallbackInput<Params = unknown> {
  readonly event: CallbackEvent;
  readonly ctx: CallbackContext<Params>;
}

/** A function written in place, or a notifier. It must be safe to run twice; what it returns is ignored. */
export type Callback = (input: CallbackInput) => unknown;

/** One callback, or several that are called each for itself. */
export type Callbacks = Callback | readonly Callback[];

/** A notifier with its arguments. */
export interface Notifier extends Callback {
  /** snake_case; shown in the Web UI. */
  readonly notifierName: string;
  /** As they were written; those that are functions are called when the event has happened. */
  readonly notifierArgs: Readonly<Record<string, unknown>>;
}

/** Arguments of a notifier: each a value, or a function of the event. */
export type NotifierArgs<Args> = {
  readonly [K in keyof Args]: Args[K] | ((input: CallbackInput) => Args[K] | Promise<Args[K]>);
};

/** What the author of a notifier writes. */
export type NotifierHandler<Args> = (input: CallbackInput & { readonly args: Args }) => unknown;

/** Gives a notifier its arguments. They may be left out when each of them may. */
export interface NotifierFactory<Input> {
  (
    ...args: Readonly<Record<string, never>> extends Input
      ? [args?: NotifierArgs<Input>]
      : [args: NotifierArgs<Input>]
  ): Notifier;
  readonly notifierName: string;
}

const NAME = /^[a-z][a-z0-9_]{0,99}$/;

export interface NotifierOptions<Args, Input> {
  /** Checks the arguments when the event has happened, and may fill in defaults; a zod schema fits. */
  readonly args?: Parser<Args> & { readonly _input?: Input };
  /** Arguments unless a DAG gives others; `airtempo dags validate` looks for a `connId` here too. */
  readonly defaults?: Partial<NotifierArgs<NoInfer<Input>>>;
}

/**
 * Defines a notifier, to be used as `onFailure: webhook({ connId: 'slack' })`.
 * Throws INVALID_OPTION.
 */
export function notifier<Args, Input = Args>(
  name: string,
  handler: NotifierHandler<Args>,
  options: NotifierOptions<Args, Input> = {},
): NotifierFactory<Input> {
  const where = `Notifier ${String(name)}`;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `Notifier name ${showValue(name)} is not snake_case (a-z, 0-9, _; at most 100 characters). Rename it, for example to "page_on_call".`,
    );
  }
  if (typeof handler !== 'function') {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${where}: its handler is ${showValue(handler)}, not a function. Write async ({ args, event, ctx }) => ….`,
    );
  }
  checkKeys(options, ['args', 'defaults'], where);
  if (
    options.args !== undefined &&
    typeof (options.args as Partial<Parser<Args>> | null)?.parse !== 'function'
  ) {
    throw invalidOption(
      where,
      'args',
      `is ${showValue(options.args)}, which has no parse function`,
      'A zod schema fits.',
    );
  }
  const create = (given: Readonly<Record<string, unknown>> = {}): Notifier => {
    const args = { ...options.defaults, ...given };
    const notify = async (input: CallbackInput): Promise<void> => {
      const values = await evaluate(args, input);
      const parsed = options.args === undefined ? (values as Args) : options.args.parse(values); // unchecked: as the author declared
      await handler({ ...input, args: parsed });
    };
    return Object.freeze(Object.assign(notify, { notifierName: name, notifierArgs: Object.freeze(args) }));
  };
  return Object.freeze(Object.assign(create, { notifierName: name })) as NotifierFactory<Input>;
}

async function evaluate(
  args: Readonly<Record<string, unknown>>,
  input: CallbackInput,
): Promise<Readonly<Record<string, unknown>>> {
  const entries = Object.entries(args).map(async ([key, value]): Promise<[string, unknown]> => {
    return [key, typeof value === 'function' ? await (value as Callback)(input) : value]; // a function here is one of the event
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** Whether it is a notifier with its arguments. */
export function isNotifier(callback: unknown): callback is Notifier {
  return typeof callback === 'function' && 'notifierArgs' in callback;
}

/** Whether it is a notifier that was never given its arguments. */
export function isNotifierFactory(callback: unknown): callback is NotifierFactory<unknown> {
  return typeof callback === 'function' && 'notifierName' in callback && !('notifierArgs' in callback);
}
