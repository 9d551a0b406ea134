/**
 * Readings of the wall clock as Temporal's calendars hold them: one list of numbers a field, and all fields must
 * fit. Pure; knows no cron and no time zone.
 */

/** Readings in which every field is one of the listed numbers. `years: null` is any year. Lists are ascending. */
export interface Calendar {
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 31. */
  readonly days: readonly number[];
  /** 1 to 12. */
  readonly months: readonly number[];
  readonly years: readonly number[] | null;
  /** 0 is Sunday. */
  readonly weekdays: readonly number[];
}

/** The numbers from `first` to `last`, both included. */
export function range(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

/** The years that Temporal's calendars know. */
export const FIRST_YEAR = 2000;
export const LAST_YEAR = 2100;

export const EVERY = {
  seconds: range(0, 59),
  minutes: range(0, 59),
  hours: range(0, 23),
  days: range(1, 31),
  months: range(1, 12),
  weekdays: range(0, 6),
} as const;

/** The calendar of one reading, a Date whose UTC fields are those of the wall. */
export function toCalendar(reading: Date): Calendar {
  return {
    seconds: [reading.getUTCSeconds()],
    minutes: [reading.getUTCMinutes()],
    hours: [reading.getUTCHours()],
    days: [reading.getUTCDate()],
    months: [reading.getUTCMonth() + 1],
    years: [reading.getUTCFullYear()],
    weekdays: EVERY.weekdays,
  };
}

/** Whether a reading, a Date whose UTC fields are those of the wall, is in the calendar. */
export function matches(calendar: Calendar, reading: Date): boolean {
  return (
    calendar.seconds.includes(reading.getUTCSeconds()) &&
    calendar.minutes.includes(reading.getUTCMinutes()) &&
    calendar.hours.includes(reading.getUTCHours()) &&
    matchesDay(calendar, reading)
  );
}

/** As `matches`, for the date alone. */
export function matchesDay(calendar: Calendar, reading: Date): boolean {
  return (
    calendar.days.includes(reading.getUTCDate()) &&
    calendar.months.includes(reading.getUTCMonth() + 1) &&
    (calendar.years === null || calendar.years.includes(reading.getUTCFullYear())) &&
    calendar.weekdays.includes(reading.getUTCDay())
  );
}

/** Whether no reading can be in the calendar because a field has no number left. */
export function isEmpty({ years, ...fields }: Calendar): boolean {
  return years?.length === 0 || Object.values(fields).some((numbers) => numbers.length === 0);
}

/** The calendar as cron's seven fields (second to weekday, then year), each a list of numbers and ranges. */
export function formatCalendar(calendar: Calendar): string {
  const { seconds, minutes, hours, days, months, years, weekdays } = calendar;
  return [
    formatNumbers(seconds, EVERY.seconds),
    formatNumbers(minutes, EVERY.minutes),
    formatNumbers(hours, EVERY.hours),
    formatNumbers(days, EVERY.days),
    formatNumbers(months, EVERY.months),
    formatNumbers(weekdays, EVERY.weekdays),
    years === null ? '*' : formatNumbers(years, []),
  ].join(' ');
}

function formatNumbers(numbers: readonly number[], every: readonly number[]): string {
  if (numbers.length === every.length) return '*';
  return toRanges(numbers)
    .map(({ start, end, step }) =>
      start === end ? `${start}` : `${start}-${end}${step === 1 ? '' : `/${step}`}`,
    )
    .join(',');
}

/** `start`, `start + step` … `end`. */
export interface NumberRange {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** The fewest ranges that a walk from the left finds; two numbers alone are not worth a step. */
export function toRanges(numbers: readonly number[]): readonly NumberRange[] {
  const ranges: NumberRange[] = [];
  for (let index = 0; index < numbers.length;) {
    const start = numbers[index]!; // index is below length
    const step = (numbers[index + 1] ?? start + 1) - start;
    let length = 1;
    while (numbers[index + length] === start + length * step) length += 1;
    if (length === 2 && step > 1) length = 1;
    ranges.push({ start, end: start + (length - 1) * step, step: length === 1 ? 1 : step });
    index += length;
  }
  return ranges;
}
