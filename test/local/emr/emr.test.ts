/** What the local EMR does besides the contract: how clusters end, what failed steps lead to, faults, and its own restart. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  TerminateJobFlowsCommand,
  type Cluster,
  type EMRClient,
  type RunJobFlowCommandInput,
  type StepSummary,
} from '@aws-sdk/client-emr';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { createFaultQueue, FAULTS } from '../../../local/aws/faults.js';
import { adaptSparkSubmitArgs } from '../../../local/emr/spark-submit-args.js';
import { endLeftover, startStepProcess } from '../../../local/emr/step-process.js';
import { isAlive } from '../../../local/processes.js';
import type { LocalEmr } from '../../../local/emr/server.js';
import { emrClient, jobFlow, shellStep, startTestEmr } from '../../support/emr.js';
import { until } from '../../support/engine.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, type TestBucket } from '../../support/services.js';

const faults = createFaultQueue();
let scratch: { dir: string; remove: () => Promise<void> };
let bucket: TestBucket;
let emr: LocalEmr;
let client: EMRClient;

beforeAll(async () => {
  scratch = await createScratchFolder();
  bucket = await createTestBucket();
  emr = await startTestEmr(scratch.dir, { faults, idleSecondMs: 1 });
  client = emrClient(emr.url);
});

afterAll(async () => {
  client.destroy();
  await emr.stop();
  await bucket.drop();
  await scratch.remove();
});

async function run(changes: Partial<RunJobFlowCommandInput> = {}): Promise<string> {
  return (await client.send(new RunJobFlowCommand(jobFlow(changes)))).JobFlowId ?? '';
}

/** The cluster as soon as it is in this state, with its steps in the order they were given. */
async function reached(
  id: string,
  state: string,
  of = client,
): Promise<{ cluster: Cluster; steps: StepSummary[] }> {
  const cluster = await until(async () => {
    const { Cluster } = await of.send(new DescribeClusterCommand({ ClusterId: id }));
    return Cluster?.Status?.State === state ? Cluster : undefined;
  });
  const { Steps = [] } = await of.send(new ListStepsCommand({ ClusterId: id }));
  return { cluster, steps: Steps.toReversed() };
}

const states = (steps: readonly StepSummary[]): unknown[] => steps.map(({ Status }) => Status?.State);
const running = (id: string) =>
  until(async () => {
    const { Steps = [] } = await client.send(
      new ListStepsCommand({ ClusterId: id, StepStates: ['RUNNING'] }),
    );
    return Steps[0];
  });

describe('a cluster', () => {
  it('that is not kept alive ends after its last step, whether or not a step failed', async () => {
    const Instances = { KeepJobFlowAliveWhenNoSteps: false };
    const id = await run({ Instances, Steps: [shellStep('exit 1'), shellStep('exit 0')] });
    const { cluster, steps } = await reached(id, 'TERMINATED');
    expect(states(steps)).toEqual(['FAILED', 'COMPLETED']);
    expect(cluster.Status?.StateChangeReason).toEqual({
      Code: 'ALL_STEPS_COMPLETED',
      Message: 'Steps completed',
    });
  });

  it('ends when it has been idle for as long as its policy says', async () => {
    const id = await run({ AutoTerminationPolicy: { IdleTimeout: 60 }, Steps: [shellStep('exit 0')] });
    const { cluster } = await reached(id, 'TERMINATED');
    expect(cluster.Status?.StateChangeReason?.Message).toContain('60 s without a step');
  });

  it('takes running steps and waiting ones with it when it is terminated', async () => {
    const id = await run({ Steps: [shellStep('sleep 1000'), shellStep('exit 0')] });
    await running(id);
    await client.send(new TerminateJobFlowsCommand({ JobFlowIds: [id] }));
    expect(states((await reached(id, 'TERMINATED')).steps)).toEqual(['INTERRUPTED', 'CANCELLED']);
  });

  it('whose machines are lost ends with errors', async () => {
    const id = await run();
    await emr.fate.failCluster(id, { Code: 'INSTANCE_FAILURE', Message: 'lost' });
    const { cluster } = await reached(id, 'TERMINATED_WITH_ERRORS');
    expect(cluster.Status?.StateChangeReason).toEqual({ Code: 'INSTANCE_FAILURE', Message: 'lost' });
  });

  it('runs steps side by side as far as it is allowed to', async () => {
    const wait = (file: string): string => `touch ${file}.here; while [ ! -e ${file} ]; do sleep 0.02; done`;
    const [a, b] = [path.join(scratch.dir, 'a'), path.join(scratch.dir, 'b')];
    const Steps = [a, b].map((file) => shellStep(wait(file)));
    const id = await run({ StepConcurrencyLevel: 2, Steps });
    const both = async () =>
      (await client.send(new ListStepsCommand({ ClusterId: id, StepStates: ['RUNNING'] }))).Steps?.length ===
      2;
    await until(async () => (await both()) || undefined);
    await Promise.all([a, b].map((file) => writeFile(file, '')));
    expect(states((await reached(id, 'WAITING')).steps)).toEqual(['COMPLETED', 'COMPLETED']);
  });

  it('is listed with fifty others a page', async () => {
    const made = new Set<string>();
    for (let count = 0; count < 55; count += 1) made.add(await run({ Name: 'many' }));
    const seen: string[] = [];
    let Marker: string | undefined;
    do {
      const page = await client.send(new ListClustersCommand({ Marker }));
      expect(page.Clusters?.length).toBeLessThanOrEqual(50);
      seen.push(...(page.Clusters ?? []).map(({ Id }) => Id ?? ''));
      ({ Marker } = page);
    } while (Marker !== undefined);
    expect(seen.filter((id) => made.has(id))).toHaveLength(55);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('a step that fails', () => {
  const failing = 'echo "Traceback" >&2; echo "ValueError: no such day" >&2; exit 2';

  it.each([
    ['TERMINATE_CLUSTER', 'TERMINATED_WITH_ERRORS', 'CANCELLED', 'Shut down as step failed'],
    ['CANCEL_AND_WAIT', 'WAITING', 'CANCELLED', 'Cluster ready after last step completed.'],
    ['CONTINUE', 'WAITING', 'COMPLETED', 'Cluster ready after last step completed.'],
  ] as const)('with %s leaves the cluster %s and the next step %s', async (action, state, next, message) => {
    const id = await run({ Steps: [shellStep(failing, { ActionOnFailure: action }), shellStep('exit 0')] });
    const { cluster, steps } = await reached(id, state);
    expect(states(steps)).toEqual(['FAILED', next]);
    expect(cluster.Status?.StateChangeReason?.Message).toBe(message);
  });

  it('tells why, and where its log is', async () => {
    const LogUri = `s3://${bucket.name}/logs/`;
    const id = await run({ LogUri, Steps: [shellStep(`echo counted; ${failing}`)] });
    const { steps } = await reached(id, 'WAITING');
    const folder = `logs/${id}/steps/${steps[0]?.Id ?? ''}/`;
    expect(steps[0]?.Status?.FailureDetails).toEqual({
      Reason: 'Unknown Error.',
      Message: 'ValueError: no such day',
      LogFile: `s3://${bucket.name}/${folder}stderr.gz`,
    });
    const read = async (name: string): Promise<string> => {
      const request = new GetObjectCommand({ Bucket: bucket.name, Key: `${folder}${name}.gz` });
      const body = await (await bucket.storage.client.send(request)).Body?.transformToByteArray();
      return gunzipSync(body ?? new Uint8Array()).toString();
    };
    expect(await read('stderr')).toBe('Traceback\nValueError: no such day\n');
    expect(await read('stdout')).toBe('counted\n');
    expect(await read('controller')).toContain('exit code 2');
  });

  it('because it was interrupted counts as failed', async () => {
    const id = await run({ Steps: [shellStep('sleep 1000', { ActionOnFailure: 'TERMINATE_CLUSTER' })] });
    const step = await running(id);
    emr.fate.interruptStep(id, step.Id ?? '');
    expect(states((await reached(id, 'TERMINATED_WITH_ERRORS')).steps)).toEqual(['INTERRUPTED']);
  });

  it('cannot be cancelled while it runs on a release before 5.28', async () => {
    const id = await run({ ReleaseLabel: 'emr-5.20.0', Steps: [shellStep('sleep 1000')] });
    const { Id = '' } = await running(id);
    const answer = await client.send(new CancelStepsCommand({ ClusterId: id, StepIds: [Id] }));
    expect(answer.CancelStepsInfoList).toMatchObject([
      { Status: 'FAILED', Reason: expect.stringContaining('emr-5.20.0') },
    ]);
  });
});

describe('steps that the local EMR cannot run', () => {
  it.each([
    ['another jar', { Jar: 's3://bucket/job.jar' }, 'command-runner.jar only'],
    [
      'another command',
      { Jar: 'command-runner.jar', Args: ['hive-script'] },
      'spark-submit only, and not hive-script',
    ],
    ['no file', { Jar: 'command-runner.jar', Args: ['spark-submit', '--master', 'yarn'] }, 'no file to run'],
  ])('are refused: %s', async (_what, HadoopJarStep, message) => {
    const id = await run();
    const Steps = [{ Name: 'x', HadoopJarStep }];
    await expect(client.send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(message),
    });
  });

  it('are refused from the 257th that waits or runs', async () => {
    const id = await run({ Steps: [shellStep('sleep 1000')] });
    const Steps = Array.from({ length: 256 }, () => shellStep('exit 0'));
    await expect(client.send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('Maximum number of active steps'),
    });
  });
});

describe('the arguments of spark-submit', () => {
  it('lose what is said of the cluster, and nothing of the job', () => {
    const conf = [
      '--conf',
      'spark.yarn.submit.waitAppCompletion=true',
      '--conf',
      'spark.sql.ansi.enabled=true',
    ];
    const args = [
      '--deploy-mode',
      'cluster',
      '--master=yarn',
      ...conf,
      '--verbose',
      's3://b/etl.py',
      '--master',
      'x',
    ];
    expect(adaptSparkSubmitArgs(args)).toEqual({
      ok: true,
      args: ['--conf', 'spark.sql.ansi.enabled=true', '--verbose', 's3://b/etl.py', '--master', 'x'],
      left: [
        '--deploy-mode',
        'cluster',
        '--master=yarn',
        '--conf',
        'spark.yarn.submit.waitAppCompletion=true',
      ],
    });
  });
});

describe('faults', () => {
  it('reach the client as the service words them, and are got over by its retries', async () => {
    faults.push('ListClusters', FAULTS.throttled);
    await expect(client.send(new ListClustersCommand({}))).rejects.toMatchObject({
      name: 'ThrottlingException',
    });
    faults.push('ListClusters', FAULTS.expired);
    await expect(client.send(new ListClustersCommand({}))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
    });
    faults.push('ListClusters', FAULTS.unavailable, 2);
    const patient = emrClient(emr.url, { maxAttempts: 3 });
    await expect(patient.send(new ListClustersCommand({}))).resolves.toHaveProperty('Clusters');
    patient.destroy();
  });

  it('make a cluster that its client never hears of', async () => {
    faults.push('RunJobFlow', FAULTS.lostAnswer);
    await expect(run({ Name: 'unheard of' })).rejects.toThrow();
    const { Clusters = [] } = await client.send(new ListClustersCommand({}));
    expect(Clusters.filter(({ Name }) => Name === 'unheard of')).toHaveLength(1);
  });

  it('refuse a wrong secret', async () => {
    const stranger = emrClient(emr.url, {
      credentials: { accessKeyId: 'AKIAEMR', secretAccessKey: 'guessed' },
    });
    await expect(stranger.send(new ListClustersCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    });
    stranger.destroy();
  });
});

describe('a server that starts again', () => {
  it('ends what a killed one has left running, but no later process of the same id', async () => {
    const command = { command: 'sleep', args: ['1000'], env: { PATH: process.env['PATH'] ?? '' } };
    const left = await startStepProcess(command, path.join(scratch.dir, 'left'));
    await endLeftover({ pid: left.pid, startMark: 'another' });
    expect(isAlive(left.pid)).toBe(true);
    await endLeftover(left);
    expect(await left.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('knows its clusters; the step that was running is interrupted, and the next one runs', async () => {
    const own = await createScratchFolder();
    const first = await startTestEmr(own.dir);
    const firstClient = emrClient(first.url);
    const Steps = [shellStep('sleep 1000'), shellStep('exit 0')];
    const { JobFlowId: id = '' } = await firstClient.send(new RunJobFlowCommand(jobFlow({ Steps })));
    await until(async () => {
      const { Steps: found = [] } = await firstClient.send(
        new ListStepsCommand({ ClusterId: id, StepStates: ['RUNNING'] }),
      );
      return found[0];
    });
    firstClient.destroy();
    await first.stop();
    const second = await startTestEmr(own.dir);
    const secondClient = emrClient(second.url);
    const { steps } = await reached(id, 'WAITING', secondClient);
    expect(states(steps)).toEqual(['INTERRUPTED', 'COMPLETED']);
    secondClient.destroy();
    await second.stop();
    await own.remove();
  });
});
