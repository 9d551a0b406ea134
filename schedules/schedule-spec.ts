/**
 * From a DAG's timetable and dates to when its Temporal Schedule fires: just when the timetable does. Pure, and
 * free of the client's types, so that what the server holds can be compared with what it should hold.
 */
import type { Dag } from '../core/dag.js';
import { computeNextRuns, computePreviousRun, type BoundedTimetable } from '../core/next-runs.js';
import { tickAfter, tickAtOrAfter } from '../core/ticks.js';
import {
  isPeriodic,
  type CronTriggerTimetable,
  type PeriodicTimetable,
  type Timetable,
} from '../core/timetable.js';
import { FIRST_YEAR, toCalendar, type Calendar } from './calendar.js';
import { compileCron, computeCronZone, type CronSource } from './compile-cron.js';

/** Fires at `offsetMs` after each multiple of `everyMs` since 1970, UTC. */
export interface Interval {
  readonly everyMs: number;
  readonly offsetMs: number;
}

/** When a schedule fires: at each reading of a calendar and each instant of an interval within its dates. */
export interface ScheduleSpec {
  readonly calendars: readonly Calendar[];
  readonly intervals: readonly Interval[];
  readonly timezone: string;
  /** Both inclusive. */
  readonly startAt?: Date;
  readonly endAt?: Date;
  /** Each start is put off by up to so much. */
  readonly jitterMs: number;
}

/** A DAG as far as its schedule is concerned. */
export type ScheduledDag = Pick<
  Dag,
  'id' | 'startDate' | 'endDate' | 'catchup' | 'jitterMs' | 'description'
> & {
  readonly schedule: Timetable;
};

/**
 * A single instant is an interval as long as from 1970 to it, which comes again only after as long a time. An offset
 * would not do: the server finds no instant of an interval before its second, counted from the offset. Longer than any
 * period of `every`.
 */
export const SINGLE_INSTANT_MS = 20 * 365 * 24 * 3_600_000;

/** A continuous DAG is offered a start so often; the one that waits begins when the last run ends. */
const CONTINUOUS_EVERY_MS = 5000;

/**
 * Compiles the DAG's timetable. `now` decides only for which years clock changes are mended: those from 10 before to
 * 15 after. Throws INVALID_SCHEDULE for what Temporal cannot be told.
 */
export function compileSpec(dag: ScheduledDag, now: Date): ScheduleSpec {
  const { schedule: timetable } = dag;
  return {
    ...compileTimes(dag, now),
    ...(isPeriodic(timetable) ? computeBounds(dag) : plainBounds(dag)),
    jitterMs: dag.jitterMs ?? 0,
  };
}

type Times = Pick<ScheduleSpec, 'calendars' | 'intervals' | 'timezone'>;

const NEVER: Times = { calendars: [], intervals: [], timezone: 'UTC' };

function compileTimes(dag: ScheduledDag, now: Date): Times {
  const { schedule: timetable, startDate = now } = dag;
  if (isOver(dag)) return NEVER;
  switch (timetable.kind) {
    case 'cron':
      return compileExpressions([timetable.expression], timetable.timezone, startDate, now);
    case 'cron_trigger':
      return compileExpressions(timetable.expressions, timetable.timezone, startDate, now);
    case 'every': {
      const { periodMs, offsetMs = 0 } = timetable;
      return { ...NEVER, intervals: [{ everyMs: periodMs, offsetMs: floorToSecond(offsetMs) }] };
    }
    case 'once': // otherwise switching it on starts the run
      return hasInstant(dag) ? { ...NEVER, calendars: [toCalendar(startDate)] } : NEVER;
    case 'continuous':
      return { ...NEVER, intervals: [{ everyMs: CONTINUOUS_EVERY_MS, offsetMs: 0 }] };
  }
}

/** Whether `once` has an instant that a calendar can name. */
export function hasInstant(dag: ScheduledDag): dag is ScheduledDag & { readonly startDate: Date } {
  const { schedule, startDate } = dag;
  return schedule.kind === 'once' && startDate !== undefined && startDate.getUTCFullYear() >= FIRST_YEAR;
}

/** Whether the end date comes before the first run. */
function isOver({ schedule: timetable, startDate, endDate }: ScheduledDag): boolean {
  if (startDate === undefined || endDate === undefined || !isPeriodic(timetable)) return false;
  return tickAtOrAfter(timetable, startDate) > endDate;
}

function compileExpressions(expressions: readonly string[], zone: string, startDate: Date, now: Date): Times {
  const timezone = computeCronZone(expressions, zone, startDate, now);
  const parts = expressions.map((expression) => {
    const timetable: CronTriggerTimetable = { kind: 'cron_trigger', expressions: [expression], timezone };
    const ticks: CronSource['ticks'] = (from, to, limit) => listTicks(timetable, from, to, limit);
    return compileCron({ expression, timezone, ticks }, startDate, now);
  });
  return {
    calendars: parts.flatMap(({ calendars }) => calendars),
    intervals: parts.flatMap(({ instants }) => instants.map(toInterval)),
    timezone,
  };
}

function listTicks(timetable: PeriodicTimetable, from: Date, to: Date, limit: number): readonly Date[] {
  const ticks: Date[] = [];
  let tick = tickAtOrAfter(timetable, from);
  for (; tick < to && ticks.length < limit; tick = tickAfter(timetable, tick)) ticks.push(tick);
  return ticks;
}

function toInterval(instant: Date): Interval {
  return { everyMs: floorToSecond(instant.getTime()), offsetMs: 0 };
}

/** Temporal's offsets are whole seconds. */
function floorToSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** The dates of a DAG are about logical dates; a schedule's are about when it fires. */
function computeBounds({ schedule: timetable, startDate, endDate }: ScheduledDag): {
  readonly startAt?: Date;
  readonly endAt?: Date;
} {
  const bounded: BoundedTimetable = { timetable };
  const justBefore = (date: Date): Date => new Date(date.getTime() - 1);
  const first =
    startDate === undefined
      ? undefined
      : computeNextRuns({ timetable, startDate }, justBefore(startDate), 1)[0];
  const last =
    endDate === undefined ? undefined : computePreviousRun(bounded, new Date(endDate.getTime() + 1));
  return {
    ...(first === undefined ? {} : { startAt: first.fireTime }),
    ...(last === undefined ? {} : { endAt: last.fireTime }),
  };
}

function plainBounds({ startDate, endDate }: ScheduledDag): {
  readonly startAt?: Date;
  readonly endAt?: Date;
} {
  return {
    ...(startDate === undefined ? {} : { startAt: startDate }),
    ...(endDate === undefined ? {} : { endAt: endDate }),
  };
}

/** Ticks from here on show how close two may be; a fixed date, so that the answer does not depend on the day. */
const SAMPLE_FROM = new Date('2024-01-01T00:00:00Z');
const SAMPLE_TICKS = 100;

/** The shortest time between two of the first hundred ticks of 2024; undefined for timetables without ticks. */
export function computeShortestGapMs(timetable: Timetable): number | undefined {
  if (!isPeriodic(timetable)) return undefined;
  if (timetable.kind === 'every') return timetable.periodMs;
  let shortest = Infinity;
  let tick = tickAtOrAfter(timetable, SAMPLE_FROM);
  for (let count = 0; count < SAMPLE_TICKS; count += 1) {
    const next = tickAfter(timetable, tick);
    shortest = Math.min(shortest, next.getTime() - tick.getTime());
    tick = next;
  }
  return shortest;
}
