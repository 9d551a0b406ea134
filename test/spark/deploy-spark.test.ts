/** `airtempo kafka deploy-spark` on the local EMR: one step with a real Spark, whatever is asked twice, into a lake on S3. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { RunJobFlowCommand, ListStepsCommand, type EMRClient } from '@aws-sdk/client-emr';
import { checkIngestedLake } from '../../activities/kafka/check-ingested-lake.js';
import { openProducer } from '../../connections/kafka/producer.js';
import { ensureTopic } from '../../connections/kafka/topics.js';
import type { Connection } from '../../core/connection.js';
import { createSparkRunner } from '../../local/emr/run-steps.js';
import type { LocalEmr } from '../../local/emr/server.js';
import { createSampleTopic } from '../activities/kafka/support/sample-topic.js';
import { createCliProject, type CliProject, type CliResult } from '../support/cli.js';
import { EMR_REGION, jobFlow, emrClient, startTestEmr } from '../support/emr.js';
import { until } from '../support/engine.js';
import { startTestKafka, type TestKafka } from '../support/kafka.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';
import { ensureShortSpark } from '../support/short-spark.js';
import { createTaskContext } from '../support/task-context.js';

const TIMEOUT_MS = 15 * 60_000;
const PASSWORD = 'not for everybody';
let kafka: TestKafka;
let scratch: { dir: string; remove: () => Promise<void> };
let bucket: TestBucket;
let emr: LocalEmr;
let client: EMRClient;
let clusterId: string;
let project: CliProject;
let lake: string;

beforeAll(async () => {
  [kafka, scratch, bucket] = await Promise.all([startTestKafka(), createScratchFolder(), createTestBucket()]);
  lake = `s3://${bucket.name}/event-lake/`;
  const { s3 } = services();
  const { login = '', password = '' } = s3;
  const spark = await ensureShortSpark();
  emr = await startTestEmr(scratch.dir, {
    startStep: createSparkRunner({ spark: () => Promise.resolve(spark), s3 }),
    findKey: (id) => (id === login ? { accessKeyId: login, secretAccessKey: password } : undefined),
  });
  client = emrClient(emr.url, { credentials: { accessKeyId: login, secretAccessKey: password } });
  clusterId = (await client.send(new RunJobFlowCommand(jobFlow()))).JobFlowId ?? '';
  const { host = '', port = 0 } = kafka.connection;
  const signedIn = { conn_type: 'kafka', host: 'b-1.example.com', login: 'etl', password: PASSWORD };
  const aws = { ...s3.extra, region_name: EMR_REGION, service_config: { emr: { endpoint_url: emr.url } } };
  project = await createCliProject({
    AIRTEMPO_CONN_KAFKA: `kafka://${host}:${String(port)}`,
    AIRTEMPO_CONN_SIGNED_IN: JSON.stringify(signedIn),
    AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify({ conn_type: 'aws', login, password, extra: aws }),
    AIRTEMPO_CONN_EMR: JSON.stringify({ conn_type: 'emr', extra: { cluster_id: clusterId } }),
  });
}, TIMEOUT_MS);
afterAll(async () => {
  client.destroy();
  await emr.stop();
  await Promise.all([kafka.stop(), project.remove(), bucket.drop()]);
  await scratch.remove();
}, TIMEOUT_MS);

const deploy = (...more: readonly string[]): Promise<CliResult> =>
  project.run(['kafka', 'deploy-spark', '--lake', lake, '--cluster-id', clusterId, ...more]);
const listSteps = async () => (await client.send(new ListStepsCommand({ ClusterId: clusterId }))).Steps ?? [];

/** The text of all objects below a prefix. */
async function readText(prefix: string): Promise<string> {
  let found = '';
  for await (const { key } of bucket.storage.listObjects(bucket.name, prefix)) {
    if (key.endsWith('/')) continue;
    // whatever it is by now: it may be replaced meanwhile
    found += await text(Readable.from(bucket.storage.openObject({ bucket: bucket.name, key })));
  }
  return found;
}

async function produce(sample: ReturnType<typeof createSampleTopic>): Promise<void> {
  await ensureTopic(kafka.connection, 'events', 3);
  const producer = await openProducer(kafka.connection);
  const messages = sample.lines.flat().map((line, index) => ({ key: String(index % 97), value: Buffer.from(line) }));
  for (let from = 0; from < messages.length; from += 500)
    await producer.send('events', messages.slice(from, from + 500));
  await producer.close();
} // prettier-ignore

describe('deploy-spark on EMR', () => {
  test('makes one step, which brings each event into the lake, and goes on until it is stopped', async () => {
    const sample = createSampleTopic(
      { users: 6, from: '2018-10-01', to: '2018-10-06', partitions: 1 },
      { duplicates: 0.05, malformed: 0.02 },
    );
    await produce(sample);
    const first = await deploy('--trigger', '1 second');
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('--stop stops it') });
    const second = await project.run(['kafka', 'deploy-spark', '--lake', lake, '--conn-id', 'emr', '--json']);
    const steps = await listSteps();
    expect(steps).toHaveLength(1);
    expect(JSON.parse(second.stdout)).toMatchObject({
      jobId: steps[0]?.Id,
      place: `EMR cluster ${clusterId}`,
    });

    const aws: Connection = { ...services().s3, id: 'aws_credentials' };
    const check = { args: { topic: 'events', lake, connId: aws.id }, ctx: createTaskContext([aws]) };
    await until(
      async () =>
        (await readText('event-lake/_positions/events.json')).includes(
          `"messages": ${String(sample.messages)},`,
        ),
      TIMEOUT_MS,
    );
    await until(async () => !(await readText('event-lake/_positions/events.json')).includes('pending'));
    const account = await checkIngestedLake(check);
    const { duplicates, broken } = sample;
    expect(account).toMatchObject({ rows: sample.keys.length, duplicates, deadLetters: broken });

    expect(await deploy('--stop')).toMatchObject({ code: 0 });
    await until(async () => (await listSteps())[0]?.Status?.State === 'CANCELLED');
    const again = await deploy('--trigger', 'available-now', '--wait', '--json');
    expect(again).toMatchObject({ code: 0 });
    expect(JSON.parse(again.stdout)).toMatchObject({ state: 'COMPLETED' });
    expect(await listSteps()).toHaveLength(2);
    expect(await checkIngestedLake(check)).toEqual(account);
  }, 900_000);

  test('puts a password nowhere unless it is told where, and then into no argument', async () => {
    const refused = await deploy('--topic', 'others', '--kafka-conn-id', 'signed_in');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--secrets-to') });
    const before = (await listSteps()).length;
    const secrets = `s3://${bucket.name}/secrets/`;
    const deployed = await deploy('--topic', 'others', '--kafka-conn-id', 'signed_in', '--secrets-to', secrets);
    expect(deployed).toMatchObject({ code: 0 });
    const steps = await listSteps();
    expect(steps).toHaveLength(before + 1);
    const args = steps[0]?.Config?.Args ?? [];
    const place = args[args.indexOf('--settings') + 1] ?? '';
    expect(place).toMatch(new RegExp(`^${secrets}kafka-[0-9a-f]{12}\\.json$`));
    expect(args.join(' ')).not.toContain(PASSWORD);
    expect(JSON.parse(await readText('secrets/'))).toMatchObject({
      'sasl.jaas.config': expect.stringContaining(PASSWORD),
      'security.protocol': 'SASL_SSL',
    });
    expect(await deploy('--topic', 'others', '--kafka-conn-id', 'signed_in', '--stop')).toMatchObject({ code: 0 });
  }, 300_000); // prettier-ignore

  test('refuses to run nowhere, a lake that EMR cannot reach, and times that are none', async () => {
    const nowhere = await project.run(['kafka', 'deploy-spark', '--lake', lake]);
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('--cluster-id') });
    const folder = await project.run(['kafka', 'deploy-spark', '--lake', 'data/lake', '--conn-id', 'emr']);
    expect(folder).toMatchObject({ code: 2, stderr: expect.stringContaining('--local') });
    expect(await deploy('--trigger', 'now and then')).toMatchObject({ code: 2 });
  });
});
