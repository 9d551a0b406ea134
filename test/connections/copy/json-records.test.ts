import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { JsonRecordReader } from '../../../connections/copy/json-records.js';
import { MAX_ROW_BYTES, type JsonRow } from '../../../connections/copy/record.js';

interface Seen {
  readonly rows: readonly { readonly row: JsonRow; readonly line: number }[];
  readonly rejects: readonly { readonly reason: string; readonly line: number }[];
}

/** Reads the chunks as one file. */
function read(chunks: readonly (string | Buffer)[]): Seen {
  const rows: { row: JsonRow; line: number }[] = [];
  const rejects: { reason: string; line: number }[] = [];
  const reader = new JsonRecordReader({
    row: (row, _text, line) => rows.push({ row, line }),
    reject: (reason, _raw, line) => rejects.push({ reason, line }),
  });
  for (const chunk of chunks) reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  reader.end();
  return { rows, rejects };
}

function rowsOf(...chunks: readonly (string | Buffer)[]): readonly JsonRow[] {
  const seen = read(chunks);
  expect(seen.rejects).toEqual([]);
  return seen.rows.map(({ row }) => row);
}

function cutAt(bytes: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

describe('one record a line', () => {
  test('each line is a row, with its line number', () => {
    expect(read(['{"a":1}\n{"a":2}\n']).rows).toEqual([
      { row: { a: 1 }, line: 1 },
      { row: { a: 2 }, line: 2 },
    ]);
  });

  test('the last line needs no newline', () =>
    expect(rowsOf('{"a":1}\n{"a":2}')).toEqual([{ a: 1 }, { a: 2 }]));
  test('blank lines are no rows but count as lines', () => {
    expect(read(['\n  \r\n{"a":1}\n\n']).rows).toEqual([{ row: { a: 1 }, line: 3 }]);
  });
  test('lines may end in CRLF', () => expect(rowsOf('{"a":1}\r\n{"a":2}\r\n')).toEqual([{ a: 1 }, { a: 2 }]));
  test('a byte order mark is no data', () => expect(rowsOf('\ufeff{"a":1}\n')).toEqual([{ a: 1 }]));
  test('an empty file has no rows', () => expect(read([])).toEqual({ rows: [], rejects: [] }));
  test('a file of blanks has no rows', () => expect(read([' \n\t\n '])).toEqual({ rows: [], rejects: [] }));
  test('of a repeated key the last value counts', () => expect(rowsOf('{"a":1,"a":2}')).toEqual([{ a: 2 }]));
  test('a root-level array is one row', () => expect(rowsOf('[1,2]\n[3]')).toEqual([[1, 2], [3]]));
});

describe('records in other shapes', () => {
  test('pretty-printed objects', () => {
    const text = [{ a: 1, b: { c: [1, 2] } }, { a: '}{' }]
      .map((row) => JSON.stringify(row, null, 2))
      .join('\n');
    expect(read([text])).toEqual({
      rows: [
        { row: { a: 1, b: { c: [1, 2] } }, line: 1 },
        { row: { a: '}{' }, line: 10 },
      ],
      rejects: [],
    });
  });
  test('objects without anything between them', () => {
    expect(rowsOf('{"a":1}{"a":"\\"}{"}[3]{}')).toEqual([{ a: 1 }, { a: '"}{' }, [3], {}]);
  });
  test('concatenated objects, then lines', () => {
    expect(read(['{"a":1} {"a":2}\n{"a":3}\n']).rows.map(({ line }) => line)).toEqual([1, 1, 2]);
  });
  test('more than a megabyte without a newline', () => {
    const row = { text: 'x'.repeat(1000) };
    const bytes = Buffer.from(JSON.stringify(row).repeat(3000));
    const chunks = cutAt(
      bytes,
      Array.from({ length: 50 }, (_, index) => index * 64_000),
    );
    expect(rowsOf(...chunks)).toHaveLength(3000);
  });
});

describe('bad records', () => {
  test.each([
    ['a scalar', '12\n', /must be a JSON object or array/],
    ['a comma between records', '{"a":1},{"a":2}\n', /must be a JSON object or array/],
    ['unquoted keys', '{a:1}\n', /invalid JSON/],
    ['text not closed on its line', '{"a":"x\n', /not closed/],
    ['a wrong bracket', '{"a":[1}\n', /unexpected }/],
    ['a truncated file', '{"a":1', /ends inside the record that begins on line 1/],
    ['a file truncated in its text', '{"a":"1', /ends inside the record/],
    ['nesting without end', `${'['.repeat(1001)}\n`, /nested deeper/],
  ])('%s is rejected', (_name, text, reason) => {
    const seen = read([text]);
    expect(seen.rows.filter(({ row }) => 'b' in row)).toEqual([]);
    expect(seen.rejects[0]?.reason).toMatch(reason);
    expect(seen.rejects[0]?.line).toBe(1);
  });

  test.each([
    ['broken off in the middle', '{"a":1\n'],
    ['broken off after a comma', '{"a":1,\n'],
    ['broken off inside a text', '{"a":"x\n'],
    ['not JSON at all', 'oops\n'],
    ['with a wrong literal', '{"a":nul}\n'],
    ['with garbage behind it', '{"a":1}garbage\n'],
  ])('a record %s does not swallow the records after it', (_name, bad) => {
    const seen = read([`{"n":1}\n${bad}{"n":2}\n{"n":3}\n`]);
    expect(seen.rows.filter(({ row }) => 'n' in row).map(({ row }) => row)).toEqual([
      { n: 1 },
      { n: 2 },
      { n: 3 },
    ]);
    expect(seen.rejects).toHaveLength(1);
    expect(seen.rejects[0]?.line).toBe(2);
    expect(seen.rows.at(-1)?.line).toBe(4);
  });

  test('wrong UTF-8 is rejected, a real replacement character is not', () => {
    const seen = read([
      Buffer.from('{"a":"\ufffd"}\n'),
      Buffer.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xe9, 0x22, 0x7d, 0x0a]),
    ]);
    expect(seen.rows).toEqual([{ row: { a: '\ufffd' }, line: 1 }]);
    expect(seen.rejects).toEqual([{ reason: 'the record is not valid UTF-8', line: 2 }]);
  });
  test('UTF-16 is named as what it is', () => {
    expect(read([Buffer.from('\ufeff{"a":1}', 'utf16le')]).rejects[0]?.reason).toMatch(/UTF-16/);
  });
  test('a row over 4 MB is rejected, the row after it is read', () => {
    const huge = Buffer.from(`{"a":"${'x'.repeat(MAX_ROW_BYTES)}"}\n{"a":1}\n`);
    const seen = read(
      cutAt(
        huge,
        Array.from({ length: 60 }, (_, index) => index * 70_000),
      ),
    );
    expect(seen.rejects).toEqual([{ reason: 'the record is larger than 4 MB', line: 1 }]);
    expect(seen.rows).toEqual([{ row: { a: 1 }, line: 2 }]);
  });
  test('a row just under 4 MB is read', () => {
    expect(rowsOf(`{"a":"${'x'.repeat(MAX_ROW_BYTES - 8)}"}\n`)).toHaveLength(1);
  });
});

describe('wherever the chunks are cut', () => {
  const value = fc.dictionary(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), {
    maxKeys: 5,
  });
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  test('lines read as JSON.parse reads them', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), cuts, (rows, where) => {
        const text = rows.map((row) => JSON.stringify(row)).join('\n');
        const expected = text
          .split('\n')
          .filter((line) => line !== '')
          .map((line): JsonRow => JSON.parse(line) as JsonRow);
        expect(rowsOf(...cutAt(Buffer.from(text), where))).toEqual(expected);
      }),
    );
  });

  test('every single cut gives the same rows', () => {
    const bytes = Buffer.from(
      '\ufeff{"a":"é😀\\"}"}\r\n\n{\n "b": [1, {"c": "\\\\"}]\n}{"d":1}[2]\n{"e":"\ufffd"}',
    );
    const whole = read([bytes]);
    expect(whole.rejects).toEqual([]);
    for (let cut = 0; cut <= bytes.length; cut += 1) expect(read(cutAt(bytes, [cut]))).toEqual(whole);
  });

  test('every separator, also none, gives the same rows', () => {
    const separator = fc.constantFrom('', ' ', '\n', '\r\n', '\n\n', '\t');
    const style = fc.constantFrom(0, 2);
    fc.assert(
      fc.property(fc.array(fc.tuple(value, separator, style), { maxLength: 8 }), cuts, (parts, where) => {
        const text = parts
          .map(([row, between, indent]) => JSON.stringify(row, null, indent) + between)
          .join('');
        const expected = parts.map(([row]): JsonRow => JSON.parse(JSON.stringify(row)) as JsonRow);
        expect(rowsOf(...cutAt(Buffer.from(text), where))).toEqual(expected);
      }),
    );
  });

  test('any bytes at all neither throw nor hang', () => {
    const bytes = fc.array(fc.constantFrom(...'{}[]",:\\\n 1a\u00e9'.split('')), { maxLength: 60 });
    fc.assert(
      fc.property(bytes, cuts, (chars, where) => {
        const text = Buffer.from(chars.join(''));
        expect(read(cutAt(text, where))).toEqual(read([text]));
      }),
      { numRuns: 500 },
    );
  });
});
