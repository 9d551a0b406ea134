/**
 * The ticks of a timetable: the instants at which it fires, and at which one interval ends and the next
 * begins. Pure. croner matches the fields; what happens when clocks change is decided here.
 */
import type { Cron } from 'croner';
import { coversEveryHour, createMatcher } from './cron-expression.js';
import { AirtempoError } from './errors.js';
import type { PeriodicTimetable } from './timetable.js';
import { computeFoldMs, fromWallClock, toWallClock } from './wall-clock.js';

/** The first tick after `instant`. Throws INVALID_SCHEDULE outside the years of the calendar. */
export function tickAfter(timetable: PeriodicTimetable, instant: Date): Date {
  if (timetable.kind === 'every') return shift(everyAtOrBefore(timetable, instant), timetable.periodMs);
  return earliest(
    expressionsOf(timetable).map((expression) => cronAfter(expression, timetable.timezone, instant)),
  );
}

/** The last tick at or before `instant`. Throws INVALID_SCHEDULE outside the years of the calendar. */
export function tickAtOrBefore(timetable: PeriodicTimetable, instant: Date): Date {
  if (timetable.kind === 'every') return everyAtOrBefore(timetable, instant);
  return latest(
    expressionsOf(timetable).map((expression) => cronAtOrBefore(expression, timetable.timezone, instant)),
  );
}

/** The last tick before `instant`. */
export function tickBefore(timetable: PeriodicTimetable, instant: Date): Date {
  return tickAtOrBefore(timetable, shift(instant, -1));
}

/** The first tick at or after `instant`. */
export function tickAtOrAfter(timetable: PeriodicTimetable, instant: Date): Date {
  return tickAfter(timetable, shift(instant, -1));
}

/** The earliest of one or more instants. */
export function earliest(dates: readonly Date[]): Date {
  return dates.reduce((a, b) => (b < a ? b : a));
}

/** The latest of one or more instants. */
export function latest(dates: readonly Date[]): Date {
  return dates.reduce((a, b) => (b > a ? b : a));
}

function shift(date: Date, ms: number): Date {
  return new Date(date.getTime() + ms);
}

function expressionsOf(timetable: Exclude<PeriodicTimetable, { kind: 'every' }>): readonly string[] {
  return timetable.kind === 'cron' ? [timetable.expression] : timetable.expressions;
}

function everyAtOrBefore(
  { periodMs, offsetMs = 0 }: Extract<PeriodicTimetable, { kind: 'every' }>,
  instant: Date,
): Date {
  return new Date(Math.floor((instant.getTime() - offsetMs) / periodMs) * periodMs + offsetMs);
}

const matchers = new Map<string, Cron>();

/** Reading an expression costs more than matching it, and a process has few of them. */
function matcherOf(expression: string, timezone: string): Cron {
  const key = `${timezone} ${expression}`;
  const known = matchers.get(key);
  const matcher = known ?? createMatcher(expression, timezone);
  if (known === undefined) matchers.set(key, matcher);
  return matcher;
}

function cronAfter(expression: string, timezone: string, instant: Date): Date {
  if (coversEveryHour(expression)) {
    return matcherOf(expression, timezone).nextRun(instant) ?? noTick(expression, 'after', instant);
  }
  const matcher = matcherOf(expression, 'UTC'); // readings of the wall clock, as UTC
  let reading = shift(toWallClock(instant, timezone), -computeFoldMs(instant, timezone));
  for (;;) {
    reading = matcher.nextRun(reading) ?? noTick(expression, 'after', instant);
    const tick = fromWallClock(reading, timezone);
    if (tick > instant) return tick;
  }
}

function cronAtOrBefore(expression: string, timezone: string, instant: Date): Date {
  if (coversEveryHour(expression)) {
    const [tick] = matcherOf(expression, timezone).previousRuns(1, shift(instant, 1));
    return tick ?? noTick(expression, 'at or before', instant);
  }
  const matcher = matcherOf(expression, 'UTC');
  let before = shift(toWallClock(instant, timezone), 1);
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
