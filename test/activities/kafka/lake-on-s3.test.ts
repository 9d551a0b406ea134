/** A lake on a real S3 server, where no lock is: processes that are killed, and two ingests at once, leave each event there once. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkIngestedLake } from '../../../activities/kafka/check-ingested-lake.js';
import {
  ingestTopic,
  type IngestOptions,
  type IngestResult,
} from '../../../activities/kafka/ingest-topic.js';
import { openLakeSink, positionsName, readLakePositions } from '../../../activities/kafka/lake-sink.js';
import { openDuckDb, type DuckDb } from '../../../connections/duckdb/duckdb.js';
import { openLakeStore, type LakeStore } from '../../../connections/lake/lake-store.js';
import { viewParquet } from '../../../connections/lake/write-days.js';
import type { KilledLakeIngest, Moment } from '../../support/killed-lake-ingest.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../../support/services.js';
import { createTaskContext } from '../../support/task-context.js';
import { countsOf, createSmallTopic, INGEST_OPTIONS, readLines } from './support/sample-topic.js';

const TOPIC = 'events';
const BATCH_MESSAGES = 150;
const sample = createSmallTopic();
const WHOLE = countsOf(sample);
const OPTIONS: IngestOptions = { ...INGEST_OPTIONS, limits: { messages: BATCH_MESSAGES, bytes: 1e9 } };

let bucket: TestBucket;
let scratch: { dir: string; remove: () => Promise<void> };
let db: DuckDb;
let other: DuckDb;
beforeAll(async () => {
  [bucket, scratch] = await Promise.all([createTestBucket(), createScratchFolder()]);
  [db, other] = await Promise.all(
    [1, 2].map(() => openDuckDb({ tempFolder: scratch.dir, threads: 1 })) as [
      Promise<DuckDb>,
      Promise<DuckDb>,
    ],
  );
});
afterAll(async () => {
  await Promise.all([db.close(), other.close(), bucket.drop()]);
  await scratch.remove();
});

let lakes = 0;
const newLake = (): string => `s3://${bucket.name}/lake-${String((lakes += 1))}/`;
async function onStore<T>(duck: DuckDb, lake: string, work: (store: LakeStore) => Promise<T>): Promise<T> {
  const store = await openLakeStore(lake, { connection: services().s3, tempFolder: duck.tempFolder });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
const ingest = (duck: DuckDb, store: LakeStore): Promise<IngestResult> =>
  ingestTopic(readLines(sample), openLakeSink(duck, store, TOPIC), OPTIONS);

/** The events are those of the sample, each once and in its day, and each message is accounted for. */
async function expectWhole(lake: string): Promise<void> {
  const rows = await onStore(db, lake, async (store) => {
    await viewParquet(db, store, `${lake}events/`, 'all_events');
    return db.rows(
      `SELECT concat_ws('|', ts_ms, coalesce(user_id, ''), session_id, item_in_session) AS key FROM all_events`,
    );
  });
  const keys = rows.map(({ key }) => key as string);
  expect(keys.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(sample.keys);
  const ctx = createTaskContext([services().s3]);
  const args = { lake, connId: services().s3.id, topic: TOPIC };
  expect(await checkIngestedLake({ args, ctx })).toMatchObject(WHOLE);
  const { pending } = await onStore(db, lake, (store) => readLakePositions(store, TOPIC));
  expect(pending).toBeUndefined();
}

test('it has every event once, in batches, and a second ingest finds nothing to do', async () => {
  const lake = newLake();
  const first = await onStore(db, lake, (store) => ingest(db, store));
  expect(first).toMatchObject({ ...WHOLE, lag: 0 });
  expect(first.batches).toBeGreaterThan(2);
  await expectWhole(lake);
  expect(await onStore(db, lake, (store) => ingest(db, store))).toMatchObject({ messages: 0, batches: 0 });
}, 60_000);

async function killIngest(lake: string, moment: Moment): Promise<void> {
  const options: KilledLakeIngest = {
    lake,
    connection: services().s3,
    topic: TOPIC,
    sample,
    batchMessages: BATCH_MESSAGES,
    moment,
  };
  const file = path.join(scratch.dir, 'killed.json');
  await writeFile(file, JSON.stringify(options));
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', path.resolve('test/support/killed-lake-ingest.ts'), file],
    {
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: scratch.dir },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

test.each(['announced', 'one day', 'all days'] as const)(
  'it is whole after a process was killed with its batch %s',
  async (moment) => {
    const lake = newLake();
    await killIngest(lake, moment);
    const found = await onStore(db, lake, async (store) => ({
      positions: await readLakePositions(store, TOPIC),
      days: await store.has('events/'),
    }));
    expect(found.positions.pending?.counts.messages).toBe(BATCH_MESSAGES);
    expect(found.days).toBe(moment !== 'announced');
    expect(await onStore(db, lake, (store) => ingest(db, store))).toMatchObject({ ...WHOLE, lag: 0 });
    await expectWhole(lake);
  },
  60_000,
);

test('two ingests at once take nothing twice, and lose nothing', async () => {
  const lake = newLake();
  const both = await Promise.all(
    [db, other].map((duck) => onStore(duck, lake, (store) => ingest(duck, store))),
  );
  expect(both.reduce((sum, { messages }) => sum + messages, 0)).toBe(sample.messages);
  await expectWhole(lake);
}, 120_000);

test.each(['events/', positionsName(TOPIC)])(
  'an ingest that comes late with a file of %s, when another has done its batch and more, changes nothing',
  async (prefix) => {
    const lake = newLake();
    let refused = 0;
    await onStore(db, lake, (store) => {
      let isLate = false;
      const replace: LakeStore['replace'] = async (file, name, seen, signal) => {
        if (!isLate && name.startsWith(prefix) && (prefix === 'events/' || seen !== undefined)) {
          isLate = true;
          await onStore(other, lake, (another) => ingest(other, another));
        }
        const answer = await store.replace(file, name, seen, signal);
        if (answer === undefined) refused += 1;
        return answer;
      };
      return ingest(db, { ...store, replace });
    });
    expect(refused).toBe(1);
    await expectWhole(lake);
  },
  120_000,
);
