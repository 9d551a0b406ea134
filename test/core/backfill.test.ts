import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { decideAction, listBackfillDates } from '../../core/backfill-dates.js';
import { parseBackfillInput, parseDateRange } from '../../core/backfill-input.js';
import { cron } from '../../core/timetable.js';
import { refusal } from './support/refusal.js';

const ASKED = { dagId: 'plays', from: '2018-11-01', to: '2018-11-30' };

describe('the input of a backfill', () => {
  test('has defaults', () => {
    expect(parseBackfillInput(ASKED)).toStrictEqual({
      ...ASKED,
      reprocess: 'none',
      maxActiveRuns: 10,
      reverse: false,
      stopOnFailure: false,
      dryRun: false,
    });
  });

  test('keeps what it says, with the id and the dates trimmed', () => {
    const asked = {
      ...ASKED,
      reprocess: 'failed',
      maxActiveRuns: 500,
      reverse: true,
      conf: { bucket: 'sparkify' },
      tasks: ['load', '^check_'],
      stopOnFailure: true,
      dryRun: true,
    };
    expect(parseBackfillInput({ ...asked, dagId: ' plays ', to: '2018-11-30\n' })).toEqual(asked);
  });

  test.each([1, 500])('has %d runs at once', (maxActiveRuns) => {
    expect(parseBackfillInput({ ...ASKED, maxActiveRuns })).toMatchObject({ maxActiveRuns });
  });

  test('null is the default: forms send it for what is left empty', () => {
    const empty = {
      reprocess: null,
      maxActiveRuns: null,
      reverse: null,
      conf: null,
      tasks: null,
      stopOnFailure: null,
      dryRun: null,
    };
    expect(parseBackfillInput({ ...ASKED, ...empty })).toEqual(parseBackfillInput(ASKED));
  });

  test.each<[unknown, RegExp]>([
    ['2018-11-01', /is "2018-11-01", not an object\. Give one JSON object such as \{"dagId"/],
    [
      { ...ASKED, dry_run: true },
      /has the unknown key "dry_run"\. Did you mean "dryRun"\? Known keys: dagId, from, to/,
    ],
    [{ ...ASKED, colour: 'red' }, /has the unknown key "colour"\. Known keys: dagId, from, to/],
    [
      { from: '2018-11-01', to: '2018-11-30' },
      /"dagId" of the backfill is missing\. It must be the id of a DAG/,
    ],
    [{ ...ASKED, to: ' ' }, /"to" of the backfill is " "\. It must be a date such as "2018-11-01"/],
    [{ ...ASKED, reverse: 1 }, /"reverse" of the backfill is 1\. It must be true or false/],
    [{ ...ASKED, dryRun: 'yes' }, /"dryRun" of the backfill is "yes"\. It must be true or false/],
    [
      { ...ASKED, reprocess: 'all' },
      /"reprocess" of the backfill is "all"\. It must be one of none, failed, completed/,
    ],
    [{ ...ASKED, maxActiveRuns: 0 }, /is 0\. It must be a whole number from 1 to 500/],
    [
      { ...ASKED, tasks: ['load', 7] },
      /"tasks" of the backfill is \["load",7\]\. It must be a list of task ids/,
    ],
    [{ ...ASKED, tasks: [''] }, /"tasks" of the backfill is \[""\]/],
    [{ ...ASKED, from: 20181101 }, /"from" of the backfill is 20181101/],
    [
      { ...ASKED, stopOnFailure: 'yes' },
      /"stopOnFailure" of the backfill is "yes"\. It must be true or false/,
    ],
    [{ ...ASKED, tasks: [] }, /"tasks" of the backfill is \[\]/],
    [{ ...ASKED, conf: [] }, /"conf" of the backfill is \[\]\. It must be an object/],
    [{ ...ASKED, maxActiveRuns: 501 }, /"maxActiveRuns" of the backfill is 501/],
  ])('%j is refused', (input, message) => {
    expect(() => parseBackfillInput(input)).toThrow(message);
  });
});

describe('a range of dates', () => {
  test.each([
    ['UTC', '2018-11-01', '2018-11-30', '2018-11-01T00:00:00.000Z', '2018-11-30T23:59:59.999Z'],
    ['Europe/Berlin', '2018-10-28', '2018-10-28', '2018-10-27T22:00:00.000Z', '2018-10-28T22:59:59.999Z'],
    ['UTC', '2018-11-01T02:00', '2018-11-01T02:00', '2018-11-01T02:00:00.000Z', '2018-11-01T02:00:00.000Z'],
    ['Europe/Berlin', '2018-11-01T02:00', '2018-11-01T02:00Z', '2018-11-01T01:00:00.000Z', '2018-11-01T02:00:00.000Z'],
  ])('in %s from %s to %s', (timezone, from, to, first, last) => {
    const range = parseDateRange(from, to, timezone);
    expect([range.from.toISOString(), range.to.toISOString()]).toEqual([first, last]);
  }); // prettier-ignore

  test.each([
    ['2018-11-30', '2018-11-01', 'goes from 2018-11-30 to 2018-11-01: its end is before its beginning. Swap "from" and "to"'],
    ['2018-11-31', '2018-12-01', '"from" of the backfill is "2018-11-31". It must be a date such as "2018-11-01", or an instant'],
    ['2018-11-01', 'tomorrow', '"to" of the backfill is "tomorrow". It must be a date'],
    ['2018-11-01', '2018-13-01', '"to" of the backfill is "2018-13-01". It must be a date'],
  ])('from %s to %s is refused', (from, to, message) => {
    expect(refusal(() => parseDateRange(from, to, 'UTC'))).toMatchObject({
      code: 'INVALID_BACKFILL',
      message: expect.stringContaining(message),
    });
  }); // prettier-ignore
});

test.each([
  ['none', ['run', 'in_flight', 'skip', 'skip']],
  ['failed', ['run', 'in_flight', 'skip', 'run']],
  ['completed', ['run', 'in_flight', 'run', 'run']],
] as const)('reprocess %s: no run, in flight, success, failed', (reprocess, actions) => {
  const runs = ['none', 'running', 'success', 'failed'] as const;
  expect(runs.map((existing) => decideAction(reprocess, existing))).toEqual(actions);
});

describe('newest first', () => {
  const daily = { timetable: cron('0 0 * * *') };
  const list = (from: string, to: string, total: number): readonly (string | undefined)[] =>
    [...listBackfillDates(daily, { from: new Date(from), to: new Date(to) }, { reverse: true, total })].map(
      ({ logicalDate }) => logicalDate.toISOString().slice(0, 10),
    );

  test('goes from the last date to the first, both inclusive', () => {
    expect(list('2018-11-01', '2018-11-03', 3)).toEqual(['2018-11-03', '2018-11-02', '2018-11-01']);
    expect(list('2018-11-02', '2018-11-02', 1)).toEqual(['2018-11-02']);
    expect(list('2018-11-02T01:00Z', '2018-11-02T23:00Z', 0)).toEqual([]);
  });

  test('has each date once where a listing ends and the next one begins', () => {
    const elevenDays = Array.from({ length: 11 }, (_, day) => `2018-11-${String(11 - day).padStart(2, '0')}`);
    for (const total of [1, 201, 1_000, 20_000]) {
      expect(list('2018-11-01', '2018-11-11', total)).toEqual(elevenDays);
    }
  });
});

test('the newest date is there at once, however many there are', () => {
  const minutely = { timetable: cron('* * * * *') };
  const range = { from: new Date('2000-01-01'), to: new Date('2018-11-01') };
  const [newest] = listBackfillDates(minutely, range, { reverse: true, total: 9_900_000 });
  expect(newest?.logicalDate).toEqual(range.to);
});

test('newest first is oldest first backwards, whatever the timetable and the range', () => {
  const expressions = ['0 0 * * *', '*/7 * * * *', '0 3 1 * *', '0 0 29 2 *', '30 2 * * 1,5'];
  const property = fc.property(
    fc.constantFrom(...expressions),
    fc.constantFrom('UTC', 'Europe/Berlin'),
    fc.integer({ min: 0, max: 700 }),
    (expression, timezone, hours) => {
      const from = new Date('2018-10-20T05:00:00Z');
      const range = { from, to: new Date(from.getTime() + hours * 3_600_000) };
      const bounded = { timetable: cron(expression, { timezone }) };
      const forwards = [...listBackfillDates(bounded, range, { reverse: false, total: 0 })];
      const backwards = listBackfillDates(bounded, range, { reverse: true, total: forwards.length });
      expect([...backwards].toReversed()).toEqual(forwards);
    },
  );
  fc.assert(property, { numRuns: 60 });
});
