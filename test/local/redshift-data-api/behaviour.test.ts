import { afterAll, beforeAll, describe, expect, it, test } from '@jest/globals';
import {
  CancelStatementCommand,
  DescribeStatementCommand,
  ExecuteStatementCommand,
  GetStatementResultCommand,
  ListDatabasesCommand,
  ListStatementsCommand,
  paginateListStatements,
} from '@aws-sdk/client-redshift-data';

import { connectSql, type SqlSession } from '../../../connections/postgres.js';
import { FAULTS } from '../../../local/aws/faults.js';
import { createDriver } from '../../contract/redshift-data.js';
import { until } from '../../support/engine.js';
import { startTestDataApi, type TestDataApi } from '../../support/redshift-data-api.js';

/** The clock of the service, moved by tests that outlast hours. */
let clockOffsetMs = 0;
let api: TestDataApi;
let driver: ReturnType<typeof createDriver>;
/** Looks at the server from outside: within a transaction Postgres keeps showing the same activity. */
let watcher: SqlSession;

beforeAll(async () => {
  api = await startTestDataApi({ slots: 2, maxActive: 4, maxResultBytes: 100_000, pageRows: 3 });
  driver = createDriver(api);
  watcher = await connectSql(api.database.connection);
});

afterAll(async () => {
  await watcher.close();
  await api.stop();
});

/** Runs until it is cancelled: it waits for a lock that somebody else holds. */
async function withLockedTable<T>(work: (sql: string) => Promise<T>): Promise<T> {
  await api.database.session.query('CREATE TABLE IF NOT EXISTS locked (id INTEGER)');
  return api.database.session.transaction(async () => {
    await api.database.session.query('LOCK TABLE locked');
    return work('INSERT INTO locked VALUES (1)');
  });
}

/** How many sessions wait for a lock on this database. */
async function countWaiting(): Promise<number> {
  const { rows } = await watcher.query<{ waiting: number }>(
    `SELECT COUNT(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return Number(rows[0]?.waiting);
}

const waitUntilWaiting = (count: number): Promise<true> =>
  until(async () => ((await countWaiting()) === count ? true : undefined));

const statusOf = async (Id: string | undefined): Promise<string | undefined> =>
  (await api.client.send(new DescribeStatementCommand({ Id }))).Status;

describe('cancelling', () => {
  it('stops the statement on Postgres, and leaves nothing of its batch', async () => {
    await withLockedTable(async (sql) => {
      const { Id } = await driver.submitBatch(['CREATE TABLE cancelled (id INTEGER)', sql, 'SELECT 1']);
      await waitUntilWaiting(1);
      expect(await statusOf(Id)).toBe('STARTED');
      expect(await api.client.send(new CancelStatementCommand({ Id }))).toMatchObject({ Status: true });
      const end = await driver.wait(Id);
      expect(end.Status).toBe('ABORTED');
      expect(end.SubStatements?.map(({ Status }) => Status)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
      expect(await countWaiting()).toBe(0);
    });
    expect(await driver.rows(`SELECT COUNT(*) FROM pg_tables WHERE tablename = 'cancelled'`)).toEqual([
      [{ longValue: 0 }],
    ]);
  });

  it('reaches a statement that still waits for its turn', async () => {
    await withLockedTable(async (sql) => {
      const first = await Promise.all([driver.submit(sql), driver.submit(sql)]);
      await waitUntilWaiting(2);
      const { Id } = await driver.submit('SELECT 1');
      expect(await statusOf(Id)).toBe('PICKED');
      await api.client.send(new CancelStatementCommand({ Id }));
      for (const one of first) await api.client.send(new CancelStatementCommand({ Id: one.Id }));
      expect((await driver.wait(Id)).Status).toBe('ABORTED');
      for (const one of first) expect((await driver.wait(one.Id)).Status).toBe('ABORTED');
    });
  });
});

describe('waiting', () => {
  it('answers a long poll when the statement ends, and after its time when it does not', async () => {
    await withLockedTable(async (sql) => {
      const { Id } = await driver.submit(sql);
      await waitUntilWaiting(1);
      const early = await api.client.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: 1 }));
      expect(early.Status).toBe('STARTED');
      const poll = api.client.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: 30 }));
      await api.client.send(new CancelStatementCommand({ Id }));
      expect((await poll).Status).toBe('ABORTED');
    });
  });
});

describe('limits', () => {
  it('refuses more active statements than it has room for, and takes the next when one has ended', async () => {
    await withLockedTable(async (sql) => {
      const submitted = [];
      for (let count = 0; count < 4; count += 1) submitted.push(await driver.submit(sql));
      await expect(driver.submit('SELECT 1')).rejects.toMatchObject({
        name: 'ActiveStatementsExceededException',
      });
      for (const { Id } of submitted) await api.client.send(new CancelStatementCommand({ Id }));
      for (const { Id } of submitted) await driver.wait(Id);
    });
    expect((await driver.run('SELECT 1')).Status).toBe('FINISHED');
  });

  it('fails a statement whose result is too large', async () => {
    const end = await driver.run(`SELECT REPEAT('x', 100001)`);
    expect(end).toMatchObject({ Status: 'FAILED', HasResultSet: false });
    expect(end.Error).toContain('100001 bytes exceeds the limit of 100000');
  });

  it('refuses what it does not do, by name', async () => {
    const asked = { WithEvent: true, ResultFormat: 'CSV', SessionKeepAliveSeconds: 60 } as const;
    await expect(driver.submit('SELECT 1', asked)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(/WithEvent.*ResultFormat.*SessionKeepAliveSeconds/s),
    });
  });

  it('knows its own cluster and workgroup only', async () => {
    const DbUser = undefined;
    const workgroup = { ClusterIdentifier: undefined, WorkgroupName: 'airtempo-local', DbUser };
    expect(await driver.run('SELECT 1', workgroup)).toMatchObject({
      Status: 'FINISHED',
      WorkgroupName: 'airtempo-local',
    });
    const answer = driver.submit('SELECT 1', { ClusterIdentifier: 'other' });
    await expect(answer).rejects.toThrow("Redshift endpoint doesn't exist in this region.");
    const unknown = await driver.run('SELECT 1', { Database: 'nowhere' });
    expect(unknown).toMatchObject({ Status: 'FAILED', Error: expect.stringContaining('database "nowhere"') });
  });
});

describe('who sees what', () => {
  it('shows a statement to nobody but its owner', async () => {
    const { Id } = await driver.run('SELECT 1');
    const other = api.connect('AKIASECOND');
    const gone = { name: 'ResourceNotFoundException', ResourceId: Id };
    await expect(other.send(new DescribeStatementCommand({ Id }))).rejects.toMatchObject(gone);
    await expect(other.send(new GetStatementResultCommand({ Id }))).rejects.toMatchObject(gone);
    await expect(other.send(new CancelStatementCommand({ Id }))).rejects.toMatchObject(gone);
    expect((await other.send(new ListStatementsCommand({ Status: 'ALL' }))).Statements).toEqual([]);
  });

  it('keeps the client tokens of two callers apart, and refuses one for other SQL', async () => {
    const ClientToken = 'the same token';
    const first = await driver.submit('SELECT 1', { ClientToken });
    const other = api.connect('AKIASECOND');
    const command = { ...api.target, Sql: 'SELECT 1', ClientToken };
    expect((await other.send(new ExecuteStatementCommand(command))).Id).not.toBe(first.Id);
    await expect(driver.submit('SELECT 2', { ClientToken })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    expect((await driver.submit('SELECT 1', { ClientToken, WaitTimeSeconds: 1 })).Id).toBe(first.Id);
  });

  it.each([
    ['a wrong secret', 'AKIAFIRST', 'wrong', 'InvalidSignatureException'],
    ['an unknown key', 'AKIAOTHER', 'any', 'UnrecognizedClientException'],
  ])('refuses %s', async (_what, key, secret, name) => {
    const stranger = api.connect(key, secret);
    await expect(stranger.send(new ListStatementsCommand({}))).rejects.toMatchObject({ name });
  });
});

describe('lists', () => {
  it('gives results and lists in pages, and refuses the token of another list', async () => {
    const { Id } = await driver.run(
      'SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 ORDER BY n',
    );
    const first = await api.client.send(new GetStatementResultCommand({ Id }));
    expect(first.Records).toHaveLength(3);
    const { NextToken } = first;
    const last = await api.client.send(new GetStatementResultCommand({ Id, NextToken }));
    expect(last).toMatchObject({ Records: [[{ longValue: 4 }]], TotalNumRows: 4 });
    expect(last.NextToken).toBeUndefined();
    const misused = api.client.send(new ListStatementsCommand({ NextToken }));
    await expect(misused).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it('lists the latest first: those that have finished, unless asked for others', async () => {
    const StatementName = 'listed';
    const ids: (string | undefined)[] = [];
    for (const sql of ['SELECT 1', 'SELECT nothing FROM nowhere', 'SELECT 3']) {
      ids.push((await driver.run(sql, { StatementName })).Id);
    }
    const list = async (Status?: 'ALL' | 'FAILED'): Promise<(string | undefined)[]> => {
      const found: (string | undefined)[] = [];
      const pages = paginateListStatements(
        { client: api.client, pageSize: 1 },
        { StatementName: 'list', Status },
      );
      for await (const { Statements } of pages) found.push(...(Statements ?? []).map(({ Id }) => Id));
      return found;
    };
    expect(await list()).toEqual([ids[2], ids[0]]);
    expect(await list('FAILED')).toEqual([ids[1]]);
    expect(await list('ALL')).toEqual(ids.toReversed());
  });

  it('lists databases', async () => {
    const answer = await api.client.send(new ListDatabasesCommand({ ...api.target }));
    expect(answer.Databases).toContain(api.database.connection.schema);
  });
});

describe('what Redshift would not do', () => {
  it.each([
    ['INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING', /ON CONFLICT/],
    ['DELETE FROM t RETURNING id', /RETURNING/],
    ['SELECT $1', /there is no parameter \$1/],
    ['BEGIN', /BEGIN is not supported/],
    ['-- nothing', /there is no statement/],
  ])('refuses %s', async (sql, message) => {
    expect(await driver.run(sql)).toMatchObject({ Status: 'FAILED', Error: expect.stringMatching(message) });
  });

  it('takes TRUNCATE alone, and refuses it in a transaction, which it would commit', async () => {
    await driver.run('CREATE TABLE truncated (id INTEGER)');
    const batch = await driver.runBatch(['INSERT INTO truncated VALUES (1)', 'TRUNCATE truncated']);
    expect(batch).toMatchObject({ Status: 'FAILED', Error: expect.stringContaining('TRUNCATE: commits') });
    expect((await driver.run('TRUNCATE truncated')).Status).toBe('FINISHED');
    expect((await driver.run('VACUUM truncated')).Status).toBe('FINISHED');
  });

  it('rounds no long', async () => {
    const { Id } = await driver.run('SELECT CAST(9007199254740993 AS BIGINT) AS l');
    let body = '';
    api.client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { response } = result as { response: { body: AsyncIterable<Buffer> } };
        const chunks: Buffer[] = [];
        for await (const chunk of response.body) chunks.push(chunk);
        body = Buffer.concat(chunks).toString('utf8');
        throw new Error('read');
      },
      { step: 'deserialize', priority: 'low', name: 'readBody' },
    );
    await expect(api.client.send(new GetStatementResultCommand({ Id }))).rejects.toThrow('read');
    api.client.middlewareStack.remove('readBody');
    expect(body).toContain('[{"longValue":9007199254740993}]');
  });
});

describe('COPY', () => {
  const copySql = (key: string, more = ''): string =>
    `COPY loaded FROM 's3://${api.bucket.name}/${key}' IAM_ROLE default FORMAT AS JSON 'auto' ${more}`;

  beforeAll(async () => {
    await driver.run('CREATE TABLE loaded (id INTEGER) DISTSTYLE ALL');
    await api.bucket.put('mixed/a.json', '{"id":1}\n{"id":"x"}\n{"id":3}');
  });

  it('leaves out as many records as it may, and lists them', async () => {
    const end = await driver.runBatch([
      'LOCK TABLE loaded',
      'DELETE FROM loaded',
      copySql('mixed/', 'MAXERROR 2'),
      'SELECT pg_last_copy_count() AS n, pg_last_copy_id() AS id',
    ]);
    const copy = end.SubStatements?.[2];
    expect(copy).toMatchObject({ Status: 'FINISHED', ResultRows: 2 });
    const id = copy?.RedshiftQueryId;
    const answer = await api.client.send(new GetStatementResultCommand({ Id: `${end.Id}:4` }));
    expect(answer.Records).toEqual([[{ longValue: 2 }, { longValue: id }]]);
    const where = `WHERE query = ${String(id)}`;
    expect(await driver.rows(`SELECT line_number, TRIM(colname) FROM stl_load_errors ${where}`)).toEqual([
      [{ longValue: 2 }, { stringValue: 'id' }],
    ]);
    expect(await driver.rows(`SELECT COUNT(*) FROM stl_load_commits ${where}`)).toEqual([[{ longValue: 1 }]]);
    const history = `SELECT loaded_rows, source_file_count, error_count FROM sys_load_history WHERE query_id = ${String(id)}`;
    expect(await driver.rows(history)).toEqual([[{ longValue: 2 }, { longValue: 1 }, { longValue: 1 }]]);
  });

  it('keeps the old rows, and the reasons, when the load after a DELETE fails', async () => {
    const end = await driver.runBatch(['DELETE FROM loaded', copySql('mixed/')]);
    expect(end).toMatchObject({ Status: 'FAILED', Error: expect.stringContaining('stl_load_errors') });
    expect(await driver.rows('SELECT COUNT(*) FROM loaded')).toEqual([[{ longValue: 2 }]]);
    const id = end.SubStatements?.[1]?.RedshiftQueryId;
    expect(await driver.rows(`SELECT COUNT(*) FROM stl_load_errors WHERE query = ${String(id)}`)).toEqual([
      [{ longValue: 1 }],
    ]);
  });

  it('fails over a prefix without objects, and over keys in the text', async () => {
    expect(await driver.run(copySql('none/'))).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringContaining('none/'),
    });
    const sql = copySql('mixed/').replace(
      'IAM_ROLE default',
      `ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'hunter2'`,
    );
    const { Status, Error: error } = await driver.run(sql);
    expect([Status, error]).toEqual(['FAILED', expect.stringContaining('Write IAM_ROLE default')]);
    expect(error).not.toContain('hunter2');
  });
});

describe('faults', () => {
  it('runs a statement once although the answer to its submission was lost', async () => {
    await driver.run('CREATE TABLE once (id INTEGER)');
    const more = { ClientToken: 'lost and found' };
    api.faults.push('ExecuteStatement', FAULTS.lostAnswer);
    await expect(driver.submit('INSERT INTO once VALUES (1)', more)).rejects.toThrow();
    const { Id } = await driver.submit('INSERT INTO once VALUES (1)', more);
    expect((await driver.wait(Id)).Status).toBe('FINISHED');
    expect(await driver.rows('SELECT COUNT(*) FROM once')).toEqual([[{ longValue: 1 }]]);
  });
});

test('forgets client tokens after 8 hours and statements after 24; nothing survives its end', async () => {
  const other = await startTestDataApi({ now: () => new Date(Date.now() + clockOffsetMs) });
  // it learns the service's clock from a refusal, and signs once more
  const client = other.connect('AKIAFIRST', undefined, 2);
  const own = createDriver({ ...other, client });
  const more = { ClientToken: 'hours' };
  const { Id } = await own.run('SELECT 1', more);
  const after = async (hours: number): Promise<string | undefined> => {
    clockOffsetMs = hours * 3_600_000;
    return (await own.submit('SELECT 1', more)).Id;
  };
  expect(await after(7.9)).toBe(Id);
  const second = await after(8.1);
  expect(second).not.toBe(Id);
  await own.wait(second);
  clockOffsetMs = 24.1 * 3_600_000;
  await expect(client.send(new DescribeStatementCommand({ Id }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  expect((await client.send(new DescribeStatementCommand({ Id: second }))).Status).toBe('FINISHED');
  await other.stop();
  await expect(client.send(new DescribeStatementCommand({ Id: second }))).rejects.toThrow();
});
