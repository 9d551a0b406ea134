/**
 * What airtempo relies on EMR to do, asked of the local server in every test run and of AWS by emr-aws.test.ts. It makes one
 * cluster, and ends it.
 */
import { afterAll, expect, it } from '@jest/globals';
import {
  AddJobFlowStepsCommand,
  AddTagsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  DescribeStepCommand,
  GetAutoTerminationPolicyCommand,
  ListClustersCommand,
  ListStepsCommand,
  PutAutoTerminationPolicyCommand,
  RemoveTagsCommand,
  RunJobFlowCommand,
  SetTerminationProtectionCommand,
  TerminateJobFlowsCommand,
  type EMRClient,
  type RunJobFlowCommandInput,
  type StepConfig,
} from '@aws-sdk/client-emr';

/** Where the contract is held to. */
export interface EmrContractTarget {
  readonly client: () => EMRClient;
  /** The request for a cluster that stays when it has nothing to do. */
  readonly jobFlow: () => RunJobFlowCommandInput;
  /** Steps that succeed, fail with CONTINUE, and go on for minutes. */
  readonly passing: () => StepConfig;
  readonly failing: () => StepConfig;
  readonly endless: () => StepConfig;
  /** How long anything may take, and the pause between two looks. */
  readonly timeoutMs: number;
  readonly pollMs: number;
}

/** Declares the tests; call it in a `describe`. They build on one another. */
export function describeEmrContract(target: EmrContractTarget): void {
  const { timeoutMs, pollMs } = target;
  /** Jest ends what goes on for longer than `timeoutMs`. */
  const until = async <T>(probe: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      const value = await probe();
      if (value !== undefined) return value;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  };
  let id = '';
  const addSteps = async (...Steps: StepConfig[]): Promise<string[]> => {
    const { StepIds = [] } = await target.client().send(new AddJobFlowStepsCommand({ JobFlowId: id, Steps }));
    return StepIds;
  };
  const describeStep = async (StepId = ''): Promise<NonNullable<Awaited<ReturnType<typeof readStep>>>> =>
    (await readStep(StepId)) ?? {};
  const readStep = async (StepId: string) =>
    (await target.client().send(new DescribeStepCommand({ ClusterId: id, StepId }))).Step;
  const waitForStep = (StepId: string | undefined, state: string) =>
    until(async () => {
      const step = await describeStep(StepId);
      return step.Status?.State === state ? step : undefined;
    });
  const describeCluster = async () =>
    (await target.client().send(new DescribeClusterCommand({ ClusterId: id }))).Cluster;
  const waitForCluster = (state: string) =>
    until(async () => {
      const cluster = await describeCluster();
      return cluster?.Status?.State === state ? cluster : undefined;
    });

  afterAll(async () => {
    if (id === '') return;
    const JobFlowIds = [id];
    await target
      .client()
      .send(new SetTerminationProtectionCommand({ JobFlowIds, TerminationProtected: false }));
    await target.client().send(new TerminateJobFlowsCommand({ JobFlowIds }));
  }, timeoutMs);

  it.each<[string, Partial<RunJobFlowCommandInput>]>([
    ['a release that is none', { ReleaseLabel: 'emr-latest' }],
    ['no role for the instances', { JobFlowRole: undefined }],
    [
      'idle termination before 5.30',
      { ReleaseLabel: 'emr-5.29.0', AutoTerminationPolicy: { IdleTimeout: 3600 } },
    ],
    ['an idle timeout of less than a minute', { AutoTerminationPolicy: { IdleTimeout: 59 } }],
  ])('refuses a cluster with %s', async (_what, changes) => {
    const request = { ...target.jobFlow(), ...changes };
    await expect(target.client().send(new RunJobFlowCommand(request))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('does not know clusters that were never made', async () => {
    const unknown = 'j-0AAAAAAAAAAAA';
    await expect(
      target.client().send(new DescribeClusterCommand({ ClusterId: unknown })),
    ).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: expect.stringContaining('is not valid'),
    });
    await expect(
      target.client().send(new TerminateJobFlowsCommand({ JobFlowIds: [unknown] })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it(
    'brings a cluster up, runs its steps in order, and waits for more',
    async () => {
      const request = { ...target.jobFlow(), Steps: [target.passing(), target.failing(), target.passing()] };
      id = (await target.client().send(new RunJobFlowCommand(request))).JobFlowId ?? '';
      expect(id).toMatch(/^j-[A-Z0-9]+$/);
      const cluster = await waitForCluster('WAITING');
      expect(cluster).toMatchObject({
        Name: request.Name,
        AutoTerminate: false,
        ReleaseLabel: request.ReleaseLabel,
      });
      expect(cluster.Status?.Timeline?.ReadyDateTime).toBeInstanceOf(Date);
      const { Steps: steps = [] } = await target.client().send(new ListStepsCommand({ ClusterId: id }));
      // newest first
      expect(steps.map(({ Status }) => Status?.State)).toEqual(['COMPLETED', 'FAILED', 'COMPLETED']);
      const ends = steps.map(({ Status }) => Number(Status?.Timeline?.EndDateTime));
      const starts = steps.map(({ Status }) => Number(Status?.Timeline?.StartDateTime));
      expect(ends[2]).toBeLessThanOrEqual(starts[1] ?? 0);
      expect(ends[1]).toBeLessThanOrEqual(starts[0] ?? 0);
    },
    timeoutMs,
  );

  it('finds the cluster among those that are active, and not among the others', async () => {
    const list = async (ClusterStates: ('WAITING' | 'RUNNING' | 'TERMINATED')[]): Promise<unknown[]> => {
      const { Clusters = [] } = await target.client().send(new ListClustersCommand({ ClusterStates }));
      return Clusters.map(({ Id }) => Id);
    };
    expect(await list(['WAITING', 'RUNNING'])).toContain(id);
    expect(await list(['TERMINATED'])).not.toContain(id);
  });

  it('keeps tags and the auto-termination policy', async () => {
    const client = target.client();
    const Tags = [
      { Key: 'airtempo:contract', Value: 'one' },
      { Key: 'airtempo:other', Value: '' },
    ];
    await client.send(new AddTagsCommand({ ResourceId: id, Tags }));
    await client.send(
      new AddTagsCommand({ ResourceId: id, Tags: [{ Key: 'airtempo:contract', Value: 'two' }] }),
    );
    await client.send(new RemoveTagsCommand({ ResourceId: id, TagKeys: ['airtempo:other'] }));
    const tags = (await describeCluster())?.Tags ?? [];
    expect(tags.filter(({ Key }) => Key?.startsWith('airtempo:'))).toEqual([
      { Key: 'airtempo:contract', Value: 'two' },
    ]);
    const AutoTerminationPolicy = { IdleTimeout: 7200 };
    await client.send(new PutAutoTerminationPolicyCommand({ ClusterId: id, AutoTerminationPolicy }));
    expect(await client.send(new GetAutoTerminationPolicyCommand({ ClusterId: id }))).toMatchObject({
      AutoTerminationPolicy,
    });
  });

  it(
    'cancels a step that waits and one that runs, and says why it does not cancel one that has ended',
    async () => {
      const [running, waiting] = await addSteps(target.endless(), target.passing());
      await waitForStep(running, 'RUNNING');
      const cancel = async (...StepIds: (string | undefined)[]) =>
        (
          await target.client().send(
            new CancelStepsCommand({
              ClusterId: id,
              StepIds: StepIds.map((step) => step ?? ''),
              StepCancellationOption: 'TERMINATE_PROCESS',
            }),
          )
        ).CancelStepsInfoList;
      expect(await cancel(waiting, running)).toEqual([
        { StepId: waiting, Status: 'SUBMITTED' },
        { StepId: running, Status: 'SUBMITTED' },
      ]);
      await waitForStep(waiting, 'CANCELLED');
      await waitForStep(running, 'CANCELLED');
      expect(await cancel(running)).toMatchObject([{ Status: 'FAILED', Reason: expect.any(String) }]);
      await waitForCluster('WAITING');
    },
    timeoutMs,
  );

  it(
    'does not terminate a protected cluster; without protection it ends, and takes no more steps',
    async () => {
      const JobFlowIds = [id];
      const client = target.client();
      await client.send(new SetTerminationProtectionCommand({ JobFlowIds, TerminationProtected: true }));
      await expect(client.send(new TerminateJobFlowsCommand({ JobFlowIds }))).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining('termination protected'),
      });
      await client.send(new SetTerminationProtectionCommand({ JobFlowIds, TerminationProtected: false }));
      await client.send(new TerminateJobFlowsCommand({ JobFlowIds }));
      await expect(addSteps(target.passing())).rejects.toMatchObject({ name: 'ValidationException' });
      const { Status: status } = await waitForCluster('TERMINATED');
      expect(status?.StateChangeReason).toMatchObject({ Code: 'USER_REQUEST' });
      // again is no error
      await client.send(new TerminateJobFlowsCommand({ JobFlowIds }));
    },
    timeoutMs,
  );
}
