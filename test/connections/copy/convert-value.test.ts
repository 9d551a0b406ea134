import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import type { Cell, ConvertOptions } from '../../../connections/copy/cell.js';
import { createConverter } from '../../../connections/copy/convert-value.js';
import { findRawJson } from '../../../connections/copy/raw-json.js';
import type { ColumnType } from '../../../connections/copy/target-columns.js';

const PLAIN: ConvertOptions = {
  timeFormat: 'auto',
  emptyAsNull: false,
  blanksAsNull: false,
  truncateColumns: false,
  roundDec: false,
  nullAs: undefined,
};
const NULL = '\\N';

/** Converts a value given as its JSON source. */
function convert(type: ColumnType, json: string, options: Partial<ConvertOptions> = {}): Cell {
  return createConverter(type, { ...PLAIN, ...options })(JSON.parse(json), () => findRawJson(json, []) ?? '');
}

function expectCell(cell: Cell, expected: string | RegExp): void {
  if (typeof expected === 'string') expect(cell).toBe(expected);
  else expect(cell).toEqual({ reason: expect.stringMatching(expected) });
}

const int2: ColumnType = { kind: 'integer', bits: 16 };
const int4: ColumnType = { kind: 'integer', bits: 32 };
const int8: ColumnType = { kind: 'integer', bits: 64 };
const float4: ColumnType = { kind: 'float', bits: 32 };
const float8: ColumnType = { kind: 'float', bits: 64 };
const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale });
const varchar = (maxBytes: number | undefined): ColumnType => ({ kind: 'text', maxBytes, fixed: false });
const char = (maxBytes: number): ColumnType => ({ kind: 'text', maxBytes, fixed: true });
const timestamp: ColumnType = { kind: 'timestamp', zoned: false };
const timestamptz: ColumnType = { kind: 'timestamp', zoned: true };
const date: ColumnType = { kind: 'date' };
const bool: ColumnType = { kind: 'boolean' };

describe('integers', () => {
  test.each<[ColumnType, string, string | RegExp]>([
    [int4, '39', '39'],
    [int4, '"39"', '39'],
    [int4, '" 39 "', '39'],
    [int4, '"+7"', '7'],
    [int4, '"-0"', '0'],
    [int4, '""', NULL],
    [int4, '"  "', NULL],
    [int4, 'null', NULL],
    [int4, '200.0', '200'],
    [int4, '1e3', '1000'],
    [int4, '1.5', /invalid digit/],
    [int4, '"1.0"', /invalid digit, value '1.0'/],
    [int4, '"a"', /invalid digit, value 'a'/],
    [int4, 'true', /not a number/],
    [int4, '{}', /not a number/],
    [int4, '2147483647', '2147483647'],
    [int4, '2147483648', /out of range for a 32-bit/],
    [int4, '"2147483648"', /out of range/],
    [int4, '-2147483648', '-2147483648'],
    [int2, '32767', '32767'],
    [int2, '"-32769"', /out of range for a 16-bit/],
    [int8, '1540919166796.0', '1540919166796'],
    [int8, '9007199254740993', '9007199254740993'],
    [int8, '9223372036854775807', '9223372036854775807'],
    [int8, '"9223372036854775808"', /out of range for a 64-bit/],
    [int8, '-9223372036854775808', '-9223372036854775808'],
    [int8, '1e18', '1000000000000000000'],
    [int8, '1e400', /invalid digit/],
  ])('%j takes %s as %s', (type, json, expected) => expectCell(convert(type, json), expected));
});

describe('floats', () => {
  test.each<[ColumnType, string, string | RegExp]>([
    [float8, '246.30812', '246.30812'],
    [float8, '"246.30812"', '246.30812'],
    [float8, '".5"', '0.5'],
    [float8, '""', NULL],
    [float8, '"NaN"', 'NaN'],
    [float8, '"x"', /invalid digit/],
    [float8, '"."', /invalid digit/],
    [float8, '"0x10"', /invalid digit/],
    [float8, '1e400', /out of range/],
    [float4, '1e39', /out of range for a 32-bit float/],
    [float4, '1e-60', /too small/],
    [float4, '1.5', '1.5'],
  ])('%j takes %s as %s', (type, json, expected) => expectCell(convert(type, json), expected));
});

describe('decimals are cut to the scale', () => {
  test.each<[ColumnType, string, string | RegExp, boolean]>([
    [decimal(18, 0), '37.77916', '37', false],
    [decimal(18, 0), '37.77916', '38', true],
    [decimal(9, 5), '32.748639', '32.74863', false],
    [decimal(9, 5), '32.748639', '32.74864', true],
    [decimal(5, 2), '-1.999', '-1.99', false],
    [decimal(5, 2), '-1.995', '-2.00', true],
    [decimal(5, 2), '999.99', '999.99', false],
    [decimal(5, 2), '999.995', '999.99', false],
    [decimal(5, 2), '999.995', /out of range for NUMERIC\(5,2\)/, true],
    [decimal(5, 2), '1000', /out of range/, false],
    [decimal(5, 2), '"-0.001"', '0.00', false],
    [decimal(5, 2), '"1e2"', '100.00', false],
    [decimal(5, 2), '"15e-1"', '1.50', false],
    [decimal(5, 2), '1e-7', '0.00', false],
    [decimal(38, 20), '0.12345678901234567890', '0.12345678901234567890', false],
    [decimal(38, 0), '12345678901234567890123', '12345678901234567890123', false],
    [decimal(5, 2), '""', NULL, false],
    [decimal(5, 2), '"1,5"', /invalid digit/, false],
    [decimal(5, 2), '"NaN"', /invalid digit/, false],
    [{ kind: 'number' }, '3.141592653589793238', '3.141592653589793238', false],
    [{ kind: 'number' }, '"pi"', /invalid digit/, false],
  ])('%j takes %s as %s (roundDec %s)', (type, json, expected, roundDec) =>
    expectCell(convert(type, json, { roundDec }), expected),
  );

  test('cutting never changes the digits that stay', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.nat(99), fc.nat(99), (whole, kept, cut) => {
        const text = `${whole}.${String(kept).padStart(2, '0')}`;
        expect(convert(decimal(8, 2), `"${text}${cut}"`)).toBe(text);
      }),
    );
  });
});

describe('text', () => {
  test.each<[ColumnType, string, string | RegExp, Partial<ConvertOptions>]>([
    [varchar(10), '"abc"', 'abc', {}],
    [varchar(10), '""', '', {}],
    [varchar(10), '""', NULL, { emptyAsNull: true }],
    [varchar(10), '" \\t "', ' \\t ', {}],
    [varchar(10), '" \\t "', NULL, { blanksAsNull: true }],
    [varchar(10), '""', '', { blanksAsNull: true }],
    [varchar(10), '" "', ' ', { emptyAsNull: true }],
    [varchar(10), 'null', NULL, {}],
    [varchar(10), '"\\\\N"', '\\\\N', {}],
    [varchar(10), '"\\\\N"', NULL, { nullAs: '\\N' }],
    [varchar(20), '"a\\tb\\nc\\rd\\\\e"', 'a\\tb\\nc\\rd\\\\e', {}],
    [varchar(3), '"abcd"', /4 bytes are too long for VARCHAR\(3\), value 'abcd'/, {}],
    [varchar(3), '"éé"', /4 bytes/, {}],
    [varchar(3), '"éé"', 'é', { truncateColumns: true }],
    [varchar(5), '"a😀b"', 'a😀', { truncateColumns: true }],
    [varchar(4), '"a😀b"', 'a', { truncateColumns: true }],
    [varchar(4), '"😀"', '😀', {}],
    [varchar(undefined), `"${'x'.repeat(70_000)}"`, 'x'.repeat(70_000), {}],
    [char(4), '"abc"', 'abc', {}],
    [char(4), '"é"', /single-byte/, {}],
    [varchar(20), '1.10', '1.10', {}],
    [varchar(20), '12345678901234567890', '12345678901234567890', {}],
    [varchar(20), 'true', 'true', {}],
    [varchar(40), '{"a": [1, 2.50]}', '{"a": [1, 2.50]}', {}],
    [varchar(10), '"a\\u0000b"', /NUL/, {}],
    [varchar(10), '"\\ud800"', /surrogate/, {}],
    [{ kind: 'json' }, '{"a": 1.0}', '{"a": 1.0}', {}],
    [{ kind: 'json' }, '"x"', '"x"', {}],
    [{ kind: 'json' }, 'null', NULL, {}],
    [{ kind: 'other' }, '"x"', 'x', {}],
    [{ kind: 'other' }, '""', NULL, {}],
  ])('%j takes %s as %s with %j', (type, json, expected, options) =>
    expectCell(convert(type, json, options), expected),
  );
});

describe('booleans', () => {
  test.each<[string, string | RegExp]>([
    ['true', 't'],
    ['false', 'f'],
    ['"YES"', 't'],
    ['"n"', 'f'],
    ['1', 't'],
    ['"0"', 'f'],
    ['""', NULL],
    ['2', /not a boolean/],
    ['"maybe"', /not a boolean/],
    ['[]', /not a boolean/],
  ])('%s is %s', (json, expected) => expectCell(convert(bool, json), expected));
});

describe('dates and times', () => {
  test.each<[ColumnType, string, string | RegExp]>([
    [timestamp, '"2018-11-02T01:25:34.796Z"', '2018-11-02 01:25:34.796'],
    [timestamp, '"2018-11-02 01:25:34"', '2018-11-02 01:25:34'],
    [timestamp, '"2018-11-02"', '2018-11-02 00:00:00'],
    [timestamp, '"20181102"', '2018-11-02 00:00:00'],
    [timestamp, '"2018/11/02 1:25"', '2018-11-02 01:25:00'],
    [timestamp, '"2018-11-02T01:25:34.123456789+02:30"', '2018-11-01 22:55:34.123456'],
    [timestamptz, '"2018-11-02T01:25:34-08"', '2018-11-02 09:25:34+00'],
    [timestamptz, '"2018-11-02T01:25:34"', '2018-11-02 01:25:34+00'],
    [timestamp, '"2018-02-29"', /not a date and time/],
    [timestamp, '"2020-02-29"', '2020-02-29 00:00:00'],
    [timestamp, '"1900-02-29"', /not a date/],
    [timestamp, '"2018-13-01"', /not a date/],
    [timestamp, '"2018-11-02 24:00:00"', /not a date/],
    [timestamp, '"0001-01-01"', '0001-01-01 00:00:00'],
    [timestamp, '"0001-01-01T00:00:00+01"', /not a date/],
    [timestamp, '"yesterday"', /not a date/],
    [timestamp, '""', NULL],
    [timestamp, '1541105830796', /timeFormat/],
    [date, '"2018-11-02"', '2018-11-02'],
    [date, '"2018-11-02T23:59:59Z"', '2018-11-02'],
    [date, '"02.11.2018"', /not a date/],
  ])('%j takes %s as %s', (type, json, expected) => expectCell(convert(type, json), expected));

  test.each<[ColumnType, 'epochsecs' | 'epochmillisecs', string, string | RegExp]>([
    [timestamp, 'epochmillisecs', '1541105830796', '2018-11-01 20:57:10.796'],
    [timestamp, 'epochmillisecs', '1541105830796.0', '2018-11-01 20:57:10.796'],
    [timestamp, 'epochmillisecs', '"1541105830796"', '2018-11-01 20:57:10.796'],
    [timestamp, 'epochmillisecs', '"1541105830796.0"', '2018-11-01 20:57:10.796'],
    [timestamp, 'epochmillisecs', '1541105830007', '2018-11-01 20:57:10.007'],
    [timestamp, 'epochmillisecs', '-1', '1969-12-31 23:59:59.999'],
    [timestamp, 'epochmillisecs', '0', '1970-01-01 00:00:00'],
    [timestamptz, 'epochmillisecs', '0', '1970-01-01 00:00:00+00'],
    [timestamp, 'epochmillisecs', '0.5', /not whole milliseconds/],
    [timestamp, 'epochmillisecs', '"2018-11-02"', /not a number of milliseconds/],
    [timestamp, 'epochmillisecs', '9e15', /outside the years/],
    [timestamp, 'epochmillisecs', '""', NULL],
    [timestamp, 'epochsecs', '1541105830', '2018-11-01 20:57:10'],
    [timestamp, 'epochsecs', '1541105830796', /outside the years/],
    [date, 'epochmillisecs', '"2018-11-02"', '2018-11-02'],
  ])('%j with %s takes %s as %s', (type, timeFormat, json, expected) =>
    expectCell(convert(type, json, { timeFormat }), expected),
  );

  test('every millisecond comes out as ISO writes it', () => {
    const limits = { min: Date.parse('0001-01-01T00:00:00Z'), max: Date.parse('9999-12-31T23:59:59.999Z') };
    fc.assert(
      fc.property(fc.integer(limits), (ms) => {
        const iso = new Date(ms)
          .toISOString()
          .replace('T', ' ')
          .replace(/(\.000)?Z$/, '');
        expect(convert(timestamp, String(ms), { timeFormat: 'epochmillisecs' })).toBe(iso);
        expect(convert(timestamp, JSON.stringify(new Date(ms)))).toBe(iso.includes('.') ? iso : `${iso}.000`);
      }),
    );
  });
});

describe('the source text of a value', () => {
  test('is found wherever it is', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1, maxKeys: 5 }),
        (row) => {
          const text = JSON.stringify(row, null, 1);
          const parsed = JSON.parse(text) as Record<string, unknown>;
          for (const key of Object.keys(parsed)) {
            expect(JSON.parse(findRawJson(text, [key]) ?? '?')).toEqual(parsed[key]);
          }
        },
      ),
    );
  });
  test.each<[string, (string | number)[], string | undefined]>([
    ['{"a":1,"a":2.50}', ['a'], '2.50'],
    ['{"a":{"b":[0,{"c":1.0}]}}', ['a', 'b', 1, 'c'], '1.0'],
    ['{"\\u0061":"x"}', ['a'], '"x"'],
    ['[10,[20 ] ]', [1, 0], '20'],
    ['{"a":1}', ['b'], undefined],
    ['[1]', [1], undefined],
    ['{"0":1}', [0], undefined],
  ])('%s at %j is %s', (text, steps, expected) => expect(findRawJson(text, steps)).toBe(expected));
});
