/**
 * Timetables as data: how an author writes when a DAG runs, and the checks at load time. Pure. When one fires
 * is in `ticks.ts`, what a run covers in `data-interval.ts`, which run comes next in `next-runs.ts`.
 */
import { checkCron, invalidSchedule } from './cron-expression.js';
import { parseDuration, type Duration } from './duration.js';
import { checkKeys } from './option-checks.js';
import { isCount, isRecord, showValue } from './outside-value.js';
import { suggest } from './suggest.js';
import { isTimezone } from './wall-clock.js';

/** Each run covers `[previous tick, this tick)` and starts at its end: Airflow's CronDataIntervalTimetable. */
export interface CronTimetable {
  readonly kind: 'cron';
  readonly expression: string;
  readonly timezone: string;
}

/** Each run starts at a tick of any of the expressions and covers no time: Airflow's (Multiple)CronTriggerTimetable. */
export interface CronTriggerTimetable {
  readonly kind: 'cron_trigger';
  readonly expressions: readonly string[];
  readonly timezone: string;
}

/** Each run covers one period of fixed length and starts at its end: Airflow's DeltaDataIntervalTimetable. */
export interface EveryTimetable {
  readonly kind: 'every';
  /** A whole number of seconds. */
  readonly periodMs: number;
  /** Periods begin this long after a multiple of the period since 1970, UTC. `dag()` takes it from `startDate`. */
  readonly offsetMs?: number;
}

/** One run, as soon as the DAG is switched on and `startDate` has come: Airflow's OnceTimetable. */
export interface OnceTimetable {
  readonly kind: 'once';
}

/** The next run starts when the last one has ended, one at a time: Airflow's ContinuousTimetable. */
export interface ContinuousTimetable {
  readonly kind: 'continuous';
}

/** The timetables that have ticks, and so a past that can be backfilled. */
export type PeriodicTimetable = CronTimetable | CronTriggerTimetable | EveryTimetable;

/** A schedule as data. `null` in its place means: started by hand only. */
export type Timetable = PeriodicTimetable | OnceTimetable | ContinuousTimetable;

export interface CronOptions {
  /** IANA zone in which the expression is read. Default `UTC`. */
  readonly timezone?: string;
}

export interface EveryOptions {
  /**
   * Moves the grid of periods: `every('1d', { offset: '2h' })` begins at 02:00 UTC. Default: such that a period
   * begins at `startDate`; without one, periods count from 1970.
   */
  readonly offset?: Duration;
}

/**
 * Runs at the end of each interval between two ticks, with the interval's start as logical date: the
 * nightly load of the day before. Five fields, six with seconds in front, or a preset: `@hourly`, `@daily`,
 * `@midnight`, `@weekly`, `@monthly`, `@quarterly`, `@yearly`, `@annually`. A day of the month and a weekday
 * together mean either. Throws INVALID_SCHEDULE.
 *
 * When clocks change, a tick that falls into the gap fires at the first instant after it, and one whose
 * time comes twice fires at the second; an expression that covers every hour goes through both.
 */
export function cron(expression: string, options: CronOptions = {}): CronTimetable {
  const where = `Schedule cron(${showValue(expression)})`;
  const timezone = readTimezone(options, where);
  return Object.freeze({ kind: 'cron', expression: readExpression(expression, where), timezone });
}

/**
 * Runs at each tick, with the tick as logical date and an interval of zero width. Several expressions are one
 * timetable that fires whenever one of them does, once where two meet. Otherwise as `cron`.
 */
export function cronTrigger(
  expressions: string | readonly string[],
  options: CronOptions = {},
): CronTriggerTimetable {
  const where = `Schedule cronTrigger(${showValue(expressions)})`;
  const timezone = readTimezone(options, where);
  const list: readonly unknown[] = Array.isArray(expressions) ? expressions : [expressions];
  checkNotEmpty(list, where);
  const read = Object.freeze(list.map((expression) => readExpression(expression, where)));
  return Object.freeze({ kind: 'cron_trigger', expressions: read, timezone });
}

/**
 * Runs at the end of each period of fixed length, whatever clocks do: `every('30m')`. Periods are at least one
 * second, and whole seconds. Throws INVALID_SCHEDULE, or INVALID_OPTION for what is no duration.
 */
export function every(period: Duration, options: EveryOptions = {}): EveryTimetable {
  const where = `Schedule every(${showValue(period)})`;
  checkKeys(options, ['offset'], where);
  const periodMs = parseDuration(period, `${where}: the period`);
  const offsetMs =
    options.offset === undefined ? undefined : parseDuration(options.offset, `${where}: option offset`);
  const timetable: EveryTimetable = {
    kind: 'every',
    periodMs,
    ...(offsetMs === undefined ? {} : { offsetMs }),
  };
  checkEvery(timetable, where);
  return Object.freeze(timetable);
}

/** Runs once: when the DAG is switched on, not before `startDate`. */
export function once(): OnceTimetable {
  return Object.freeze({ kind: 'once' });
}

/** Runs again and again, one run at a time, between `startDate` and `endDate`. */
export function continuous(): ContinuousTimetable {
  return Object.freeze({ kind: 'continuous' });
}

function readTimezone(options: CronOptions, where: string): string {
  checkKeys(options, ['timezone'], where);
  const { timezone = 'UTC' } = options;
  checkTimezone(timezone, where);
  return timezone;
}

function readExpression(expression: unknown, where: string): string {
  const text = typeof expression === 'string' ? expression.trim() : expression;
  checkCron(text, where);
  return text;
}

/** Whether the timetable has ticks: something to list, backfill and catch up on. Not `null`, once, continuous. */
export function isPeriodic(timetable: Timetable | null): timetable is PeriodicTimetable {
  return timetable !== null && timetable.kind !== 'once' && timetable.kind !== 'continuous';
}

/** Whether a scheduled run covers the time up to its start; otherwise its interval has no width. */
export function hasIntervals(timetable: Timetable | null): timetable is CronTimetable | EveryTimetable {
  return timetable?.kind === 'cron' || timetable?.kind === 'every';
}

/** The zone in which people read the DAG's dates: that of its cron, else UTC. */
export function zoneOf(timetable: Timetable | null): string {
  return timetable?.kind === 'cron' || timetable?.kind === 'cron_trigger' ? timetable.timezone : 'UTC';
}

/**
 * The timetable of a DAG that starts then: periods of `every` begin at `startDate` unless they have an offset,
 * as Airflow's do when it catches up.
 */
export function alignTimetable(timetable: Timetable | null, startDate: Date | undefined): Timetable | null {
  if (timetable?.kind !== 'every' || timetable.offsetMs !== undefined || startDate === undefined) {
    return timetable;
  }
  const { periodMs } = timetable;
  const offsetMs = ((startDate.getTime() % periodMs) + periodMs) % periodMs; // before 1970 it would be negative
  return Object.freeze({ ...timetable, offsetMs });
}

/** Throws INVALID_SCHEDULE, naming the place, unless the value is a timetable that has a run to come. */
export function checkTimetable(value: unknown, where: string): asserts value is Timetable {
  const { kind } = isRecord(value) ? value : {};
  const timetable = value as Readonly<Record<string, unknown>>; // an object, where it is read
  if (kind === 'cron') {
    checkTimezone(timetable['timezone'], where);
    checkCron(timetable['expression'], where);
  } else if (kind === 'cron_trigger') {
    checkTimezone(timetable['timezone'], where);
    checkNotEmpty(timetable['expressions'], where);
    for (const expression of timetable['expressions']) checkCron(expression, where);
  } else if (kind === 'every') {
    checkEvery(timetable, where);
  } else if (kind !== 'once' && kind !== 'continuous') {
    const fix =
      'Write cron("0 2 * * *"), cronTrigger("0 2 * * *"), every("30m"), once(), continuous() or null.';
    throw invalidSchedule(where, `is ${showValue(value)}`, fix);
  }
}

function checkNotEmpty(expressions: unknown, where: string): asserts expressions is readonly unknown[] {
  if (Array.isArray(expressions) && expressions.length > 0) return;
  throw invalidSchedule(
    where,
    `has the expressions ${showValue(expressions)}`,
    'Write at least one, in a list.',
  );
}

function checkEvery({ periodMs, offsetMs }: { periodMs?: unknown; offsetMs?: unknown }, where: string): void {
  if (!isCount(periodMs) || periodMs < 1000 || periodMs % 1000 !== 0) {
    const problem = `has a period of ${showValue(periodMs)} ms`;
    throw invalidSchedule(where, problem, 'Use whole seconds, at least one, such as every("30m").');
  }
  if (offsetMs === undefined || (isCount(offsetMs) && offsetMs < periodMs)) return;
  const problem = `has an offset of ${showValue(offsetMs)} ms`;
  throw invalidSchedule(where, problem, 'Use one from zero to less than the period.');
}

function checkTimezone(timezone: unknown, where: string): asserts timezone is string {
  // Node 20 knows no offsets as zones, later ones do: a letter keeps them alike
  if (typeof timezone === 'string' && /^[A-Za-z]/.test(timezone) && isTimezone(timezone)) return;
  const hint = typeof timezone === 'string' ? suggest(timezone, Intl.supportedValuesOf('timeZone')) : '';
  throw invalidSchedule(
    where,
    `has the timezone ${showValue(timezone)}`,
    `${hint} Write an IANA zone, such as "UTC" or "Europe/Berlin".`.trimStart(),
  );
}

/** How a person reads a timetable. */
export function describeTimetable(timetable: Timetable | null): string {
  switch (timetable?.kind) {
    case undefined:
      return 'none (started by hand)';
    case 'cron':
      return `${formatTimetable(timetable)}, covers the interval that ends at each tick`;
    case 'cron_trigger':
      return `${formatTimetable(timetable)}, fires at each tick, zero-width interval`;
    case 'every':
      return `${formatTimetable(timetable)}, covers the period that ends at each tick`;
    case 'once':
      return 'once, when switched on';
    case 'continuous':
      return 'continuous, each run starts when the last has ended';
  }
}

/** A timetable in one word or two, for lists. */
export function formatTimetable(timetable: Timetable | null): string {
  switch (timetable?.kind) {
    case undefined:
      return 'none';
    case 'cron':
      return `${timetable.expression} ${timetable.timezone}`;
    case 'cron_trigger':
      return `${timetable.expressions.join(' | ')} ${timetable.timezone}`;
    case 'every':
      return `every ${formatPeriod(timetable.periodMs)}`;
    case 'once':
    case 'continuous':
      return timetable.kind;
  }
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

function formatPeriod(periodMs: number): string {
  const [unit, ms] = UNITS.find(([, ms]) => periodMs % ms === 0) ?? ['s', 1000];
  return `${String(periodMs / ms)}${unit}`;
}
