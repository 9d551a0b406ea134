import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { connectSql, type SqlSession } from '../../connections/postgres.js';
import { parseTableName, quoteTable } from '../../connections/sql-identifiers.js';
import type { Connection } from '../../core/connection.js';
import { createTestDatabase, services, type TestDatabase } from '../support/services.js';
import { until } from './copy/support.js';

let database: TestDatabase;
let session: SqlSession;
beforeAll(async () => {
  database = await createTestDatabase('postgres_session');
  ({ session } = database);
});
afterAll(() => database.drop());

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

const errorLike = (code: string, message: RegExp, retryable: boolean): unknown =>
  expect.objectContaining({ code, retryable, message: expect.stringMatching(message) });

describe('connecting', () => {
  const connectAs = (changes: Partial<Connection>): Promise<unknown> =>
    failureOf(connectSql({ ...services().postgres, ...changes }));

  test('a wrong password is refused with host and login, without the password', async () => {
    const { port, login } = services().postgres;
    const error = await connectAs({ password: 'not-the-password' });
    expect(error).toEqual(errorLike('ACCESS_DENIED', new RegExp(`:${port} .*"${login}"`), false));
    expect(String(error)).not.toContain('not-the-password');
  });
  test('a server that is not there is refused, and may be there later', async () => {
    expect(await connectAs({ host: '127.0.0.1', port: 1 })).toEqual(
      errorLike('CONNECTION_REFUSED', /127\.0\.0\.1:1 .*ECONNREFUSED/, true),
    );
    expect(await connectAs({ host: 'no-such-host.invalid' })).toEqual(
      errorLike('CONNECTION_REFUSED', /no-such-host\.invalid/, true),
    );
  });
  test('a database that is not there is named', async () => {
    expect(await connectAs({ schema: 'nope' })).toEqual(
      errorLike('INVALID_CONNECTION', /no database "nope"/, false),
    );
  });
  test('a server without TLS is refused when the connection demands it', async () => {
    expect(await connectAs({ extra: { sslmode: 'require' } })).toEqual(
      errorLike('INVALID_CONNECTION', /SSL.*sslmode/, false),
    );
    expect(await connectAs({ extra: { sslmode: 'yes' } })).toEqual(
      errorLike('INVALID_CONNECTION', /sslmode "yes".*verify-full/, false),
    );
    expect(await connectAs({ extra: { sslmode: 'verify-full', sslrootcert: '/no/such.pem' } })).toEqual(
      errorLike('INVALID_CONNECTION', /\/no\/such\.pem/, false),
    );
  });
  test('prefer falls back to plain text', async () => {
    const plain = await connectSql({ ...services().postgres, extra: { sslmode: 'prefer' } });
    await plain.close();
  });
  test('other types and missing hosts are refused', async () => {
    expect(await connectAs({ type: 'aws' })).toEqual(errorLike('INVALID_CONNECTION', /type aws/, false));
    const { host: _host, ...rest } = services().postgres;
    expect(await failureOf(connectSql(rest))).toEqual(errorLike('INVALID_CONNECTION', /no host/, false));
  });
  test('a redshift connection to Postgres is known as Postgres, and is told no application name', async () => {
    const stand = await connectSql({
      ...database.connection,
      type: 'redshift',
      extra: { sslmode: 'disable' },
    });
    expect(stand.dialect).toBe('postgres');
    expect((await stand.query(`SELECT current_setting('application_name') AS name`)).rows).toEqual([
      { name: '' },
    ]);
    await stand.close();
  });
});

describe('values', () => {
  test('nothing is rounded, shifted or unfit for JSON', async () => {
    const { rows } = await session.query(
      `SELECT 1::int AS i, 2::bigint AS b, 9007199254740993::bigint AS big, 0.10::numeric AS n,
              TIMESTAMP '2018-11-02 01:25:34.796' AS t, TIMESTAMPTZ '2018-11-02 01:25:34+02' AS z, DATE '2018-11-02' AS d`,
    );
    expect(rows).toEqual([
      {
        i: 1,
        b: 2,
        big: '9007199254740993',
        n: '0.10',
        t: '2018-11-02 01:25:34.796',
        z: '2018-11-01 23:25:34+00',
        d: '2018-11-02',
      },
    ]);
  });
  test('parameters are values', async () => {
    const text = `'; DROP TABLE x; --`;
    expect((await session.query('SELECT $1::text AS v', [text])).rows).toEqual([{ v: text }]);
  });
  test('changed rows are counted', async () => {
    await session.query('CREATE TABLE c (n INTEGER)');
    expect((await session.query('INSERT INTO c VALUES (1), (2)')).rowCount).toBe(2);
  });
});

describe('errors', () => {
  test.each([
    [
      'SELECT * FROM nope',
      'SQL_FAILED',
      /relation "nope" does not exist \[42P01\].*Statement: SELECT \* FROM nope/,
      false,
    ],
    ['SELECT 1/0', 'SQL_FAILED', /\[22012\]/, false],
    [`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$`, 'SQL_UNAVAILABLE', /\[40001\]/, true],
    [`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$`, 'SQL_UNAVAILABLE', /\[40P01\]/, true],
    [`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '53100'; END $$`, 'SQL_UNAVAILABLE', /\[53100\]/, true],
    [`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '57P01'; END $$`, 'SQL_UNAVAILABLE', /\[57P01\]/, true],
    [`DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '23505'; END $$`, 'SQL_FAILED', /\[23505\]/, false],
  ] as const)('%s is %s', async (sql, code, message, retryable) => {
    expect(await failureOf(session.query(sql))).toEqual(errorLike(code, message, retryable));
  });
  test('a killed session is worth a retry', async () => {
    const victim = await connectSql(database.connection);
    const { rows } = await victim.query('SELECT pg_backend_pid() AS pid');
    const sleeping = failureOf(victim.query('SELECT pg_sleep(600)'));
    await session.query('SELECT pg_terminate_backend($1)', [rows[0]?.['pid']]);
    expect(await sleeping).toEqual(errorLike('SQL_UNAVAILABLE', /./, true));
    expect(await failureOf(victim.query('SELECT 1'))).toEqual(errorLike('SQL_UNAVAILABLE', /./, true));
    await victim.close();
  });
});

describe('a COPY', () => {
  test('that the server refuses while more is on its way is an error of the COPY alone', async () => {
    await session.query('CREATE TABLE copied (id INT PRIMARY KEY, more TEXT)');
    await session.query("INSERT INTO copied VALUES (1, 'known')");
    const chunk = (from: number): Buffer =>
      Buffer.from(
        Array.from({ length: 500 }, (_, n) => `${String(from + n)}\t${'x'.repeat(200)}\n`).join(''),
      );
    const copy = async (from: number): Promise<number> => {
      const writer = session.copyFrom('COPY copied FROM STDIN');
      for (let at = 0; at < 100; at += 1) await writer.write(chunk(from + 500 * at));
      return writer.finish();
    };
    for (let turn = 0; turn < 5; turn += 1) {
      expect(await failureOf(copy(1))).toEqual(errorLike('SQL_FAILED', /23505/, false));
    }
    expect(await copy(2)).toBe(50_000);
  });
});

describe('transactions', () => {
  test('commit what worked and undo what did not', async () => {
    await session.query('CREATE TABLE tx (n INTEGER)');
    await session.transaction(() => session.query('INSERT INTO tx VALUES (1)'));
    await expect(
      session.transaction(async () => {
        await session.query('INSERT INTO tx VALUES (2)');
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect((await session.query('SELECT n FROM tx')).rows).toEqual([{ n: 1 }]);
  });
  test('do not nest', async () => {
    expect(await failureOf(session.transaction(() => session.transaction(() => Promise.resolve())))).toEqual(
      errorLike('SQL_FAILED', /nest/, false),
    );
    expect((await session.query('SELECT 1 AS usable')).rows).toEqual([{ usable: 1 }]);
  });
});

describe('an abort', () => {
  test('stops the statement on the server, rolls back, and rejects with the reason', async () => {
    await session.query('CREATE TABLE ab (n INTEGER)');
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const other = await connectSql(database.connection, { signal: controller.signal });
    const running = failureOf(
      other.transaction(async () => {
        await other.query('INSERT INTO ab VALUES (1)');
        await other.query('SELECT pg_sleep(600)');
      }),
    );
    const sleepers = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    await until(async () => (await session.query(sleepers)).rowCount > 0, 'the statement runs');
    controller.abort(reason);
    expect(await running).toBe(reason);
    expect((await session.query(sleepers)).rows).toEqual([]);
    expect((await session.query('SELECT * FROM ab')).rows).toEqual([]);
    expect(await failureOf(other.query('SELECT 1'))).toBe(reason);
    await other.close();
    await other.close();
  });
});

describe('table names', () => {
  test.each([
    ['songplays', '"songplays"'],
    ['Public.SongPlays', '"public"."songplays"'],
  ])('%s is %s', (name, quoted) => expect(quoteTable(name)).toBe(quoted));
  test.each(['', 'a.b.c', 'a b', 'a"b', "a'", '1a', 'a;', '.a', 'a.', 'x'.repeat(64)])(
    '%j is refused',
    (name) => {
      expect(() => parseTableName(name)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    },
  );
});
