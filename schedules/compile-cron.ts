/**
 * From a cron expression in a zone to calendars and single instants at which Temporal fires just as our timetable
 * does. They differ only when clocks change; each change is compared and mended by itself. Pure.
 */
import { AirtempoError } from '../core/errors.js';
import { toWallClock } from '../core/wall-clock.js';
import { EVERY, FIRST_YEAR, LAST_YEAR, matches, matchesDay, toCalendar, type Calendar } from './calendar.js';
import {
  computeDoubtful,
  computeWindow,
  findClockChanges,
  findLostDay,
  type ClockChange,
  type Readings,
} from './clock-changes.js';
import { computeCronCalendars } from './cron-calendars.js';
import { isTouched, takeOut } from './split-calendar.js';

/** What to compile. */
export interface CronSource {
  readonly expression: string;
  readonly timezone: string;
  /** The first ticks of the timetable from one instant until another, the end excluded. */
  readonly ticks: (from: Date, to: Date, limit: number) => readonly Date[];
}

/** When to fire, in Temporal's terms. */
export interface CompiledCron {
  readonly calendars: readonly Calendar[];
  /** Instants that no calendar can name, since their reading comes twice. Whole seconds. */
  readonly instants: readonly Date[];
}

/** So many single instants an expression may take; a server was measured to answer for 600 of them in a millisecond. */
const MOST_INSTANTS = 600;
/** Clock changes are mended for so many years ahead, or fewer when the instants do not fit, but not fewer than two. */
const YEARS_AHEAD = 15;
const FEWEST_YEARS = 2;
/** And for the years since the start date, but no more than this: what is missed before is of no use to anybody. */
const YEARS_BACK = 10;
const HOUR_MS = 3_600_000;

/**
 * Compiles the expression for the years around `now`. Throws INVALID_SCHEDULE when the clock changes of the next two
 * years alone take more single instants than a schedule should hold.
 */
export function compileCron(source: CronSource, startDate: Date, now: Date): CompiledCron {
  const base = computeCronCalendars(source.expression);
  const changes = findClockChanges(source.timezone, ...computeYears(startDate, now));
  const mends = chooseMends(
    changes.map((change) => mendChange(source, base, change)).filter((mend) => mend !== undefined),
    source,
    now,
  );
  const cuts = mends.map(({ cut }) => cut);
  const lostDays = changes.map(findLostDay).filter((day) => day !== undefined);
  return {
    calendars: [
      ...base.flatMap((calendar) => compileCalendar(calendar, cuts, lostDays)),
      ...groupByYear(mends.flatMap(({ readings }) => readings)),
    ],
    instants: mends.flatMap((mend) => mend.instants),
  };
}

/**
 * The zone in which to write the expressions: `UTC` when they do not care, since they are about minutes alone and
 * clocks change by whole hours. Nothing has to be mended then.
 */
export function computeCronZone(
  expressions: readonly string[],
  timezone: string,
  startDate: Date,
  now: Date,
): string {
  const changes = findClockChanges(timezone, ...computeYears(startDate, now));
  const areWhole = changes.every(
    ({ beforeMs, afterMs }) => beforeMs % HOUR_MS === 0 && afterMs % HOUR_MS === 0,
  );
  if (changes.length === 0 || !areWhole) return timezone;
  const carefree = expressions.flatMap(computeCronCalendars).every(isAboutMinutesAlone);
  return carefree ? 'UTC' : timezone;
}

function isAboutMinutesAlone({ hours, days, months, years, weekdays }: Calendar): boolean {
  const isEvery = (field: 'hours' | 'days' | 'months' | 'weekdays', numbers: readonly number[]): boolean =>
    numbers.length === EVERY[field].length;
  return (
    years === null &&
    isEvery('hours', hours) &&
    isEvery('days', days) &&
    isEvery('months', months) &&
    isEvery('weekdays', weekdays)
  );
}

/** The years in which clock changes are mended. */
function computeYears(startDate: Date, now: Date): readonly [from: Date, to: Date] {
  const year = now.getUTCFullYear();
  const first = Math.max(FIRST_YEAR, year - YEARS_BACK, Math.min(year, startDate.getUTCFullYear()));
  return [startOfYear(first), startOfYear(Math.min(LAST_YEAR, year + YEARS_AHEAD) + 1)];
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

/**
 * The calendar without the cuts. For the server a day that begins later than midnight has the weekday of the day before,
 * so where weekdays matter it gets a calendar of its own, by its date, or is taken out.
 */
function compileCalendar(
  calendar: Calendar,
  cuts: readonly Readings[],
  lostDays: readonly Readings[],
): readonly Calendar[] {
  const weekdaysMatter = calendar.weekdays.length < EVERY.weekdays.length;
  const lost = weekdaysMatter ? lostDays.filter(({ from }) => matchesDay(calendar, from)) : [];
  const restored = lost.map(({ from }) => {
    const { days, months, years, weekdays } = toCalendar(from);
    return { ...calendar, days, months, years, weekdays };
  });
  const misread = weekdaysMatter ? lostDays.filter(({ from }) => isMisread(calendar, from)) : [];
  return [
    ...takeOutDays(calendar, misread).flatMap((part) => takeOut(part, [...cuts, ...lost])),
    ...restored.flatMap((ofOneDay) => takeOut(ofOneDay, cuts)),
  ];
}

/** Whether the server takes the day for one of the calendar's because the day before has its weekday. */
function isMisread(calendar: Calendar, day: Date): boolean {
  const asEver = { ...calendar, weekdays: EVERY.weekdays };
  const before = (day.getUTCDay() + 6) % 7;
  return !matchesDay(calendar, day) && matchesDay(asEver, day) && calendar.weekdays.includes(before);
}

/** Takes whole days out, whatever their weekday. */
function takeOutDays(calendar: Calendar, days: readonly Readings[]): readonly Calendar[] {
  return takeOut({ ...calendar, weekdays: EVERY.weekdays }, days).map((part) => ({
    ...part,
    weekdays: calendar.weekdays,
  }));
}

/** What to do about one change. */
interface Mend {
  readonly at: Date;
  /** Readings to take out of the calendars. */
  readonly cut: Readings;
  /** Instants to add for them. */
  readonly instants: readonly Date[];
  /** Readings to add for them, where each means one instant. */
  readonly readings: readonly Date[];
}

/** Undefined when no reading round the change is in the calendars. */
function mendChange(source: CronSource, base: readonly Calendar[], change: ClockChange): Mend | undefined {
  const cut = computeDoubtful(change);
  if (!base.some((calendar) => isTouched(calendar, cut))) return undefined;
  const ours = source.ticks(...computeWindow(change), MOST_INSTANTS + 1);
  const read = (instant: Date): Date => toWallClock(instant, source.timezone);
  if (change.afterMs > change.beforeMs) {
    const isNamed = (reading: Date): boolean => base.some((calendar) => matches(calendar, reading));
    const added = ours.map(read).filter((reading) => !isNamed(reading));
    return { at: change.at, cut, instants: [], readings: added };
  }
  const inCut = (reading: Date): boolean => cut.from <= reading && reading < cut.to;
  return { at: change.at, cut, instants: ours.filter((instant) => inCut(read(instant))), readings: [] };
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
    return first === undefined
      ? []
      : [{ ...toCalendar(first), years: group.map((date) => date.getUTCFullYear()) }];
  });
}

function tooMany({ expression, timezone }: CronSource, { at }: Mend): AirtempoError {
  return new AirtempoError(
    'INVALID_SCHEDULE',
    `Schedule ${JSON.stringify(expression)} in ${timezone} fires too often in the hours in which clocks ` +
      `go back (${at.toISOString()}): Temporal would need more than ${MOST_INSTANTS} single instants. ` +
      'Let it cover every hour of every day, leave that hour out, fire less often, or use the timezone UTC.',
  );
}
