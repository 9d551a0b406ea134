/** DuckDB itself: values, parameters, failures, interruption, and what it leaves behind. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { openDuckDb, type DuckDb } from '../../../connections/duckdb/duckdb.js';
import { createScratchFolder } from '../../support/scratch.js';

const open: DuckDb[] = [];
async function openForTest(...args: Parameters<typeof openDuckDb>): Promise<DuckDb> {
  const db = await openDuckDb(...args);
  open.push(db);
  return db;
}
afterEach(() => Promise.all(open.splice(0).map((db) => db.close())));

/** More than any test waits for. */
const ENDLESS = 'SELECT COUNT(*) FROM range(1000000000) AS a(n), range(1000) AS b(m) WHERE a.n % 7 = b.m % 3';

describe('DuckDB', () => {
  it('answers with values that JSON can hold', async () => {
    const db = await openForTest();
    const [row] = await db.rows(`
      SELECT CAST(5 AS BIGINT) AS big, 9007199254740993 AS huge, SUM(7) AS total, CAST(1.5 AS DECIMAL(5, 2)) AS price,
        TIMESTAMP '2018-11-01 20:57:10.796' AS at, DATE '2018-11-01' AS day, [1, 2] AS list, {'a': DATE '2018-11-02'} AS nested,
        CAST('NaN' AS DOUBLE) AS nan, NULL AS nothing, TRUE AS yes`);
    expect(row).toEqual({
      big: 5,
      huge: '9007199254740993',
      total: 7,
      price: 1.5,
      at: '2018-11-01T20:57:10.796Z',
      day: '2018-11-01',
      list: [1, 2],
      nested: { a: '2018-11-02' },
      nan: null,
      nothing: null,
      yes: true,
    });
    expect(JSON.parse(JSON.stringify(row))).toEqual(row);
  });

  it('puts values in place of names, but not within strings and comments', async () => {
    const db = await openForTest();
    const sql = "-- not :this\nSELECT :a AS a, ':b' AS text, CAST(:a AS BIGINT) + 1 AS more";
    expect(await db.rows(sql, { a: 41, unused: 1 })).toEqual([{ a: 41, text: ':b', more: 42 }]);
    await expect(db.rows('SELECT 1,\n :missing', { a: 1 })).rejects.toMatchObject({
      code: 'INVALID_SQL_FILE',
      message: 'Line 2: no value for parameter :missing (given: a).',
    });
  });

  it('names the statement that failed, and refuses a memory limit that is none', async () => {
    const db = await openForTest();
    await expect(db.rows('SELECT nowhere FROM nothing')).rejects.toMatchObject({
      code: 'SQL_FAILED',
      message: expect.stringMatching(/nothing does not exist[^]*The statement: SELECT nowhere FROM nothing$/),
    });
    await expect(openDuckDb({ memoryLimit: 'plenty' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('interrupts the running statement when its signal is aborted, and starts no other', async () => {
    const abort = new AbortController();
    const db = await openForTest({ signal: abort.signal });
    const endless = db.rows(ENDLESS);
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(endless).rejects.toThrow('enough');
    await expect(db.rows('SELECT 1')).rejects.toThrow('enough');
  });

  it('spills what does not fit in memory into its folder, and removes it', async () => {
    const scratch = await createScratchFolder();
    const db = await openForTest({ memoryLimit: '60MB', threads: 1, tempFolder: scratch.dir });
    await db.run('CREATE TABLE t AS SELECT n, md5(CAST(n AS VARCHAR)) AS text FROM range(2000000) AS r(n)');
    const spilt = await db.rows('SELECT COUNT(*) AS files FROM duckdb_temporary_files()');
    expect(spilt).not.toEqual([{ files: 0 }]);
    expect(await readdir(scratch.dir)).toHaveLength(1);
    await db.close();
    await db.close();
    expect(await readdir(scratch.dir)).toEqual([]);
    await scratch.remove();
  });
});
