/** How an author writes a timetable, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import {
  alignTimetable,
  checkTimetable,
  continuous,
  cron,
  cronTrigger,
  describeTimetable,
  every,
  formatTimetable,
  isPeriodic,
  once,
  zoneOf,
  type Timetable,
} from '../../core/timetable.js';
import { refusal } from './support/refusal.js';

test('a timetable says what its runs cover', () => {
  expect(describeTimetable(null)).toBe('none (started by hand)');
  expect(describeTimetable(cron('0 2 * * *'))).toBe(
    '0 2 * * * UTC, covers the interval that ends at each tick',
  );
  expect(describeTimetable(cronTrigger('@daily', { timezone: 'Europe/Berlin' }))).toBe(
    '@daily Europe/Berlin, fires at each tick, zero-width interval',
  );
  expect(describeTimetable(every('30m'))).toBe('every 30m, covers the period that ends at each tick');
  expect(describeTimetable(once())).toBe('once, when switched on');
  expect(describeTimetable(continuous())).toBe('continuous, each run starts when the last has ended');
});

test('a list shows it in short', () => {
  expect(
    [null, cronTrigger(['@daily', '0 2 * * 1']), every('36h'), every('2d'), every(1000), once()].map(
      formatTimetable,
    ),
  ).toEqual(['none', '@daily | 0 2 * * 1 UTC', 'every 36h', 'every 2d', 'every 1s', 'once']);
});

test('only timetables with ticks are periodic', () => {
  const all: (Timetable | null)[] = [
    cron('@daily'),
    cronTrigger('@daily'),
    every('1h'),
    once(),
    continuous(),
    null,
  ];
  expect(all.map(isPeriodic)).toEqual([true, true, true, false, false, false]);
});

test('the zone of a timetable is that of its cron', () => {
  const timezone = 'Asia/Tokyo';
  const all = [cron('@daily', { timezone }), cronTrigger('@daily', { timezone }), every('1h'), once(), null];
  expect(all.map(zoneOf)).toEqual([timezone, timezone, 'UTC', 'UTC', 'UTC']);
});

test('periods begin at the start date, unless they have an offset or there is none', () => {
  const monday = new Date('2018-10-29T06:00Z');
  expect(alignTimetable(every('7d'), monday)).toEqual(every('7d', { offset: '102h' })); // 4 days and 6 hours after Thursday
  expect(alignTimetable(every('7d', { offset: 0 }), monday)).toEqual(every('7d', { offset: 0 }));
  expect(alignTimetable(every('7d'), undefined)).toEqual(every('7d'));
  expect(alignTimetable(every('7d'), new Date('1969-12-31T00:00Z'))).toEqual(every('7d', { offset: '6d' }));
  expect(alignTimetable(cron('@daily'), monday)).toEqual(cron('@daily'));
  expect(alignTimetable(null, monday)).toBeNull();
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
    [
      'a misspelt preset',
      '@dayly',
      /is an unknown preset\. Did you mean "@daily"\? Known presets: @hourly, @daily, /,
    ],
    ['a date', '2024-01-01T00:00:00', /is not valid: it has 1 field\. Write/],
    ['a name that objects have', '__proto__', /is not valid: it has 1 field\. Write/],
    ['a Date', new Date(0), /not cron fields/],
    ['nothing', undefined, /has the expression undefined, not cron fields/],
    ['a number', 5, /has the expression 5, not cron fields/],
    ['hour 24', '0 24 * * *', /the hour 24 is not between 0 and 23/],
    ['day 0', '0 0 0 * *', /the day 0 is not between 1 and 31/],
    ['month 13', '0 0 1 13 0', /the month 13 is not between 1 and 12/],
    ['second 60, of six fields', '60 0 0 * * *', /the second 60 is not between 0 and 59/],
    ['a day out of range in a list', '0 0 1,32 * *', /the day 32 is not between 1 and 31/],
    ['a range backwards', '0 22-2 * * *', /is not valid: From value is larger than to value: '22-2'/],
    ['a step of none', '*/0 * * * *', /is not valid: .*illegal stepping: 0/],
    ['a nearest weekday, which Airflow does not know', '0 0 15W * *', /the day "15W" is not Airflow's cron/],
    ['the same from the other side', '0 0 W15 * *', /the day "W15" is not Airflow's cron/],
    ['a day out of range, in steps', '0 0 1-45/10 * *', /the day 45 is not between 1 and 31/],
    ['a day and a weekday at once', '0 0 13 * +FRI', /the weekday "\+FRI" is not Airflow's cron/],
    ['a misspelt weekday', '0 0 * * MOO', /is not valid: .*illegal characters/],
    ['31 in months of 30 days', '0 0 31 4,6 *', /never fires/],
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

test('what croner says of an expression is the cause of the error', () => {
  expect(refusal(() => cron('0 22-2 * * *'))).toMatchObject({
    cause: { message: expect.stringContaining('From value is larger') },
  });
});

test('a timetable is frozen, and spaces around its expression do not matter', () => {
  const timetable = cron('  0 2 * * * ');
  expect(timetable).toEqual({ kind: 'cron', expression: '0 2 * * *', timezone: 'UTC' });
  expect(Object.isFrozen(timetable)).toBe(true);
});

test('several crons are a list, checked one by one, and not empty', () => {
  expect(cronTrigger('0 2 * * *')).toEqual({
    kind: 'cron_trigger',
    expressions: ['0 2 * * *'],
    timezone: 'UTC',
  });
  expect(Object.isFrozen(cronTrigger(['@daily', '@hourly']).expressions)).toBe(true);
  expect(refusal(() => cronTrigger([]))).toMatchObject({
    message: 'Schedule cronTrigger([]) has the expressions []. Write at least one, in a list.',
  });
  expect(refusal(() => cronTrigger(['@daily', '@once']))).toMatchObject({
    message: 'Schedule cronTrigger(["@daily","@once"]) is no cron expression. Write schedule: once().',
  });
});

describe('a period is a positive number of whole seconds', () => {
  test.each<[unknown, unknown, string, RegExp]>([
    ['0s', undefined, 'INVALID_SCHEDULE', /Schedule every\("0s"\) has a period of 0 ms. Use whole seconds/],
    ['1500ms', undefined, 'INVALID_SCHEDULE', /a period of 1500 ms/],
    [
      'soon',
      undefined,
      'INVALID_OPTION',
      /Schedule every\("soon"\): the period is "soon", which is not a duration/,
    ],
    [-1000, undefined, 'INVALID_OPTION', /the period is -1000, which is not a duration/],
    [
      '1h',
      '1h',
      'INVALID_SCHEDULE',
      /has an offset of 3600000 ms. Use one from zero to less than the period/,
    ],
    ['1h', 'late', 'INVALID_OPTION', /option offset is "late"/],
  ])('every(%j, offset %j) is refused', (period, offset, code, message) => {
    const options = offset === undefined ? {} : { offset: offset as '1h' };
    expect(refusal(() => every(period as '1h', options))).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a misspelt option is named', () => {
    expect(refusal(() => every('1h', { ofset: '5m' } as object))).toMatchObject({
      message: expect.stringMatching(/option ofset is unknown. Did you mean "offset"/),
    });
  });
});

test.each([
  cron('@daily'),
  cronTrigger(['@daily']),
  every('1h'),
  every('1h', { offset: '5m' }),
  once(),
  continuous(),
])('what the constructors make passes the check, frozen: %j', (timetable) => {
  expect(() => checkTimetable(JSON.parse(JSON.stringify(timetable)), 'DAG d')).not.toThrow();
  expect(Object.isFrozen(timetable)).toBe(true);
});
