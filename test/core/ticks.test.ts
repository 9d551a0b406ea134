/** When a timetable fires, above all when clocks change. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { coversEveryHour } from '../../core/cron-expression.js';
import { tickAfter, tickAtOrBefore, tickBefore } from '../../core/ticks.js';
import {
  cron,
  cronTrigger,
  every,
  type CronTimetable,
  type PeriodicTimetable,
} from '../../core/timetable.js';
import { refusal } from './support/refusal.js';
import { listTicks, readSpan, toExpression, type Pattern } from './support/wall-model.js';

const short = (date: Date): string =>
  date
    .toISOString()
    .replace(/:00\.000Z$/, '')
    .replace('.000Z', '')
    .replace('T', ' ');

function ticks(timetable: PeriodicTimetable, from: string, count: number): readonly string[] {
  const found: Date[] = [];
  let at = new Date(from);
  while (found.length < count) {
    at = tickAfter(timetable, at);
    found.push(at);
  }
  return found.map(short);
}

describe('a timetable fires at', () => {
  test.each<[string, PeriodicTimetable, string, readonly string[]]>([
    ['29 February', cron('0 0 29 2 *'), '2018-01-01', ['2020-02-29 00:00', '2024-02-29 00:00']],
    [
      'the 31st, where there is one',
      cron('0 0 31 * *'),
      '2018-01-31',
      ['2018-03-31 00:00', '2018-05-31 00:00'],
    ],
    ['the last day of the month', cron('0 0 L * *'), '2020-01-31', ['2020-02-29 00:00', '2020-03-31 00:00']],
    ['the first of each quarter', cron('@quarterly'), '2018-01-01', ['2018-04-01 00:00', '2018-07-01 00:00']],
    ['midnight', cron('@midnight'), '2018-01-01', ['2018-01-02 00:00']],
    ['new year', cron('@annually'), '2018-01-01', ['2019-01-01 00:00']],
    ['a preset in capitals', cron('@WEEKLY'), '2018-11-03', ['2018-11-04 00:00', '2018-11-11 00:00']],
    [
      'named weekdays',
      cron('0 2 * * mon-fri'),
      '2018-11-02T03:00Z',
      ['2018-11-05 02:00', '2018-11-06 02:00'],
    ],
    ['Sunday as 7', cron('0 0 * * 7'), '2018-11-03', ['2018-11-04 00:00']],
    ['named months', cron('0 0 1 feb,APR *'), '2018-01-01', ['2018-02-01 00:00', '2018-04-01 00:00']],
    ['the second Monday', cron('0 0 * * 1#2'), '2018-11-01', ['2018-11-12 00:00', '2018-12-10 00:00']],
    [
      'seconds, with six fields',
      cron('*/20 0 2 * * *'),
      '2018-11-02',
      ['2018-11-02 02:00', '2018-11-02 02:00:20'],
    ],
    [
      'a day of the month or a weekday, when both are given',
      cron('0 0 13 * FRI'),
      '2018-11-08',
      ['2018-11-09 00:00', '2018-11-13 00:00', '2018-11-16 00:00'],
    ],
    [
      'also when the day begins with a star',
      cron('0 0 */2 * MON'),
      '2018-11-10',
      ['2018-11-11 00:00', '2018-11-12 00:00', '2018-11-13 00:00'],
    ],
    [
      'the ticks of several crons, once where they meet',
      cronTrigger(['0 0 * * *', '0 12 * * MON', '0 0 * * MON']),
      '2018-11-04T12:00Z',
      ['2018-11-05 00:00', '2018-11-05 12:00', '2018-11-06 00:00'],
    ],
    [
      'each period, from 1970 on',
      every('45m'),
      '2018-11-02T00:00Z',
      ['2018-11-02 00:45', '2018-11-02 01:30'],
    ],
    [
      'periods of a week, from a Thursday on',
      every('7d'),
      '2018-11-02',
      ['2018-11-08 00:00', '2018-11-15 00:00'],
    ],
    [
      'periods moved by an offset',
      every('1d', { offset: '2h' }),
      '2018-11-02T02:00Z',
      ['2018-11-03 02:00', '2018-11-04 02:00'],
    ],
    ['periods before 1970', every('7d'), '1969-12-20', ['1969-12-25 00:00', '1970-01-01 00:00']],
  ])('%s', (_, timetable, from, expected) => {
    expect(ticks(timetable, from, expected.length)).toEqual(expected);
  });
});

describe.each(['0 2 * * *', '30 * * * *'])(
  'outside the years of the calendar %s has no tick',
  (expression) => {
    const timetable = cron(expression);

    test('after their end', () => {
      expect(refusal(() => tickAfter(timetable, new Date('9999-12-31T23:30Z')))).toMatchObject({
        code: 'INVALID_SCHEDULE',
        message: `Schedule "${expression}" has no tick after 9999-12-31T23:30:00.000Z. Use a date within its years.`,
      });
    });

    test('before their beginning', () => {
      expect(refusal(() => tickAtOrBefore(timetable, new Date('0001-01-01T00:00Z')))).toMatchObject({
        code: 'INVALID_SCHEDULE',
        message: `Schedule "${expression}" has no tick at or before 0001-01-01T00:00:00.000Z. Use a date within its years.`,
      });
    });
  },
);

describe('when clocks change', () => {
  const zoned = (timezone: string, expression: string): CronTimetable => cron(expression, { timezone });
  const berlin = (expression: string): CronTimetable => cron(expression, { timezone: 'Europe/Berlin' });

  test.each<[string, PeriodicTimetable, string, readonly string[]]>([
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
    [
      'New York: a tick in the gap',
      zoned('America/New_York', '30 2 * * *'),
      '2018-03-10T12:00Z',
      ['2018-03-11 07:00', '2018-03-12 06:30'],
    ],
    [
      'New York: half-hours of one hour, in the fold',
      zoned('America/New_York', '0,30 1 * * *'),
      '2018-11-03T12:00Z',
      ['2018-11-04 06:00', '2018-11-04 06:30', '2018-11-05 06:00'],
    ],
    [
      'New York: every half-hour goes through the fold',
      zoned('America/New_York', '*/30 * * * *'),
      '2018-11-04T05:10Z',
      ['2018-11-04 05:30', '2018-11-04 06:00', '2018-11-04 06:30', '2018-11-04 07:00'],
    ],
    [
      'Lord Howe: a tick in the gap of half an hour',
      zoned('Australia/Lord_Howe', '15 2 * * *'),
      '2018-10-05T16:00Z',
      ['2018-10-06 15:30', '2018-10-07 15:15'],
    ],
    [
      'Lord Howe: every full hour of the wall clock, in a fold of half an hour',
      zoned('Australia/Lord_Howe', '0 * * * *'),
      '2018-03-31T13:30Z',
      ['2018-03-31 14:00', '2018-03-31 15:30', '2018-03-31 16:30'],
    ],
    [
      'Lord Howe: every half-hour',
      zoned('Australia/Lord_Howe', '*/30 * * * *'),
      '2018-03-31T13:50Z',
      ['2018-03-31 14:00', '2018-03-31 14:30', '2018-03-31 15:00', '2018-03-31 15:30'],
    ],
    [
      'São Paulo: the day before has 23:30 twice',
      zoned('America/Sao_Paulo', '30 23 * * *'),
      '2018-02-17T12:00Z',
      ['2018-02-18 02:30', '2018-02-19 02:30'],
    ],
    [
      'Casablanca: clocks go back for Ramadan',
      zoned('Africa/Casablanca', '30 2 * * *'),
      '2019-05-04T12:00Z',
      ['2019-05-05 02:30', '2019-05-06 02:30'],
    ],
    [
      'Casablanca: and forward after it',
      zoned('Africa/Casablanca', '30 2 * * *'),
      '2019-06-08T12:00Z',
      ['2019-06-09 02:00', '2019-06-10 01:30'],
    ],
    [
      'a fixed period does not care',
      every('1d'),
      '2018-10-27T12:00Z',
      ['2018-10-28 00:00', '2018-10-29 00:00'],
    ],
  ])('%s', (_, timetable, from, expected) => {
    expect(ticks(timetable, from, expected.length)).toEqual(expected);
  });
});

describe('round a change of the clock, both ways, the ticks are those of the clock read minute by minute', () => {
  const minutes = fc.constantFrom([0], [30], [1], [59], [0, 30], [0, 15, 30, 45], [0, 20, 40]);
  const everyTwo = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22];
  const hours = fc.constantFrom(undefined, [0], [1], [2], [3], [23], [1, 2], [0, 1, 2, 3], [2, 14], everyTwo);
  const pattern = fc
    .record({ minutes, hours })
    .map(({ minutes, hours }): Pattern => (hours === undefined ? { minutes } : { minutes, hours }));

  test.each([
    ['America/New_York', '2018-03-11'],
    ['America/New_York', '2018-11-04'],
    ['Europe/Berlin', '2018-03-25'],
    ['Europe/Berlin', '2018-10-28'],
    ['Australia/Lord_Howe', '2018-10-06'],
    ['Australia/Lord_Howe', '2018-03-31'],
    ['America/Sao_Paulo', '2018-11-04'],
    ['America/Sao_Paulo', '2018-02-18'],
    ['Africa/Casablanca', '2019-05-05'],
    ['Africa/Casablanca', '2019-06-09'],
    ['Antarctica/Troll', '2018-03-25'],
    ['Antarctica/Troll', '2018-10-28'],
    ['America/St_Johns', '2010-11-07'],
    ['America/Caracas', '2016-05-01'],
    ['Pacific/Apia', '2011-12-30'],
    ['Asia/Kolkata', '2018-11-04'],
  ])('%s, %s', (timezone, day) => {
    const noon = Date.parse(`${day}T12:00:00Z`);
    const span = readSpan(timezone, new Date(noon - 40 * 3_600_000), new Date(noon + 40 * 3_600_000));
    fc.assert(
      fc.property(pattern, (pattern) => {
        const timetable = cron(toExpression(pattern), { timezone });
        const expected = listTicks(pattern, span);
        expect(collect(tickAfter, timetable, new Date(span.from.getTime() - 1), span.to)).toEqual(expected);
        expect(collect(tickBefore, timetable, span.to, span.from).toReversed()).toEqual(expected);
      }),
      { numRuns: 12 },
    );
  });
});

/** The ticks from an instant towards another, that one excluded going forward and included going back. */
function collect(
  step: (timetable: PeriodicTimetable, at: Date) => Date,
  timetable: PeriodicTimetable,
  from: Date,
  until: Date,
): string[] {
  const found: string[] = [];
  for (let at = step(timetable, from); from < until ? at < until : at >= until; at = step(timetable, at)) {
    found.push(at.toISOString());
  }
  return found;
}

describe('for every timetable, zone and instant', () => {
  const timezone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  );
  const expression = fc.constantFrom(
    '30 2 * * *', '0 2,3 * * *', '*/20 1-3 * * *', '5 * * * *', '@daily', '@monthly', '0 0 29 2 *', '15 30 1 * * *', '0 0 13 * FRI',
  ); // prettier-ignore
  const seconds = fc.integer({ min: 1, max: 3_000_000 });
  const timetable = fc.oneof(
    fc.tuple(expression, timezone).map(([text, timezone]): PeriodicTimetable => cron(text, { timezone })),
    fc
      .tuple(fc.array(expression, { minLength: 1, maxLength: 3 }), timezone)
      .map(([texts, timezone]): PeriodicTimetable => cronTrigger(texts, { timezone })),
    fc
      .tuple(seconds, seconds)
      .map(([period, offset]): PeriodicTimetable =>
        every(period * 1000, { offset: (offset % period) * 1000 }),
      ),
  );
  const instant = fc.date({
    min: new Date('2011-01-01T00:00Z'),
    max: new Date('2030-01-01T00:00Z'),
    noInvalidDate: true,
  });

  test('ticks strictly increase, and going back from one leads to the one before', () => {
    fc.assert(
      fc.property(timetable, instant, (timetable, at) => {
        const next = tickAfter(timetable, at);
        const last = tickAtOrBefore(timetable, at);
        expect(last <= at && at < next).toBe(true);
        expect(tickAfter(timetable, last)).toEqual(next);
        expect(tickBefore(timetable, next)).toEqual(last);
        expect(tickAtOrBefore(timetable, next)).toEqual(next);
      }),
      { numRuns: 300 },
    );
  });
});

test('the zone of the machine does not matter', async () => {
  const script = fileURLToPath(new URL('support/print-ticks.ts', import.meta.url));
  const print = async (TZ: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script], {
      env: { ...process.env, TZ, NODE_OPTIONS: '' },
    });
    return stdout;
  };
  const [utc, ...others] = await Promise.all(['UTC', 'America/New_York', 'Pacific/Apia'].map(print));
  expect(utc).toMatch(/machine UTC[^]*2018-10-28T01:30:00.000Z/);
  expect(others[0]).toContain('machine America/New_York');
  for (const other of others) expect(other.split('\n').slice(1)).toEqual(utc?.split('\n').slice(1));
});

test.each<[string, boolean]>([
  ['30 * * * *', true],
  ['0 */1 * * *', true],
  ['0 0-23 * * *', true],
  ['0 10-23 * * *', false],
  ['0 2-23 * * *', false],
  ['0 */2 * * *', false],
])('whether %s comes every hour, and so follows real time when clocks change, is %p', (expression, every) => {
  expect(coversEveryHour(expression)).toBe(every);
});
