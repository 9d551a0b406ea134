/** Which interval each kind of run gets. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataInterval } from '../../core/context.js';
import {
  computeFireTime,
  computeIntervalOf,
  computeLatestInterval,
  computeScheduledInterval,
} from '../../core/data-interval.js';
import { continuous, cron, cronTrigger, every, once, type Timetable } from '../../core/timetable.js';
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

  test.each([null, cronTrigger('0 2 * * *'), once(), continuous()])(
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

  test.each([null, cronTrigger('0 2 * * *'), once(), continuous()])(
    'without intervals it gets no width',
    (timetable) => {
      const date = new Date('2018-11-03T15:00Z');
      expect(computeIntervalOf(timetable, date)).toEqual({ start: date, end: date });
    },
  );

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

test('a period started by hand ends now, wherever the grid is; by logical date it is one of the grid', () => {
  const now = new Date('2018-11-03T15:20Z');
  expect(show(computeLatestInterval(every('1h'), now))).toBe('2018-11-03 14:20 → 2018-11-03 15:20');
  expect(show(computeIntervalOf(every('1h'), now))).toBe('2018-11-03 15:00 → 2018-11-03 16:00');
  expect(show(computeScheduledInterval(every('1h'), new Date('2018-11-03T15:00Z')))).toBe(
    '2018-11-03 14:00 → 2018-11-03 15:00',
  );
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

test('between the first and the second 02:30, the tick of the day is still to come', () => {
  const first = new Date('2018-10-28T00:45Z');
  expect(show(computeIntervalOf(cron('30 2 * * *', { timezone: 'Europe/Berlin' }), first))).toBe(
    '2018-10-27 00:30 → 2018-10-28 01:30',
  );
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
