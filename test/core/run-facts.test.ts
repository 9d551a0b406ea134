/** A run's input, its instants, and the context that its code sees, in Airflow's formats. */
import { describe, expect, test } from '@jest/globals';
import {
  createRunContext,
  formatRunId,
  formatTs,
  parseInstant,
  parseRunInput,
} from '../../core/run-facts.js';
import { refusal } from './support/refusal.js';

const context = (logicalDate: string): ReturnType<typeof createRunContext> =>
  createRunContext({
    dagId: 'd',
    runId: 'manual__x',
    runType: 'manual',
    logicalDate,
    dataInterval: ['2018-01-01T00:00:00.000Z', '2018-01-02T00:00:00.000Z'],
    conf: { mode: 'day' },
    params: { mode: 'day', bucket: 'sparkify' },
  });

describe('the names of a date are Airflow’s', () => {
  test.each([
    [
      '2018-01-01T00:00:00.000Z',
      '2018-01-01',
      '20180101',
      '2018-01-01T00:00:00+00:00',
      '20180101T000000',
      '20180101T000000+0000',
    ],
    [
      '2018-12-31T23:59:59.000Z',
      '2018-12-31',
      '20181231',
      '2018-12-31T23:59:59+00:00',
      '20181231T235959',
      '20181231T235959+0000',
    ],
    // Python writes six digits of a second, and only when there are some
    [
      '2018-11-02T02:00:00.120Z',
      '2018-11-02',
      '20181102',
      '2018-11-02T02:00:00.120000+00:00',
      '20181102T020000',
      '20181102T020000.120000+0000',
    ],
    [
      '0800-01-01T00:00:00.000Z',
      '0800-01-01',
      '08000101',
      '0800-01-01T00:00:00+00:00',
      '08000101T000000',
      '08000101T000000+0000',
    ],
  ])('%s', (logicalDate, ds, dsNodash, ts, tsNodash, tsNodashWithTz) => {
    expect(context(logicalDate)).toMatchObject({ ds, dsNodash, ts, tsNodash, tsNodashWithTz });
  });

  test.each([
    ['scheduled', '2018-11-02T02:00:00.000Z', 'scheduled__2018-11-02T02:00:00+00:00'],
    ['manual', '2018-11-02T02:00:00.007Z', 'manual__2018-11-02T02:00:00.007000+00:00'],
    ['backfill', '2018-11-02T02:00:00.000Z', 'backfill__2018-11-02T02:00:00+00:00'],
  ] as const)('the id of a %s run', (runType, date, expected) => {
    expect(formatRunId(runType, new Date(date))).toBe(expected);
    expect(expected.endsWith(formatTs(new Date(date)))).toBe(true);
  });
});

test('the context is frozen, and its instants are Dates', () => {
  const run = context('2018-01-01T00:00:00.000Z');
  expect(run).toMatchObject({
    dagId: 'd',
    runType: 'manual',
    params: { mode: 'day', bucket: 'sparkify' },
    conf: { mode: 'day' },
    logicalDate: new Date('2018-01-01T00:00:00Z'),
    dataInterval: { start: new Date('2018-01-01T00:00:00Z'), end: new Date('2018-01-02T00:00:00Z') },
  });
  expect(() => Object.assign(run, { ds: 'x' })).toThrow(TypeError);
  expect(() => Object.assign(run.dataInterval, { start: 'x' })).toThrow(TypeError);
});

describe('an instant is a date, or a time that is UTC unless it says otherwise', () => {
  test.each([
    ['2018-11-02', '2018-11-02T00:00:00.000Z'],
    ['2018-11-02T02:00', '2018-11-02T02:00:00.000Z'],
    ['2018-11-02T02:00:30', '2018-11-02T02:00:30.000Z'],
    ['2018-11-02T02:00:30Z', '2018-11-02T02:00:30.000Z'],
    ['2018-11-02T02:00:30.5Z', '2018-11-02T02:00:30.500Z'],
    ['2018-11-02T02:00:30.123456789Z', '2018-11-02T02:00:30.123Z'],
    ['2018-11-02T02:00:30.123456+00:00', '2018-11-02T02:00:30.123Z'],
    ['2018-11-02T02:00+05:30', '2018-11-01T20:30:00.000Z'],
    ['2018-11-02T02:00:00-0800', '2018-11-02T10:00:00.000Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s', (text, expected) => {
    expect(parseInstant(text).toISOString()).toBe(expected);
  });

  test.each<unknown>([
    '2018-02-30',
    '2018-02-29',
    '2018-13-01',
    '2018-00-10',
    '2018-11-31T02:00',
    '2018-11-00',
    '0000-01-01',
    '2018-11-02T24:00',
    '2018-11-02T25:00',
    '2018-11-02T02:60',
    '2018-11-02T02:00:60Z',
    '2018-11-02T02:00:00+15:00',
    '2018-11-02T02:00:00+02:60',
    '2018-11-02 02:00',
    '2018-11-02T02',
    '2018-11-02Z',
    '2018-11-02T02:00z',
    ' 2018-11-02',
    '2018-11-02\n',
    '20181102',
    '2018-W44-5',
    '2 November 2018',
    '1541116800',
    '',
    'yesterday',
    '+012018-11-02',
    '2018-11-02T02:00:30.1234567890Z',
    '٢٠١٨-١١-٠٢',
    null,
    undefined,
    1541116800000,
    5n,
    {},
    ['2018-11-02'],
    new Date(0),
  ])('%p is refused', (text) => {
    // prettier-ignore
    expect(refusal(() => parseInstant(text))).toMatchObject({
      code: 'INVALID_RUN_INPUT',
      message: expect.stringMatching(/ is not a date\. Write "2018-11-02" or "2018-11-02T02:00:00Z"\.$/),
    });
  });
});

describe('the input of a run is nothing, or one object', () => {
  test.each<[unknown, object]>([
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ conf: {} }, { conf: {} }],
    [{ conf: { mode: 'day', deep: [{ a: null }] } }, { conf: { mode: 'day', deep: [{ a: null }] } }],
    [{ logicalDate: '2018-11-02' }, { logicalDate: '2018-11-02T00:00:00.000Z' }],
    [{ logicalDate: undefined, conf: undefined }, {}],
    [
      { logicalDate: '2018-11-02T02:00:00+02:00', conf: { a: 1 } },
      { logicalDate: '2018-11-02T00:00:00.000Z', conf: { a: 1 } },
    ],
  ])('%j', (input, expected) => {
    expect(parseRunInput(input)).toEqual(expected);
  });

  test('what it gives can be given again', () => {
    const input = parseRunInput({ logicalDate: '2018-11-02T02:00:00+02:00', conf: { a: 1 } });
    expect(parseRunInput(input)).toEqual(input);
  });

  test.each<[unknown, string]>([
    [
      '2018-11-02',
      'The run\'s input is "2018-11-02", not an object. Give nothing, or one JSON object such as {"logicalDate"',
    ],
    ['{"conf":{}}', 'The run\'s input is "{\\"conf\\":{}}", not an object'],
    [[], "The run's input is [], not an object"],
    [[{ conf: {} }], 'The run\'s input is [{"conf":{}}], not an object'],
    [5, "The run's input is 5, not an object"],
    [false, "The run's input is false, not an object"],
    [{ mode: 'day' }, 'has the unknown key "mode". Give nothing'],
    [{ logical_date: '2018-11-02' }, 'has the unknown key "logical_date". Did you mean "logicalDate"?'],
    [{ Conf: {} }, 'has the unknown key "Conf". Did you mean "conf"?'],
    [JSON.parse('{"__proto__":{"conf":{}}}'), 'has the unknown key "__proto__"'],
    [{ conf: null }, 'has the "conf" null, which is not an object'],
    [{ conf: '{"mode":"day"}' }, 'has the "conf" "{\\"mode\\":\\"day\\"}", which is not an object'],
    [{ conf: [1] }, 'has the "conf" [1], which is not an object'],
    [{ logicalDate: null }, 'null is not a date. Write "2018-11-02"'],
    [{ logicalDate: 1541116800000 }, '1541116800000 is not a date'],
    [{ logicalDate: '2018-02-30' }, '"2018-02-30" is not a date'],
    [{ logicalDate: '' }, '"" is not a date'],
  ])('%j is refused', (input, message) => {
    expect(refusal(() => parseRunInput(input))).toMatchObject({
      code: 'INVALID_RUN_INPUT',
      message: expect.stringContaining(message),
    });
  });

  test('a huge input is not repeated whole', () => {
    const error = refusal(() => parseRunInput('x'.repeat(1_000_000)));
    expect((error as Error).message.length).toBeLessThan(300);
  });
});
