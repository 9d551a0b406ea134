/**
 * Timetables: when a DAG runs and which span of time each run is responsible for. Pure: `now` is passed
 * in. Cron is matched by croner; the interval arithmetic is ours.
 */
import { Cron } from 'croner';
import type { DataInterval } from './context.js';
import { AirtempoError } from './errors.js';

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
 * nightly load of the day before. Five or six fields, or a preset such as `@daily`.
 */
export function cron(expression: string, options: CronOptions = {}): Timetable {
  return checked({ kind: 'cron', expression, timezone: options.timezone ?? 'UTC' });
}

/** Runs at each tick, with the tick as logical date and an interval of zero width. */
export function cronTrigger(expression: string, options: CronOptions = {}): Timetable {
  return checked({ kind: 'cron_trigger', expression, timezone: options.timezone ?? 'UTC' });
}

function checked(timetable: Timetable): Timetable {
  const where = `Schedule ${timetable.kind}(${JSON.stringify(timetable.expression)}, timezone ${timetable.timezone})`;
  let next: Date | null;
  try {
    next = matcher(timetable).nextRun(new Date(0));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AirtempoError(
      'INVALID_SCHEDULE',
      `${where} is not valid: ${reason} Write five fields (minute hour day month weekday), e.g. "0 2 * * *", and an IANA zone.`,
      { cause },
    );
  }
  if (next === null) {
    throw new AirtempoError('INVALID_SCHEDULE', `${where} never fires. Check the day and the month.`);
  }
  return Object.freeze(timetable);
}

function matcher(timetable: Timetable): Cron {
  return new Cron(timetable.expression, { timezone: timetable.timezone, paused: true });
}

/** The last tick at or before `instant`. */
function tickAtOrBefore(timetable: Timetable, instant: Date): Date {
  const [tick] = matcher(timetable).previousRuns(1, new Date(instant.getTime() + 1));
  return tick ?? noTick(timetable, 'at or before', instant);
}

/** The first tick after `instant`. */
function tickAfter(timetable: Timetable, instant: Date): Date {
  return matcher(timetable).nextRun(instant) ?? noTick(timetable, 'after', instant);
}

function noTick(timetable: Timetable, side: string, instant: Date): never {
  throw new AirtempoError(
    'INVALID_SCHEDULE',
    `Schedule "${timetable.expression}" has no tick ${side} ${instant.toISOString()}.`,
  );
}

/** The interval of a run whose schedule fired at `fireTime`. */
export function computeScheduledInterval(timetable: Timetable, fireTime: Date): DataInterval {
  if (timetable.kind === 'cron_trigger') return { start: fireTime, end: fireTime };
  return { start: tickAtOrBefore(timetable, new Date(fireTime.getTime() - 1)), end: fireTime };
}

/** The last complete interval before `now`: what a run started by hand gets. Without a timetable: no width. */
export function computeLatestInterval(timetable: Timetable | null, now: Date): DataInterval {
  if (timetable === null) return { start: now, end: now };
  return computeScheduledInterval(timetable, tickAtOrBefore(timetable, now));
}

/** The interval that a given logical date falls in. Without a timetable: no width. */
export function computeIntervalOf(timetable: Timetable | null, logicalDate: Date): DataInterval {
  if (timetable === null || timetable.kind === 'cron_trigger')
    return { start: logicalDate, end: logicalDate };
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
