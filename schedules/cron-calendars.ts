/**
 * From a cron expression to calendars. Croner stays the only one who reads the expression: each field is asked which
 * values fit, and the two fields of the day are asked about a month of every length and first weekday, so that
 * `L`, `W`, `#` and cron's "day or weekday" come out as what Temporal knows: day and weekday. Pure.
 */
import type { Cron } from 'croner';
import { createMatcher, parseCronFields } from '../core/cron-expression.js';
import { EVERY, FIRST_YEAR, isEmpty, LAST_YEAR, range, type Calendar } from './calendar.js';

/** The calendars that together hold each reading that the expression names, and none other. */
export function computeCronCalendars(expression: string): readonly Calendar[] {
  const { second, minute, hour, day, month, weekday } = parseCronFields(expression);
  const probe = (cron: string, values: readonly number[], at: (value: number) => Date): readonly number[] => {
    const matcher = createMatcher(cron, 'UTC');
    return values.filter((value) => matcher.match(at(value)));
  };
  const times = {
    seconds: probe(
      `${second} * * * * *`,
      EVERY.seconds,
      (value) => new Date(Date.UTC(2024, 0, 1, 0, 0, value)),
    ),
    minutes: probe(`* ${minute} * * * *`, EVERY.minutes, (value) => new Date(Date.UTC(2024, 0, 1, 0, value))),
    hours: probe(`* * ${hour} * * *`, EVERY.hours, (value) => new Date(Date.UTC(2024, 0, 1, value))),
  };
  const months = probe(`* * * * ${month} *`, EVERY.months, (value) => new Date(Date.UTC(2024, value - 1, 1)));
  return computeDays(`* * * ${day} * ${weekday}`)
    .map((days) => ({ ...times, ...days, months: days.months.filter((value) => months.includes(value)) }))
    .filter((calendar) => !isEmpty(calendar));
}

type Days = Pick<Calendar, 'days' | 'months' | 'years' | 'weekdays'>;

const LEAP_YEARS = range(FIRST_YEAR, LAST_YEAR).filter((year) => daysIn(year, 2) === 29);
const OTHER_YEARS = range(FIRST_YEAR, LAST_YEAR).filter((year) => !LEAP_YEARS.includes(year));

/** The months of each length. February takes part twice. */
const LENGTHS: readonly (Pick<Calendar, 'months' | 'years'> & { readonly length: number })[] = [
  { length: 31, months: [1, 3, 5, 7, 8, 10, 12], years: null },
  { length: 30, months: [4, 6, 9, 11], years: null },
  { length: 29, months: [2], years: LEAP_YEARS },
  { length: 28, months: [2], years: OTHER_YEARS },
];

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function computeDays(cron: string): readonly Days[] {
  const matcher = createMatcher(cron, 'UTC');
  const byLength = LENGTHS.map(({ length }) => probeMonths(matcher, length));
  const longest = byLength[0] ?? []; // LENGTHS begins with 31
  const lengthMatters = byLength.some((days, index) =>
    days.some(
      (inMonth, weekday) => !isSame(inMonth, upTo(longest[weekday] ?? [], LENGTHS[index]?.length ?? 31)),
    ),
  );
  if (!lengthMatters) return groupWeekdays(longest, { months: EVERY.months, years: null });
  return LENGTHS.flatMap(({ months, years }, index) =>
    groupWeekdays(byLength[index] ?? [], { months, years }),
  );
}

/** The days that match in months of this length, by their weekday. */
function probeMonths(matcher: Cron, length: number): readonly (readonly number[])[] {
  const byWeekday = EVERY.weekdays.map(() => new Set<number>());
  for (const { year, month } of monthsOfLength(length)) {
    for (const day of range(1, length)) {
      const date = new Date(Date.UTC(year, month - 1, day));
      if (matcher.match(date)) byWeekday[date.getUTCDay()]?.add(day);
    }
  }
  return byWeekday.map((days) => [...days].sort((a, b) => a - b));
}

/** One month of this length for each weekday it may begin with; 28 years hold them all. */
function monthsOfLength(length: number): readonly { readonly year: number; readonly month: number }[] {
  const found = new Map<number, { year: number; month: number }>();
  for (const year of range(2000, 2027)) {
    for (const month of EVERY.months) {
      if (daysIn(year, month) === length)
        found.set(new Date(Date.UTC(year, month - 1, 1)).getUTCDay(), { year, month });
    }
  }
  return [...found.values()];
}

/** One calendar for the weekdays that have the same days. */
function groupWeekdays(
  byWeekday: readonly (readonly number[])[],
  where: Pick<Calendar, 'months' | 'years'>,
): readonly Days[] {
  const groups = new Map<string, { days: readonly number[]; weekdays: number[] }>();
  for (const [weekday, days] of byWeekday.entries()) {
    const key = days.join();
    const group = groups.get(key) ?? { days, weekdays: [] };
    group.weekdays.push(weekday);
    groups.set(key, group);
  }
  return [...groups.values()].map((group) => ({ ...group, ...where }));
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.join() === right.join();
}

function upTo(days: readonly number[], last: number): readonly number[] {
  return days.filter((day) => day <= last);
}
