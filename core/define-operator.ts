/** `operator(name, handler)`: makes a handler an operator. */
import { AirtempoError } from './errors.js';
import type { Operator, OperatorOptions, TaskInput } from './operator.js';

const OPERATOR_NAME = /^[a-z][a-z0-9_]{0,99}$/;

/**
 * Defines an operator. `name` is snake_case and is the activity type seen in the Web UI.
 * A handler must be safe to run twice, and pass `ctx.signal` on to whatever it waits for.
 */
export function operator<Args, Output>(
  name: string,
  handler: (input: TaskInput<Args>) => Promise<Output>,
  options: OperatorOptions<Args> = {},
): Operator<Args, Output> {
  if (!OPERATOR_NAME.test(name)) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `Operator name ${JSON.stringify(name)} is not snake_case (a-z, 0-9, _; at most 100 characters). ` +
        `Rename it, for example to "copy_from_s3".`,
    );
  }
  const run = (input: TaskInput<Args>): Promise<Output> => handler(input);
  return Object.freeze(Object.assign(run, { operatorName: name, ...options }));
}
