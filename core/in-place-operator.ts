/** Tasks whose handler is written in the DAG file: inline ones, branches and short circuits. */
import type { InlineHandler } from './build-scope.js';
import type { TaskContext } from './context.js';
import { createOperator } from './define-operator.js';
import { AirtempoError } from './errors.js';
import type { Control, Operator } from './operator.js';
import { showValue } from './outside-value.js';

/** Activity type of tasks whose handler is written in place. */
export const INLINE_OPERATOR = 'inline';

/** A kind of task whose handler is written in the DAG file. */
export interface InPlaceKind {
  /** Its activity type. */
  readonly name: string;
  readonly control?: Control;
}

export const INLINE: InPlaceKind = { name: INLINE_OPERATOR };
export const BRANCH: InPlaceKind = { name: 'branch', control: 'branch' };
export const SHORT_CIRCUIT: InPlaceKind = { name: 'short_circuit', control: 'short_circuit' };
export const SHORT_CIRCUIT_DIRECT: InPlaceKind = { name: 'short_circuit', control: 'short_circuit_direct' };

/** The activity types whose code is the DAG file's, so that the name alone does not find it. */
export const IN_PLACE_OPERATORS: ReadonlySet<string> = new Set(
  [INLINE, BRANCH, SHORT_CIRCUIT].map(({ name }) => name),
);

/** The operator of a task: the one given, or one made of a handler. Throws INVALID_TASK for anything else. */
export function asOperator(run: unknown, where: string, kind: InPlaceKind): Operator<never, unknown> {
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
