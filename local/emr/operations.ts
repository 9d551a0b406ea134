/** EMR's operations over the local clusters: finds what is named, asks the rules, changes, and describes. */
import { randomInt } from 'node:crypto';
import { createOperation } from '../aws/operation.js';
import type { Operations } from '../aws/operation.js';
import { createId, isActive } from './cluster.js';
import type { Cluster, Step } from './cluster.js';
import type { Clusters } from './clusters.js';
import { clusterArn, describeCluster, describeStep, summarizeCluster } from './describe.js';
import { canCancelRunningSteps } from './release.js';
import {
  addStepsInput,
  addTagsInput,
  cancelStepsInput,
  checkIdleTimeout,
  checkModifiable,
  checkRunJobFlow,
  checkSteps,
  clusterInput,
  countActive,
  invalidRequest,
  jobFlowsInput,
  keepAliveInput,
  listClustersInput,
  listStepsInput,
  modifyClusterInput,
  protectionInput,
  putPolicyInput,
  removeTagsInput,
  runJobFlowInput,
  stepIdInput,
  takePage,
  validationError,
} from './requests.js';
import type { RunJobFlowInput, StepInput } from './requests.js';

export interface OperationsOptions {
  readonly clusters: Clusters;
  readonly region: string;
  readonly now: () => number;
}

/** The operations by their names. */
export function createEmrOperations(options: OperationsOptions): Operations {
  return { ...clusterOperations(options), ...stepOperations(options), ...settingOperations(options) };
}

function clusterOperations({ clusters, region, now }: OperationsOptions): Operations {
  return {
    RunJobFlow: createOperation(runJobFlowInput, async (input) => {
      const cluster = createCluster(input, checkRunJobFlow(input), now());
      await clusters.create(cluster);
      return { JobFlowId: cluster.id, ClusterArn: clusterArn(cluster.id, region) };
    }),
    DescribeCluster: createOperation(clusterInput, ({ ClusterId }) => ({
      Cluster: describeCluster(findCluster(clusters, ClusterId), region),
    })),
    ListClusters: createOperation(
      listClustersInput,
      ({ ClusterStates, CreatedAfter, CreatedBefore, Marker }) => {
        const matching = clusters
          .list()
          .filter(({ state }) => ClusterStates === undefined || ClusterStates.includes(state))
          .filter(({ createdAt }) => createdAt > (CreatedAfter ?? -Infinity) * 1000)
          .filter(({ createdAt }) => createdAt < (CreatedBefore ?? Infinity) * 1000)
          .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? -1 : 1));
        const { page, next } = takePage(matching, Marker);
        return { Clusters: page.map((cluster) => summarizeCluster(cluster, region)), ...marker(next) };
      },
    ),
    TerminateJobFlows: createOperation(jobFlowsInput, async ({ JobFlowIds }) => {
      const found = JobFlowIds.map((id) => findJobFlow(clusters, id));
      if (found.some(({ terminationProtected }) => terminationProtected)) {
        throw validationError(
          'Could not shut down one or more job flows since they are termination protected.',
        );
      }
      for (const cluster of found) await clusters.terminate(cluster);
      return {};
    }),
  };
}

function stepOperations({ clusters, now }: OperationsOptions): Operations {
  return {
    AddJobFlowSteps: createOperation(addStepsInput, async ({ JobFlowId, Steps, ExecutionRoleArn }) => {
      const cluster = findJobFlow(clusters, JobFlowId);
      checkModifiable(cluster);
      checkSteps(Steps, countActive(cluster), cluster.stepConcurrency);
      const added = Steps.map((step) => createStep(step, now(), ExecutionRoleArn));
      await clusters.update(cluster, ({ steps }) => void steps.push(...added));
      return { StepIds: added.map(({ id }) => id) };
    }),
    ListSteps: createOperation(listStepsInput, ({ ClusterId, StepStates, StepIds, Marker }) => {
      // newest first, as the service lists them
      const matching = findCluster(clusters, ClusterId)
        .steps.toReversed()
        .filter(({ state }) => StepStates === undefined || StepStates.includes(state))
        .filter(({ id }) => StepIds === undefined || StepIds.includes(id));
      const { page, next } = takePage(matching, Marker);
      return { Steps: page.map(describeStep), ...marker(next) };
    }),
    DescribeStep: createOperation(stepIdInput, ({ ClusterId, StepId }) => ({
      Step: describeStep(findStep(findCluster(clusters, ClusterId), StepId)),
    })),
    CancelSteps: createOperation(cancelStepsInput, async (input) => {
      const cluster = findCluster(clusters, input.ClusterId);
      const steps = input.StepIds.map((id) => findStep(cluster, id));
      const infos: object[] = [];
      for (const step of steps) {
        const refusal = explainRefusedCancel(cluster, step);
        if (refusal === undefined) {
          const signal = input.StepCancellationOption === 'TERMINATE_PROCESS' ? 'SIGKILL' : 'SIGTERM';
          await clusters.cancelStep(cluster, step, signal);
          infos.push({ StepId: step.id, Status: 'SUBMITTED' });
        } else infos.push({ StepId: step.id, Status: 'FAILED', Reason: refusal });
      }
      return { CancelStepsInfoList: infos };
    }),
  };
}

function settingOperations({ clusters }: OperationsOptions): Operations {
  const changeAll = async (ids: readonly string[], change: (cluster: Cluster) => void): Promise<object> => {
    const found = ids.map((id) => findJobFlow(clusters, id));
    for (const cluster of found) await clusters.update(cluster, change);
    return {};
  };
  return {
    SetTerminationProtection: createOperation(protectionInput, ({ JobFlowIds, TerminationProtected }) =>
      changeAll(JobFlowIds, (cluster) => void (cluster.terminationProtected = TerminationProtected)),
    ),
    SetKeepJobFlowAliveWhenNoSteps: createOperation(
      keepAliveInput,
      ({ JobFlowIds, KeepJobFlowAliveWhenNoSteps }) =>
        changeAll(JobFlowIds, (cluster) => void (cluster.keepAlive = KeepJobFlowAliveWhenNoSteps)),
    ),
    AddTags: createOperation(addTagsInput, async ({ ResourceId, Tags }) => {
      const keys = new Set(Tags.map(({ Key }) => Key));
      await clusters.update(findCluster(clusters, ResourceId), (cluster) => {
        cluster.tags = [...cluster.tags.filter(({ Key }) => !keys.has(Key)), ...Tags];
      });
      return {};
    }),
    RemoveTags: createOperation(removeTagsInput, async ({ ResourceId, TagKeys }) => {
      await clusters.update(findCluster(clusters, ResourceId), (cluster) => {
        cluster.tags = cluster.tags.filter(({ Key }) => !TagKeys.includes(Key));
      });
      return {};
    }),
    PutAutoTerminationPolicy: createOperation(
      putPolicyInput,
      async ({ ClusterId, AutoTerminationPolicy }) => {
        const found = findCluster(clusters, ClusterId);
        checkIdleTimeout(AutoTerminationPolicy, found.releaseLabel);
        await clusters.update(found, (cluster) => {
          if (AutoTerminationPolicy !== undefined)
            cluster.idleTimeoutSeconds = AutoTerminationPolicy.IdleTimeout;
        });
        return {};
      },
    ),
    GetAutoTerminationPolicy: createOperation(clusterInput, ({ ClusterId }) => {
      const { idleTimeoutSeconds } = findCluster(clusters, ClusterId);
      return idleTimeoutSeconds === undefined
        ? {}
        : { AutoTerminationPolicy: { IdleTimeout: idleTimeoutSeconds } };
    }),
    RemoveAutoTerminationPolicy: createOperation(clusterInput, async ({ ClusterId }) => {
      await clusters.update(findCluster(clusters, ClusterId), (cluster) => {
        delete cluster.idleTimeoutSeconds;
      });
      return {};
    }),
    ModifyCluster: createOperation(modifyClusterInput, async ({ ClusterId, StepConcurrencyLevel: level }) => {
      const found = findCluster(clusters, ClusterId);
      checkModifiable(found);
      await clusters.update(found, (cluster) => {
        if (level !== undefined) cluster.stepConcurrency = level;
      });
      return { StepConcurrencyLevel: found.stepConcurrency };
    }),
  };
}

function marker(next: string | undefined): object {
  return next === undefined ? {} : { Marker: next };
}

/** The operations of the first API version name job flows, and answer otherwise when there is none. */
function findJobFlow(clusters: Clusters, id: string): Cluster {
  const cluster = clusters.get(id);
  if (cluster === undefined) throw validationError('Specified job flow ID not valid.');
  return cluster;
}

function findCluster(clusters: Clusters, id: string): Cluster {
  const cluster = clusters.get(id);
  if (cluster === undefined) throw invalidRequest(`Cluster id '${id}' is not valid.`, 'NoSuchCluster');
  return cluster;
}

function findStep(cluster: Cluster, id: string): Step {
  const step = cluster.steps.find((candidate) => candidate.id === id);
  if (step === undefined) throw invalidRequest(`Step id '${id}' is not valid.`, 'NoSuchStep');
  return step;
}

function explainRefusedCancel(cluster: Cluster, step: Step): string | undefined {
  if (!isActive(step)) return `Cannot cancel a step that is ${step.state}.`;
  if (step.state === 'PENDING' || canCancelRunningSteps(cluster.releaseLabel)) return undefined;
  return `Running steps cannot be cancelled on ${cluster.releaseLabel}: this needs emr-5.28.0.`;
}

function createStep(input: StepInput, createdAt: number, executionRoleArn?: string): Step {
  const { Jar, Args, Properties } = input.HadoopJarStep;
  return {
    id: createId('s', randomInt),
    name: input.Name,
    actionOnFailure: input.ActionOnFailure,
    jar: Jar,
    args: Args,
    properties: Object.fromEntries(Properties.map(({ Key, Value }) => [Key, Value])),
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    state: 'PENDING',
    createdAt,
  };
}

function createCluster(input: RunJobFlowInput, releaseLabel: string, createdAt: number): Cluster {
  const { Instances: instances, AutoTerminationPolicy: policy } = input;
  const { Ec2KeyName, Ec2SubnetId, EmrManagedMasterSecurityGroup, EmrManagedSlaveSecurityGroup } = instances;
  return {
    id: createId('j', randomInt),
    name: input.Name,
    state: 'STARTING',
    reason: { Message: 'Provisioning instances' },
    createdAt,
    releaseLabel,
    applications: input.Applications.map(({ Name }) => Name),
    ...(input.LogUri === undefined ? {} : { logUri: input.LogUri }),
    serviceRole: input.ServiceRole ?? '',
    instanceProfile: input.JobFlowRole ?? '',
    ec2: { Ec2KeyName, Ec2SubnetId, EmrManagedMasterSecurityGroup, EmrManagedSlaveSecurityGroup },
    tags: input.Tags,
    terminationProtected: instances.TerminationProtected,
    keepAlive: instances.KeepJobFlowAliveWhenNoSteps,
    visibleToAllUsers: input.VisibleToAllUsers,
    stepConcurrency: input.StepConcurrencyLevel,
    ...(policy === undefined ? {} : { idleTimeoutSeconds: policy.IdleTimeout }),
    steps: input.Steps.map((step) => createStep(step, createdAt)),
  };
}
