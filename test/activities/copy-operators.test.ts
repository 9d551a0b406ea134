import path from 'node:path';
import { writeFile } from 'node:fs/promises';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { copyFromFiles, type CopyFromFilesArgs } from '../../activities/copy-from-files.js';
import { copyFromS3, type CopyFromS3Args } from '../../activities/copy-from-s3.js';
import type { TaskContext } from '../../core/context.js';
import { createScratchFolder } from '../support/scratch.js';
import {
  createTestBucket,
  createTestDatabase,
  services,
  type TestBucket,
  type TestDatabase,
} from '../support/services.js';
import { createTaskContext } from '../support/task-context.js';

let database: TestDatabase;
let bucket: TestBucket;
let ctx: TaskContext;
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
const heartbeats: unknown[] = [];

beforeAll(async () => {
  database = await createTestDatabase('copy_operators');
  bucket = await createTestBucket();
  scratch = await createScratchFolder();
  await bucket.put(
    'data/1.json',
    '{"id":1,"at":"2018-11-01T03:00:00Z"}\n{"id":2,"at":"2018-11-02T01:00:00Z"}\n',
  );
  await writeFile(path.join(scratch.dir, 'rows.csv'), 'id|at\n7|2018-11-01\n');
  ctx = createTaskContext(
    [
      { ...database.connection, id: 'redshift' },
      { ...services().s3, id: 'aws_credentials' },
    ],
    {
      heartbeat: (details) => heartbeats.push(details),
    },
  );
});
afterAll(async () => {
  await scratch.remove();
  await bucket.drop();
  await database.drop();
});
beforeEach(async () => {
  await database.session.query('DROP TABLE IF EXISTS t');
  await database.session.query('CREATE TABLE t (id INTEGER, at TIMESTAMP)');
  await database.session.query(`INSERT INTO t VALUES (99, '2018-10-01')`);
});

const ids = async (): Promise<unknown> =>
  (await database.session.query('SELECT id FROM t ORDER BY id')).rows.map(({ id }) => id);
const s3Args = (args: Partial<CopyFromS3Args> = {}): CopyFromS3Args => ({
  connId: 'redshift',
  table: 't',
  from: `s3://${bucket.name}/data/`,
  format: 'json',
  ...args,
});

describe('copy_from_s3', () => {
  test('replaces the rows by default, also when it runs twice', async () => {
    for (let time = 0; time < 2; time += 1) {
      await expect(copyFromS3({ args: s3Args(), ctx })).resolves.toEqual({
        rows: 2,
        files: 1,
        bytes: 74,
        rejected: 0,
      });
    }
    expect(await ids()).toEqual([1, 2]);
    expect(heartbeats).toContainEqual({ rows: 2, files: 1 });
  });
  test('appends on request', async () => {
    await copyFromS3({ args: s3Args({ write: 'append' }), ctx });
    expect(await ids()).toEqual([1, 2, 99]);
  });
  test('replaces an interval, given as dates', async () => {
    const { start, end } = ctx.dataInterval;
    await copyFromS3({
      args: s3Args({ write: { interval: { column: 'at', start, end }, key: ['id'] } }),
      ctx,
    });
    expect(await ids()).toEqual([1, 2, 99]);
  });
  test('fails without retry over bad data', async () => {
    await bucket.put('bad/x.json', '{"id":"x"}');
    await expect(copyFromS3({ args: s3Args({ from: `s3://${bucket.name}/bad/` }), ctx })).rejects.toEqual(
      expect.objectContaining({ code: 'LOAD_FAILED', retryable: false }),
    );
    expect(await ids()).toEqual([99]);
    const { rows } = await database.session.query('SELECT load_id FROM load_errors');
    expect(rows).toEqual([{ load_id: 'test_dag/manual__2018-11-01T02:00:00+00:00/test_task' }]);
  });
  test('says in the Web UI what it does', () => {
    expect(copyFromS3.summary?.({ table: 'songs' })).toBe('COPY into songs');
    expect(copyFromS3.summary?.({})).toBe('COPY');
  });
  test.each<[object, RegExp]>([
    [{ tabel: 't' }, /tabel/],
    [{ format: 'xml' }, /format/],
    [{ from: 'data/' }, /s3:\/\/bucket\/prefix/],
    [{ write: 'truncate' }, /write/],
    [{ write: { interval: { column: 'at', start: 'monday', end: '2018-11-02' }, key: [] } }, /write/],
    [{ write: { interval: { column: 'at', start: '2018-11-03', end: '2018-11-02' }, key: [] } }, /write/],
  ])('refuses %j', (change, message) => {
    expect(() => copyFromS3.args?.parse({ ...s3Args(), ...change })).toThrow(message);
  });
});

describe('copy_from_files', () => {
  test('loads files of the worker', async () => {
    const args: CopyFromFilesArgs = {
      connId: 'redshift',
      table: 't',
      from: path.join(scratch.dir, '*.csv'),
      format: 'csv',
      delimiter: '|',
      ignoreHeader: 1,
    };
    await expect(
      copyFromFiles({ args: copyFromFiles.args?.parse(args) ?? args, ctx }),
    ).resolves.toMatchObject({ rows: 1, files: 1 });
    expect(await ids()).toEqual([7]);
  });
  test('sends S3 URLs to the other operator', () => {
    expect(() =>
      copyFromFiles.args?.parse({ connId: 'c', table: 't', from: 's3://b/k', format: 'json' }),
    ).toThrow(/copy_from_s3/);
  });
});
