/** The lake's DAG on the real engine, the local EMR and a real Spark: from raw files to checked Parquet tables. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import emrDataLake from '../../dags/emr-data-lake.js';
import { connectEmr, type EmrClient } from '../../connections/emr/emr.js';
import type { Connection } from '../../core/connection.js';
import { createSparkRunner } from '../../local/emr/run-steps.js';
import type { LocalEmr } from '../../local/emr/server.js';
import { readDataFolder } from '../../local/data-folder/read.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { uploadData } from '../../local/data-folder/upload.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { EMR_REGION, startTestEmr } from '../support/emr.js';
import { startEngine, type Engine } from '../support/engine.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';

const realData =
  process.env['AIRTEMPO_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let emr: LocalEmr;
let client: EmrClient;
let bucket: TestBucket;
let engine: Engine;
let expected: readonly string[];

beforeAll(async () => {
  scratch = await createScratchFolder();
  const { s3 } = services();
  const { login = '', password = '' } = s3;
  emr = await startTestEmr(scratch.dir, {
    startStep: createSparkRunner({ spark: () => ensureSpark(), s3 }),
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
  const hasReal = existsSync(realData);
  const generated = createSampleData({ days: 3, songs: 20 });
  const { songplays, users, songs, artists, time } = hasReal
    ? { songplays: 6820, users: 97, songs: 71, artists: 69, time: 6813 }
    : generated.expected;
  expected = Object.entries({ songplays, users, songs, artists, time }).map(
    ([table, rows]) => `${table}=${String(rows)}`,
  );
  await uploadData(
    bucket.storage.client,
    bucket.name,
    hasReal ? readDataFolder(realData) : generated.files(),
  );
  engine = await startEngine([emrDataLake], [aws]);
});
afterAll(async () => {
  await engine.stop();
  client.close();
  await emr.stop();
  await bucket.drop();
  await scratch.remove();
});

test('builds and checks the tables of the warehouse’s counts on a cluster of its own, which is then gone', async () => {
  const base = `s3://${bucket.name}`;
  const conf = {
    songs: `${base}/song_data/`,
    logs: `${base}/log_data/`,
    lake: `${base}/lake/`,
    expect: expected,
  };
  const run = await engine.run(emrDataLake, { conf });
  expect(run.failure).toBeUndefined();
  expect(new Set(Object.values(run.states))).toEqual(new Set(['success']));

  const ended = await client.listClusters({ states: ['TERMINATED'] });
  expect(ended).toMatchObject([{ name: expect.stringMatching(/^airtempo-lake manual__/) }]);
  expect(await client.listClusters()).toEqual([]);

  const keys: string[] = [];
  for await (const { key } of bucket.storage.listObjects(bucket.name, 'lake/')) keys.push(key);
  const tables = ['events', 'songs', 'artists', 'users', 'songplays', 'time'];
  for (const table of tables) {
    expect(keys.filter((key) => key.startsWith(`lake/${table}/`) && key.endsWith('.parquet'))).not.toEqual(
      [],
    );
  }
  expect(keys.some((key) => key.startsWith('lake/songplays/year=2018/month=11/'))).toBe(true);
  expect(keys.some((key) => /^lake\/songs\/year=\d+\/artist_id=\w+\//.test(key))).toBe(true);
  // uploaded once for both steps
  const jobs = keys.filter((key) => /^lake\/_jobs\/[^/]+\/[^/]+\.py$/.test(key));
  expect(new Set(jobs.map((key) => key.split('/').at(-1)))).toEqual(
    new Set(['lake_etl.py', 'sparkify_sql.py']),
  );
  expect(jobs).toHaveLength(2);
  expect(keys.filter((key) => key.endsWith('/sql/lake/users.sql'))).toHaveLength(1);
}, 900_000); // two times Spark, and whatever else runs on the machine
