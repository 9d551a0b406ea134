/** `operator(name, handler)`: makes a handler an operator. */
import { AirtempoError } from './errors.js';
import type { Operator, OperatorOptions, OperatorTraits, TaskInput } from './operator.js';
import { checkKeys, invalidOption } from './option-checks.js';
import { showValue } from './outside-value.js';

const OPERATOR_NAME = /^[a-z][a-z0-9_]{0,99}$/;

/** Names that the engine gives a meaning of its own; an operator so named would never run. */
const RESERVED: ReadonlyMap<unknown, string> = new Map([
  ['empty', 'tasks that do nothing; import { empty } instead'],
  ['inline', 'handlers written in a DAG file'],
  ['plan_run', 'the first step of every run'],
  ['expand_map', 'the step that takes a mapped task apart'],
  ['retry_now', 'the update of that name'],
  ['approval', 'tasks that wait for a person; import { approval } instead'],
  ['latest_only', 'the operator of that name; import { latestOnly } instead'],
  ['branch', 'tasks made by the branch function of the build function'],
  ['short_circuit', 'tasks made by the shortCircuit function of the build function'],
  ['wait_for_past', 'waiting for the previous run'],
  ['plan_backfill', 'the first step of every backfill'],
  ['scan_backfill', 'the steps of a backfill'],
  ['check_backfill', 'the lock of a backfill'],
  ['request_run_slot', 'waiting for the turn of a run'],
  ['find_lost_slots', 'waiting for the turn of a run'],
  ['notify', 'the callbacks of runs and tasks'],
]);

/** What the author of an operator writes: `args` in, the task's output out, at once or as a promise. */
type Handler<Args, Output> = (input: TaskInput<Args>) => Output | Promise<Output>;

/**
 * Defines an operator. `name` is snake_case and is the activity type seen in the Web UI.
 * A handler must be safe to run twice, and pass `ctx.signal` on to whatever it waits for. What it returns
 * travels as JSON: a Date arrives downstream as a text. Throws INVALID_OPTION.
 */
export function operator<Args, Output>(
  name: string,
  handler: Handler<Args, Output>,
  options: OperatorOptions<Args> = {},
): Operator<Args, Output> {
  const where = `Operator ${name}`;
  checkDefinition({ name, handler, options, where, known: ['args', 'summary'] });
  return createOperator(name, handler, options);
}

/** What the author of an operator or a sensor has written. */
interface Definition<Args> {
  readonly name: unknown;
  readonly handler: unknown;
  readonly options: OperatorOptions<Args>;
  readonly where: string;
  /** The options that there are. */
  readonly known: readonly string[];
}

/** Throws INVALID_OPTION for a name, a handler or options that cannot be. */
export function checkDefinition<Args>({ name, handler, options, where, known }: Definition<Args>): void {
  checkName(name);
  if (typeof handler !== 'function') {
    throw new AirtempoError(
      'INVALID_OPTION',
      `${where}: its handler is ${showValue(handler)}, not a function. Write async ({ args, ctx }) => ….`,
    );
  }
  checkOptions(options, where, known);
}

/** An operator of the engine's own, whose name may be a reserved one. Checks nothing. */
export function createOperator<Args, Output>(
  name: string,
  handler: Handler<Args, Output>,
  { args, summary, control, sensor }: OperatorOptions<Args> & OperatorTraits<Args> = {},
): Operator<Args, Output> {
  const run = async (input: TaskInput<Args>): Promise<Output> => handler(input);
  return Object.freeze(
    Object.assign(run, {
      operatorName: name,
      ...(args === undefined ? {} : { args }),
      ...(summary === undefined ? {} : { summary }),
      ...(control === undefined ? {} : { control }),
      ...(sensor === undefined ? {} : { sensor: Object.freeze(sensor) }),
    }),
  );
}

function checkName(name: unknown): void {
  const meaning = RESERVED.get(name);
  if (meaning !== undefined) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `Operator name ${showValue(name)} is reserved for ${meaning}. Choose another name.`,
    );
  }
  if (typeof name === 'string' && OPERATOR_NAME.test(name)) return;
  throw new AirtempoError(
    'INVALID_OPTION',
    `Operator name ${showValue(name)} is not snake_case (a-z, 0-9, _; at most 100 characters). ` +
      `Rename it, for example to "copy_from_s3".`,
  );
}

function checkOptions<Args>(options: OperatorOptions<Args>, where: string, known: readonly string[]): void {
  checkKeys(options, known, where);
  const { args, summary } = options;
  if (args !== undefined && typeof (args as Partial<typeof args> | null)?.parse !== 'function') {
    throw invalidOption(
      where,
      'args',
      `is ${showValue(args)}, which has no parse function`,
      'A zod schema fits.',
    );
  }
  if (summary !== undefined && typeof summary !== 'function') {
    throw invalidOption(
      where,
      'summary',
      `is ${showValue(summary)}`,
      'Write ({ table }) => `loads ${table}`.',
    );
  }
}
