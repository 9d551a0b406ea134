import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { decideAction, listBackfillDates } from '../../core/backfill-dates.js';
import { parseBackfillInput, parseDateRange } from '../../core/backfill-input.js';
import { cron } from '../../core/timetable.js';

const ASKED = { dagId: 'plays', from: '2018-11-01', to: '2018-11-30' };

describe('the input of a backfill', () => {
  test('has defaults', () => {
    expect(parseBackfillInput(ASKED)).toEqual({
      ...ASKED,
      reprocess: 'none',
      maxActiveRuns: 10,
      reverse: false,
      stopOnFailure: false,
      dryRun: false,
    });
  });

  test.each<[unknown, RegExp]>([
    ['2018-11-01', /is "2018-11-01", not an object/],
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
    ['Europe/Berlin', '2018-11-01T02:00', '2018-11-01T02:00Z', '2018-11-01T01:00:00.000Z', '2018-11-01T02:00:00.000Z'],
  ])('in %s from %s to %s', (timezone, from, to, first, last) => {
    const range = parseDateRange(from, to, timezone);
    expect([range.from.toISOString(), range.to.toISOString()]).toEqual([first, last]);
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
