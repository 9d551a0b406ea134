/** The operator check_sql on real Postgres. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkSql } from '../../activities/check-sql.js';
import { type Check, checkSchema } from '../../activities/checks/check.js';
import { type StarDatabase, createStarDatabase } from '../sql/support/star-database.js';

let db: StarDatabase;
beforeAll(async () => {
  db = await createStarDatabase();
  await db.query('CREATE TABLE city (id INTEGER, name VARCHAR(50), secret VARCHAR(50))');
  await db.query('CREATE TABLE visit (id INTEGER, city_id INTEGER, seen TIMESTAMP)');
  await db.query(
    "INSERT INTO city VALUES (1, 'Porto', 's1'), (2, NULL, 's2'), (3, 'Cusco', 's3'), (3, 'Cusco', 's4')",
  );
  await db.query(
    "INSERT INTO visit VALUES (1, 1, '2018-11-01 20:00:00.5'), (2, 9, NULL), (3, 9, NULL), (4, NULL, NULL)",
  );
});
afterAll(() => db.close());

describe('a check that holds reports what it found', () => {
  test.each<[Check, unknown]>([
    [{ kind: 'not_null', table: 'city', columns: ['id', 'secret'] }, 0],
    [{ kind: 'unique', table: 'city', columns: ['id', 'secret'] }, 0],
    [
      {
        kind: 'foreign_key',
        table: 'city',
        column: 'id',
        references: { table: 'public.city', column: 'id' },
      },
      0,
    ],
    [
      {
        kind: 'foreign_key',
        table: 'visit',
        column: 'city_id',
        references: { table: 'city', column: 'id' },
        interval: { column: 'seen', start: '2018-11-01T00:00:00Z', end: '2018-11-02T00:00:00Z' },
      },
      0,
    ],
    [{ kind: 'row_count', table: 'visit', equals: 4 }, 4],
    [{ kind: 'row_count', table: 'visit', min: 4, max: 4 }, 4],
    [
      { kind: 'freshness', table: 'visit', column: 'seen', maxAgeHours: 6 },
      '2018-11-01 20:00:00.5 (6.00 h before)',
    ],
    [
      {
        kind: 'custom',
        name: 'none',
        sql: 'SELECT id FROM city WHERE id > :limit',
        parameters: { limit: 3 },
      },
      0,
    ],
    [{ kind: 'custom', name: 'sum', sql: 'SELECT SUM(CAST(id AS BIGINT)) FROM city;', expect: 9 }, '9'],
    [{ kind: 'custom', name: 'nothing', sql: 'SELECT MAX(id) FROM city WHERE id > 5', expect: null }, null],
    [{ kind: 'custom', name: 'truth', sql: 'SELECT COUNT(*) > 1 FROM city', expect: true }, true],
  ])('%j', async (check, found) => {
    expect(await db.check([check])).toMatchObject([{ passed: true, found }]);
  });
});

describe('a check that does not hold names check, found, expected and rows by their key', () => {
  test.each<[Check, RegExp]>([
    [
      { kind: 'not_null', table: 'city', columns: ['name'], key: ['id'] },
      /not_null city\(name\): found 1, expected 0 rows with NULL; e\.g\. \{"id":2\}\./,
    ],
    [
      { kind: 'unique', table: 'city', columns: ['id'] },
      /unique city\(id\): found 1, expected 0 duplicates; e\.g\. \{"id":3,"occurrences":2\}\./,
    ],
    [
      { kind: 'foreign_key', table: 'visit', column: 'city_id', references: { table: 'city', column: 'id' } },
      /foreign_key visit\.city_id -> city\.id: found 1, .*city\.id lacks; e\.g\. \{"city_id":9,"occurrences":2\}/,
    ],
    [{ kind: 'row_count', table: 'visit', min: 5 }, /row_count visit: found 4, expected at least 5 rows/],
    [{ kind: 'row_count', table: 'visit', max: 3 }, /found 4, expected at most 3 rows/],
    [{ kind: 'row_count', table: 'visit', equals: 0 }, /found 4, expected 0 rows/],
    [
      { kind: 'freshness', table: 'visit', column: 'seen', maxAgeHours: 5.5 },
      /found 2018-11-01 20:00:00\.5 \(6\.00 h before\), expected at most 5\.5 h before 2018-11-02T02:00:00\.000Z/,
    ],
    [
      { kind: 'custom', name: 'far', sql: 'SELECT id FROM visit -- all\n' },
      /far: found 4, expected no rows; e\.g\. \{"id":1\}, \{"id":2\}/,
    ],
    [
      { kind: 'custom', name: 'one', sql: 'SELECT COUNT(*) FROM city', expect: 1 },
      /one: found 4, expected 1\b/,
    ],
    [
      { kind: 'custom', name: 'no answer', sql: 'SELECT id FROM city WHERE id > 5', expect: 0 },
      /found no rows, expected 0/,
    ],
    [
      { kind: 'row_count', table: 'nowhere', min: 0 },
      /row_count nowhere: found .*does not exist.*expected a query that runs/,
    ],
  ])('%j', async (check, message) => {
    const refused = expect(db.check([check])).rejects;
    await refused.toMatchObject({
      code: 'CHECK_FAILED',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  test('all checks run, however the first ends', async () => {
    const checks: Check[] = [
      { kind: 'row_count', table: 'nowhere', min: 0 },
      { kind: 'row_count', table: 'city', min: 1 },
      { kind: 'unique', table: 'city', columns: ['id'], name: 'one row per city' },
    ];
    await expect(db.check(checks)).rejects.toThrow(
      /^2 of 3 checks failed\. row_count nowhere.*one row per city: found 1/s,
    );
  });

  test('at most five rows are named', async () => {
    const check: Check = {
      kind: 'custom',
      name: 'many',
      sql: 'SELECT id FROM city UNION ALL SELECT id FROM visit',
    };
    await expect(db.check([check])).rejects.toThrow(
      /found 8, expected no rows; e\.g\. (\{"id":\d\},? ?){5}\. /,
    );
  });

  test('whole rows are not shown', async () => {
    const message = await db.check([{ kind: 'unique', table: 'city', columns: ['id'] }]).then(
      () => 'passed',
      (error: unknown) => String(error),
    );
    expect(message).toContain('"id":3');
    expect(message).not.toMatch(/Cusco|s3/);
  });
});

test('an empty table is not fresh', async () => {
  await db.query('CREATE TABLE never (seen TIMESTAMP)');
  await expect(
    db.check([{ kind: 'freshness', table: 'never', column: 'seen', maxAgeHours: 1 }]),
  ).rejects.toThrow(/found no timestamp/);
});

test('a name that is no identifier is refused, not pasted', async () => {
  await expect(
    db.check([{ kind: 'row_count', table: 'city; DROP TABLE city', min: 1 }]),
  ).rejects.toMatchObject({
    code: 'INVALID_OPTION',
  });
});

describe('a check is refused', () => {
  test.each([
    { kind: 'row_count', table: 't' },
    { kind: 'row_count', table: 't', equals: 1, min: 1 },
    { kind: 'row_count', table: 't', min: 2, max: 1 },
    { kind: 'unique', table: 't', columns: [] },
    { kind: 'custom', name: 'x' },
    { kind: 'custom', name: 'x', sql: 'SELECT 1', file: 'a.sql' },
    { kind: 'freshness', table: 't', column: 'c', maxAgeHours: 0 },
    { kind: 'not_null', table: 't', columns: ['a'], keys: ['b'] },
    { kind: 'unknown', table: 't' },
  ])('%j', (check) => {
    expect(checkSchema.safeParse(check).success).toBe(false);
    expect(() => checkSql.args?.parse({ connId: 'x', checks: [check] })).toThrow();
  });
});
