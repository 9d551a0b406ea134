/** The callback options of tasks and DAGs: checked where they are written, and split into names for the graph and code. Pure. */
import { parseDuration, type Duration } from './duration.js';
import { AirtempoError } from './errors.js';
import type { DeadlineOptions } from './graph.js';
import {
  isNotifier,
  isNotifierFactory,
  type Callback,
  type CallbackName,
  type Callbacks,
} from './notifier.js';
import { checkKeys, invalidOption } from './option-checks.js';
import { isRecord, showValue } from './outside-value.js';
import { suggest } from './suggest.js';

/** Callbacks of a DAG. */
export interface DagCallbackOptions {
  /** When the run succeeds. */
  readonly onSuccess?: Callbacks;
  /** When the run fails, is cancelled, or takes longer than `dagrunTimeout`. */
  readonly onFailure?: Callbacks;
  /** When it is not done by its `deadline`; it goes on. */
  readonly onDeadlineMissed?: Callbacks;
}

/** Callbacks of a task. */
export interface TaskCallbackOptions extends DagCallbackOptions {
  /** Before it is tried again. */
  readonly onRetry?: Callbacks;
  /** When it skips itself; not when a trigger rule or a branch skips it. */
  readonly onSkipped?: Callbacks;
}

/** By when a run is to be done: so long after its start, its logical date, or the end of its interval. */
export type DagDeadline = Duration | { readonly from?: DeadlineOptions['from']; readonly within: Duration };

const OPTIONS = {
  onSuccess: 'on_success',
  onFailure: 'on_failure',
  onRetry: 'on_retry',
  onSkipped: 'on_skipped',
  onDeadlineMissed: 'on_deadline_missed',
} as const satisfies Record<keyof TaskCallbackOptions, CallbackName>;

/** Option names of a task's callbacks. */
export const TASK_CALLBACK_OPTIONS = Object.keys(OPTIONS) as readonly (keyof TaskCallbackOptions)[];
/** Option names of a DAG's callbacks. */
export const DAG_CALLBACK_OPTIONS = [
  'onSuccess',
  'onFailure',
  'onDeadlineMissed',
] as const satisfies readonly (keyof DagCallbackOptions)[];

/** Callbacks by what they are called for; an event without any is absent. */
export type CallbackCode = Readonly<Partial<Record<CallbackName, readonly Callback[]>>>;

/** Checks each callback option. Throws INVALID_OPTION. */
export function checkCallbacks(options: TaskCallbackOptions, where: string): void {
  for (const key of TASK_CALLBACK_OPTIONS) {
    for (const callback of listOf(options[key])) checkCallback(callback, where, key);
  }
}

function listOf(callbacks: Callbacks | undefined): readonly Callback[] {
  if (callbacks === undefined) return [];
  return typeof callbacks === 'object' && Array.isArray(callbacks) ? callbacks : [callbacks as Callback];
}

function checkCallback(callback: unknown, where: string, key: string): void {
  if (isNotifierFactory(callback)) {
    const { notifierName: name } = callback;
    throw invalidOption(
      where,
      key,
      `is the notifier ${name} without its arguments`,
      `Call it: ${name}({ … }).`,
    );
  }
  if (typeof callback === 'function') return;
  throw invalidOption(
    where,
    key,
    `is ${showValue(callback)}`,
    'Use a notifier such as mail({ to: ["data@example.com"] }), a function ({ event, ctx }) => …, or a list of them.',
  );
}

/** The code of checked options. */
export function collectCallbacks(options: TaskCallbackOptions): CallbackCode {
  const entries = TASK_CALLBACK_OPTIONS.map(
    (key) => [OPTIONS[key], Object.freeze([...listOf(options[key])])] as const,
  );
  return Object.freeze(Object.fromEntries(entries.filter(([, list]) => list.length > 0)));
}

/** What a graph records of the code: the names of the callbacks of each event. Undefined when there is none. */
export function nameCallbacks(
  code: CallbackCode,
): Readonly<Partial<Record<CallbackName, readonly string[]>>> | undefined {
  // a retry leaves no event in a history, so workers see to it and the run need not know
  const known = Object.entries(code).filter(([event]) => event !== 'on_retry');
  if (known.length === 0) return undefined;
  return Object.freeze(
    Object.fromEntries(known.map(([event, list]) => [event, Object.freeze(list.map(nameOf))])),
  );
}

function nameOf(callback: Callback): string {
  return isNotifier(callback) ? callback.notifierName : 'inline';
}

const DEADLINE_ORIGINS = [
  'run_start',
  'logical_date',
  'interval_end',
] as const satisfies readonly DeadlineOptions['from'][];

/** A DAG's deadline, checked. Throws INVALID_OPTION. */
export function parseDagDeadline(
  { deadline, onDeadlineMissed }: { readonly deadline?: DagDeadline; readonly onDeadlineMissed?: Callbacks },
  where: string,
): DeadlineOptions | undefined {
  if (deadline === undefined) {
    if (listOf(onDeadlineMissed).length === 0) return undefined;
    throw invalidOption(where, 'onDeadlineMissed', 'has no deadline to miss', 'Add one: deadline: "2h".');
  }
  if (!isRecord(deadline))
    return { from: 'run_start', withinMs: parseWithin(deadline, where, onDeadlineMissed) };
  checkKeys(deadline, ['from', 'within'], `${where}: option deadline`);
  const { from = 'run_start', within } = deadline;
  if (!DEADLINE_ORIGINS.some((origin) => origin === from)) {
    const hint = suggest(String(from), DEADLINE_ORIGINS);
    const fix = `${hint} Use one of ${DEADLINE_ORIGINS.join(', ')}.`.trimStart();
    throw invalidOption(where, 'deadline', `counts from ${showValue(from)}`, fix);
  }
  return { from, withinMs: parseWithin(within, where, onDeadlineMissed) };
}

/** A deadline as milliseconds from its origin. Throws INVALID_OPTION, also when nobody would hear of it. */
export function parseWithin(
  deadline: unknown,
  where: string,
  onDeadlineMissed: Callbacks | undefined,
): number {
  const withinMs = parseDuration(deadline, `${where}: option deadline`);
  if (withinMs <= 0)
    throw invalidOption(
      where,
      'deadline',
      `is ${showValue(deadline)}`,
      'Use a duration above zero, such as "2h".',
    );
  if (listOf(onDeadlineMissed).length > 0) return withinMs;
  throw new AirtempoError(
    'INVALID_OPTION',
    `${where}: option deadline has nobody to tell. Add onDeadlineMissed: logNotice(), or another notifier.`,
  );
}
