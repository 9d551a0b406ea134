/** Named parameters and dialect tokens: found in code only, and never pasted. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toPositional } from '../../connections/sql/statement.js';
import { lexSql } from '../../connections/sql/lexer.js';
import type { SqlParameters } from '../../activities/sql/named-parameters.js';
import { prepareStatement } from '../../activities/sql/statement.js';

function prepare(sql: string, parameters: SqlParameters = {}, dialect: 'postgres' | 'redshift' = 'postgres') {
  return toPositional(prepareStatement({ place: 'star/x.sql', sql }, dialect, parameters));
}

describe('named parameters', () => {
  test('become placeholders in order of appearance; a repeated name is one placeholder', () => {
    expect(prepare('SELECT :b, :a, :b', { a: 1, b: null })).toMatchObject({
      text: 'SELECT $1, $2, $1',
      values: [null, 1],
    });
  });

  test.each([
    ['a string', "SELECT ':a', 'it''s :a'"],
    ['an escape string', "SELECT E'\\':a'"],
    ['a quoted identifier', 'SELECT 1 AS ":a"'],
    ['a quoted identifier with a quote', 'SELECT 1 AS "x"":a"'],
    ['a cast', 'SELECT now()::a'],
    ['dollar quotes', 'SELECT $$:a$$, $x$ :a $$ $x$'],
    ['a word with a dollar', 'SELECT a$1 FROM t'],
    ['an array slice', 'SELECT x[1:2] FROM t'],
    ['an assignment', 'CALL p(a := 1)'],
  ])('are not looked for in %s', (_, sql) => {
    expect(prepare(sql)).toMatchObject({ text: sql, values: [] });
  });

  test.each(['SELECT 1 -- :a', 'SELECT 1 /* :a /* :a */ :a */', "-- :a {{nonsense}} ; it's\nSELECT 1;"])(
    'are not looked for in comments, which are not sent: %j',
    (sql) => {
      expect(prepare(sql).text).toBe('SELECT 1');
    },
  );

  test('without a value are refused by file, line and name', () => {
    expect(() => prepare('SELECT 1\nFROM t\nWHERE a = :intervall_start', { interval_start: 'x' })).toThrow(
      /star\/x\.sql, line 3: no value for parameter :intervall_start.*given: interval_start/,
    );
  });

  test('do not reach into the prototype', () => {
    expect(() => prepare('SELECT :constructor')).toThrow(/no value for parameter :constructor/);
  });

  test('positional ones are refused', () => {
    expect(() => prepare('SELECT $1')).toThrow(/line 1: positional parameter \$1/);
  });
});

describe('dialect tokens', () => {
  test('are resolved by the engine', () => {
    expect(prepare('LOCK TABLE t {{lock_mode}}').text).toBe('LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE');
    expect(prepare('LOCK TABLE t {{ lock_mode }}', {}, 'redshift').text).toBe('LOCK TABLE t');
  });

  test('that are unknown are refused by file and line', () => {
    expect(() => prepare('CREATE TABLE t (a INTEGER)\n{{suffix}}')).toThrow(
      /star\/x\.sql, line 2: unknown dialect token \{\{suffix\}\}.*ddl_suffix/,
    );
  });
});

describe('one statement a file', () => {
  test('a closing semicolon and comments after it are fine', () => {
    expect(prepare('SELECT 1;\n-- the end\n').text).toBe('SELECT 1');
  });

  test.each([
    ['a second statement', "SELECT ';';\n\nSELECT 2", 3],
    ['a statement after an empty one', ';\nSELECT 2', 1],
    ['no statement', '-- nothing\n', 1],
    ['an open string', "SELECT 1,\n'abc", 2],
    ['an open comment', 'SELECT 1 /* /* */', 1],
    ['an open identifier', 'SELECT "a', 1],
    ['an open dollar quote', 'SELECT\n\n$x$ a $y$', 3],
  ])('%s is refused, with its line', (_, sql, line) => {
    expect(() => prepare(sql)).toThrow(new RegExp(`^star/x\\.sql, line ${line}: `));
  });
});

test('the pieces of any text add up to it', () => {
  const sqlLike = fc.array(
    fc.constantFrom(
      'a',
      'E',
      "'",
      '"',
      '$',
      '$$',
      ':',
      '::',
      ':n',
      '--',
      '/*',
      '*/',
      '\n',
      ' ',
      ';',
      '{{',
      '}}',
      '1',
      '\\',
      'é',
      '😀',
    ),
  );
  fc.assert(
    fc.property(sqlLike, (parts) => {
      const sql = parts.join('');
      const lexed = lexSql(sql);
      if (lexed.ok) expect(lexed.pieces.map(({ text }) => text).join('')).toBe(sql);
      else expect(lexed.unterminated.line).toBeLessThanOrEqual(sql.split('\n').length);
    }),
    { numRuns: 2000 },
  );
});
