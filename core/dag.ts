/**
 * `dag(id, options, build)`: builds and checks a DAG. The result is frozen: a graph as data, and the
 * handlers and argument functions that workers look up by task id.
 */
import type { ArgFunction } from './args.js';
import type { BuildScope } from './build-scope.js';
import {
  checkCallbacks,
  collectCallbacks,
  DAG_CALLBACK_OPTIONS,
  nameCallbacks,
  parseDagDeadline,
  type CallbackCode,
  type DagCallbackOptions,
  type DagDeadline,
} from './callback-options.js';
import { DagBuilder } from './dag-builder.js';
import { parseDuration, type Duration } from './duration.js';
import { checkGraph } from './graph-checks.js';
import type { Graph } from './graph.js';
import { checkNewDagId } from './identifiers.js';
import type { Operator, Parser } from './operator.js';
import { checkKeys, checkText, invalidOption } from './option-checks.js';
import { isCount, showValue } from './outside-value.js';
import { parseInstant } from './run-facts.js';
import { DEFAULT_MAX_ACTIVE_TASKS } from './run.js';
import { checkTaskOptions, mergeTaskOptions, type TaskOptions } from './task-options.js';
import { alignTimetable, checkTimetable, isPeriodic, zoneOf, type Timetable } from './timetable.js';

/** Options of a DAG. */
export interface DagOptions<Params> extends DagCallbackOptions {
  /** What the DAG is for; shown by `dags show`. */
  readonly description?: string;
  /** When it runs. Default `null`: only by hand. */
  readonly schedule?: Timetable | null;
  /**
   * No interval starts before it, so the first run comes one interval later. ISO; without a zone it is a time
   * in the zone of the schedule's cron, else UTC.
   */
  readonly startDate?: string;
  /** No interval starts after it; one that starts at it is the last. Written like `startDate`. */
  readonly endDate?: string;
  /** Whether every interval missed since `startDate` is run when the DAG is switched on. Default `false`: the latest. */
  readonly catchup?: boolean;
  /**
   * Scheduled runs start up to so much later than the timetable says, each DAG and date by an amount of its own, so
   * that a hundred DAGs of midnight do not start at once. Dates and intervals stay as they are. Default: none.
   */
  readonly jitter?: Duration;
  /** Options that each task has unless it says otherwise. */
  readonly defaultArgs?: TaskOptions;
  /** Schema of the params, with defaults; a zod object fits. Default: any conf is accepted as it is. */
  readonly params?: Parser<Params>;
  /** How many tasks of one run may run at once. Default 16. */
  readonly maxActiveTasks?: number;
  /**
   * How many runs of the DAG may be active at once, backfills apart; the others wait their turn, the earliest logical
   * date first. Default: any number (Airflow: 16).
   */
  readonly maxActiveRuns?: number;
  /** A run that takes longer fails. Default: no limit. */
  readonly dagrunTimeout?: Duration;
  /**
   * By when a run is to be done: `'2h'` after its start, or `{ from: 'logical_date', within: '2h' }`. It goes on;
   * `onDeadlineMissed` is called. Backfills have no deadline from a date. Default: none.
   */
  readonly deadline?: DagDeadline;
  readonly tags?: readonly string[];
}

/** The code of one task: what the worker runs and the functions in its arguments. */
export interface TaskCode {
  readonly operator: Operator<never, unknown>;
  readonly functions: ReadonlyMap<string, ArgFunction>;
  readonly callbacks: CallbackCode;
}

const DAG_BRAND = Symbol.for('airtempo.dag');

/** A checked, frozen DAG. */
export interface Dag {
  readonly id: string;
  readonly description: string;
  readonly schedule: Timetable | null;
  readonly startDate: Date | undefined;
  readonly endDate: Date | undefined;
  readonly catchup: boolean;
  /** Absent: any number. */
  readonly maxActiveRuns: number | undefined;
  readonly jitterMs: number | undefined;
  readonly tags: readonly string[];
  readonly params: Parser<unknown> | undefined;
  readonly graph: Graph;
  readonly code: ReadonlyMap<string, TaskCode>;
  /** The run's own; those of tasks are in `code`. */
  readonly callbacks: CallbackCode;
}

/** Whether a value exported by a DAG file is a DAG, also one made by another copy of this package. */
export function isDag(value: unknown): value is Dag {
  return typeof value === 'object' && value !== null && DAG_BRAND in value;
}

const KNOWN_OPTIONS: readonly string[] = [
  'description',
  'schedule',
  'startDate',
  'endDate',
  'catchup',
  'jitter',
  'defaultArgs',
  'params',
  'maxActiveTasks',
  'maxActiveRuns',
  'dagrunTimeout',
  'deadline',
  ...DAG_CALLBACK_OPTIONS,
  'tags',
] satisfies (keyof DagOptions<unknown>)[];

/** Above 500 pending activities a Temporal Workflow Task may time out. */
const MOST_ACTIVE_TASKS = 500;
/** Each holder of a slot is looked at while another run waits. */
const MOST_ACTIVE_RUNS = 500;

/**
 * Defines a DAG. `build` gets `task` and `group`, and makes edges with `then` or by passing one task's
 * output to another; it is synchronous. Throws AirtempoError for cycles, duplicate or reserved ids and
 * bad options.
 */
export function dag<Params = Readonly<Record<string, unknown>>>(
  id: string,
  options: DagOptions<Params>,
  build: (scope: BuildScope<Params>) => void,
): Dag {
  checkNewDagId(id);
  const where = `DAG ${id}`;
  checkOptions(options, where);
  const { startDate, endDate } = parseDates(options, where);
  const dagrunTimeoutMs = parseTimeout(options.dagrunTimeout, where);
  const jitterMs = parseJitter(options, where);
  const callbacks = collectCallbacks(options);
  const callbackNames = nameCallbacks(callbacks);
  const deadline = parseDagDeadline(options, where);
  const builder = new DagBuilder<Params>(id, mergeTaskOptions(options.defaultArgs));
  builder.build(build);
  const graph = builder.graph({
    maxActiveTasks: options.maxActiveTasks ?? DEFAULT_MAX_ACTIVE_TASKS,
    ...(dagrunTimeoutMs === undefined ? {} : { dagrunTimeoutMs }),
    ...(callbackNames === undefined ? {} : { callbacks: callbackNames }),
    ...(deadline === undefined ? {} : { deadline }),
  });
  checkGraph(graph);
  return Object.freeze({
    [DAG_BRAND]: true,
    id,
    description: options.description ?? '',
    schedule: alignTimetable(options.schedule ?? null, startDate),
    startDate,
    endDate,
    catchup: options.catchup ?? false,
    maxActiveRuns: options.maxActiveRuns,
    jitterMs,
    tags: Object.freeze([...(options.tags ?? [])]),
    params: options.params,
    graph,
    code: builder.code,
    callbacks,
  });
}

function checkOptions(options: DagOptions<unknown>, where: string): void {
  checkKeys(options, KNOWN_OPTIONS, where);
  const { description, defaultArgs, maxActiveTasks, maxActiveRuns, schedule, catchup, params, tags } =
    options;
  if (defaultArgs !== undefined) checkTaskOptions(defaultArgs, `${where}, defaultArgs`);
  checkCallbacks(options, where);
  checkText(description, where, 'description');
  if (schedule !== undefined && schedule !== null) checkTimetable(schedule, `${where}: option schedule`);
  if (
    maxActiveTasks !== undefined &&
    !(isCount(maxActiveTasks) && isInRange(maxActiveTasks, MOST_ACTIVE_TASKS))
  ) {
    const fix = `Use a whole number from 1 to ${MOST_ACTIVE_TASKS}.`;
    throw invalidOption(where, 'maxActiveTasks', `is ${showValue(maxActiveTasks)}`, fix);
  }
  if (
    maxActiveRuns !== undefined &&
    !(isCount(maxActiveRuns) && isInRange(maxActiveRuns, MOST_ACTIVE_RUNS))
  ) {
    const fix = `Use a whole number from 1 to ${MOST_ACTIVE_RUNS}.`;
    throw invalidOption(where, 'maxActiveRuns', `is ${showValue(maxActiveRuns)}`, fix);
  }
  if (catchup !== undefined && typeof catchup !== 'boolean') {
    throw invalidOption(where, 'catchup', `is ${showValue(catchup)}`, 'Use true or false.');
  }
  if (catchup === true && isPeriodic(schedule ?? null) && options.startDate === undefined) {
    throw invalidOption(
      where,
      'catchup',
      'is true without a startDate',
      'Say since when: startDate: "2018-11-01".',
    );
  }
  if (params !== undefined && typeof (params as Partial<typeof params> | null)?.parse !== 'function') {
    const fix = 'Use a schema such as z.object({ bucket: z.string().default("sparkify") }).';
    throw invalidOption(where, 'params', `is ${showValue(params)}, which has no parse function`, fix);
  }
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) {
    throw invalidOption(where, 'tags', `is ${showValue(tags)}`, 'Use a list of texts, such as ["sparkify"].');
  }
}

function isInRange(value: number, most: number): boolean {
  return value >= 1 && value <= most;
}

function parseTimeout(timeout: Duration | undefined, where: string): number | undefined {
  if (timeout === undefined) return undefined;
  const timeoutMs = parseDuration(timeout, `${where}: option dagrunTimeout`);
  if (timeoutMs > 0) return timeoutMs;
  const fix = 'Use a duration above zero, such as "2h".';
  throw invalidOption(where, 'dagrunTimeout', `is ${showValue(timeout)}`, fix);
}

function parseJitter({ jitter, schedule }: DagOptions<unknown>, where: string): number | undefined {
  if (jitter === undefined) return undefined;
  const jitterMs = parseDuration(jitter, `${where}: option jitter`);
  if (jitterMs < 1000) {
    throw invalidOption(where, 'jitter', `is ${showValue(jitter)}`, 'Use one second at least, such as "5m".');
  }
  if (isPeriodic(schedule ?? null)) return jitterMs;
  const fix = 'Leave it out, or give the DAG a cron, cronTrigger or every as schedule.';
  throw invalidOption(where, 'jitter', `is ${showValue(jitter)} on a DAG without ticks`, fix);
}

function parseDates(options: DagOptions<unknown>, where: string): Pick<Dag, 'startDate' | 'endDate'> {
  const timezone = zoneOf(options.schedule ?? null);
  const startDate = parseDate(options.startDate, timezone, where, 'startDate');
  const endDate = parseDate(options.endDate, timezone, where, 'endDate');
  if (startDate !== undefined && endDate !== undefined && startDate > endDate) {
    const problem = `is ${showValue(options.endDate)}, which is before startDate, ${showValue(options.startDate)}`;
    throw invalidOption(where, 'endDate', problem, 'Use a later date, or leave it out.');
  }
  return { startDate, endDate };
}

function parseDate(text: unknown, timezone: string, where: string, key: string): Date | undefined {
  if (text === undefined) return undefined;
  try {
    return parseInstant(text, timezone);
  } catch {
    const fix = 'Write "2018-11-01" or "2018-11-01T00:00:00Z".';
    throw invalidOption(where, key, `is ${showValue(text)}, which is not a date`, fix);
  }
}
