/** What a soak looks for at its end: each kind of leftover is planted, and found. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CreateMultipartUploadCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { Client, Connection as TemporalConnection } from '@temporalio/client';
import pg from 'pg';
import { findInBuckets, findInDatabase, findProcesses, findWorkflows } from '../../chaos/checks/leftovers.js';
import { BUCKET, LAKE_BUCKET, uploadData, type SoakData } from '../../chaos/data.js';
import { connectS3, type S3Storage } from '../../connections/s3.js';
import { startStack, type LocalStack } from '../../local/stack.js';
import { until } from '../support/engine.js';

const SOON_MS = 500;
const DATA: SoakData = {
  days: [{ date: '2018-11-01', key: 'log_data/2018/11/2018-11-01-events.json', lines: ['{}'] }],
  songs: new Map([['song_data/A/A/A/one.json', '{}']]),
  messages: [],
};

let dir: string;
let stack: LocalStack;
let s3: S3Storage;
let temporal: TemporalConnection;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'airtempo-leftovers-'));
  const ports = { temporal: 0, temporalUi: 0, postgres: 0, s3: 0 };
  stack = await startStack({ dir: path.join(dir, 'stack'), ports, durable: false });
  await uploadData(DATA, stack.s3);
  s3 = connectS3(stack.s3);
  temporal = await TemporalConnection.connect({ address: stack.temporal.address });
});
afterAll(async () => {
  await temporal.close();
  s3.close();
  await stack.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('in the database', () => {
  test('nothing is found when nothing is left', async () => {
    expect(await findInDatabase(stack.postgres, SOON_MS)).toEqual([]);
  });

  test('a session, its temporary table and its lock are found', async () => {
    const { host, port, schema: database, login: user, password } = stack.postgres;
    const client = new pg.Client({ host, port, database, user, password, application_name: 'forgotten' });
    await client.connect();
    try {
      await client.query('BEGIN; CREATE TEMPORARY TABLE half_loaded (id int); SELECT pg_advisory_lock(7)');
      expect(await findInDatabase(stack.postgres, SOON_MS)).toEqual([
        expect.stringMatching(/^session in the database: .*"forgotten","idle in transaction"/),
        expect.stringMatching(/^advisory lock in the database/),
      ]);
      await client.query('COMMIT'); // before that the table is nobody else's business
      expect(await findInDatabase(stack.postgres, SOON_MS)).toContain(
        'temporary table in the database: ["half_loaded"]',
      );
    } finally {
      await client.end();
    }
  });
});

describe('in the buckets', () => {
  const LAKE_FILE = 'kafka/events/date=2018-11-01/part-0.parquet';

  test('nothing is found beside the input and the lake', async () => {
    await s3.client.send(new PutObjectCommand({ Bucket: LAKE_BUCKET, Key: LAKE_FILE, Body: 'x' }));
    expect(await findInBuckets(stack.s3, DATA)).toEqual([]);
  });

  test('an unfinished upload, lost input, and objects that nobody meant to write are found', async () => {
    await s3.client.send(new CreateMultipartUploadCommand({ Bucket: LAKE_BUCKET, Key: 'kafka/half' }));
    await s3.client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'song_data/A/A/A/one.json' }));
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'stray', Body: 'x' }));
    await s3.client.send(new PutObjectCommand({ Bucket: LAKE_BUCKET, Key: `${LAKE_FILE}.tmp`, Body: 'x' }));
    expect(await findInBuckets(stack.s3, DATA)).toEqual([
      'an upload of kafka/half that was never finished',
      'the input song_data/A/A/A/one.json is gone',
      'an object stray beside the input',
      `an object ${LAKE_FILE}.tmp in the lake`,
    ]);
  });
});

describe('among the workflows', () => {
  test('those that still run or ended badly are found, a terminated claim is not', async () => {
    const client = new Client({ connection: temporal });
    const start = (type: string) =>
      client.workflow.start(type, { taskQueue: 'nobody', workflowId: `a-${type}`, args: [] });
    await start('stuck');
    for (const type of ['sparkify', 'backfill_claim']) await (await start(type)).terminate();
    const expected = [
      'workflow a-sparkify of type sparkify is TERMINATED',
      'workflow a-stuck of type stuck is RUNNING',
    ];
    // listings are a moment behind
    await until(async () => (await findWorkflows(client)).toSorted().join() === expected.join());
    expect((await findWorkflows(client)).toSorted()).toEqual(expected);
  });
});

test('a process that works in one of the folders is found, and gone with it', async () => {
  const folder = await mkdtemp(path.join(dir, 'work-'));
  expect(await findProcesses([folder])).toEqual([]);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { cwd: folder });
  try {
    await once(child, 'spawn');
    await until(async () => (await findProcesses([folder])).length === 1);
    expect(await findProcesses([folder])).toEqual([
      expect.stringContaining(`process ${String(child.pid)} is left`),
    ]);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  expect(await findProcesses([folder])).toEqual([]);
});
