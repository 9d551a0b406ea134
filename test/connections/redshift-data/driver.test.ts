/** The parts of the Data API driver that need no server: what it is told, what it sends, what it remembers. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createJournal } from '../../../connections/redshift-data/journal.js';
import { createDataRequest } from '../../../connections/redshift-data/request.js';
import { keepLongs, readRecords } from '../../../connections/redshift-data/rows.js';
import { parseRedshiftDataTarget, readRedshiftDriver } from '../../../connections/redshift-data/target.js';
import { isPassingFailure } from '../../../connections/sql/passing-failure.js';
import { createStatement, type SqlValue } from '../../../connections/sql/statement.js';
import type { Connection } from '../../../core/connection.js';

const redshift = (extra: Connection['extra'], rest: Partial<Connection> = {}): Connection => ({
  id: 'redshift',
  type: 'redshift',
  extra,
  ...rest,
});

describe('the connection', () => {
  test('speaks the wire protocol unless it says otherwise', () => {
    expect(readRedshiftDriver(redshift({}))).toBe('wire');
    expect(readRedshiftDriver(redshift({ driver: 'data-api' }))).toBe('data-api');
  });
  test('with an unknown driver is refused, with the fix', () => {
    expect(() => readRedshiftDriver(redshift({ driver: 'dataapi' }))).toThrow(
      /extra\.driver is "dataapi"\. Write "data-api"/,
    );
  });
  test('names a cluster or a workgroup, and its database', () => {
    expect(
      parseRedshiftDataTarget(redshift({ cluster_identifier: 'c', db_user: 'awsuser' }, { schema: 'sales' })),
    ).toEqual({
      target: { ClusterIdentifier: 'c', DbUser: 'awsuser', Database: 'sales' },
      awsConnId: 'aws_credentials',
    });
    expect(parseRedshiftDataTarget(redshift({ workgroup_name: 'w', aws_conn_id: 'other' }))).toEqual({
      target: { WorkgroupName: 'w', Database: 'dev' },
      awsConnId: 'other',
    });
  });
  test.each<[Connection['extra'], RegExp]>([
    [{}, /cluster_identifier .* or workgroup_name/],
    [{ cluster_identifier: 'c', workgroup_name: 'w' }, /not both/],
    [{ workgroup_name: 'w', db_user: 'u' }, /remove db_user/],
    [{ cluster_identifier: 'c', db_user: 'u', secret_arn: 'arn:s' }, /db_user .* or secret_arn, not both/],
    [{ cluster_identifier: 7 }, /extra\.cluster_identifier/],
  ])('with %j is refused', (extra, message) => {
    expect(() => parseRedshiftDataTarget(redshift(extra))).toThrow(message);
  });
});

const compare = (value: SqlValue, name = 'a'): ReturnType<typeof createStatement> =>
  createStatement('sql', `SELECT 1 WHERE x = `, { name, value });

describe('a request', () => {
  test('carries texts as parameters, and writes what no parameter can be', () => {
    expect(createDataRequest([compare('it'), compare(''), compare(null, 'b')])).toEqual({
      sqls: ['SELECT 1 WHERE x = :a', `SELECT 1 WHERE x = ''`, 'SELECT 1 WHERE x = NULL'],
      parameters: [{ name: 'a', value: 'it' }],
    });
    expect(createDataRequest([compare(true), compare(7), compare(-7), compare(Number.NaN)]).sqls).toEqual([
      'SELECT 1 WHERE x = TRUE',
      'SELECT 1 WHERE x = 7',
      'SELECT 1 WHERE x = (-7)',
      `SELECT 1 WHERE x = CAST('NaN' AS DOUBLE PRECISION)`,
    ]);
  });
  test('gives one name one value, also when two statements use it for two', () => {
    expect(createDataRequest([compare('x'), compare('y'), compare('x')])).toEqual({
      sqls: ['SELECT 1 WHERE x = :a', 'SELECT 1 WHERE x = :a_2', 'SELECT 1 WHERE x = :a'],
      parameters: [
        { name: 'a', value: 'x' },
        { name: 'a_2', value: 'y' },
      ],
    });
  });
  test('never has a text of its own in the statement', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (value) => {
        expect(createDataRequest([compare(value)])).toEqual({
          sqls: ['SELECT 1 WHERE x = :a'],
          parameters: [{ name: 'a', value }],
        });
      }),
    );
  });
  test('of more than forty statements is refused, as it could not be one transaction', () => {
    const statements = Array.from({ length: 41 }, () => compare(1));
    expect(createDataRequest(statements.slice(1)).sqls).toHaveLength(40);
    expect(() => createDataRequest(statements)).toThrow(/41 statements .* one transaction, .* takes 40/);
  });
  test('with a statement above 100 KB is refused by name', () => {
    expect(() => createDataRequest([createStatement('big.sql', `SELECT '${'é'.repeat(60_000)}'`)])).toThrow(
      /big\.sql: .* 120009 bytes/,
    );
  });
});

describe('the journal', () => {
  const request = createDataRequest([compare('x')]);
  const other = createDataRequest([compare('y')]);
  const open = (former: unknown, key = 'run/task') => {
    const kept: unknown[] = [];
    return { kept, journal: createJournal({ key, former, keep: (details) => kept.push(details) }) };
  };

  test('gives a statement the same token at each try, and another once the task has been cleared', () => {
    const { token } = open(undefined).journal.next(request);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(open(undefined).journal.next(request).token).toBe(token);
    expect(open(undefined, 'run/task cleared').journal.next(request).token).not.toBe(token);
    expect(open(undefined).journal.next(other).token).not.toBe(token);
  });
  test('tells two equal statements of one task apart', () => {
    const { journal } = open(undefined);
    expect(journal.next(request).token).not.toBe(journal.next(request).token);
  });
  test('knows the id of the former try', () => {
    const first = open(undefined);
    first.journal.next(request).keep('id-1');
    const second = open(JSON.parse(JSON.stringify(first.kept.at(-1)))).journal.next(request);
    expect(second.known).toBe('id-1');
  });
  test('does not give the id to another statement', () => {
    const first = open(undefined);
    first.journal.next(request).keep('id-1');
    expect(open(first.kept.at(-1)).journal.next(other).known).toBeUndefined();
  });
  test('of a statement that failed, the next try has a new token, and keeps it', () => {
    const first = open(undefined);
    const entry = first.journal.next(request);
    entry.keep('id-1');
    const second = open(first.kept.at(-1));
    const renewed = second.journal.next(request).renew();
    expect(renewed.token).not.toBe(entry.token);
    renewed.keep('id-2');
    const third = open(second.kept.at(-1)).journal.next(request);
    expect([third.known, third.token]).toEqual(['id-2', renewed.token]);
  });
  test('stays small, however many statements a task runs', () => {
    const { journal, kept } = open(undefined);
    for (let call = 0; call < 200; call += 1)
      journal.next(request).keep('00000000-0000-0000-0000-000000000000');
    expect(JSON.stringify(kept.at(-1)).length).toBeLessThan(8_000);
  });
  test.each([[null], ['text'], [{ rows: 3 }], [{ redshiftData: { 1: { id: 7 } } }]])(
    'takes %j, kept by something else, for nothing',
    (former) => {
      expect(open(former).journal.next(request).known).toBeUndefined();
    },
  );
});

describe('rows', () => {
  test('have the values that the other driver gives', () => {
    const columns = ['i', 'd', 'b', 's', 'n', 'x'].map((name) => ({ name }));
    const record = [
      { longValue: 7 }, { doubleValue: 1.5 }, { booleanValue: false }, { stringValue: '1.50' }, { isNull: true },
      { blobValue: new Uint8Array([1, 255]) },
    ]; // prettier-ignore
    expect(readRecords([record], columns)).toEqual([
      { i: 7, d: 1.5, b: false, s: '1.50', n: null, x: '01ff' },
    ]);
  });
  test('go by the label of a column', () => {
    expect(readRecords([[{ longValue: 1 }]], [{ label: 'found', name: 'count' }])).toEqual([{ found: 1 }]);
  });
  test('keep longs beyond 2^53 as texts, and nothing else', () => {
    const wide =
      '{"Records":[[{"longValue":9223372036854775807},{"longValue": -9007199254740993},{"longValue":9007199254740991}]]}';
    expect(JSON.parse(keepLongs(wide))).toEqual({
      Records: [
        [
          { stringValue: '9223372036854775807' },
          { stringValue: '-9007199254740993' },
          { longValue: 9007199254740991 },
        ],
      ],
    });
  });
  test('are not changed within their texts', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('{"longValue":9223372036854775807}', ',"longValue":9223372036854775807', ''),
        (text, trap) => {
          const json = JSON.stringify({ Records: [[{ stringValue: `${text}${trap}` }]] });
          expect(keepLongs(json)).toBe(json);
        },
      ),
    );
  });
});

describe('failures', () => {
  test.each([
    'ERROR: 1023\n  DETAIL: Serializable isolation violation on table - 108263',
    'ERROR: S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown,Rid 1,ExtRid x,CanRetry 1',
    'ERROR: could not serialize access due to concurrent update',
    'FATAL: the database system is starting up',
  ])('%j pass by themselves', (message) => {
    expect(isPassingFailure(message)).toBe(true);
  });
  test.each([
    "ERROR: Load into table 't' failed.  Check 'stl_load_errors' system table for details.",
    'ERROR: S3ServiceException:Access Denied,Status 403,Error AccessDenied,Rid 1,CanRetry 1',
    'ERROR: relation "t" does not exist',
    'ERROR: invalid input syntax for integer: "10232"',
  ])('%j do not', (message) => {
    expect(isPassingFailure(message)).toBe(false);
  });
});
