/** The data interval of a run, however it was started: the span of time that it is responsible for. Pure. */
import type { DataInterval } from './context.js';
import { tickAfter, tickAtOrBefore, tickBefore } from './ticks.js';
import { hasIntervals, type Timetable } from './timetable.js';

/** The interval of a run whose schedule fired at `fireTime`. Without intervals: no width. */
export function computeScheduledInterval(timetable: Timetable | null, fireTime: Date): DataInterval {
  if (!hasIntervals(timetable)) return { start: fireTime, end: fireTime };
  return { start: tickBefore(timetable, fireTime), end: fireTime };
}

/**
 * What a run started by hand at `now` covers (Airflow's `infer_manual_data_interval`). `cron`: the last
 * complete interval, one that ends now included. `every`: the period that ends now, wherever the grid is.
 * Without intervals: no width, at `now`.
 */
export function computeLatestInterval(timetable: Timetable | null, now: Date): DataInterval {
  if (!hasIntervals(timetable)) return { start: now, end: now };
  if (timetable.kind === 'every') return { start: new Date(now.getTime() - timetable.periodMs), end: now };
  return computeScheduledInterval(timetable, tickAtOrBefore(timetable, now));
}

/** The interval that a given logical date falls in. Without intervals: no width. */
export function computeIntervalOf(timetable: Timetable | null, logicalDate: Date): DataInterval {
  if (!hasIntervals(timetable)) return { start: logicalDate, end: logicalDate };
  const start = tickAtOrBefore(timetable, logicalDate);
  return { start, end: tickAfter(timetable, start) };
}

/** The instant at which the run of this interval would start. */
export function computeFireTime(timetable: Timetable | null, interval: DataInterval): Date {
  return hasIntervals(timetable) ? interval.end : interval.start;
}
