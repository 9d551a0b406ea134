/**
 * Timetables: when a DAG runs and which span of time each run is responsible for. Pure: `now` is passed
 * in. Cron expressions are matched by croner; what clock changes and intervals mean is ours.
 */
import { Cron } from 'croner';
import type { DataInterval } from './context.js';
import { AirtempoError } from './errors.js';
import { checkKeys } from './option-checks.js';
import { isRecord, showValue } from './outside-value.js';
import { suggest } from './suggest.js';
import { computeFoldMs, computeOffsetMs, fromWallClock, toWallClock } from './wall-clock.js';

/** A schedule as data. */
export type Timetable =
  /** Each run covers `[previous tick, this tick)` and starts at its end. */
  | { readonly kind: 'cron'; readonly expression: string; readonly timezone: string }
  /** Each run starts at a tick and covers no time. */
  | { readonly kind: 'cron_trigger'; readonly expression: string; readonly timezone: string };

export interface CronOptions {
  /** IANA zone in which the expression is read. Default `UTC`. */
  readonly timezone?: string;
}

/**
 * Runs at the end of each interval between two ticks, with the interval's start as logical date: the
 * nightly load of the day before. Five fields, six with seconds in front, or a preset: `@hourly`, `@daily`,
 * `@weekly`, `@monthly`, `@yearly`. Throws INVALID_SCHEDULE.
 *
 * When clocks change, a tick that falls into the gap fires at the first instant after it, and one whose
 * time comes twice fires at the second; an expression that covers every hour goes through both.
 */
export function cron(expression: string, options: CronOptions = {}): Timetable {
  return createTimetable('cron', expression, options);
}

/** Runs at each tick, with the tick as logical date and an interval of zero width. Otherwise as `cron`. */
export function cronTrigger(expression: string, options: CronOptions = {}): Timetable {
  return createTimetable('cron_trigger', expression, options);
}

function createTimetable(kind: Timetable['kind'], expression: unknown, options: CronOptions): Timetable {
  const name = kind === 'cron' ? 'cron' : 'cronTrigger';
  const where = `Schedule ${name}(${showValue(expression)})`;
  checkKeys(options, ['timezone'], where);
  const { timezone = 'UTC' } = options;
  const text = typeof expression === 'string' ? expression.trim() : expression;
  checkTimetable({ kind, expression: text, timezone }, where);
  return Object.freeze({ kind, expression: text as string, timezone }); // checked in the line above
}

/** Throws INVALID_SCHEDULE, naming the place, unless the value is a timetable that has a tick to come. */
export function checkTimetable(value: unknown, where: string): asserts value is Timetable {
  if (!isRecord(value) || (value['kind'] !== 'cron' && value['kind'] !== 'cron_trigger')) {
    throw invalid(
      where,
      `is ${showValue(value)}`,
      'Write cron("0 2 * * *"), cronTrigger("0 2 * * *") or null.',
    );
  }
  checkTimezone(value['timezone'], where);
  checkExpression(value['expression'], where);
}

function checkTimezone(timezone: unknown, where: string): void {
  // Node 20 knows no offsets as zones, later ones do: a letter keeps them alike
  if (typeof timezone === 'string' && /^[A-Za-z]/.test(timezone) && isTimezone(timezone)) return;
  const hint = typeof timezone === 'string' ? suggest(timezone, Intl.supportedValuesOf('timeZone')) : '';
  throw invalid(
    where,
    `has the timezone ${showValue(timezone)}`,
    `${hint} Write an IANA zone, such as "UTC" or "Europe/Berlin".`.trimStart(),
  );
}

function isTimezone(timezone: string): boolean {
  try {
    computeOffsetMs(new Date(0), timezone);
    return true;
  } catch {
    return false;
  }
}

function checkExpression(expression: unknown, where: string): void {
  const fix = 'Write five fields (minute hour day month weekday), such as "0 2 * * *", or "@daily".';
  // croner takes a date for a schedule that fires once
  if (typeof expression !== 'string' || expression.includes(':')) {
    throw invalid(where, `has the expression ${showValue(expression)}, not cron fields`, fix);
  }
  let next: Date | null;
  try {
    next = createMatcher(expression, 'UTC').nextRun(new Date(0));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : String(cause);
    throw invalid(where, `is not valid: ${reason.replace(/\.$/, '')}`, fix, cause);
  }
  if (next !== null) return;
  throw invalid(where, 'never fires', 'Check the day and the month: there is no such date.');
}

function invalid(where: string, problem: string, fix: string, cause?: unknown): AirtempoError {
  return new AirtempoError('INVALID_SCHEDULE', `${where} ${problem}. ${fix}`, { cause });
}

function createMatcher(expression: string, timezone: string): Cron {
  return new Cron(expression, { timezone, mode: '5-or-6-parts', paused: true });
}

/** Whether the hour does not matter. Such expressions follow real time; others follow the clock on the wall. */
function coversEveryHour(expression: string): boolean {
  const hours = expression.split(/\s+/).at(-4); // … hour day month weekday
  return expression.toLowerCase() === '@hourly' || (hours !== undefined && /^([*?]|\*\/1|0-23)$/.test(hours));
}

/** The first tick after `instant`. */
function tickAfter({ expression, timezone }: Timetable, instant: Date): Date {
  if (coversEveryHour(expression)) {
    return createMatcher(expression, timezone).nextRun(instant) ?? noTick(expression, 'after', instant);
  }
  const matcher = createMatcher(expression, 'UTC'); // readings of the wall clock, as UTC
  let reading = new Date(toWallClock(instant, timezone).getTime() - computeFoldMs(instant, timezone));
  for (;;) {
    reading = matcher.nextRun(reading) ?? noTick(expression, 'after', instant);
    const tick = fromWallClock(reading, timezone);
    if (tick > instant) return tick;
  }
}

/** The last tick at or before `instant`. */
function tickAtOrBefore({ expression, timezone }: Timetable, instant: Date): Date {
  const justAfter = (date: Date): Date => new Date(date.getTime() + 1);
  if (coversEveryHour(expression)) {
    const [tick] = createMatcher(expression, timezone).previousRuns(1, justAfter(instant));
    return tick ?? noTick(expression, 'at or before', instant);
  }
  const matcher = createMatcher(expression, 'UTC');
  let before = justAfter(toWallClock(instant, timezone));
  for (;;) {
    before = matcher.previousRuns(1, before)[0] ?? noTick(expression, 'at or before', instant);
    const tick = fromWallClock(before, timezone);
    if (tick <= instant) return tick;
  }
}

function noTick(expression: string, side: string, instant: Date): never {
  throw new AirtempoError(
    'INVALID_SCHEDULE',
    `Schedule ${JSON.stringify(expression)} has no tick ${side} ${instant.toISOString()}. Use a date within its years.`,
  );
}

/** The interval of a run whose schedule fired at `fireTime`. */
export function computeScheduledInterval(timetable: Timetable, fireTime: Date): DataInterval {
  if (timetable.kind === 'cron_trigger') return { start: fireTime, end: fireTime };
  return { start: tickAtOrBefore(timetable, new Date(fireTime.getTime() - 1)), end: fireTime };
}

/**
 * What a run started by hand at `now` covers: the last complete interval, one that ends now included. Without
 * intervals (`cronTrigger` or no timetable): no width, at `now`.
 */
export function computeLatestInterval(timetable: Timetable | null, now: Date): DataInterval {
  if (timetable?.kind !== 'cron') return { start: now, end: now };
  return computeScheduledInterval(timetable, tickAtOrBefore(timetable, now));
}

/** The interval that a given logical date falls in. Without intervals: no width. */
export function computeIntervalOf(timetable: Timetable | null, logicalDate: Date): DataInterval {
  if (timetable?.kind !== 'cron') return { start: logicalDate, end: logicalDate };
  const start = tickAtOrBefore(timetable, logicalDate);
  return { start, end: tickAfter(timetable, start) };
}

/** The instant at which the run of this interval would start. */
export function computeFireTime(timetable: Timetable | null, interval: DataInterval): Date {
  return timetable?.kind === 'cron' ? interval.end : interval.start;
}

/** How a person reads a timetable. */
export function describeTimetable(timetable: Timetable | null): string {
  if (timetable === null) return 'none (started by hand)';
  const covers =
    timetable.kind === 'cron'
      ? 'covers the interval that ends at each tick'
      : 'fires at each tick, zero-width interval';
  return `${timetable.expression} ${timetable.timezone}, ${covers}`;
}
