/**
 * The Spark job of the lake, on the local EMR, with a real Spark against the test run's S3: it writes the days of the sample and
 * checks them. Spark takes its time, so everything that is asked of it is asked of this one step, which fails by its last count.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import {
  DescribeClusterCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  type StepConfig,
} from '@aws-sdk/client-emr';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { createSparkRunner } from '../../../local/emr/run-steps.js';
import { throttleProgress } from '../../../local/progress.js';
import { readDataFolder } from '../../../local/data-folder/read.js';
import { uploadData } from '../../../local/data-folder/upload.js';
import { ensureSpark } from '../../../local/spark/ensure-spark.js';
import { emrClient, jobFlow, startTestEmr } from '../../support/emr.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../../support/services.js';

const data =
  process.env['AIRTEMPO_DATA'] ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const TIMEOUT_MS = 15 * 60_000;
let scratch: { dir: string; remove: () => Promise<void> };
let bucket: TestBucket;

beforeAll(async () => {
  scratch = await createScratchFolder();
  bucket = await createTestBucket();
});

afterAll(async () => {
  await bucket.drop();
  await scratch.remove();
}, TIMEOUT_MS);

/** So little data is not worth compiling for: this halves the work of a step. */
const LITTLE_DATA = [
  '--conf=spark.sql.codegen.wholeStage=false',
  '--driver-java-options=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC',
];

const MODULES = ['sparkify_sql.py', 'lake_store.py', 'lake_tables.py', 'lake_check.py'];

function sparkStep(Name: string, ...args: readonly string[]): StepConfig {
  const submit = ['spark-submit', '--deploy-mode', 'cluster', ...LITTLE_DATA];
  const jobs = `s3://${bucket.name}/jobs/`;
  const modules = MODULES.map((name) => `${jobs}${name}`).join(',');
  const job = ['--py-files', modules, `${jobs}lake_etl.py`, '--sql', `${jobs}sql/`];
  const Args = [...submit, ...job, ...args];
  return { Name, ActionOnFailure: 'CONTINUE', HadoopJarStep: { Jar: 'command-runner.jar', Args } };
}

async function readLog(uri: string): Promise<string> {
  const Key = uri.slice(`s3://${bucket.name}/`.length);
  const { Body } = await bucket.storage.client.send(new GetObjectCommand({ Bucket: bucket.name, Key }));
  return gunzipSync((await Body?.transformToByteArray()) ?? new Uint8Array()).toString();
}

async function listKeys(Prefix: string): Promise<readonly string[]> {
  const { Contents = [] } = await bucket.storage.client.send(
    new ListObjectsV2Command({ Bucket: bucket.name, Prefix }),
  );
  // a folder's marker is no file
  return Contents.flatMap(({ Key = '/' }) => (Key.endsWith('/') ? [] : [Key]));
}

(existsSync(data) ? it : it.skip)(
  'writes the tables from raw JSON, sets bad records aside, and finds a count that is wrong',
  async () => {
    const spark = await ensureSpark({
      onProgress: throttleProgress(({ message, elapsedMs }) => {
        if (elapsedMs > 5000) process.stderr.write(`${message}\n`);
      }),
    });
    await uploadData(bucket.storage.client, bucket.name, readDataFolder(data));
    for (const name of ['lake_etl.py', ...MODULES]) {
      await bucket.put(`jobs/${name}`, await readFile(`spark/${name}`));
    }
    for (const name of ['events/spark.sql', ...(await readdir('sql/lake')).map((file) => `lake/${file}`)]) {
      await bucket.put(`jobs/sql/${name}`, await readFile(`sql/${name}`));
    }
    await bucket.put('log_data/2018/11/broken.json', '{"artist": \n');
    const { s3 } = services();
    const emr = await startTestEmr(scratch.dir, {
      startStep: createSparkRunner({ spark: () => Promise.resolve(spark), s3 }),
    });
    const client = emrClient(emr.url);
    const lake = `s3://${bucket.name}/lake/`;
    const from = ['--songs', `s3://${bucket.name}/song_data/`, '--logs', `s3://${bucket.name}/log_data/`];
    const days = ['--from', '2018-11-01', '--to', '2018-12-01', '--max-errors', '1'];
    const right = { events: 8056, songs: 71, artists: 69, songplays: 6820, time: 6813 };
    const counts = Object.entries({ ...right, users: 96 }).map((pair) => `--expect=${pair.join('=')}`);
    const Steps = [sparkStep('lake', '--lake', lake, ...from, ...days, '--check', ...counts)];
    const LogUri = `s3://${bucket.name}/logs`;
    const request = jobFlow({ LogUri, Steps, Instances: { KeepJobFlowAliveWhenNoSteps: false } });
    const { JobFlowId: ClusterId = '' } = await client.send(new RunJobFlowCommand(request));
    for (;;) {
      const { Cluster } = await client.send(new DescribeClusterCommand({ ClusterId }));
      if (Cluster?.Status?.State === 'TERMINATED') break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    const [step] = (await client.send(new ListStepsCommand({ ClusterId }))).Steps ?? [];
    client.destroy();
    await emr.stop();

    // of all that is checked, only the count that was asked for wrongly is wrong
    expect(step?.Status).toMatchObject({
      State: 'FAILED',
      FailureDetails: { Message: 'error: users has 97 rows, and 96 are expected' },
    });
    expect(await readLog(step?.Status?.FailureDetails?.LogFile ?? '')).not.toContain(s3.password);

    for (const table of ['songplays', 'events']) {
      expect(await listKeys(`lake/${table}/date=2018-11-15/`)).toEqual([
        `lake/${table}/date=2018-11-15/part-0.parquet`,
      ]);
    }
    expect(await listKeys('lake/songs/')).toEqual(['lake/songs/_schema.json', 'lake/songs/part-0.parquet']);
    expect(await listKeys('lake/_staging/')).toEqual([]);
    expect(await listKeys('lake/_bad_records/')).toEqual(['lake/_bad_records/undated.jsonl']);
  },
  TIMEOUT_MS,
);
