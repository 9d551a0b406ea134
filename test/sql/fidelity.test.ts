/** Postgres is kinder than Redshift: the files of sql/ may use only what both engines do alike. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { showStatement } from '../../connections/sql/statement.js';
import { findDifferences, findRefusedByRedshift } from '../../connections/sql/fidelity.js';
import { DIALECT_TOKENS } from '../../activities/sql/render.js';
import { sqlFolder } from '../../activities/sql/sql-folder.js';
import { prepareStatement } from '../../activities/sql/statement.js';

const refusals = (sql: string): readonly string[] =>
  findDifferences(sql).map(({ name, why }) => `${name}: ${why}`);

const files = readdirSync(sqlFolder(), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.sql'),
);

/** A value for each parameter that a text names. */
const parametersOf = (sql: string): Readonly<Record<string, number>> =>
  Object.fromEntries([...sql.matchAll(/(?<!:):([a-z_]+)/g)].map(([, name]) => [name, 1]));

describe.each(files)('sql/%s', (file) => {
  const sql = readFileSync(join(sqlFolder(), file), 'utf8');

  test('uses only what Postgres and Redshift do alike', () => {
    expect(refusals(sql)).toEqual([]);
  });

  test('is one statement, and the same text for both engines but for the tokens', () => {
    const texts = (['postgres', 'redshift'] as const).map((dialect) =>
      showStatement(prepareStatement({ place: file, sql }, dialect, parametersOf(sql))),
    );
    if (!sql.includes('{{')) expect(texts[0]).toBe(texts[1]);
    expect(texts.join()).not.toContain('{{');
  });

  test('has a kebab-case name and says first what it is for', () => {
    expect(file).toMatch(/^[a-z]+(-[a-z]+)*\/(\d\d-)?[a-z]+(-[a-z]+)*\.sql$/);
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

test.each([
  'TRUNCATE users', 'INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING', 'DELETE FROM t RETURNING a', 'CREATE TABLE t (a UUID)',
  'SELECT DISTINCT ON (a) a FROM t', "SELECT CAST('{}' AS JSONB)", "SELECT '{}'::jsonb", 'SELECT a FROM t, LATERAL (SELECT 1) AS l',
  'SELECT n FROM GENERATE_SERIES(1, 3) AS n', 'SELECT ARRAY[1]', 'CREATE TABLE t (a INTEGER[])',
])('Redshift refuses %s', (sql) => {
  expect(findRefusedByRedshift(sql)).not.toEqual([]);
}); // prettier-ignore

test.each([
  'SELECT a FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY a) = 1', "SELECT '1'::int", 'SELECT NVL(a, 1), GETDATE() FROM t',
  'CREATE TABLE t (a INTEGER IDENTITY(0,1)) DISTSTYLE AUTO', "COPY t FROM 's3://b/k' IAM_ROLE default JSON 'auto'",
])('Redshift takes %s, which is not for both engines', (sql) => {
  expect(findRefusedByRedshift(sql)).toEqual([]);
  expect(findDifferences(sql)).not.toEqual([]);
}); // prettier-ignore
