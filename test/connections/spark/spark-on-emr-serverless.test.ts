/** The runner on EMR Serverless: the unmodified client against a server of four calls, which knows tokens as AWS does. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createSparkOnEmrServerless } from '../../../connections/spark/spark-on-emr-serverless.js';
import type { SparkJob, SparkRunner } from '../../../connections/spark/spark-runner.js';
import { connectS3 } from '../../../connections/s3.js';
import type { Connection } from '../../../core/connection.js';
import { createTestBucket, services, type TestBucket } from '../../support/services.js';

interface JobRun {
  readonly id: string;
  readonly name: string;
  readonly body: Record<string, unknown>;
  state: string;
}

const RUNS = '/applications/app1/jobruns';
/** Job runs by their tokens. */
let jobRuns: Map<string, JobRun>;
let server: Server;
let bucket: TestBucket;
let runner: SparkRunner;

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const { pathname } = new URL(request.url ?? '/', 'http://x');
      const id = pathname.slice(RUNS.length + 1);
      const jobRun = [...jobRuns.values()].find((each) => each.id === id);
      response.setHeader('content-type', 'application/json');
      if (request.method === 'POST') return response.end(JSON.stringify({ jobRunId: start(body).id }));
      if (request.method === 'DELETE' && jobRun !== undefined) jobRun.state = 'CANCELLED';
      if (id === '') {
        const open = [...jobRuns.values()].filter(({ state }) => state === 'RUNNING');
        return response.end(JSON.stringify({ jobRuns: open.map(({ id, name }) => ({ id, name })) }));
      }
      return response.end(
        JSON.stringify({ jobRun: { jobRunId: id, state: jobRun?.state, stateDetails: 'said so' } }),
      );
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  bucket = await createTestBucket();
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const aws: Connection = {
    id: 'aws_credentials',
    type: 'aws',
    login: 'AKIA',
    password: 'secret-of-the-test',
    extra: { endpoint_url: url, region_name: 'us-east-1' },
  };
  runner = createSparkOnEmrServerless({
    aws,
    applicationId: 'app1',
    executionRoleArn: 'arn:aws:iam::123456789012:role/job',
    storage: connectS3(services().s3),
    logUri: `s3://${bucket.name}/logs/`,
  });
});
afterAll(async () => {
  runner.close();
  server.close();
  server.closeAllConnections();
  await bucket.drop();
});
beforeEach(() => {
  jobRuns = new Map();
});

function start(text: string): JobRun {
  const body = JSON.parse(text) as { readonly clientToken: string; readonly name: string };
  const known = jobRuns.get(body.clientToken);
  if (known !== undefined) return known;
  const made = { id: `run${String(jobRuns.size + 1)}`, name: body.name, body, state: 'RUNNING' };
  jobRuns.set(body.clientToken, made);
  return made;
}

const signal = new AbortController().signal;
const job: SparkJob = {
  name: 'airtempo lake.build',
  file: 's3://jobs/etl.py',
  pyFiles: ['s3://jobs/a.zip'],
  args: ['--day', '2018-11-01'],
  conf: { 'spark.app': 'two words' },
};

test('starts the job run with its arguments, and the same one when asked again', async () => {
  const first = await runner.findOrSubmit(job, 1, signal);
  expect(first).toEqual({ id: 'run1', state: { kind: 'pending', state: 'RUNNING' } });
  expect(await runner.findOrSubmit(job, 2, signal)).toEqual(first);
  const [made, ...others] = jobRuns.values();
  expect(others).toEqual([]);
  expect(made?.body).toMatchObject({
    executionRoleArn: 'arn:aws:iam::123456789012:role/job',
    jobDriver: {
      sparkSubmit: {
        entryPoint: 's3://jobs/etl.py',
        entryPointArguments: ['--day', '2018-11-01'],
        sparkSubmitParameters: '--conf "spark.app=two words" --py-files s3://jobs/a.zip',
      },
    },
  });
});

test.each([
  ['FAILED', 'failed'],
  ['CANCELLED', 'cancelled'],
])('a job run that is %s is followed by a new one only in a later try', async (state, kind) => {
  const { id } = await runner.findOrSubmit(job, 1, signal);
  for (const jobRun of jobRuns.values()) jobRun.state = state;
  expect(await runner.look(id, signal)).toEqual({ kind, state, reason: 'said so' });
  expect(await runner.findOrSubmit(job, 1, signal)).toMatchObject({ id, state: { kind } });
  expect(await runner.findOrSubmit(job, 2, signal)).toMatchObject({ id: 'run2', state: { kind: 'pending' } });
});

test('cancels the job runs of its name and no other', async () => {
  const { id } = await runner.findOrSubmit(job, 1, signal);
  const other = await runner.findOrSubmit({ ...job, name: 'another' }, 1, signal);
  await runner.cancel(job.name);
  await runner.cancel(job.name);
  expect(await runner.look(id, signal)).toMatchObject({ kind: 'cancelled' });
  expect(await runner.look(other.id, signal)).toMatchObject({ kind: 'pending' });
});

test('reads the end of the driver’s log once it is there', async () => {
  const { id } = await runner.findOrSubmit(job, 1, signal);
  expect(await runner.readErrorTail(id, signal)).toBeUndefined();
  await bucket.put(`logs/applications/app1/jobs/${id}/SPARK_DRIVER/stderr`, 'line\nTraceback: boom\n');
  expect(await runner.readErrorTail(id, signal)).toBe('line\nTraceback: boom');
});
