/**
 * Takes stretches of readings out of a calendar. Temporal's own exclusions would take single instants away as well,
 * so what is left is written as several calendars instead. Pure.
 */
import { isEmpty, matches, FIRST_YEAR, LAST_YEAR, range, type Calendar } from './calendar.js';
import type { Readings } from './clock-changes.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A stretch within one date; minutes of the day, the end excluded. */
interface Cut {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Whether some reading of the stretch is in the calendar. */
export function isTouched(calendar: Calendar, stretch: Readings): boolean {
  return cutByDate(stretch).some((cut) => touches(calendar, cut));
}

/** Calendars that hold what the calendar holds, but for the readings of these stretches. */
export function takeOut(calendar: Calendar, stretches: readonly Readings[]): readonly Calendar[] {
  const cuts = stretches.flatMap(cutByDate).filter((cut) => touches(calendar, cut));
  if (cuts.length === 0) return [calendar];
  const cutMonths = distinct(cuts.map(({ month }) => month));
  const untouched = calendar.months.filter((month) => !cutMonths.includes(month));
  return [
    { ...calendar, months: untouched },
    ...cutMonths.flatMap((month) => splitMonth({ ...calendar, months: [month] }, cutsOf(cuts, { month }))),
  ].filter((part) => !isEmpty(part));
}

/** A stretch may cross midnight. */
function cutByDate({ from, to }: Readings): readonly Cut[] {
  const cuts: Cut[] = [];
  for (let time = from.getTime(); time < to.getTime();) {
    const midnight = Math.floor(time / DAY_MS) * DAY_MS;
    const end = Math.min(to.getTime(), midnight + DAY_MS);
    const date = new Date(midnight);
    cuts.push({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      fromMinute: (time - midnight) / MINUTE_MS,
      toMinute: (end - midnight) / MINUTE_MS,
    });
    time = end;
  }
  return cuts;
}

function touches(calendar: Calendar, { year, month, day, fromMinute, toMinute }: Cut): boolean {
  for (let minute = fromMinute; minute < toMinute; minute += 1) {
    const reading = new Date(Date.UTC(year, month - 1, day, 0, minute));
    if (calendar.seconds[0] !== undefined) reading.setUTCSeconds(calendar.seconds[0]);
    if (matches(calendar, reading)) return true;
  }
  return false;
}

function cutsOf(cuts: readonly Cut[], wanted: Partial<Cut>): readonly Cut[] {
  const keys = Object.keys(wanted) as (keyof Cut)[];
  return cuts.filter((cut) => keys.every((key) => cut[key] === wanted[key]));
}

/** The calendar is of the cuts' month: the other years whole, and in years of a cut the other days whole. */
function splitMonth(calendar: Calendar, cuts: readonly Cut[]): readonly Calendar[] {
  const years = calendar.years ?? range(FIRST_YEAR, LAST_YEAR);
  const cutYears = distinct(cuts.map(({ year }) => year));
  const parts: Calendar[] = [{ ...calendar, years: years.filter((year) => !cutYears.includes(year)) }];
  const byDays = groupBy(cutYears, (year) => distinct(cutsOf(cuts, { year }).map(({ day }) => day)).join());
  for (const group of byDays) {
    const days = distinct(cuts.filter(({ year }) => group.includes(year)).map(({ day }) => day));
    parts.push({ ...calendar, years: group, days: calendar.days.filter((day) => !days.includes(day)) });
    for (const day of days) parts.push(...splitDay({ ...calendar, days: [day] }, cuts, group, day));
  }
  return parts;
}

/** What is left of the cut days themselves; years whose cuts are alike share a calendar. */
function splitDay(
  calendar: Calendar,
  cuts: readonly Cut[],
  years: readonly number[],
  day: number,
): readonly Calendar[] {
  const cutMinutes = (year: number): readonly Cut[] => cutsOf(cuts, { year, day });
  const alike = groupBy(years, (year) =>
    cutMinutes(year)
      .map(({ fromMinute, toMinute }) => `${fromMinute}-${toMinute}`)
      .join(),
  );
  return alike.flatMap((group) => {
    const isCut = (minute: number): boolean =>
      cutMinutes(group[0]!).some(({ fromMinute, toMinute }) => fromMinute <= minute && minute < toMinute); // groups are not empty
    return groupBy(calendar.hours, (hour) => minutesLeft(calendar, hour, isCut).join()).map((hours) => ({
      ...calendar,
      years: group,
      hours,
      minutes: minutesLeft(calendar, hours[0]!, isCut),
    }));
  });
}

function minutesLeft(
  calendar: Calendar,
  hour: number,
  isCut: (minute: number) => boolean,
): readonly number[] {
  return calendar.minutes.filter((minute) => !isCut(hour * 60 + minute));
}

function distinct(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function groupBy(numbers: readonly number[], key: (value: number) => string): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const value of numbers) {
    const group = groups.get(key(value));
    if (group === undefined) groups.set(key(value), [value]);
    else group.push(value);
  }
  return [...groups.values()];
}
