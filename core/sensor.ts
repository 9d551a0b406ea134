/**
 * `sensor(name, poke)`: an operator that waits. The poke looks once and says whether what it waits for is there; the
 * engine asks again later and holds neither a slot nor a thread in between.
 */
import { checkDefinition, createOperator } from './define-operator.js';
import { parseDuration, type Duration } from './duration.js';
import { AirtempoError } from './errors.js';
import type { Operator, OperatorOptions, TaskInput } from './operator.js';
import { invalidOption } from './option-checks.js';
import { isRecord, showValue } from './outside-value.js';

const NOT_YET_BRAND = Symbol.for('airtempo.not_yet');

/** The answer of a poke that has to be repeated. Made by `notYet`. */
export interface NotYet {
  readonly [NOT_YET_BRAND]: true;
  /** What is missing, for whoever asks why the task waits. */
  readonly reason: string;
  /** When to look again. Default: after the task's `pokeInterval`. */
  readonly againInMs?: number;
}

/**
 * Says that what the sensor waits for is not there yet, and what is missing. `againIn` replaces the task's
 * `pokeInterval` this once, for a poke that knows when looking again makes sense.
 */
export function notYet(reason: string, options: { readonly againIn?: Duration } = {}): NotYet {
  const { againIn } = options;
  return Object.freeze({
    [NOT_YET_BRAND]: true as const,
    reason,
    ...(againIn === undefined ? {} : { againInMs: parseDuration(againIn, 'notYet: option againIn') }),
  });
}

/** Whether a value is such an answer, also one made by another copy of this package. */
export function isNotYet(value: unknown): value is NotYet {
  return isRecord(value) && NOT_YET_BRAND in value;
}

/** The output of a sensor: what its poke returns in the end, or nothing when that is `true`. */
export type SensorOutput<Result> = [Exclude<Result, boolean | NotYet>] extends [never]
  ? undefined
  : Exclude<Result, boolean | NotYet>;

export interface SensorOptions<Args> extends OperatorOptions<Args> {
  /** Called when the task is cancelled before its poke succeeded, to take back what a poke has begun. Safe to run twice. */
  readonly onCancel?: (input: TaskInput<Args>) => void | Promise<void>;
}

/**
 * Defines a sensor. `poke` returns `false` or `notYet(reason)` to be asked again, `true` when the wait is over, or the
 * task's output (JSON). It must not wait itself, but pass `ctx.signal` on. An error that it throws is a failed try:
 * `retries` and `retryDelay` apply. `name` is snake_case, as an operator's. Throws INVALID_OPTION.
 */
export function sensor<Args, Result>(
  name: string,
  poke: (input: TaskInput<Args>) => Result | Promise<Result>,
  options: SensorOptions<Args> = {},
): Operator<Args, SensorOutput<Result>> {
  const where = `Sensor ${name}`;
  checkDefinition({ name, handler: poke, options, where, known: ['args', 'summary', 'onCancel'] });
  const { onCancel } = options;
  if (onCancel !== undefined && typeof onCancel !== 'function') {
    throw invalidOption(where, 'onCancel', `is ${showValue(onCancel)}`, 'Write async ({ args, ctx }) => ….');
  }
  const run = async (input: TaskInput<Args>): Promise<Result | NotYet | undefined> =>
    toAnswer(await poke(input), name);
  // the engine takes NotYet out before anybody sees an output
  return createOperator(name, run as (input: TaskInput<Args>) => Promise<SensorOutput<Result>>, {
    ...options,
    sensor: onCancel === undefined ? {} : { onCancel },
  });
}

function toAnswer<Result>(answer: Result, name: string): Result | NotYet | undefined {
  if (answer === false) return notYet('');
  if (answer === true) return undefined;
  if (answer !== undefined) return answer;
  throw new AirtempoError(
    'INVALID_OUTPUT',
    `The poke of sensor ${name} returned nothing, which says neither yes nor no. ` +
      `Return true, false, notYet(reason) or the task's output.`,
  );
}
