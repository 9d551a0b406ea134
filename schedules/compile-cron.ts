/**
 * From a cron expression in a zone to calendars and single instants at which Temporal fires just as our timetable
 * does. They differ only when clocks change; each change is compared and mended by itself. Pure.
 */
import { AirtempoError } from '../core/errors.js';
import { toWallClock } from '../core/wall-clock.js';
import { FIRST_YEAR, LAST_YEAR, type Calendar } from './calendar.js';
import {
  computeFold,
  computeWindow,
  findClockChanges,
  matchLiterally,
  type ClockChange,
  type Readings,
} from './clock-changes.js';
import { computeCronCalendars } from './cron-calendars.js';
import { takeOut } from './split-calendar.js';

/** What to compile. */
export interface CronSource {
  readonly expression: string;
  readonly timezone: string;
  /** The ticks of the timetable from one instant until another, the end excluded. */
  readonly ticks: (from: Date, to: Date) => readonly Date[];
}

/** When to fire, in Temporal's terms. */
export interface CompiledCron {
  readonly calendars: readonly Calendar[];
  /** Instants that no calendar can name, since their reading comes twice. Whole seconds. */
  readonly instants: readonly Date[];
}

/** So many single instants an expression may take; a server was measured to answer for 600 of them in a millisecond. */
const MOST_INSTANTS = 400;
/** Clock changes are mended for so many years ahead, or fewer when the instants do not fit, but not fewer than two. */
const YEARS_AHEAD = 15;
const FEWEST_YEARS = 2;
/** And for the years since the start date, but no more than this: what is missed before is of no use to anybody. */
const YEARS_BACK = 10;

/**
 * Compiles the expression for the years around `now`. Throws INVALID_SCHEDULE when the clock changes of the next two
 * years alone take more single instants than a schedule should hold.
 */
export function compileCron(source: CronSource, startDate: Date, now: Date): CompiledCron {
  const base = computeCronCalendars(source.expression);
  const mends = chooseMends(listMends(source, base, startDate, now), source, now);
  const folds = mends.flatMap(({ fold }) => (fold === undefined ? [] : [fold]));
  return {
    calendars: [
      ...base.flatMap((calendar) => takeOut(calendar, folds)),
      ...groupByYear(mends.flatMap(({ readings }) => readings)),
    ],
    instants: mends.flatMap((mend) => mend.instants),
  };
}

function listMends(
  source: CronSource,
  base: readonly Calendar[],
  startDate: Date,
  now: Date,
): readonly Mend[] {
  const year = now.getUTCFullYear();
  const firstYear = Math.max(FIRST_YEAR, year - YEARS_BACK, Math.min(year, startDate.getUTCFullYear()));
  const lastYear = Math.min(LAST_YEAR, year + YEARS_AHEAD);
  return findClockChanges(source.timezone, startOfYear(firstYear), startOfYear(lastYear + 1))
    .map((change) => mendChange(source, base, change))
    .filter((mend) => mend !== undefined);
}

/** As many as may be: those of this year and later first, from the nearest on, then the past, from the latest on. */
function chooseMends(all: readonly Mend[], source: CronSource, now: Date): readonly Mend[] {
  const year = now.getUTCFullYear();
  const ahead = all.filter(({ at }) => at >= startOfYear(year));
  const past = all.filter(({ at }) => at < startOfYear(year));
  const chosen: Mend[] = [];
  let instants = 0;
  for (const mend of [...ahead, ...past.toReversed()]) {
    instants += mend.instants.length;
    if (instants <= MOST_INSTANTS) chosen.push(mend);
    else if (startOfYear(year) <= mend.at && mend.at < startOfYear(year + FEWEST_YEARS))
      throw tooMany(source, mend);
    else break;
  }
  return chosen.sort((a, b) => a.at.getTime() - b.at.getTime());
}

function startOfYear(year: number): Date {
  return new Date(Date.UTC(year, 0, 1));
}

/** What to do about one change. */
interface Mend {
  readonly at: Date;
  /** Readings to take out of the calendars, because they come twice. */
  readonly fold?: Readings;
  readonly instants: readonly Date[];
  /** Readings to add. */
  readonly readings: readonly Date[];
}

/** Undefined when Temporal does what we do. */
function mendChange(source: CronSource, base: readonly Calendar[], change: ClockChange): Mend | undefined {
  const window = computeWindow(change);
  const ours = source.ticks(window.from, window.to);
  const literal = matchLiterally(base, source.timezone, window);
  const missing = without(ours, literal);
  const surplus = without(literal, ours);
  if (missing.length === 0 && surplus.length === 0) return undefined;
  const fold = computeFold(change);
  const read = (instant: Date): Date => toWallClock(instant, source.timezone);
  if (fold === undefined) {
    if (surplus.length > 0) throw inexpressible(source, surplus);
    return { at: change.at, instants: [], readings: missing.map(read) };
  }
  const inFold = (instant: Date): boolean => fold.from <= read(instant) && read(instant) < fold.to;
  const wrong = surplus.filter((instant) => !inFold(instant));
  if (wrong.length > 0) throw inexpressible(source, wrong);
  return {
    at: change.at,
    fold,
    instants: ours.filter(inFold),
    readings: missing.filter((instant) => !inFold(instant)).map(read),
  };
}

function without(instants: readonly Date[], others: readonly Date[]): readonly Date[] {
  const times = new Set(others.map((other) => other.getTime()));
  return instants.filter((instant) => !times.has(instant.getTime()));
}

/** One calendar for the years in which the same date and time is to be added. */
function groupByYear(readings: readonly Date[]): readonly Calendar[] {
  const groups = new Map<string, Date[]>();
  for (const reading of readings) {
    const key = reading.toISOString().slice(4);
    groups.set(key, [...(groups.get(key) ?? []), reading]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [calendarOf(first, group)];
  });
}

function calendarOf(reading: Date, alike: readonly Date[]): Calendar {
  return {
    seconds: [reading.getUTCSeconds()],
    minutes: [reading.getUTCMinutes()],
    hours: [reading.getUTCHours()],
    days: [reading.getUTCDate()],
    months: [reading.getUTCMonth() + 1],
    years: alike.map((date) => date.getUTCFullYear()),
    weekdays: [0, 1, 2, 3, 4, 5, 6],
  };
}

function tooMany({ expression, timezone }: CronSource, { at }: Mend): AirtempoError {
  return new AirtempoError(
    'INVALID_SCHEDULE',
    `Schedule ${JSON.stringify(expression)} in ${timezone} fires too often in the hour that comes twice when the ` +
      `clocks go back (${at.toISOString()}): Temporal would need more than ${MOST_INSTANTS} single instants. ` +
      'Let it cover every hour, leave that hour out, fire less often, or use the timezone UTC.',
  );
}

function inexpressible({ expression, timezone }: CronSource, instants: readonly Date[]): AirtempoError {
  return new AirtempoError(
    'INVALID_SCHEDULE',
    `Schedule ${JSON.stringify(expression)} in ${timezone} cannot be written as a Temporal schedule: it would also ` +
      `fire at ${instants[0]?.toISOString() ?? ''}. Use the timezone UTC, or an expression without that time.`,
  );
}
