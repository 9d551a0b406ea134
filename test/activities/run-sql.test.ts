/** The operator run_sql on real Postgres. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunSqlArgs, runSql } from '../../activities/run-sql.js';
import { type StarDatabase, createStarDatabase } from '../sql/support/star-database.js';
import { createTaskContext } from '../support/task-context.js';

let db: StarDatabase;
const folder = mkdtempSync(join(tmpdir(), 'airtempo-run-sql-'));
beforeAll(async () => {
  db = await createStarDatabase();
  await db.query('CREATE TABLE note (id INTEGER PRIMARY KEY, text VARCHAR(100))');
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => db.query('DELETE FROM note'));

const run = (args: Omit<RunSqlArgs, 'connId'>, signal?: AbortSignal) =>
  runSql({
    args: { connId: 'postgres', ...args },
    ctx: createTaskContext([db.connection], signal === undefined ? {} : { signal }),
  });

function file(name: string, sql: string): string {
  const path = join(folder, name);
  writeFileSync(path, sql);
  return path;
}

describe('run_sql', () => {
  test('runs files, then statements, and returns how many rows each touched', async () => {
    const insert = file('insert.sql', "INSERT INTO note VALUES (1, 'a'), (2, 'b');");
    const output = await run({
      files: [insert],
      sql: ['DELETE FROM note WHERE id = 1', 'SELECT id FROM note'],
    });
    expect(output).toEqual({ rowCounts: [2, 1, 1], rows: 4 });
  });

  test('shares its parameters between all statements, as values', async () => {
    const text = "'; DROP TABLE note; --";
    await run({
      sql: ['DELETE FROM note WHERE id = :id', 'INSERT INTO note VALUES (:id, :text)'],
      parameters: { id: 1, text },
    });
    expect(await db.query('SELECT * FROM note')).toEqual([{ id: 1, text }]);
  });

  test.each([null, true, 1.5, 'x'])('passes %j as a parameter', async (value) => {
    await run({ sql: 'INSERT INTO note VALUES (1, CAST(:value AS VARCHAR(100)))', parameters: { value } });
    expect(await db.query('SELECT text FROM note')).toEqual([
      { text: value === null ? null : String(value) },
    ]);
  });

  test('is all or nothing, and says which file failed', async () => {
    const first = file('first.sql', "INSERT INTO note VALUES (1, 'a')");
    const second = file('second.sql', 'INSERT INTO note VALUES (1, NULL)');
    await expect(run({ files: [first, second] })).rejects.toMatchObject({
      code: 'SQL_FAILED',
      message: expect.stringMatching(/second\.sql: duplicate key/),
    });
    expect(await db.number('SELECT COUNT(*) FROM note')).toBe(0);
  });

  test('refuses a bad statement before it runs the good ones', async () => {
    const insert = "INSERT INTO note VALUES (1, 'a')";
    await expect(run({ sql: [insert, 'SELECT 1; SELECT 2'] })).rejects.toMatchObject({
      code: 'INVALID_SQL_FILE',
      message: expect.stringMatching(/sql\[1\], line 1: a second statement/),
    });
    expect(await db.number('SELECT COUNT(*) FROM note')).toBe(0);
  });

  test('refuses a parameter that no statement uses', async () => {
    await expect(run({ sql: 'SELECT 1', parameters: { interval_start: 'x' } })).rejects.toMatchObject({
      code: 'INVALID_SQL_FILE',
      message: expect.stringMatching(/No statement uses :interval_start \(looked in sql\[0\]\)/),
    });
  });

  test.each(['star/nowhere.sql', '../package.json', '/nowhere/x.sql'])(
    'refuses the file %s',
    async (files) => {
      await expect(run({ files })).rejects.toMatchObject({ code: 'INVALID_SQL_FILE' });
    },
  );

  test('stops a running statement when the run is cancelled, and rolls back', async () => {
    const controller = new AbortController();
    const running = run(
      { sql: ["INSERT INTO note VALUES (1, 'a')", 'SELECT pg_sleep(60) /* cancel me */'] },
      controller.signal,
    );
    const refused = expect(running).rejects.toThrow('cancelled');
    const sleeping = `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
      AND query LIKE 'SELECT pg_sleep%'`;
    while ((await db.number(sleeping)) === 0);
    controller.abort(new Error('cancelled'));
    await refused;
    expect(await db.number('SELECT COUNT(*) FROM note')).toBe(0);
  });
});

describe('the arguments', () => {
  test.each([
    [{ connId: 'postgres' }],
    [{ connId: 'postgres', files: [] }],
    [{ connId: '', sql: 'SELECT 1' }],
    [{ connId: 'postgres', sql: 'SELECT 1', parameters: { a: {} } }],
    [{ connId: 'postgres', sql: 'SELECT 1', parameter: {} }],
  ])('%j are refused', (args) => {
    expect(() => runSql.args?.parse(args)).toThrow();
  });

  test('are summed up for the Web UI', () => {
    expect(runSql.summary?.({ connId: 'postgres', files: ['star/a.sql', 'star/b.sql'] })).toBe(
      'runs star/a.sql, star/b.sql',
    );
  });
});
