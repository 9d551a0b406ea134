/** Postgres is kinder than Redshift: the files of sql/ may use only what both engines do alike. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lexSql } from '../../activities/sql/lexer.js';
import { DIALECT_TOKENS } from '../../activities/sql/render.js';
import { sqlFolder } from '../../activities/sql/sql-folder.js';
import { prepareStatement } from '../../activities/sql/statement.js';

/** What may not occur, and why. Matched against code in upper case, without comments and strings. */
const REFUSED: readonly (readonly [name: string, pattern: RegExp, why: string])[] = [
  ['TRUNCATE', /\bTRUNCATE\b/, 'commits the open transaction on Redshift'],
  ['VACUUM', /\bVACUUM\b/, 'cannot run in a transaction'],
  ['ON CONFLICT', /\bON\s+CONFLICT\b/, 'unknown to Redshift'],
  ['RETURNING', /\bRETURNING\b/, 'unknown to Redshift'],
  ['DISTINCT ON', /\bDISTINCT\s+ON\b/, 'unknown to Redshift'],
  ['QUALIFY', /\bQUALIFY\b/, 'unknown to Postgres'],
  ['FILTER', /\bFILTER\s*\(/, 'unknown to Redshift'],
  ['LATERAL', /\bLATERAL\b/, 'unknown to Redshift'],
  ['IS DISTINCT FROM', /\bIS\s+(NOT\s+)?DISTINCT\s+FROM\b/, 'unknown to Redshift'],
  ['GENERATE_SERIES', /\bGENERATE_SERIES\b/, 'leader node only on Redshift'],
  ['STRING_AGG or LISTAGG', /\b(STRING_AGG|LISTAGG|ARRAY_AGG|JSON_AGG)\b/, 'each known to one engine only'],
  ['arrays', /\bARRAY\s*\[|\[\]/, 'unknown to Redshift'],
  [
    'engine-bound types',
    /\b(JSONB?|UUID|(BIG|SMALL)?SERIAL|SUPER|BYTEA|TIMESTAMPTZ|INTERVAL)\b/,
    'differ or are missing',
  ],
  ['TEXT', /\bTEXT\b/, 'becomes VARCHAR(256) on Redshift'],
  ['VARCHAR without length', /\b(VARCHAR|CHARACTER VARYING)\b(?!\s*\()/, 'is 256 bytes on Redshift'],
  ['bare NUMERIC', /\b(NUMERIC|DECIMAL)\b(?!\s*\()/, 'is NUMERIC(18,0) on Redshift'],
  ['IDENTITY', /\b(IDENTITY|AUTOINCREMENT)\b/, 'not consecutive on Redshift, other syntax on Postgres'],
  ['REFERENCES', /\bREFERENCES\b/, 'enforced by Postgres only'],
  ['CHECK or INDEX', /\b(CHECK\s*\(|CREATE\s+(UNIQUE\s+)?INDEX)/, 'unknown to Redshift'],
  [
    'the clock',
    /\b(NOW\s*\(|CURRENT_(TIMESTAMP|DATE|TIME)|GETDATE|SYSDATE|LOCALTIMESTAMP)/,
    'pass the time as a parameter',
  ],
  [
    'Redshift functions',
    /\b(NVL2?|LEN|DATEADD|DATEDIFF|CONVERT_TIMEZONE|DECODE|ISNULL)\s*\(/,
    'unknown to Postgres',
  ],
  ['CONCAT', /\bCONCAT\s*\(/, 'treats NULL differently: use ||'],
  ['RANDOM', /\bRANDOM\s*\(/, 'makes a load differ from its repetition'],
  ['::', /::/, 'write CAST'],
  ['layout clauses', /\b(DISTKEY|SORTKEY|DISTSTYLE|ENCODE)\b/, 'unknown to Postgres: use a dialect token'],
  ['quoted identifiers', /"/, 'Redshift folds them to lower case'],
  ['COPY', /\bCOPY\b/, 'has an operator of its own'],
  ['MERGE', /\bMERGE\b/, 'differs in its source and its column list'],
  ['EXTRACT without CAST', /(?<!CAST\(\s*)EXTRACT\s*\(/, 'is NUMERIC on Postgres and INTEGER on Redshift'],
  [
    'a flat subquery without a name',
    /\)\s*(WHERE|GROUP|ORDER|LIMIT|$)(?<=FROM\s*\(SELECT[^()]*\)\s*\1)/,
    'refused by Redshift',
  ],
  ['SELECT *', /SELECT\s+([A-Z_]+\.)?\*/, 'changes with the table'],
];

function codeOf(sql: string): string {
  const lexed = lexSql(sql);
  if (!lexed.ok) throw new Error('unterminated');
  const code = lexed.pieces.filter(({ kind }) => kind !== 'comment' && kind !== 'token');
  return code
    .map(({ kind, text }) => (kind === 'string' ? "''" : text))
    .join('')
    .toUpperCase();
}

function refusals(sql: string): readonly string[] {
  const code = codeOf(sql);
  return REFUSED.filter(([, pattern]) => pattern.test(code)).map(([name, , why]) => `${name}: ${why}`);
}

const files = readdirSync(sqlFolder(), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.sql'),
);

describe.each(files)('sql/%s', (file) => {
  const sql = readFileSync(join(sqlFolder(), file), 'utf8');
  const parameters = { interval_start: '2018-11-01', interval_end: '2018-11-02' };

  test('uses only what Postgres and Redshift do alike', () => {
    expect(refusals(sql)).toEqual([]);
  });

  test('is one statement, and the same text for both engines but for the tokens', () => {
    const texts = (['postgres', 'redshift'] as const).map(
      (dialect) => prepareStatement({ place: file, sql }, dialect, parameters).text,
    );
    if (!sql.includes('{{')) expect(texts[0]).toBe(texts[1]);
    expect(texts.join()).not.toContain('{{');
  });

  test('has a kebab-case name and says first what it is for', () => {
    expect(file).toMatch(/^[a-z]+\/[a-z]+(-[a-z]+)*\.sql$/);
    expect(sql).toMatch(/^-- \S/);
  });
});

test('every file is looked at, and every token is used', () => {
  expect(files.length).toBeGreaterThan(25);
  const all = files.map((file) => readFileSync(join(sqlFolder(), file), 'utf8')).join('\n');
  for (const token of Object.keys(DIALECT_TOKENS)) expect(all).toContain(`{{${token}}}`);
});

test.each([
  'TRUNCATE users', 'insert into t (a) values (1) on  conflict do nothing', 'DELETE FROM t RETURNING a',
  'SELECT DISTINCT ON (a) a FROM t', 'CREATE TABLE t (a TEXT)', 'CREATE TABLE t (a VARCHAR)', 'CREATE TABLE t (a NUMERIC)',
  'SELECT EXTRACT(DOW FROM a) FROM t', 'SELECT a::int FROM t', 'SELECT "a" FROM t', 'SELECT NOW()', 'SELECT * FROM t',
  'SELECT COUNT(*) FILTER (WHERE a = 1) FROM t', 'SELECT a FROM (SELECT a FROM t) WHERE a = 1',
])('%s would be refused', (sql) => {
  expect(refusals(sql)).not.toEqual([]);
}); // prettier-ignore

test.each(["SELECT 'TRUNCATE' AS word -- RETURNING", 'SELECT CAST(EXTRACT(DOW FROM a) AS INTEGER) FROM t'])(
  '%s would pass',
  (sql) => {
    expect(refusals(sql)).toEqual([]);
  },
);
