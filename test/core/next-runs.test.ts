/** Which runs a timetable makes between a start and an end date. The tables named after Airflow are its own tests. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  computeFirstRun,
  computeNextRuns,
  computePreviousRun,
  listRuns,
  type BoundedTimetable,
  type ScheduledRun,
} from '../../core/next-runs.js';
import {
  continuous,
  cron,
  cronTrigger,
  every,
  once,
  type PeriodicTimetable,
  type Timetable,
} from '../../core/timetable.js';

const short = (date: Date): string => date.toISOString().slice(0, 16).replace('T', ' ');
const show = ({ fireTime, logicalDate, interval }: ScheduledRun): string =>
  `${short(fireTime)} for ${short(logicalDate)}: ${short(interval.start)} → ${short(interval.end)}`;
const at = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));
const bounded = (timetable: Timetable | null, startDate?: string, endDate?: string): BoundedTimetable => ({
  timetable,
  startDate: at(startDate),
  endDate: at(endDate),
});
const logicalDates = (runs: Iterable<ScheduledRun>): string[] =>
  [...runs].map(({ logicalDate }) => short(logicalDate));
const daily = cron('@daily');
const NEVER = [null, once(), continuous()];

describe('the runs of a span', () => {
  const span = { from: new Date('2018-11-02'), to: new Date('2018-11-04') };

  test('have their logical date in it, both ends included', () => {
    expect([...listRuns(bounded(daily), span)].map(show)).toEqual([
      '2018-11-03 00:00 for 2018-11-02 00:00: 2018-11-02 00:00 → 2018-11-03 00:00',
      '2018-11-04 00:00 for 2018-11-03 00:00: 2018-11-03 00:00 → 2018-11-04 00:00',
      '2018-11-05 00:00 for 2018-11-04 00:00: 2018-11-04 00:00 → 2018-11-05 00:00',
    ]);
    expect([...listRuns(bounded(cronTrigger('0 12 * * *')), span)].map(show)).toEqual([
      '2018-11-02 12:00 for 2018-11-02 12:00: 2018-11-02 12:00 → 2018-11-02 12:00',
      '2018-11-03 12:00 for 2018-11-03 12:00: 2018-11-03 12:00 → 2018-11-03 12:00',
    ]);
  });

  test.each<[string, Timetable, string | undefined, string | undefined, readonly string[]]>([
    ['a start date on a tick', daily, '2018-11-03', undefined, ['2018-11-03 00:00', '2018-11-04 00:00']],
    [
      'a start date between ticks',
      daily,
      '2018-11-02T00:01Z',
      undefined,
      ['2018-11-03 00:00', '2018-11-04 00:00'],
    ],
    ['an end date on a tick', daily, undefined, '2018-11-03', ['2018-11-02 00:00', '2018-11-03 00:00']],
    ['an end date before a tick', daily, undefined, '2018-11-02T23:59Z', ['2018-11-02 00:00']],
    ['both on one tick', daily, '2018-11-03', '2018-11-03', ['2018-11-03 00:00']],
    ['an end before the span', daily, undefined, '2018-11-01', []],
    ['a start after the span', daily, '2018-12-01', undefined, []],
    ['a timetable with no tick in it', cron('@monthly'), undefined, undefined, []],
    ['periods', every('1d', { offset: '6h' }), '2018-11-02T07:00Z', undefined, ['2018-11-03 06:00']],
    [
      'several crons',
      cronTrigger(['@daily', '0 0 3 * *', '0 6 3 * *']),
      '2018-11-03',
      '2018-11-03T06:00Z',
      ['2018-11-03 00:00', '2018-11-03 06:00'],
    ],
  ])('within the dates of the DAG: %s', (_, timetable, start, end, expected) => {
    expect(logicalDates(listRuns(bounded(timetable, start, end), span))).toEqual(expected);
  });

  test.each(NEVER)('are none for %j', (timetable) => {
    expect([...listRuns(bounded(timetable, '2018-11-01'), span)]).toEqual([]);
  });

  test('turned round they are none', () => {
    expect([...listRuns(bounded(daily), { from: span.to, to: span.from })]).toEqual([]);
  });

  test('are found as they are asked for, so that a long span costs nothing', () => {
    const millennium = { from: new Date('2018-11-02'), to: new Date('3018-11-02') };
    const [first] = listRuns(bounded(cron('* * * * *')), millennium);
    expect(first?.logicalDate).toEqual(millennium.from);
  });

  test('are days of 23 and 25 hours when clocks change', () => {
    const berlin = bounded(cron('@daily', { timezone: 'Europe/Berlin' }));
    const days = listRuns(berlin, {
      from: new Date('2018-01-01T00:00+01:00'),
      to: new Date('2018-12-31T00:00+01:00'),
    });
    const hours = [...days].map(
      ({ interval }) => (interval.end.getTime() - interval.start.getTime()) / 3_600_000,
    );
    expect(hours).toHaveLength(365);
    expect(hours.filter((length) => length !== 24)).toEqual([23, 25]);
  });
});

describe('the next runs', () => {
  const next = (of: BoundedTimetable, after: string, count = 2): string[] =>
    computeNextRuns(of, new Date(after), count).map(show);

  test.each<[string, BoundedTimetable, string, readonly string[]]>([
    [
      'of intervals end after the instant',
      bounded(daily),
      '2018-11-02T12:00Z',
      ['2018-11-03 00:00 for 2018-11-02 00:00: 2018-11-02 00:00 → 2018-11-03 00:00'],
    ],
    [
      'on a tick: not the one that fires now',
      bounded(daily),
      '2018-11-03',
      ['2018-11-04 00:00 for 2018-11-03 00:00: 2018-11-03 00:00 → 2018-11-04 00:00'],
    ],
    [
      'of a trigger come after the instant',
      bounded(cronTrigger('0 12 * * *')),
      '2018-11-02T12:00Z',
      ['2018-11-03 12:00 for 2018-11-03 12:00: 2018-11-03 12:00 → 2018-11-03 12:00'],
    ],
    [
      'with a start date ahead come one interval after it',
      bounded(daily, '2030-01-01'),
      '2018-11-02',
      ['2030-01-02 00:00 for 2030-01-01 00:00: 2030-01-01 00:00 → 2030-01-02 00:00'],
    ],
    [
      'never start before the start date',
      bounded(daily, '2018-11-02T12:00Z'),
      '2018-11-02T13:00Z',
      ['2018-11-04 00:00 for 2018-11-03 00:00: 2018-11-03 00:00 → 2018-11-04 00:00'],
    ],
    [
      'of a period',
      bounded(every('30m')),
      '2018-11-02T12:10Z',
      ['2018-11-02 12:30 for 2018-11-02 12:00: 2018-11-02 12:00 → 2018-11-02 12:30'],
    ],
  ])('%s', (_, of, after, [expected]) => {
    expect(next(of, after)).toHaveLength(2);
    expect(next(of, after)[0]).toBe(expected);
  });

  test('end with the end date', () => {
    expect(next(bounded(daily, undefined, '2018-11-03'), '2018-11-02T12:00Z', 5)).toEqual([
      '2018-11-03 00:00 for 2018-11-02 00:00: 2018-11-02 00:00 → 2018-11-03 00:00',
      '2018-11-04 00:00 for 2018-11-03 00:00: 2018-11-03 00:00 → 2018-11-04 00:00',
    ]);
    expect(next(bounded(daily, undefined, '2018-11-03'), '2018-11-04')).toEqual([]);
  });

  test.each(NEVER)('are none for %j', (timetable) => {
    expect(next(bounded(timetable), '2018-11-02')).toEqual([]);
  });

  test('once with a start date ahead is then', () => {
    const day = '2018-11-05 00:00';
    expect(next(bounded(once(), '2018-11-05'), '2018-11-02')).toEqual([`${day} for ${day}: ${day} → ${day}`]);
    expect(next(bounded(once(), '2018-11-05'), '2018-11-05')).toEqual([]);
  });
});

describe('the run before a logical date', () => {
  test.each<[string, BoundedTimetable, string, string | undefined]>([
    ['of the timetable', bounded(daily), '2018-11-03', '2018-11-02 00:00'],
    ['of none of its own', bounded(daily), '2018-11-03T12:00Z', '2018-11-03 00:00'],
    ['at the start date is none', bounded(daily, '2018-11-03'), '2018-11-03', undefined],
    ['after the start date', bounded(daily, '2018-11-03'), '2018-11-04', '2018-11-03 00:00'],
    ['long after the end date', bounded(daily, undefined, '2018-11-03'), '2018-12-01', '2018-11-03 00:00'],
    [
      'after both, where no tick lies between them',
      bounded(daily, '2018-11-03T01:00Z', '2018-11-03T02:00Z'),
      '2018-12-01',
      undefined,
    ],
    ['of a trigger', bounded(cronTrigger(['@daily', '0 6 * * *'])), '2018-11-03T06:00Z', '2018-11-03 00:00'],
    ['of a period', bounded(every('1h')), '2018-11-03T06:30Z', '2018-11-03 06:00'],
    [
      'over a gap',
      bounded(cron('30 2 * * *', { timezone: 'Europe/Berlin' })),
      '2018-03-26T00:30Z',
      '2018-03-25 01:00',
    ],
    ['without a schedule is none', bounded(null), '2018-11-03', undefined],
    ['once is none', bounded(once()), '2018-11-03', undefined],
    ['continuous is none', bounded(continuous()), '2018-11-03', undefined],
  ])('%s', (_, of, logicalDate, expected) => {
    const run = computePreviousRun(of, new Date(logicalDate));
    expect(run === undefined ? undefined : short(run.logicalDate)).toBe(expected);
  });
});

interface First {
  readonly of: Timetable | null;
  readonly start?: string;
  readonly end?: string;
  readonly catchup?: boolean;
  readonly now: string;
  /** Interval of the last scheduled run, or its tick. */
  readonly last?: string | readonly [string, string];
  readonly expected: string | readonly [string, string] | undefined;
}

/** The interval of the first run, or its tick where the interval has no width. */
function first({ of, start, end, catchup = false, now, last }: First): First['expected'] {
  const [lastStart, lastEnd] = typeof last === 'string' ? [last, last] : (last ?? []);
  const lastRun =
    lastStart === undefined || lastEnd === undefined
      ? undefined
      : { start: new Date(lastStart), end: new Date(lastEnd) };
  const run = computeFirstRun({ ...bounded(of, start, end), catchup }, { now: new Date(now), lastRun });
  if (run === undefined) return undefined;
  const { interval, fireTime } = run;
  expect(fireTime).toEqual(interval.end);
  return interval.start.getTime() === interval.end.getTime()
    ? short(interval.start)
    : [short(interval.start), short(interval.end)];
}

describe('the first run after switching on, without catchup', () => {
  test.each<[string, First]>([
    [
      'covers the latest complete interval',
      { of: daily, now: '2018-11-10T15:00Z', expected: ['2018-11-09 00:00', '2018-11-10 00:00'] },
    ],
    [
      'covers the interval that ends this instant',
      { of: daily, now: '2018-11-10', expected: ['2018-11-09 00:00', '2018-11-10 00:00'] },
    ],
    [
      'waits for the first interval after a start date of today',
      {
        of: daily,
        start: '2018-11-10',
        now: '2018-11-10T15:00Z',
        expected: ['2018-11-10 00:00', '2018-11-11 00:00'],
      },
    ],
    [
      'waits for a start date ahead',
      {
        of: daily,
        start: '2018-12-24T06:00Z',
        now: '2018-11-10',
        expected: ['2018-12-25 00:00', '2018-12-26 00:00'],
      },
    ],
    [
      'does not repeat the last run',
      {
        of: daily,
        now: '2018-11-10T15:00Z',
        last: ['2018-11-09', '2018-11-10'],
        expected: ['2018-11-10 00:00', '2018-11-11 00:00'],
      },
    ],
    [
      'follows the new grid when the schedule has changed',
      {
        of: cron('0 * * * *'),
        start: '2018-11-01',
        now: '2018-11-10T00:10Z',
        last: ['2018-11-08T23:30Z', '2018-11-09T23:30Z'],
        expected: ['2018-11-09 23:00', '2018-11-10 00:00'],
      },
    ],
    [
      'is none when the end date has passed',
      { of: daily, end: '2018-11-08', now: '2018-11-10T15:00Z', expected: undefined },
    ],
    [
      'is the one of the end date',
      {
        of: daily,
        end: '2018-11-09',
        now: '2018-11-10T15:00Z',
        expected: ['2018-11-09 00:00', '2018-11-10 00:00'],
      },
    ],
    [
      'of a period is the latest complete one of the grid',
      {
        of: every('1h'),
        start: '2018-11-01',
        now: '2018-11-10T15:20Z',
        expected: ['2018-11-10 14:00', '2018-11-10 15:00'],
      },
    ],
    ['without a schedule is none', { of: null, now: '2018-11-10', expected: undefined }],
  ])('%s', (_, options) => {
    expect(first(options)).toEqual(options.expected);
  });
});

describe('Airflow’s example of a pause from 15:00 on 31 January to 15:00 on 2 February', () => {
  const now = '2022-02-02T15:00Z';
  test('intervals: the one of 1 February is run at once', () => {
    const last = ['2022-01-30', '2022-01-31'] as const;
    expect(first({ of: daily, start: '2022-01-01', now, last, expected: undefined })).toEqual([
      '2022-02-01 00:00',
      '2022-02-02 00:00',
    ]);
  });

  // Its page on timetables says 3 February; its code, and the test below, run the latest missed tick
  test('triggers: the tick of 2 February is run at once, that of the 1st never', () => {
    const last = '2022-01-31';
    expect(first({ of: cronTrigger('@daily'), start: '2022-01-01', now, last, expected: undefined })).toBe(
      '2022-02-02 00:00',
    );
  });

  test('with catchup both days are run, in order', () => {
    const options = { start: '2022-01-01', now, catchup: true, expected: undefined };
    expect(first({ ...options, of: daily, last: ['2022-01-30', '2022-01-31'] })).toEqual([
      '2022-01-31 00:00',
      '2022-02-01 00:00',
    ]);
    expect(first({ ...options, of: cronTrigger('@daily'), last: '2022-01-31' })).toBe('2022-02-01 00:00');
  });

  test('with catchup, intervals have no first run where neither a start date nor a last run says since when', () => {
    expect(first({ of: daily, now, catchup: true, expected: undefined })).toBeUndefined();
    expect(first({ of: cronTrigger('@daily'), now, catchup: true, expected: undefined })).toBe(
      '2022-02-03 00:00',
    );
  });
});

describe('Airflow’s test_interval_timetable', () => {
  const now = '2021-09-07';
  const hourly = [cron('@hourly'), every('1h')];

  test.each([undefined, ['2021-09-04', '2021-09-05'] as const])(
    'first starts at current time, after %j',
    (last) => {
      const options = { of: cron('30 16 * * *'), start: '2021-09-06', now, expected: undefined };
      expect(first(last === undefined ? options : { ...options, last })).toEqual([
        '2021-09-06 16:30',
        '2021-09-07 16:30',
      ]);
    },
  );

  test.each(hourly)('no catchup: the next interval ends at the current time, %j', (of) => {
    for (const last of [undefined, ['2021-09-04', '2021-09-05'] as const]) {
      const options = { of, start: '2021-09-04', now, expected: undefined };
      expect(first(last === undefined ? options : { ...options, last })).toEqual([
        '2021-09-06 23:00',
        '2021-09-07 00:00',
      ]);
    }
  });

  test.each(hourly)('catchup: the next interval starts at the end of the previous one, %j', (of) => {
    const last = ['2021-09-04', '2021-09-05'] as const;
    expect(first({ of, start: '2021-09-04', catchup: true, now, last, expected: undefined })).toEqual([
      '2021-09-05 00:00',
      '2021-09-05 01:00',
    ]);
  });
});

describe('Airflow’s test_trigger_timetable', () => {
  const atHalfPastFour = cronTrigger('30 16 * * *');
  const hourly = cronTrigger('@hourly');
  const daily = { of: atHalfPastFour, start: '2021-09-06', now: '2021-09-07' };
  const ahead = '2199-12-31T22:30Z';
  const noCatchup = { of: hourly, start: '2021-09-04', last: '2021-09-05' };
  const catchup = { of: hourly, start: '2021-09-04', catchup: true, now: '2022-07-27T12:00Z' };

  test.each<[string, First]>([
    ['first-run', { ...daily, expected: '2021-09-06 16:30' }],
    ['before-now', { ...daily, last: '2021-09-06T16:30Z', expected: '2021-09-07 16:30' }],
    ['after-now', { ...daily, last: '2021-09-07T16:30Z', expected: '2021-09-08 16:30' }],
    ['current_time_on_boundary', { ...noCatchup, now: '2022-07-27T00:00Z', expected: '2022-07-27 00:00' }],
    [
      'current_time_not_on_boundary',
      { ...noCatchup, now: '2022-07-27T00:30Z', expected: '2022-07-27 00:00' },
    ],
    [
      'current_time_miss_one_interval_not_on_boundary',
      { ...noCatchup, now: '2022-07-27T01:30Z', expected: '2022-07-27 01:00' },
    ],
    [
      'future_start_date',
      { ...noCatchup, start: ahead, now: '2022-07-27T00:30Z', expected: '2199-12-31 23:00' },
    ],
    ['last_automated_on_boundary', { ...catchup, last: '2022-07-27T00:00Z', expected: '2022-07-27 01:00' }],
    [
      'last_automated_not_on_boundary',
      { ...catchup, last: '2022-07-27T00:30Z', expected: '2022-07-27 01:00' },
    ],
    [
      'no_last_automated_with_earliest_on_boundary',
      { ...catchup, start: '2022-07-27T00:00Z', expected: '2022-07-27 00:00' },
    ],
    [
      'no_last_automated_with_earliest_not_on_boundary',
      { ...catchup, start: '2022-07-27T00:30Z', expected: '2022-07-27 01:00' },
    ],
  ])('%s', (_, options) => {
    expect(first(options)).toBe(options.expected);
  });

  test.each<[string, First]>([
    ['a fresh tick: it', { of: atHalfPastFour, now: '2021-09-07T18:54Z', expected: '2021-09-07 16:30' }],
    [
      'more than a tenth of the gap ago: the next',
      { of: atHalfPastFour, now: '2021-09-07T18:55Z', expected: '2021-09-08 16:30' },
    ],
    [
      'five minutes are fresh at any rate',
      { of: cronTrigger('*/10 * * * *'), now: '2021-09-07T18:15Z', expected: '2021-09-07 18:10' },
    ],
    [
      'so with catchup',
      { of: atHalfPastFour, catchup: true, now: '2021-09-07T20:00Z', expected: '2021-09-08 16:30' },
    ],
  ])('with neither a start date nor a run before, %s', (_, options) => {
    expect(first(options)).toBe(options.expected);
  });

  test('several crons without catchup: the latest missed tick of any', () => {
    const of = cronTrigger(['0 10 * * *', '30 10 * * *', '0 12 * * *']);
    const options = { of, start: '2021-09-01', now: '2021-09-07T10:40Z', expected: undefined };
    expect(first({ ...options, last: '2021-09-07T10:00Z' })).toBe('2021-09-07 10:30');
    expect(first({ ...options, last: '2021-09-07T10:30Z' })).toBe('2021-09-07 12:00');
  });
});

describe('timetables without ticks begin', () => {
  const now = '2018-11-10T15:00Z';
  test.each<[string, First]>([
    ['once: now', { of: once(), now, expected: '2018-11-10 15:00' }],
    [
      'once: at a start date in the past, whatever catchup says',
      { of: once(), start: '2018-11-01', now, expected: '2018-11-01 00:00' },
    ],
    ['once: at a start date ahead', { of: once(), start: '2018-12-01', now, expected: '2018-12-01 00:00' }],
    ['once: not again', { of: once(), now, last: '2018-11-01', expected: undefined }],
    ['once: not after the end date', { of: once(), end: '2018-11-09', now, expected: undefined }],
    ['continuous: now', { of: continuous(), now, expected: '2018-11-10 15:00' }],
    [
      'continuous: with all since the start date',
      { of: continuous(), start: '2018-11-10', now, expected: ['2018-11-10 00:00', '2018-11-10 15:00'] },
    ],
    [
      'continuous: with all since the last run',
      {
        of: continuous(),
        start: '2018-11-01',
        now,
        last: ['2018-11-10', '2018-11-10T14:00Z'],
        expected: ['2018-11-10 14:00', '2018-11-10 15:00'],
      },
    ],
    [
      'continuous: at a start date ahead',
      { of: continuous(), start: '2018-12-01', now, expected: '2018-12-01 00:00' },
    ],
    [
      'continuous: not after the end date',
      { of: continuous(), start: '2018-11-01', end: '2018-11-10', now, expected: undefined },
    ],
  ])('%s', (_, options) => {
    expect(first(options)).toEqual(options.expected);
  });
});

describe('for every timetable, zone and instant', () => {
  const timezone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Pacific/Apia',
  );
  const expression = fc.constantFrom(
    '30 2 * * *',
    '0 2,3 * * *',
    '*/20 1-3 * * *',
    '5 * * * *',
    '@monthly',
    '0 0 13 * FRI',
  );
  const timetable = fc.oneof(
    fc.tuple(expression, timezone).map(([text, timezone]): PeriodicTimetable => cron(text, { timezone })),
    fc
      .tuple(expression, timezone)
      .map(([text, timezone]): PeriodicTimetable => cronTrigger([text, '@daily'], { timezone })),
    fc.integer({ min: 60, max: 900_000 }).map((seconds): PeriodicTimetable => every(seconds * 1000)),
  );
  const instant = fc.date({
    min: new Date('2011-01-01T00:00Z'),
    max: new Date('2030-01-01T00:00Z'),
    noInvalidDate: true,
  });

  test('runs follow each other: intervals tile, and the run before the next one is this one', () => {
    fc.assert(
      fc.property(
        timetable,
        instant,
        fc.option(instant, { nil: undefined }),
        (timetable, after, startDate) => {
          const of = { timetable, startDate };
          const runs = computeNextRuns(of, after, 4);
          expect(runs).toHaveLength(4);
          for (const [index, run] of runs.entries()) {
            expect(run.fireTime > after && run.logicalDate >= (startDate ?? run.logicalDate)).toBe(true);
            const next = runs[index + 1];
            if (next === undefined) continue;
            expect(next.fireTime > run.fireTime).toBe(true);
            if (timetable.kind !== 'cron_trigger') expect(next.interval.start).toEqual(run.interval.end);
            expect(computePreviousRun(of, next.logicalDate)).toEqual(run);
          }
          const [from, to] = [runs[0]?.logicalDate ?? after, runs[3]?.logicalDate ?? after];
          expect([...listRuns(of, { from, to })]).toEqual(runs);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('without catchup at most one run is late, and no complete interval after it is left out', () => {
    fc.assert(
      fc.property(timetable, instant, instant, (timetable, now, startDate) => {
        const of = { timetable, startDate };
        const run = computeFirstRun({ ...of, catchup: false }, { now });
        expect(run).toBeDefined();
        if (run === undefined) return;
        const [next] = computeNextRuns(of, run.fireTime, 1);
        expect(next !== undefined && next.fireTime > now).toBe(true);
        if (run.fireTime > now) expect(computeNextRuns(of, now, 1)).toEqual([run]);
      }),
      { numRuns: 200 },
    );
  });
});

test('the run before a date is looked for before it, or before the end of the DAG when that is earlier', () => {
  const bounded = { timetable: cron('@daily'), endDate: new Date('2018-11-10') };
  const before = (date: string): string | undefined =>
    computePreviousRun(bounded, new Date(date))?.logicalDate.toISOString().slice(0, 10);
  expect(['2018-11-03', '2018-11-10', '2018-11-11', '2018-12-24'].map(before)).toEqual([
    '2018-11-02',
    '2018-11-09',
    '2018-11-10',
    '2018-11-10',
  ]);
});

test('of a DAG that runs once, no runs are none', () => {
  const bounded = { timetable: once(), startDate: new Date('2018-11-10') };
  expect(computeNextRuns(bounded, new Date('2018-11-01'), 0)).toEqual([]);
  expect(computeNextRuns(bounded, new Date('2018-11-01'), 2)).toHaveLength(1);
});
