/** When a timetable fires, and which interval each kind of run gets. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataInterval } from '../../core/context.js';
import {
  computeFireTime,
  computeIntervalOf,
  computeLatestInterval,
  computeScheduledInterval,
} from '../../core/data-interval.js';
import { cron, cronTrigger, describeTimetable, type Timetable } from '../../core/timetable.js';
import { refusal } from './support/refusal.js';

const show = ({ start, end }: DataInterval): string => `${short(start)} → ${short(end)}`;
const short = (date: Date): string =>
  date
    .toISOString()
    .replace(/:00\.000Z$/, '')
    .replace('.000Z', '')
    .replace('T', ' ');

const daily = cron('0 2 * * *');

describe('a run started by hand without a logical date gets the last complete interval', () => {
  test.each<[string, Timetable, string, string]>([
    ['in mid-interval', daily, '2018-11-03T15:00Z', '2018-11-02 02:00 → 2018-11-03 02:00'],
    ['just before a tick', daily, '2018-11-03T01:59:59.999Z', '2018-11-01 02:00 → 2018-11-02 02:00'],
    ['on a tick: the one that ends now', daily, '2018-11-03T02:00Z', '2018-11-02 02:00 → 2018-11-03 02:00'],
    ['a millisecond after it', daily, '2018-11-03T02:00:00.001Z', '2018-11-02 02:00 → 2018-11-03 02:00'],
    ['@hourly', cron('@hourly'), '2018-11-03T15:20Z', '2018-11-03 14:00 → 2018-11-03 15:00'],
    ['@daily', cron('@daily'), '2018-11-03T15:20Z', '2018-11-02 00:00 → 2018-11-03 00:00'],
    ['@weekly begins on Sunday', cron('@weekly'), '2018-11-07T12:00Z', '2018-10-28 00:00 → 2018-11-04 00:00'],
    ['@monthly', cron('@monthly'), '2018-03-15T00:00Z', '2018-02-01 00:00 → 2018-03-01 00:00'],
    ['@yearly', cron('@yearly'), '2018-03-15T00:00Z', '2017-01-01 00:00 → 2018-01-01 00:00'],
    ['the 31st', cron('0 0 31 * *'), '2018-04-15T00:00Z', '2018-01-31 00:00 → 2018-03-31 00:00'],
    ['the last day', cron('0 0 L * *'), '2018-03-15T00:00Z', '2018-01-31 00:00 → 2018-02-28 00:00'],
    [
      'the last day in a leap year',
      cron('0 0 L * *'),
      '2020-03-15T00:00Z',
      '2020-01-31 00:00 → 2020-02-29 00:00',
    ],
    ['29 February', cron('0 0 29 2 *'), '2018-06-01T00:00Z', '2012-02-29 00:00 → 2016-02-29 00:00'],
    [
      'over a year of 1900’s kind',
      cron('0 0 29 2 *'),
      '2105-01-01T00:00Z',
      '2096-02-29 00:00 → 2104-02-29 00:00',
    ],
    ['weekdays', cron('0 2 * * MON-FRI'), '2018-11-05T12:00Z', '2018-11-02 02:00 → 2018-11-05 02:00'],
    ['day or weekday', cron('0 0 13 * 5'), '2018-11-14T00:00Z', '2018-11-09 00:00 → 2018-11-13 00:00'],
    ['Sunday as 7', cron('0 0 * * 7'), '2018-11-07T00:00Z', '2018-10-28 00:00 → 2018-11-04 00:00'],
    ['six fields', cron('30 0 2 * * *'), '2018-11-03T12:00Z', '2018-11-02 02:00:30 → 2018-11-03 02:00:30'],
    ['across a year', cron('@daily'), '2019-01-01T00:00Z', '2018-12-31 00:00 → 2019-01-01 00:00'],
    ['before 1970', cron('@daily'), '1969-07-20T20:17Z', '1969-07-19 00:00 → 1969-07-20 00:00'],
    ['an uneven step', cron('0 */5 * * *'), '2018-11-03T22:00Z', '2018-11-03 15:00 → 2018-11-03 20:00'],
  ])('%s', (_, timetable, now, expected) => {
    expect(show(computeLatestInterval(timetable, new Date(now)))).toBe(expected);
  });

  test.each([null, cronTrigger('0 2 * * *')])(
    'without intervals it gets none: no width, at now',
    (timetable) => {
      const now = new Date('2018-11-03T15:00Z');
      expect(computeLatestInterval(timetable, now)).toEqual({ start: now, end: now });
    },
  );
});

describe('a logical date gets the interval that it falls in', () => {
  test.each<[string, Timetable, string, string]>([
    ['in mid-interval', daily, '2018-11-03T15:00Z', '2018-11-03 02:00 → 2018-11-04 02:00'],
    ['at midnight', daily, '2018-11-03T00:00Z', '2018-11-02 02:00 → 2018-11-03 02:00'],
    [
      'on a tick: the one that starts there',
      daily,
      '2018-11-03T02:00Z',
      '2018-11-03 02:00 → 2018-11-04 02:00',
    ],
    ['just before a tick', daily, '2018-11-03T01:59:59.999Z', '2018-11-02 02:00 → 2018-11-03 02:00'],
    ['a month', cron('@monthly'), '2018-02-28T23:59Z', '2018-02-01 00:00 → 2018-03-01 00:00'],
    ['February of a leap year', cron('@monthly'), '2020-02-29T12:00Z', '2020-02-01 00:00 → 2020-03-01 00:00'],
    ['far off', cron('@daily'), '0001-06-01T12:00Z', '0001-06-01 00:00 → 0001-06-02 00:00'],
    [
      'in a zone',
      cron('@daily', { timezone: 'Asia/Kolkata' }),
      '2018-11-03T12:00Z',
      '2018-11-02 18:30 → 2018-11-03 18:30',
    ],
  ])('%s', (_, timetable, logicalDate, expected) => {
    expect(show(computeIntervalOf(timetable, new Date(logicalDate)))).toBe(expected);
  });

  test.each([null, cronTrigger('0 2 * * *')])('without intervals it gets no width', (timetable) => {
    const date = new Date('2018-11-03T15:00Z');
    expect(computeIntervalOf(timetable, date)).toEqual({ start: date, end: date });
  });

  test.each([
    ['0001-01-01T00:00Z', 'at or before'],
    ['9999-12-31T23:00Z', 'after'],
  ])('%s is outside the years of the calendar, and the error says so', (date, side) => {
    expect(refusal(() => computeIntervalOf(daily, new Date(date)))).toMatchObject({
      code: 'INVALID_SCHEDULE',
      message: expect.stringMatching(
        new RegExp(`"0 2 \\* \\* \\*" has no tick ${side} .* Use a date within`),
      ),
    });
  });
});

test('a scheduled run covers the interval that ends when it fires; a trigger covers none', () => {
  const fired = new Date('2018-11-03T02:00Z');
  expect(show(computeScheduledInterval(daily, fired))).toBe('2018-11-02 02:00 → 2018-11-03 02:00');
  expect(computeScheduledInterval(cronTrigger('0 2 * * *'), fired)).toEqual({ start: fired, end: fired });
});

test('an interval fires at its end, a zero-width one at its start', () => {
  const interval = computeIntervalOf(daily, new Date('2018-11-03T15:00Z'));
  expect(computeFireTime(daily, interval)).toEqual(interval.end);
  expect(computeFireTime(cronTrigger('0 2 * * *'), interval)).toEqual(interval.start);
  expect(computeFireTime(null, interval)).toEqual(interval.start);
});

test('a timetable says what its runs cover', () => {
  expect(describeTimetable(null)).toBe('none (started by hand)');
  expect(describeTimetable(daily)).toBe('0 2 * * * UTC, covers the interval that ends at each tick');
  expect(describeTimetable(cronTrigger('@daily', { timezone: 'Europe/Berlin' }))).toBe(
    '@daily Europe/Berlin, fires at each tick, zero-width interval',
  );
});

/** Ends of the intervals from `from` on: the ticks. */
function ticks(timetable: Timetable, from: string, count: number): readonly string[] {
  const found: Date[] = [];
  let at = new Date(from);
  while (found.length < count) {
    at = computeIntervalOf(timetable, at).end;
    found.push(at);
  }
  return found.map(short);
}

describe('when clocks change', () => {
  const berlin = (expression: string): Timetable => cron(expression, { timezone: 'Europe/Berlin' });

  test.each<[string, Timetable, string, readonly string[]]>([
    [
      'a tick in the gap fires at the first instant after it',
      berlin('30 2 * * *'),
      '2018-03-24T12:00Z',
      ['2018-03-25 01:00', '2018-03-26 00:30'],
    ],
    [
      'several ticks in the gap are one',
      berlin('0,15,30 2 * * *'),
      '2018-03-24T12:00Z',
      ['2018-03-25 01:00', '2018-03-26 00:00'],
    ],
    [
      'a list of hours is no exception',
      berlin('0 2,14 * * *'),
      '2018-03-24T13:00Z',
      ['2018-03-25 01:00', '2018-03-25 12:00'],
    ],
    [
      'a time that comes twice fires at the second',
      berlin('30 2 * * *'),
      '2018-10-27T12:00Z',
      ['2018-10-28 01:30', '2018-10-29 01:30'],
    ],
    [
      'so does a list of hours',
      berlin('0 2,14 * * *'),
      '2018-10-27T12:00Z',
      ['2018-10-28 01:00', '2018-10-28 13:00'],
    ],
    ['and a step', berlin('0 */2 * * *'), '2018-10-27T22:00Z', ['2018-10-28 01:00', '2018-10-28 03:00']],
    [
      'every hour goes through both',
      berlin('0 * * * *'),
      '2018-10-27T23:30Z',
      ['2018-10-28 00:00', '2018-10-28 01:00', '2018-10-28 02:00'],
    ],
    [
      'half-hours too',
      berlin('*/30 * * * *'),
      '2018-10-28T00:10Z',
      ['2018-10-28 00:30', '2018-10-28 01:00', '2018-10-28 01:30'],
    ],
    [
      'and pass over the gap',
      berlin('*/30 * * * *'),
      '2018-03-25T00:40Z',
      ['2018-03-25 01:00', '2018-03-25 01:30'],
    ],
    [
      'where midnight falls into the gap, the day begins at one',
      cron('@daily', { timezone: 'America/Sao_Paulo' }),
      '2018-11-03T12:00Z',
      ['2018-11-04 03:00', '2018-11-05 02:00'],
    ],
    [
      'half an hour of change',
      cron('45 1 * * *', { timezone: 'Australia/Lord_Howe' }),
      '2018-03-31T00:00Z',
      ['2018-03-31 15:15', '2018-04-01 15:15'],
    ],
    [
      'a whole day that never was',
      cron('30 2 * * *', { timezone: 'Pacific/Apia' }),
      '2011-12-29T13:00Z',
      ['2011-12-30 10:00', '2011-12-30 12:30'],
    ],
  ])('%s', (_, timetable, from, expected) => {
    expect(ticks(timetable, from, expected.length)).toEqual(expected);
  });

  test('between the first and the second 02:30, the tick of the day is still to come', () => {
    const first = new Date('2018-10-28T00:45Z');
    expect(show(computeIntervalOf(berlin('30 2 * * *'), first))).toBe('2018-10-27 00:30 → 2018-10-28 01:30');
  });
});

describe('for every timetable, zone and instant', () => {
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
  );
  const expression = fc.constantFrom(
    '30 2 * * *',
    '0 2,3 * * *',
    '*/20 1-3 * * *',
    '5 * * * *',
    '@daily',
    '@monthly',
  );
  const minute = fc.integer({
    min: Date.parse('2018-01-01T00:00Z') / 60_000,
    max: Date.parse('2019-12-31T00:00Z') / 60_000,
  });

  test('the interval of an instant holds it, intervals meet, and the latest one ends by then', () => {
    fc.assert(
      fc.property(expression, zone, minute, (expression, timezone, minute) => {
        const timetable = cron(expression, { timezone });
        const at = new Date(minute * 60_000);
        const interval = computeIntervalOf(timetable, at);
        expect(interval.start <= at && at < interval.end).toBe(true);
        expect(computeScheduledInterval(timetable, interval.end)).toEqual(interval);
        expect(computeIntervalOf(timetable, interval.end).start).toEqual(interval.end);
        expect(computeLatestInterval(timetable, at).end).toEqual(interval.start);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a schedule that cannot be is refused, with the reason', () => {
  test.each<[string, unknown, RegExp]>([
    [
      'a field out of range',
      '61 * * * *',
      /Schedule cron\("61 \* \* \* \*"\) is not valid: the minute 61 is not between 0 and 59\. Write five/,
    ],
    ['too few fields', '* * * *', /is not valid: it has 4 fields\. Write five fields/],
    ['seven fields', '0 0 2 * * * 2030', /is not valid: it has 7 fields\. Write five fields/],
    ['no words', '', /is not valid: it has no fields/],
    ['words', 'every day', /is not valid: it has 2 fields/],
    ['a weekday out of range', '* * * * 8', /the weekday 8 is not between 0 and 7/],
    ['@once', '@once', /is no cron expression\. Write schedule: once\(\)/],
    ['@continuous', '@continuous', /Write schedule: continuous\(\)/],
    ['a misspelt preset', '@dayly', /is an unknown preset\. Did you mean "@daily"\? Known presets: @hourly/],
    ['a date', '2024-01-01T00:00:00', /is not valid: it has 1 field\. Write/],
    ['a Date', new Date(0), /not cron fields/],
    ['nothing', undefined, /has the expression undefined, not cron fields/],
    ['a number', 5, /has the expression 5, not cron fields/],
    ['30 February', '0 0 30 2 *', /cron\("0 0 30 2 \*"\) never fires. Check the day and the month/],
  ])('%s', (_, expression, message) => {
    expect(refusal(() => cron(expression as string))).toMatchObject({
      code: 'INVALID_SCHEDULE',
      message: expect.stringMatching(message),
    });
  });

  test.each<[string, unknown, RegExp]>([
    [
      'an unknown zone',
      'Europe/Berln',
      /has the timezone "Europe\/Berln"\. Did you mean "Europe\/Berlin"\? Write an IANA zone/,
    ],
    ['no zone', '', /has the timezone ""/],
    ['an offset', '+02:00', /has the timezone "\+02:00"/],
    ['a zone with a space', 'Europe/Berlin ', /Did you mean "Europe\/Berlin"/],
    ['a number', 5, /has the timezone 5/],
    ['null', null, /has the timezone null/],
  ])('%s', (_, timezone, message) => {
    expect(refusal(() => cronTrigger('0 2 * * *', { timezone: timezone as string }))).toMatchObject({
      code: 'INVALID_SCHEDULE',
      message: expect.stringMatching(message),
    });
  });

  test('a misspelt option is refused: the schedule would silently be UTC', () => {
    const options = { timeZone: 'Europe/Berlin' } as object;
    expect(refusal(() => cron('0 2 * * *', options))).toMatchObject({
      code: 'INVALID_OPTION',
      message:
        'Schedule cron("0 2 * * *"): option timeZone is unknown. Did you mean "timezone"? Known options: timezone.',
    });
  });
});

test('a timetable is frozen, and spaces around its expression do not matter', () => {
  const timetable = cron('  0 2 * * * ');
  expect(timetable).toEqual({ kind: 'cron', expression: '0 2 * * *', timezone: 'UTC' });
  expect(Object.isFrozen(timetable)).toBe(true);
});
