/**
 * The runs that a timetable makes between a DAG's start and end date: those of a span, the next ones, the
 * one before, and the one with which a schedule begins. Pure: `now` is passed in.
 */
import type { DataInterval } from './context.js';
import { earliest, latest, tickAfter, tickAtOrAfter, tickAtOrBefore, tickBefore } from './ticks.js';
import { hasIntervals, isPeriodic, type PeriodicTimetable, type Timetable } from './timetable.js';

/** A run of the timetable. */
export interface ScheduledRun {
  /** When it starts: the end of its interval, or the tick. */
  readonly fireTime: Date;
  /** The start of its interval. */
  readonly logicalDate: Date;
  readonly interval: DataInterval;
}

/** A timetable and the dates between which logical dates may lie, both inclusive as in Airflow. */
export interface BoundedTimetable {
  readonly timetable: Timetable | null;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
}

/**
 * Every run whose logical date is in `[from, to]`, both inclusive, in order and lazily; also of the future.
 * Nothing for timetables without ticks.
 */
export function* listRuns(
  bounded: BoundedTimetable,
  { from, to }: { readonly from: Date; readonly to: Date },
): Generator<ScheduledRun, void, undefined> {
  const { timetable, startDate = from, endDate = to } = bounded;
  if (!isPeriodic(timetable)) return;
  const last = earliest([to, endDate]);
  if (last < latest([from, startDate])) return; // no tick is looked for outside the calendar
  let tick = tickAtOrAfter(timetable, latest([from, startDate]));
  while (tick <= last) {
    const next = tickAfter(timetable, tick);
    yield createRun(timetable, tick, next);
    tick = next;
  }
}

/** The next `count` runs that start after `after`, fewer where `endDate` comes first. */
export function computeNextRuns(
  bounded: BoundedTimetable,
  after: Date,
  count: number,
): readonly ScheduledRun[] {
  const { timetable, startDate, endDate } = bounded;
  if (timetable?.kind === 'once') {
    const isAhead = startDate !== undefined && startDate > after && isWithin(startDate, endDate);
    return isAhead && count > 0 ? [createInstantRun(startDate)] : [];
  }
  if (!isPeriodic(timetable)) return [];
  let tick = hasIntervals(timetable) ? tickAtOrBefore(timetable, after) : tickAfter(timetable, after);
  if (startDate !== undefined && startDate > tick) tick = tickAtOrAfter(timetable, startDate);
  const runs: ScheduledRun[] = [];
  while (runs.length < count && isWithin(tick, endDate)) {
    const next = tickAfter(timetable, tick);
    runs.push(createRun(timetable, tick, next));
    tick = next;
  }
  return runs;
}

/** The run before a logical date, which need not be one of the timetable's own. */
export function computePreviousRun(bounded: BoundedTimetable, logicalDate: Date): ScheduledRun | undefined {
  const { timetable, startDate, endDate } = bounded;
  if (!isPeriodic(timetable)) return undefined;
  const isLater = endDate !== undefined && logicalDate > endDate;
  const tick = isLater ? tickAtOrBefore(timetable, endDate) : tickBefore(timetable, logicalDate);
  if (startDate !== undefined && tick < startDate) return undefined;
  return createRun(timetable, tick, tickAfter(timetable, tick));
}

/** What the first run of a schedule depends on. */
export interface FirstRunOptions {
  readonly now: Date;
  /** Interval of the last scheduled run; absent before the first. */
  readonly lastRun?: DataInterval | undefined;
}

/**
 * The run with which a schedule begins when it is switched on at `now`: Airflow's `next_dagrun_info`. It may
 * lie in the past (start it at once) or ahead. Without catchup, of all complete intervals only the latest is
 * run; with it, every one since the last run or `startDate`. Undefined when there is none.
 */
export function computeFirstRun(
  bounded: BoundedTimetable & { readonly catchup: boolean },
  { now, lastRun }: FirstRunOptions,
): ScheduledRun | undefined {
  const { timetable, startDate, endDate } = bounded;
  if (timetable === null) return undefined;
  if (!isPeriodic(timetable)) {
    const run = timetable.kind === 'once' ? firstOnce : firstContinuous;
    const found = run(startDate, now, lastRun);
    return found !== undefined && isWithin(found.fireTime, endDate) ? found : undefined;
  }
  const firstTick = hasIntervals(timetable) ? firstIntervalTick : firstTriggerTick;
  const tick = firstTick(timetable, bounded, { now, lastRun });
  if (tick === undefined || !isWithin(tick, endDate)) return undefined;
  return createRun(timetable, tick, tickAfter(timetable, tick));
}

type FirstTick = (
  timetable: PeriodicTimetable,
  bounded: BoundedTimetable & { readonly catchup: boolean },
  options: FirstRunOptions,
) => Date | undefined;

/** `_DataIntervalTimetable.next_dagrun_info` of Airflow's timetables/interval.py; the start of the interval. */
const firstIntervalTick: FirstTick = (timetable, { startDate, catchup }, { now, lastRun }) => {
  const candidates: Date[] = [];
  if (startDate !== undefined) candidates.push(tickAtOrAfter(timetable, startDate));
  if (!catchup) candidates.push(tickBefore(timetable, tickAtOrBefore(timetable, now)));
  if (lastRun !== undefined) candidates.push(tickAtOrBefore(timetable, lastRun.end)); // the schedule may have changed
  return candidates.length === 0 ? undefined : latest(candidates);
};

/** `_TriggerTimetable.next_dagrun_info` of Airflow's timetables/trigger.py. */
const firstTriggerTick: FirstTick = (timetable, { startDate, catchup }, { now, lastRun }) => {
  const afterLast = lastRun === undefined ? undefined : tickAfter(timetable, lastRun.end);
  const sinceStart = startDate === undefined ? undefined : tickAtOrAfter(timetable, startDate);
  if (catchup) return afterLast ?? sinceStart ?? tickNear(timetable, now);
  const candidates = [tickAtOrBefore(timetable, now)];
  if (afterLast !== undefined) candidates.push(afterLast);
  else if (sinceStart === undefined) candidates.push(tickNear(timetable, now));
  if (sinceStart !== undefined) candidates.push(sinceStart);
  return latest(candidates);
};

/** Airflow runs the last tick when it is this fresh and nothing says where to begin. */
const FRESH_MS = 5 * 60_000;

/** `CronTriggerTimetable._calc_first_run`: the last tick if it is less than a tenth of the gap ago, else the next. */
function tickNear(timetable: PeriodicTimetable, now: Date): Date {
  const past = tickAtOrBefore(timetable, now);
  const next = tickAtOrAfter(timetable, now);
  const freshMs = Math.max((next.getTime() - past.getTime()) / 10, FRESH_MS);
  return now.getTime() - past.getTime() <= freshMs ? past : next;
}

/** `OnceTimetable.next_dagrun_info` of Airflow's timetables/simple.py. */
function firstOnce(startDate: Date | undefined, now: Date, lastRun?: DataInterval): ScheduledRun | undefined {
  return lastRun === undefined ? createInstantRun(startDate ?? now) : undefined;
}

/** `ContinuousTimetable.next_dagrun_info`: each run covers the time since the one before. */
function firstContinuous(startDate: Date | undefined, now: Date, lastRun?: DataInterval): ScheduledRun {
  const start = lastRun?.end ?? startDate ?? now;
  const end = latest([start, now]);
  return { fireTime: end, logicalDate: start, interval: { start, end } };
}

function isWithin(date: Date, endDate: Date | undefined): boolean {
  return endDate === undefined || date <= endDate;
}

function createRun(timetable: PeriodicTimetable, tick: Date, next: Date): ScheduledRun {
  return hasIntervals(timetable)
    ? { fireTime: next, logicalDate: tick, interval: { start: tick, end: next } }
    : createInstantRun(tick);
}

function createInstantRun(at: Date): ScheduledRun {
  return { fireTime: at, logicalDate: at, interval: { start: at, end: at } };
}
