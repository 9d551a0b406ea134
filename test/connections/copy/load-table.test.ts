import { beforeEach, describe, expect, test } from '@jest/globals';

import type { CopySource } from '../../../connections/copy/source.js';
import { connectSql } from '../../../connections/postgres.js';
import { createLoadScene, until } from './support.js';

const scene = createLoadScene('load_table');
const { load, put, query, url } = scene;

const codeOf = (code: string, message = /./): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** A source of one file whose bytes a test makes up; `next` waits where the test wants it to. */
function sourceOf(chunks: () => AsyncIterable<Buffer>): CopySource {
  return {
    from: 'made up',
    skipped: [],
    files: async function* () {
      yield { name: 'made up', open: chunks };
    },
    readText: () => Promise.reject(new Error('not needed')),
  };
}

async function expectNothingLeft(): Promise<void> {
  await until(async () => {
    const busy = await query(
      `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    return busy.length === 0;
  }, 'no other session is left');
  expect(await query(`SELECT relname FROM pg_class WHERE relname = 'airtempo_load_stage'`)).toEqual([]);
  expect(await query(`SELECT 1 FROM pg_locks WHERE relation = 't'::regclass`)).toEqual([]);
}

beforeEach(async () => {
  await query('DROP TABLE IF EXISTS t, load_errors');
  await query(`CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(8) NOT NULL DEFAULT '-', at TIMESTAMP)`);
  await query(`INSERT INTO t VALUES (99, 'old', '2018-11-01')`);
});

describe('a load is all or nothing', () => {
  test('a bad row leaves the old rows, and is kept with file, line, column and reason', async () => {
    const prefix = await put({ 'a.json': '{"id":1}\n', 'b.json': '{"id":2}\n\n{"id":"x1","name":"n"}\n' });
    await expect(load({ prefix })).rejects.toEqual(
      codeOf('LOAD_FAILED', /b\.json line 3, column id \(integer\): invalid digit, value 'x1'.*load_errors/),
    );
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
    expect(
      await query(
        'SELECT load_id, table_name, file_name, line_number, column_name, column_type, raw_value, reason FROM load_errors',
      ),
    ).toEqual([
      {
        load_id: 'test',
        table_name: 't',
        file_name: url(`${prefix}b.json`),
        line_number: 3,
        column_name: 'id',
        column_type: 'integer',
        raw_value: '"x1"',
        reason: "invalid digit, value 'x1'",
      },
    ]);
    await expectNothingLeft();
  });

  test('a repeated key is reported by file and line, though only the server can see it', async () => {
    const lines = Array.from({ length: 3000 }, (_, id) => `{"id":${id === 2500 ? 7 : id}}`);
    await expect(
      load({ prefix: await put({ 'a.json': '{"id":-1}', 'b.json': lines.join('\n') }) }),
    ).rejects.toEqual(
      codeOf('LOAD_FAILED', /b\.json line 2501: duplicate key .*Key \(id\)=\(7\) already exists/),
    );
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
    expect(await query('SELECT line_number FROM load_errors')).toEqual([{ line_number: 2501 }]);
  });

  test('NULL into a NOT NULL column is a bad record', async () => {
    await expect(load({ prefix: await put({ a: '{"id":1,"name":null}' }) })).rejects.toEqual(
      codeOf('LOAD_FAILED', /column name \(character varying\(8\)\): no value for a NOT NULL column/),
    );
  });

  test('a source that breaks in the middle leaves the old rows', async () => {
    const source = sourceOf(async function* () {
      for (let id = 0; id < 50_000; id += 1) yield Buffer.from(`{"id":${id}}\n`);
      throw new Error('the disk is gone');
    });
    await expect(load({ source })).rejects.toThrow('the disk is gone');
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
    await expectNothingLeft();
  });

  test('loading again gives the same table', async () => {
    const prefix = await put({ a: '{"id":1}\n{"id":2}' });
    await load({ prefix });
    await load({ prefix });
    expect(await query('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
  });
});

describe('maxErrors', () => {
  const bad = '{"id":1}\n{"id":"a"}\noops\n{"id":2,"name":"much too long"}\n{"id":3}\n{"id":4';

  test('so many bad records are left out, and each is kept', async () => {
    const prefix = await put({ 'f.json': bad });
    await expect(load({ prefix, copy: { maxErrors: 4 } })).resolves.toMatchObject({ rows: 2, rejected: 4 });
    expect(await query('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 3 }]);
    expect(
      await query('SELECT line_number, column_name, raw_value FROM load_errors ORDER BY line_number'),
    ).toEqual([
      { line_number: 2, column_name: 'id', raw_value: '"a"' },
      { line_number: 3, column_name: null, raw_value: 'oops' },
      { line_number: 4, column_name: 'name', raw_value: '"much too long"' },
      { line_number: 6, column_name: null, raw_value: '{"id":4' },
    ]);
  });
  test('one more fails the load, and all are kept', async () => {
    await expect(load({ prefix: await put({ 'f.json': bad }), copy: { maxErrors: 3 } })).rejects.toEqual(
      codeOf('LOAD_FAILED', /more than 3 bad records/),
    );
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
    expect(await query('SELECT count(*) AS n FROM load_errors')).toEqual([{ n: 4 }]);
  });
  test('thousands of bad records are all kept', async () => {
    const lines = Array.from({ length: 6000 }, (_, id) =>
      id % 2 === 0 ? `{"id":${id}}` : '{"id":"\\u0000"}',
    );
    await expect(
      load({ prefix: await put({ a: lines.join('\n') }), copy: { maxErrors: 3000 } }),
    ).resolves.toMatchObject({ rows: 3000, rejected: 3000 });
    expect(await query('SELECT count(DISTINCT line_number) AS n FROM load_errors')).toEqual([{ n: 3000 }]);
  });
  test('rows are not left out when it cannot be written down which', async () => {
    await query('CREATE TABLE load_errors (nothing_of_use INTEGER)');
    await expect(load({ prefix: await put({ a: bad }), copy: { maxErrors: 4 } })).rejects.toEqual(
      codeOf('SQL_FAILED', /load_errors/),
    );
    await expect(load({ prefix: await put({ a: bad }) })).rejects.toEqual(
      codeOf('LOAD_FAILED', /load_errors could not be written/),
    );
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
  });
});

describe('write modes', () => {
  test('append keeps the old rows', async () => {
    await load({ prefix: await put({ a: '{"id":1}' }), write: { kind: 'append' } });
    expect(await query('SELECT id FROM t ORDER BY id')).toEqual([{ id: 1 }, { id: 99 }]);
  });

  test('an interval replaces its own rows and those that come again, whatever their time', async () => {
    await query(
      `INSERT INTO t VALUES (1, 'before', '2018-11-01'), (2, 'inside', '2018-11-02'), (3, 'inside', '2018-11-02 23:59:59.999'), (4, 'after', '2018-11-03')`,
    );
    const prefix = await put({
      a: '{"id":3,"name":"new","at":"2018-11-02"}\n{"id":4,"name":"moved","at":"2018-11-02"}\n{"id":5,"at":"2018-11-02"}',
    });
    const write = {
      kind: 'interval',
      column: 'AT',
      start: '2018-11-02T00:00:00.000Z',
      end: '2018-11-03T00:00:00.000Z',
      key: ['id'],
    } as const;
    for (let time = 0; time < 2; time += 1) {
      await expect(load({ prefix, write })).resolves.toMatchObject({ rows: 3 });
      expect((await query('SELECT * FROM t ORDER BY id')).map((row) => Object.values(row).join(' '))).toEqual(
        [
          '1 before 2018-11-01 00:00:00',
          '3 new 2018-11-02 00:00:00',
          '4 moved 2018-11-02 00:00:00',
          '5 - 2018-11-02 00:00:00',
          '99 old 2018-11-01 00:00:00',
        ],
      );
    }
    await expect(load({ prefix, write: { ...write, column: 'nope' } })).rejects.toEqual(
      codeOf('INVALID_COPY_OPTION', /"nope".*id, name, at/),
    );
    await expect(load({ prefix: await put({ a: '{"id":"x"}' }), write })).rejects.toEqual(
      codeOf('LOAD_FAILED', /COPY into t /),
    );
    await expectNothingLeft();
  });

  test('an interval works with identity and generated columns', async () => {
    await query(
      `CREATE TABLE g (id INTEGER GENERATED ALWAYS AS IDENTITY, n INTEGER, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED)`,
    );
    const write = { kind: 'interval', column: 'n', start: '0', end: '10', key: [] } as const;
    for (let time = 0; time < 2; time += 1)
      await load({ table: 'public.g', prefix: await put({ a: '{"n":1}\n{"n":2}' }), write });
    expect(await query('SELECT n, twice FROM g ORDER BY n')).toEqual([
      { n: 1, twice: 2 },
      { n: 2, twice: 4 },
    ]);
  });
});

describe('a cancelled load leaves nothing behind', () => {
  const reason = new Error('the run was cancelled');

  test.each([
    ['replace', { kind: 'replace' }],
    ['interval', { kind: 'interval', column: 'at', start: '2018-11-01', end: '2018-11-02', key: ['id'] }],
  ] as const)('while it waits for more data (%s)', async (_name, write) => {
    const controller = new AbortController();
    const source = sourceOf(async function* () {
      for (let id = 0; ; id += 1) {
        yield Buffer.from(`{"id":${id},"name":"n"}\n`);
        if (id === 20_000) controller.abort(reason);
      }
    });
    await expect(load({ source, write, signal: controller.signal })).rejects.toBe(reason);
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
    await expectNothingLeft();
  });

  test('while the server is busy with its rows', async () => {
    await query(
      `CREATE OR REPLACE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'`,
    );
    await query('CREATE TRIGGER stall BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION stall()');
    const controller = new AbortController();
    const prefix = await put({ a: '{"id":1}' });
    const loading = expect(load({ prefix, signal: controller.signal })).rejects.toBe(reason);
    await until(
      async () => (await query(`SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).length > 0,
      'the server sleeps',
    );
    controller.abort(reason);
    await loading;
    await query('DROP TRIGGER stall ON t');
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
    await expectNothingLeft();
  });

  test('while it waits for a lock', async () => {
    const other = await connectSql(scene.database().connection);
    const controller = new AbortController();
    await other.transaction(async () => {
      await other.query('LOCK TABLE t');
      const loading = expect(
        load({ prefix: await put({ a: '{"id":1}' }), signal: controller.signal }),
      ).rejects.toBe(reason);
      await until(
        async () =>
          (await query(`SELECT 1 FROM pg_locks WHERE relation = 't'::regclass AND NOT granted`)).length > 0,
        'the load waits',
      );
      controller.abort(reason);
      await loading;
    });
    await other.close();
    await expectNothingLeft();
  });

  test('before it began', async () => {
    await expect(load({ prefix: 'x', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('two loads of one table', () => {
  test('wait for each other, while readers see the old rows', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow = sourceOf(async function* () {
      yield Buffer.from('{"id":1,"name":"first"}\n');
      await gate;
      yield Buffer.from('{"id":2,"name":"first"}\n');
    });
    const first = load({ source: slow });
    const waiting = `SELECT 1 FROM pg_locks WHERE relation = 't'::regclass AND NOT granted`;
    await until(
      async () =>
        (
          await query(
            `SELECT 1 FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareRowExclusiveLock'`,
          )
        ).length > 0,
      'the first holds its lock',
    );
    const second = load({ prefix: await put({ a: '{"id":1,"name":"second"}' }) });
    await until(async () => (await query(waiting)).length > 0, 'the second waits');
    expect(await query('SELECT id FROM t')).toEqual([{ id: 99 }]);
    release();
    await expect(Promise.all([first, second])).resolves.toMatchObject([{ rows: 2 }, { rows: 1 }]);
    expect(await query('SELECT id, name FROM t')).toEqual([{ id: 1, name: 'second' }]);
  });
});
