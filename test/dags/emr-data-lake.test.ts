/** The lake's DAG on the real engine, the local EMR and a real Spark, which goes on with a lake that DuckDB has begun on S3. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import emrDataLake from '../../dags/emr-data-lake.js';
import { connectEmr, type EmrClient } from '../../connections/emr/emr.js';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { checkLake } from '../../connections/lake/check-lake.js';
import { openLakeStore, type LakeStore } from '../../connections/lake/lake-store.js';
import { writeCatalogue } from '../../connections/lake/write-catalogue.js';
import { writeDays } from '../../connections/lake/write-days.js';
import type { Connection } from '../../core/connection.js';
import { createSparkRunner } from '../../local/emr/run-steps.js';
import type { LocalEmr } from '../../local/emr/server.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { uploadData } from '../../local/data-folder/upload.js';
import { EMR_REGION, startTestEmr } from '../support/emr.js';
import { startEngine, type Engine } from '../support/engine.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';
import { ensureShortSpark } from '../support/short-spark.js';

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let emr: LocalEmr;
let client: EmrClient;
let bucket: TestBucket;
let engine: Engine;
const sample = createSampleData({ days: 3, songs: 20 });

beforeAll(async () => {
  scratch = await createScratchFolder();
  const { s3 } = services();
  const { login = '', password = '' } = s3;
  emr = await startTestEmr(scratch.dir, {
    startStep: createSparkRunner({ spark: ensureShortSpark, s3 }),
    findKey: (id) => (id === login ? { accessKeyId: login, secretAccessKey: password } : undefined),
  });
  const aws: Connection = {
    ...s3,
    id: 'aws_credentials',
    type: 'aws',
    extra: { ...s3.extra, region_name: EMR_REGION, service_config: { emr: { endpoint_url: emr.url } } },
  };
  client = connectEmr(aws);
  bucket = await createTestBucket();
  await uploadData(bucket.storage.client, bucket.name, sample.files());
  engine = await startEngine([emrDataLake], [aws]);
});
afterAll(async () => {
  await engine.stop();
  client.close();
  await emr.stop();
  await bucket.drop();
  await scratch.remove();
});

/** Works on the lake as local_data_lake does. */
async function onLake<T>(work: (db: DuckDb, store: LakeStore) => Promise<T>): Promise<T> {
  const db = await openDuckDb({ tempFolder: scratch.dir, threads: 1 });
  const store = await openLakeStore(`s3://${bucket.name}/lake/`, {
    connection: services().s3,
    tempFolder: db.tempFolder,
  });
  try {
    return await work(db, store);
  } finally {
    await store.close();
    await db.close();
  }
}

async function listLake(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const { key, etag } of bucket.storage.listObjects(bucket.name, 'lake/'))
    if (!key.endsWith('/')) found.set(key.slice('lake/'.length), etag ?? '');
  return found;
}

test('writes the days of its run on a cluster of its own, which is then gone, and leaves the others alone', async () => {
  const base = `s3://${bucket.name}`;
  const { storage } = bucket;
  await onLake(async (db, store) => {
    await writeCatalogue(db, store, { songs: `${base}/song_data/`, storage, maxErrors: 0 });
    const first = { logs: `${base}/log_data/`, from: '2018-11-01', to: '2018-11-02' };
    await writeDays(db, store, { ...first, storage, maxErrors: 0 });
  });
  const before = await listLake();
  const { songplays, users, songs, artists, time, staging_events: events } = sample.expected;
  const counts = { events, songplays, time, users, songs, artists };
  const conf = {
    songs: `${base}/song_data/`,
    logs: `${base}/log_data/`,
    lake: `${base}/lake/`,
    expect: Object.entries(counts).map(([table, rows]) => `${table}=${String(rows)}`),
  };
  // its own day, and the one before it, for what came late
  const run = await engine.run(emrDataLake, { conf, logicalDate: '2018-11-03T00:00:00Z' });
  expect(run.failure).toBeUndefined();
  expect(new Set(Object.values(run.states))).toEqual(new Set(['success']));

  const ended = await client.listClusters({ states: ['TERMINATED'] });
  expect(ended).toMatchObject([{ name: expect.stringMatching(/^airtempo-lake /) }]);
  expect(await client.listClusters()).toEqual([]);

  expect(await onLake((db, store) => checkLake(db, store, counts))).toEqual({ counts, problems: [] });
  const after = await listLake();
  const data = [...after.keys()].filter((name) => !/^_(jobs|logs)\//.test(name));
  const days = (day: string): readonly string[] =>
    ['_user_days', 'events', 'songplays', 'time'].map(
      (table) => `${table}/date=2018-11-${day}/part-0.parquet`,
    );
  expect(data).toEqual([...before.keys(), ...days('02'), ...days('03')].toSorted());
  for (const name of days('01')) expect([name, after.get(name)]).toEqual([name, before.get(name)]);
  // each uploaded once
  const jobs = [...after.keys()].filter((name) => /^_jobs\/[^/]+\/[^/]+\.py$/.test(name));
  expect(jobs.map((name) => name.split('/').at(-1) ?? '').sort((a, b) => a.localeCompare(b))).toEqual([
    'lake_check.py',
    'lake_etl.py',
    'lake_store.py',
    'lake_tables.py',
    'sparkify_sql.py',
  ]);
  expect([...after.keys()].filter((name) => name.endsWith('/sql/lake/users.sql'))).toHaveLength(1);
}, 900_000); // Spark, and whatever else runs on the machine
