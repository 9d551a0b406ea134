/**
 * What every Redshift Data API must do, the local one and Amazon's: rules that airtempo builds on. The tests take their
 * client and target from `connect`, make their own tables and drop them.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BatchExecuteStatementCommand,
  CancelStatementCommand,
  DescribeStatementCommand,
  type DescribeStatementResponse,
  ExecuteStatementCommand,
  type ExecuteStatementInput,
  GetStatementResultCommand,
  ListStatementsCommand,
  paginateGetStatementResult,
  type RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';

/** A service to hold to the contract. */
export interface RedshiftDataSubject {
  readonly client: RedshiftDataClient;
  /** Cluster or workgroup, database, user or secret. */
  readonly target: Pick<
    ExecuteStatementInput,
    'ClusterIdentifier' | 'WorkgroupName' | 'Database' | 'DbUser' | 'SecretArn'
  >;
  /** Where COPY may read, and how it is allowed to; without it, COPY is left out. */
  readonly copy?: {
    readonly bucket: string;
    /** `IAM_ROLE default`, or with an ARN. */
    readonly authorization: string;
    put(key: string, body: string): Promise<void>;
  };
  stop(): Promise<void>;
}

/** Runs statements to their end. */
export function createDriver({ client, target }: RedshiftDataSubject) {
  async function wait(Id: string | undefined): Promise<DescribeStatementResponse> {
    for (;;) {
      const answer = await client.send(new DescribeStatementCommand({ Id, WaitTimeSeconds: 30 }));
      if (['FINISHED', 'FAILED', 'ABORTED'].includes(answer.Status ?? '')) return answer;
    }
  }
  const submit = (Sql: string, more: object = {}) =>
    client.send(new ExecuteStatementCommand({ ...target, Sql, ...more }));
  const submitBatch = (Sqls: string[], more: object = {}) =>
    client.send(new BatchExecuteStatementCommand({ ...target, Sqls, ...more }));
  const run = async (Sql: string, more: object = {}) => wait((await submit(Sql, more)).Id);
  const runBatch = async (Sqls: string[], more: object = {}) => wait((await submitBatch(Sqls, more)).Id);
  const rows = async (Sql: string, more: object = {}) => {
    const { Id, Error: error } = await run(Sql, more);
    if (error !== undefined) throw new Error(error);
    return (await client.send(new GetStatementResultCommand({ Id }))).Records;
  };
  return { wait, submit, submitBatch, run, runBatch, rows };
}

/** The rules. */
export function describeRedshiftDataContract(
  name: string,
  connect: () => Promise<RedshiftDataSubject>,
  { withCopy }: { readonly withCopy: boolean },
): void {
  describe(name, () => {
    const table = `airtempo_contract_${randomUUID().slice(0, 8)}`;
    let subject: RedshiftDataSubject;
    let driver: ReturnType<typeof createDriver>;

    beforeAll(async () => {
      subject = await connect();
      driver = createDriver(subject);
      const made = await driver.run(
        `CREATE TABLE ${table} (id INTEGER NOT NULL, name VARCHAR(20), price NUMERIC(9,2)) DISTSTYLE AUTO SORTKEY AUTO`,
      );
      expect(made).toMatchObject({ Status: 'FINISHED', HasResultSet: false });
    });

    afterAll(async () => {
      await driver.run(`DROP TABLE IF EXISTS ${table}`);
      await subject.stop();
    });

    it('takes itself for Redshift', async () => {
      const [[cell] = []] = (await driver.rows('select version()')) ?? [];
      expect(cell?.stringValue).toMatch(/^PostgreSQL 8\.0\.2.*Redshift/);
    });

    it('tells of a statement from its submission to its end', async () => {
      const submitted = await driver.submit('SELECT 1 AS one');
      expect(submitted).toMatchObject({ ...subject.target, CreatedAt: expect.any(Date) });
      const end = await driver.wait(submitted.Id);
      expect(end).toMatchObject({
        Id: submitted.Id,
        Status: 'FINISHED',
        QueryString: 'SELECT 1 AS one',
        HasResultSet: true,
        ResultRows: 1,
      });
      expect(end.RedshiftQueryId).toEqual(expect.any(Number));
      expect(end.Duration).toBeGreaterThan(0);
    });

    it('types its cells and describes its columns', async () => {
      const { Id } = await driver.run(
        `SELECT CAST(NULL AS INTEGER) AS n, 1 = 1 AS b, CAST(7 AS BIGINT) AS l, CAST(1.5 AS DOUBLE PRECISION) AS d,
                CAST(2.50 AS NUMERIC(9,2)) AS p, CAST('x''y' AS VARCHAR(20)) AS s, CAST('2018-11-01' AS DATE) AS day`,
      );
      const answer = await subject.client.send(new GetStatementResultCommand({ Id }));
      expect(answer.Records).toEqual([
        [
          { isNull: true },
          { booleanValue: true },
          { longValue: 7 },
          { doubleValue: 1.5 },
          { stringValue: '2.50' },
          { stringValue: "x'y" },
          { stringValue: '2018-11-01' },
        ],
      ]);
      const columns = answer.ColumnMetadata?.map(({ name: label, typeName }) => [label, typeName]);
      expect(columns).toEqual([
        ['n', 'int4'],
        ['b', 'bool'],
        ['l', 'int8'],
        ['d', 'float8'],
        ['p', 'numeric'],
        ['s', 'varchar'],
        ['day', 'date'],
      ]);
      expect(answer.ColumnMetadata?.[4]).toMatchObject({ precision: 9, scale: 2 });
    });

    it('puts values in place of names, as text that is never SQL', async () => {
      const value = `'); DROP TABLE ${table}; --`;
      const Parameters = [{ name: 'v', value }];
      expect(await driver.rows('SELECT CAST(:v AS VARCHAR(100)) AS v', { Parameters })).toEqual([
        [{ stringValue: value }],
      ]);
    });

    it('counts the rows that a statement has changed', async () => {
      const inserted = await driver.run(`INSERT INTO ${table} VALUES (1, 'a', 1), (2, 'b', 2)`);
      expect(inserted).toMatchObject({ Status: 'FINISHED', ResultRows: 2, HasResultSet: false });
      const { Id } = inserted;
      await expect(subject.client.send(new GetStatementResultCommand({ Id }))).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      });
    });

    it('tells why a statement failed', async () => {
      const end = await driver.run('SELECT * FROM airtempo_no_such_table');
      expect(end.Status).toBe('FAILED');
      expect(end.Error).toMatch(/ERROR: relation "airtempo_no_such_table" does not exist/);
    });

    it('refuses several statements in one', async () => {
      const end = await driver.run(`DELETE FROM ${table} WHERE id = 1; DELETE FROM ${table} WHERE id = 2`);
      expect(end.Status).toBe('FAILED');
      expect(await driver.rows(`SELECT COUNT(*) FROM ${table} WHERE id IN (1, 2)`)).toEqual([
        [{ longValue: 2 }],
      ]);
    });

    it('runs a batch as one transaction, and keeps a result for each of its statements', async () => {
      const end = await driver.runBatch([
        `INSERT INTO ${table} VALUES (3, 'c', 3)`,
        `SELECT id FROM ${table} WHERE id = 3`,
      ]);
      expect(end).toMatchObject({ Status: 'FINISHED', HasResultSet: true });
      expect(end.SubStatements?.map(({ Id, Status, HasResultSet }) => [Id, Status, HasResultSet])).toEqual([
        [`${end.Id}:1`, 'FINISHED', false],
        [`${end.Id}:2`, 'FINISHED', true],
      ]);
      const answer = await subject.client.send(new GetStatementResultCommand({ Id: `${end.Id}:2` }));
      expect(answer.Records).toEqual([[{ longValue: 3 }]]);
    });

    it('leaves nothing of a batch that fails', async () => {
      const end = await driver.runBatch([
        `INSERT INTO ${table} VALUES (4, 'd', 4)`,
        `INSERT INTO ${table} VALUES (NULL, 'e', 5)`,
        `INSERT INTO ${table} VALUES (6, 'f', 6)`,
      ]);
      expect(end.Status).toBe('FAILED');
      expect(end.Error).toMatch(/^Query #2 failed with ERROR: /);
      expect(end.SubStatements?.slice(1).map(({ Status }) => Status)).toEqual(['FAILED', 'ABORTED']);
      expect(await driver.rows(`SELECT COUNT(*) FROM ${table} WHERE id IN (4, 6)`)).toEqual([
        [{ longValue: 0 }],
      ]);
    });

    it('takes a statement with a client token once', async () => {
      const ClientToken = randomUUID();
      const sql = `INSERT INTO ${table} VALUES (7, 'g', 7)`;
      const first = await driver.submit(sql, { ClientToken });
      const second = await driver.submit(sql, { ClientToken });
      expect(second.Id).toBe(first.Id);
      await driver.wait(first.Id);
      expect(await driver.rows(`SELECT COUNT(*) FROM ${table} WHERE id = 7`)).toEqual([[{ longValue: 1 }]]);
    });

    it('answers a submission with its end when that comes in the time it is to wait', async () => {
      const submitted = await driver.submit('SELECT 1', { WaitTimeSeconds: 30 });
      expect(submitted).toMatchObject({ Status: 'FINISHED', HasResultSet: true });
    });

    it('finds statements by name', async () => {
      const StatementName = `airtempo-${randomUUID()}`;
      const { Id } = await driver.run('SELECT 2', { StatementName });
      const answer = await subject.client.send(new ListStatementsCommand({ StatementName }));
      expect(answer.Statements?.map((one) => one.Id)).toEqual([Id]);
    });

    it.each([
      ['no target', { ClusterIdentifier: undefined, WorkgroupName: undefined }],
      ['a cluster and a workgroup', { ClusterIdentifier: 'a-cluster', WorkgroupName: 'a-workgroup' }],
      ['a parameter without a use', { Parameters: [{ name: 'unused', value: '1' }] }],
      ['a wait of more than 30 seconds', { WaitTimeSeconds: 31 }],
      ['a statement of more than 100 KB', { Sql: `SELECT '${'x'.repeat(103_000)}'` }],
    ])('refuses %s', async (_what, more) => {
      await expect(driver.submit('SELECT 1', more)).rejects.toMatchObject({ name: 'ValidationException' });
    });

    it('refuses a batch of none, and of more than 40', async () => {
      for (const count of [0, 41]) {
        const sqls = Array.from({ length: count }, () => 'SELECT 1');
        await expect(driver.submitBatch(sqls)).rejects.toMatchObject({ name: 'ValidationException' });
      }
    });

    it('does not know what was never submitted', async () => {
      const Id = randomUUID();
      for (const command of [new DescribeStatementCommand({ Id }), new GetStatementResultCommand({ Id })]) {
        await expect(subject.client.send(command as DescribeStatementCommand)).rejects.toMatchObject({
          name: 'ResourceNotFoundException',
        });
      }
    });

    it('does not cancel what has ended', async () => {
      const { Id } = await driver.run('SELECT 3');
      await expect(subject.client.send(new CancelStatementCommand({ Id }))).rejects.toMatchObject({
        name: 'ValidationException',
      });
    });

    it('gives a large result in pages', async () => {
      const ten = Array.from({ length: 10 }, (_one, index) => `SELECT ${index} AS d`).join(' UNION ALL ');
      const { Id } = await driver.run(
        `WITH t AS (${ten}) SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n
         FROM t a CROSS JOIN t b CROSS JOIN t c CROSS JOIN t e ORDER BY n`,
      );
      const seen: number[] = [];
      for await (const page of paginateGetStatementResult({ client: subject.client }, { Id })) {
        expect(page.TotalNumRows).toBe(10_000);
        for (const [cell] of page.Records ?? []) seen.push(cell?.longValue ?? -1);
      }
      expect(seen).toEqual(Array.from({ length: 10_000 }, (_one, index) => index));
    });

    (withCopy ? describe : describe.skip)('COPY', () => {
      const place = (): NonNullable<RedshiftDataSubject['copy']> => {
        if (subject.copy === undefined) throw new Error('the subject has no place to COPY from');
        return subject.copy;
      };
      const key = `airtempo-contract/${randomUUID()}`;
      const copySql = (file: string, more = ''): string =>
        `COPY ${table} FROM 's3://${place().bucket}/${key}/${file}' ${place().authorization} FORMAT AS JSON 'auto' COMPUPDATE OFF STATUPDATE OFF ${more}`;

      it('loads files, and tells how many rows', async () => {
        await place().put(`${key}/good.json`, '{"id":11,"name":"k","price":1.239}\n{"id":12}\n');
        expect(await driver.run(copySql('good'))).toMatchObject({ Status: 'FINISHED', ResultRows: 2 });
        // COPY cuts decimals; INSERT would round them
        expect(await driver.rows(`SELECT price FROM ${table} WHERE id = 11`)).toEqual([
          [{ stringValue: '1.23' }],
        ]);
      });

      it('loads nothing of a file with a bad record, and lists it', async () => {
        await place().put(`${key}/bad.json`, '{"id":21}\n{"id":"many"}\n');
        const end = await driver.run(copySql('bad'));
        expect(end.Status).toBe('FAILED');
        expect(end.Error).toContain(`Load into table '${table}' failed`);
        expect(await driver.rows(`SELECT COUNT(*) FROM ${table} WHERE id = 21`)).toEqual([
          [{ longValue: 0 }],
        ]);
        const errors = await driver.rows(
          `SELECT TRIM(file_name), line_number, TRIM(column_name) FROM sys_load_error_detail WHERE query_id = ${String(end.RedshiftQueryId)}`,
        );
        expect(errors).toEqual([
          [
            { stringValue: `s3://${place().bucket}/${key}/bad.json` },
            { longValue: 2 },
            { stringValue: 'id' },
          ],
        ]);
      });

      it('refuses an option that it does not know, by name', async () => {
        const end = await driver.run(copySql('good', 'MAXEROR 5'));
        expect(end.Status).toBe('FAILED');
        expect(end.Error?.toUpperCase()).toContain('MAXEROR');
      });
    });
  });
}
