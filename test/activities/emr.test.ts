/** Clusters and Spark jobs on the real engine and the local EMR, whose steps are shell scripts, in good times and bad. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import {
  CancelStepsCommand,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  type EMRClient,
  type StepSummary,
} from '@aws-sdk/client-emr';
import { Client } from '@temporalio/client';
import { connectEmr, type EmrClient } from '../../connections/emr/emr.js';
import type { Connection } from '../../core/connection.js';
import { createEmrCluster, dag, sparkJob, terminateEmrCluster, waitForEmrCluster } from '../../index.js';
import { createFaultQueue, FAULTS, type FaultQueue } from '../../local/aws/faults.js';
import type { LocalEmr } from '../../local/emr/server.js';
import { EMR_REGION, emrClient, jobFlow, runAsShellScript, startTestEmr } from '../support/emr.js';
import { finishRun, startEngine, until, type Engine, type FinishedRun } from '../support/engine.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';
import { createWorkerProject, type WorkerProject } from '../support/worker-project.js';
import { fetchEvents } from '../workflows/support/history.js';

/** So often an error must come until it reaches whoever called the SDK. */
const SDK_ATTEMPTS = 3;

let faults: FaultQueue;
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let bucket: TestBucket;
let emr: LocalEmr;
let aws: Connection;
let client: EmrClient;
let sdk: EMRClient;
let engine: Engine;
/** Called when a step begins to run. */
let onStep: () => void = () => undefined;

const params = z.object({ name: z.string(), script: z.string().default('exit 0') });
const soon = { retries: 1, retryDelay: '100ms' } as const;

/** Create, wait, work, terminate: as the shipped DAG has it. */
const transient = dag('transient', { params, defaultArgs: soon }, ({ task }) => {
  const cluster = task('create', createEmrCluster, {
    name: (run) => run.params.name,
    logUri: () => `s3://${bucket.name}/logs/`,
  });
  const ready = task('ready', waitForEmrCluster, { cluster });
  const work = task('work', sparkJob, {
    connId: 'aws_credentials',
    cluster,
    file: 's3://jobs/job.py',
    args: (run) => [run.params.script],
  });
  const end = task('end', terminateEmrCluster, { cluster }).asTeardown({ setups: [cluster] });
  ready.then(work).then(end);
});

/** One job on a cluster that is kept up. */
const onKeptCluster = dag('on_kept_cluster', { params, defaultArgs: soon }, ({ task }) => {
  const cluster = task('find', createEmrCluster, { name: (run) => run.params.name, ifAbsent: 'fail' });
  const work = task('work', sparkJob, {
    connId: 'aws_credentials',
    cluster,
    file: 's3://jobs/job.py',
    args: (run) => [run.params.script],
  });
  const end = task('end', terminateEmrCluster, { cluster, keep: true });
  work.then(end);
});

beforeAll(async () => {
  scratch = await createScratchFolder();
  bucket = await createTestBucket();
  const startStep: typeof runAsShellScript = (step, folder) => {
    onStep();
    return runAsShellScript(step, folder);
  };
  // one plan for the whole suite: each test fills it, and leaves it empty
  faults = createFaultQueue();
  // one set of keys for the local EMR and the local S3, as on AWS
  const { s3 } = services();
  const { login = '', password = '' } = s3;
  const key = { accessKeyId: login, secretAccessKey: password };
  emr = await startTestEmr(scratch.dir, {
    startStep,
    faults,
    findKey: (id) => (id === login ? key : undefined),
  });
  aws = {
    ...s3,
    id: 'aws_credentials',
    type: 'aws',
    extra: { ...s3.extra, region_name: EMR_REGION, service_config: { emr: { endpoint_url: emr.url } } },
  };
  sdk = emrClient(emr.url, { credentials: key });
  client = connectEmr(aws);
  engine = await startEngine([transient, onKeptCluster], [aws]);
});
afterAll(async () => {
  await engine.stop();
  client.close();
  sdk.destroy();
  await emr.stop();
  await bucket.drop();
  await scratch.remove();
});
beforeEach(() => {
  onStep = () => undefined;
});

let count = 0;
const freshName = (): string => `cluster ${String((count += 1))}`;

/** A cluster that somebody keeps up, ready for steps. */
async function keepCluster(): Promise<{ readonly name: string; readonly id: string }> {
  const name = freshName();
  const input = jobFlow({ Name: name, LogUri: `s3://${bucket.name}/logs/` });
  const { JobFlowId: id = '' } = await sdk.send(new RunJobFlowCommand(input));
  await until(async () => (await client.describeCluster(id)).status.kind === 'ready' || undefined);
  return { name, id };
}

async function stepsOf(id: string): Promise<readonly StepSummary[]> {
  return (await sdk.send(new ListStepsCommand({ ClusterId: id }))).Steps ?? [];
}
const statesOf = async (id: string): Promise<unknown[]> =>
  (await stepsOf(id)).map(({ Status }) => Status?.State).toReversed();

async function clustersCalled(name: string): Promise<readonly string[]> {
  const { Clusters: clusters = [] } = await sdk.send(new ListClustersCommand({}));
  return clusters.filter(({ Name }) => Name === name).map(({ Status }) => Status?.State ?? '');
}

const runOn = (name: string, script: string): Promise<FinishedRun> =>
  engine.run(onKeptCluster, { conf: { name, script } });

/** Waits until a step runs, then does something to it. */
async function whileRunning(id: string, act: (stepId: string) => unknown): Promise<void> {
  const stepId = await until(async () => {
    const running = (await stepsOf(id)).find(({ Status }) => Status?.State === 'RUNNING');
    return running?.Id;
  });
  await act(stepId);
}

describe('a transient cluster', () => {
  test('is created, used and gone; the step is named after its task', async () => {
    const name = freshName();
    const run = await engine.run(transient, { conf: { name } });
    expect(run.failure).toBeUndefined();
    expect(run.states).toEqual({ create: 'success', ready: 'success', work: 'success', end: 'success' });
    expect(await clustersCalled(name)).toEqual(['TERMINATED']);
  });

  test('is gone as well when the step fails; the error has the end of its log', async () => {
    const name = freshName();
    const script = 'echo "Traceback: the bucket is empty" >&2; exit 1';
    const run = await engine.run(transient, { conf: { name, script } });
    expect(run.states).toMatchObject({ work: 'failed', end: 'success' });
    expect(run.failure).toMatch(/Spark job s-\w+ on EMR cluster j-\w+ is FAILED/);
    expect(run.failure).toMatch(/Traceback: the bucket is empty/);
    expect(await clustersCalled(name)).toEqual(['TERMINATED']);
  });

  test('is gone as well when the run is cancelled, and its step was cancelled before', async () => {
    const name = freshName();
    const handle = await engine.start(transient, { conf: { name, script: 'sleep 600' } });
    const cluster = await until(() => client.findCluster(name).catch(() => undefined));
    await whileRunning(cluster.clusterId, () => handle.cancel());
    const run = await finishRun(handle);
    expect(run.states['end']).toBe('success');
    expect(await statesOf(cluster.clusterId)).toEqual(['CANCELLED']);
    expect(await clustersCalled(name)).toEqual(['TERMINATED']);
  });

  test('that ends with errors fails the wait at once with EMR’s reason', async () => {
    const name = freshName();
    const id = await slowCluster(name);
    const waiting = dag('waiting', { defaultArgs: soon }, ({ task }) => {
      task('ready', waitForEmrCluster, { cluster: { clusterId: id } });
    });
    await engine.redeploy([transient, onKeptCluster, waiting]);
    await emr.fate.failCluster(id, { Code: 'BOOTSTRAP_FAILURE', Message: 'bootstrap action 1 failed' });
    const run = await engine.run(waiting);
    expect(run.failure).toMatch(/is TERMINATED_WITH_ERRORS: BOOTSTRAP_FAILURE: bootstrap action 1 failed/);
  });

  test('is not created twice when the answer to its creation is lost', async () => {
    const name = freshName();
    faults.push('RunJobFlow', FAULTS.lostAnswer);
    const run = await engine.run(transient, { conf: { name } });
    expect(run.failure).toBeUndefined();
    expect(await clustersCalled(name)).toEqual(['TERMINATED']);
    expect(faults.pending).toBe(0);
  });
});

/** A cluster to fail; no step of it runs. */
async function slowCluster(name: string): Promise<string> {
  const { JobFlowId: id = '' } = await sdk.send(new RunJobFlowCommand(jobFlow({ Name: name })));
  return id;
}

describe('a cluster that is kept up', () => {
  test('runs the job and stays', async () => {
    const { name, id } = await keepCluster();
    const run = await runOn(name, 'exit 0');
    expect(run.states).toEqual({ find: 'success', work: 'success', end: 'skipped' });
    expect(await statesOf(id)).toEqual(['COMPLETED']);
    const [step] = await stepsOf(id);
    expect(step?.Name).toMatch(/^airtempo on_kept_cluster\.work manual__.* [0-9a-f]{12}$/);
    expect((await client.describeCluster(id)).status.kind).toBe('ready');
  });

  test('that is not there fails the run at once', async () => {
    const run = await runOn('nobody keeps this', 'exit 0');
    expect(run.failure).toMatch(/No active EMR cluster is called "nobody keeps this"/);
  });

  test('two of one name are a conflict', async () => {
    const { name } = await keepCluster();
    await sdk.send(new RunJobFlowCommand(jobFlow({ Name: name })));
    const run = await runOn(name, 'exit 0');
    expect(run.failure).toMatch(/2 active clusters are called/);
  });
});

describe('a step', () => {
  test('that failed is followed by a new one in the next try', async () => {
    const { name, id } = await keepCluster();
    const flag = path.join(scratch.dir, `flag-${String(count)}`);
    const run = await runOn(name, `test -e ${flag} || { touch ${flag}; exit 1; }`);
    expect(run.failure).toBeUndefined();
    expect(await statesOf(id)).toEqual(['FAILED', 'COMPLETED']);
  });

  test.each<[string, (id: string, stepId: string) => unknown]>([
    [
      'CANCELLED',
      (id, stepId) =>
        sdk.send(
          new CancelStepsCommand({
            ClusterId: id,
            StepIds: [stepId],
            StepCancellationOption: 'TERMINATE_PROCESS',
          }),
        ),
    ],
    ['INTERRUPTED', (id, stepId) => emr.fate.interruptStep(id, stepId)],
  ])('that is %s from outside has failed, and the next try submits another', async (state, act) => {
    const { name, id } = await keepCluster();
    const flag = path.join(scratch.dir, `flag-${String(count)}`);
    const handle = await engine.start(onKeptCluster, {
      conf: { name, script: `test -e ${flag} || { touch ${flag}; sleep 600; }` },
    });
    await whileRunning(id, async (stepId) => {
      await until(() => existsSync(flag) || undefined);
      await act(id, stepId);
    });
    expect((await finishRun(handle)).failure).toBeUndefined();
    expect(await statesOf(id)).toEqual([state, 'COMPLETED']);
  });

  test('is not added twice when the answer is lost', async () => {
    const { name, id } = await keepCluster();
    faults.push('AddJobFlowSteps', FAULTS.lostAnswer);
    expect((await runOn(name, 'exit 0')).failure).toBeUndefined();
    expect(await statesOf(id)).toEqual(['COMPLETED']);
    expect(faults.pending).toBe(0);
  });

  test.each(['throttled', 'internal', 'unavailable', 'expired'] as const)(
    'is waited for on when EMR’s answers are %s for a while, without costing a try',
    async (fault) => {
      const { name, id } = await keepCluster();
      faults.push('DescribeStep', FAULTS[fault], 2 * SDK_ATTEMPTS);
      const run = await runOn(name, 'exit 0');
      expect(run.failure).toBeUndefined();
      expect(await statesOf(id)).toEqual(['COMPLETED']);
      expect(faults.pending).toBe(0);
    },
  );

  test('is not waited for when the access is denied: one question, no further try', async () => {
    const { name, id } = await keepCluster();
    faults.push('DescribeStep', FAULTS.denied, 10);
    const run = await runOn(name, 'sleep 600');
    expect(run.failure).toMatch(/refused the credentials: AccessDenied/);
    expect(faults.pending).toBe(9);
    while (faults.take('DescribeStep') !== undefined);
    await client.terminateCluster(id);
  });
});

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const QUEUE = `emr-killed-${String(process.pid)}`;

describe('a worker that is killed', () => {
  let workers: WorkerProject;
  afterAll(() => workers.remove());

  test('as its step begins, before it can wait for it: the next worker adopts the step', async () => {
    const { name, id } = await keepCluster();
    const flag = path.join(scratch.dir, 'adopted');
    const { id: _, type, ...fields } = aws;
    workers = await createWorkerProject(
      QUEUE,
      `
import { createEmrCluster, dag, sparkJob } from ${JSON.stringify(API)};
const defaultArgs = { retries: 2, retryDelay: '100ms', heartbeatTimeout: '2s' };
export default dag('adopting', { defaultArgs }, ({ task }) => {
  const cluster = task('find', createEmrCluster, { name: ${JSON.stringify(name)}, ifAbsent: 'fail' });
  task('work', sparkJob, { connId: 'aws_credentials', cluster, file: 's3://jobs/job.py', args: ['until test -e ${flag}; do sleep 0.1; done'] });
});
`,
      { AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify({ conn_type: type, ...fields }) },
    );
    const first = await workers.startWorker();
    let killed = false;
    onStep = () => {
      first.child.kill('SIGKILL');
      killed = true;
    };
    const handle = await new Client({ connection: workers.connection }).workflow.start('adopting', {
      taskQueue: QUEUE,
      workflowId: `adopting-${String(process.pid)}`,
    });
    await until(() => killed || undefined);
    await first.ended;
    onStep = () => undefined;
    const second = await workers.startWorker();
    await writeFile(flag, '');
    const run = await finishRun(handle);
    expect(run.failure).toBeUndefined();
    expect(await statesOf(id)).toEqual(['COMPLETED']);
    const attempts = (await fetchEvents(handle)).flatMap(
      ({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? [],
    );
    expect(Math.max(...attempts)).toBeGreaterThan(1); // the first look did not come to its end
    second.child.kill('SIGTERM');
    await second.ended;
  });
});
