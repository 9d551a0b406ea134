/**
 * Amazon EMR's clusters and steps, as far as airtempo uses them. One request a call (lists are paged): whoever waits
 * does so elsewhere. RunJobFlow and AddJobFlowSteps know no idempotency token, so both can be found again by name.
 */
import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeClusterCommand,
  DescribeStepCommand,
  EMRClient,
  ListClustersCommand,
  ListStepsCommand,
  RunJobFlowCommand,
  TerminateJobFlowsCommand,
  type Cluster,
  type ClusterState,
  type RunJobFlowCommandInput,
  type StepConfig,
} from '@aws-sdk/client-emr';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { mapAwsError, readAwsFailure } from '../aws-errors.js';
import { isOwn, MANAGED_TAG, NAME_TAG, RUN_TAG } from '../aws-tags.js';
import { resolveAwsConfig } from '../aws.js';
import { ACTIVE_CLUSTER_STATES, toClusterState, type EmrClusterState } from './cluster-state.js';
import { toStepState } from './step-state.js';
import type { SparkJobState } from '../spark/spark-runner.js';

/** A cluster as it stands. */
export interface EmrCluster {
  readonly clusterId: string;
  readonly name: string;
  readonly status: EmrClusterState;
  /** Whether airtempo has made it, by its tags. */
  readonly isManaged: boolean;
  /** Workflow id of the run that made it. */
  readonly madeBy?: string;
  readonly release?: string;
  readonly logUri?: string;
  readonly masterDns?: string;
  /** The security group of the primary node, which EMR manages. */
  readonly masterSecurityGroup?: string;
  readonly createdAt?: string;
  readonly tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[];
}

/** A step as it stands. */
export interface EmrStep {
  readonly stepId: string;
  readonly name: string;
  readonly state: SparkJobState;
}

export interface EmrClient {
  readonly connId: string;
  /** Ids and names of the clusters in these states, in EMR's order. Default: those that cost money. */
  listClusters(
    options?: { readonly states?: readonly ClusterState[] | undefined },
    signal?: AbortSignal,
  ): Promise<readonly { readonly clusterId: string; readonly name: string; readonly state: string }[]>;
  /** Throws CLUSTER_NOT_FOUND. */
  describeCluster(clusterId: string, signal?: AbortSignal): Promise<EmrCluster>;
  /**
   * The active cluster that airtempo has made under this name. Throws CLUSTER_CONFLICT for two, and for one that somebody
   * else has made, unless `anyone` will do.
   */
  findCluster(
    name: string,
    options?: { readonly anyone?: boolean },
    signal?: AbortSignal,
  ): Promise<EmrCluster | undefined>;
  /** Creates a cluster and returns its id. Asks once: whoever gets no answer looks for the cluster before asking again. */
  createCluster(input: RunJobFlowCommandInput): Promise<string>;
  /** Asks for the end of a cluster; one that is ending or gone is left alone by EMR. Throws CLUSTER_CONFLICT when protected. */
  terminateCluster(clusterId: string): Promise<void>;
  /** Every step of a cluster under this name, the newest first. */
  findSteps(clusterId: string, name: string, signal?: AbortSignal): Promise<readonly EmrStep[]>;
  /** Adds a step and returns its id. Asks once, likewise. */
  addStep(clusterId: string, step: StepConfig): Promise<string>;
  describeStep(clusterId: string, stepId: string, signal?: AbortSignal): Promise<EmrStep>;
  /** Asks for the end of steps. EMR promises nothing: look at them. */
  cancelSteps(clusterId: string, stepIds: readonly string[]): Promise<void>;
  close(): void;
}

const SERVICE = 'Amazon EMR';
/** What EMR says of an id that it does not know. */
const UNKNOWN_CLUSTER = /Cluster id '?.*'? is not valid|not.?found|does not exist/i;

/** A client with the credentials of `connection`, of type aws. Makes no request yet. */
export function connectEmr(connection: Connection): EmrClient {
  const config = resolveAwsConfig(connection, 'emr');
  const client = new EMRClient(config);
  // the SDK would send a request again whose answer was lost, and so make a twin: these are looked for instead
  const once = new EMRClient({ ...config, maxAttempts: 1 });

  async function call<T>(action: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw mapAwsError(error, connection, { service: SERVICE, action });
    }
  }
  const sending = (signal: AbortSignal | undefined): { abortSignal?: AbortSignal } =>
    signal === undefined ? {} : { abortSignal: signal };

  const listClusters: EmrClient['listClusters'] = async ({ states = ACTIVE_CLUSTER_STATES } = {}, signal) => {
    const found: { clusterId: string; name: string; state: string }[] = [];
    let marker: string | undefined;
    do {
      const command = new ListClustersCommand({ ClusterStates: [...states], Marker: marker });
      const page = await call('ListClusters', () => client.send(command, sending(signal)), signal);
      for (const { Id, Name = '', Status } of page.Clusters ?? []) {
        if (Id !== undefined) found.push({ clusterId: Id, name: Name, state: Status?.State ?? 'UNKNOWN' });
      }
      marker = page.Marker;
    } while (marker !== undefined && marker !== '');
    return found;
  };

  const describeCluster: EmrClient['describeCluster'] = async (clusterId, signal) => {
    const command = new DescribeClusterCommand({ ClusterId: clusterId });
    try {
      const { Cluster: cluster } = await client.send(command, sending(signal));
      return toCluster(clusterId, cluster);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      const { name, message } = readAwsFailure(error);
      if (name === 'InvalidRequestException' && UNKNOWN_CLUSTER.test(message)) {
        throw new AirtempoError(
          'CLUSTER_NOT_FOUND',
          `EMR does not know the cluster ${clusterId} (connection "${connection.id}"): ${message} Check the id and extra.region_name; "airtempo emr list" shows what there is.`,
          { cause: error },
        );
      }
      throw mapAwsError(error, connection, { service: SERVICE, action: 'DescribeCluster' });
    }
  };

  const findSteps: EmrClient['findSteps'] = async (clusterId, name, signal) => {
    const found: EmrStep[] = [];
    let marker: string | undefined;
    do {
      const command = new ListStepsCommand({ ClusterId: clusterId, Marker: marker });
      const page = await call('ListSteps', () => client.send(command, sending(signal)), signal);
      for (const { Id, Name, Status } of page.Steps ?? []) {
        if (Id !== undefined && Name === name) found.push({ stepId: Id, name, state: toStepState(Status) });
      }
      marker = page.Marker;
    } while (marker !== undefined && marker !== '');
    return found;
  };

  return {
    connId: connection.id,
    listClusters,
    describeCluster,
    findCluster: async (name, { anyone = false } = {}, signal) => {
      const named = (await listClusters({}, signal)).filter((cluster) => cluster.name === name);
      const described: EmrCluster[] = [];
      for (const { clusterId } of named) described.push(await describeCluster(clusterId, signal));
      const active = described.filter(({ status }) => status.kind === 'starting' || status.kind === 'ready');
      return pickCluster(name, active, anyone);
    },
    createCluster: async (input) => {
      const { JobFlowId: id } = await call('RunJobFlow', () => once.send(new RunJobFlowCommand(input)));
      if (id !== undefined) return id;
      throw new AirtempoError('AWS_UNAVAILABLE', `${SERVICE} (RunJobFlow) answered without a cluster id.`);
    },
    terminateCluster: async (clusterId) => {
      const command = new TerminateJobFlowsCommand({ JobFlowIds: [clusterId] });
      try {
        await client.send(command);
      } catch (error) {
        const { name, message } = readAwsFailure(error);
        if (!/protect/i.test(message)) {
          throw mapAwsError(error, connection, { service: SERVICE, action: 'TerminateJobFlows' });
        }
        throw new AirtempoError(
          'CLUSTER_CONFLICT',
          `Cluster ${clusterId} is protected against termination (${name}). Switch that off with ` +
            `"aws emr modify-cluster-attributes --cluster-id ${clusterId} --no-termination-protected", then try again.`,
          { cause: error },
        );
      }
    },
    findSteps,
    addStep: async (clusterId, step) => {
      const command = new AddJobFlowStepsCommand({ JobFlowId: clusterId, Steps: [step] });
      const { StepIds: [id] = [] } = await call('AddJobFlowSteps', () => once.send(command));
      if (id !== undefined) return id;
      throw new AirtempoError('AWS_UNAVAILABLE', `${SERVICE} (AddJobFlowSteps) answered without a step id.`);
    },
    describeStep: async (clusterId, stepId, signal) => {
      const command = new DescribeStepCommand({ ClusterId: clusterId, StepId: stepId });
      const { Step: step } = await call('DescribeStep', () => client.send(command, sending(signal)), signal);
      return { stepId, name: step?.Name ?? '', state: toStepState(step?.Status) };
    },
    cancelSteps: async (clusterId, stepIds) => {
      const command = new CancelStepsCommand({
        ClusterId: clusterId,
        StepIds: [...stepIds],
        StepCancellationOption: 'SEND_INTERRUPT',
      });
      await call('CancelSteps', () => client.send(command));
    },
    close: () => {
      client.destroy();
      once.destroy();
    },
  };
}

function toCluster(clusterId: string, cluster: Cluster | undefined): EmrCluster {
  const tags = cluster?.Tags ?? [];
  const madeBy = tags.find(({ Key }) => Key === RUN_TAG)?.Value;
  const createdAt = cluster?.Status?.Timeline?.CreationDateTime?.toISOString();
  const optional = {
    madeBy,
    release: cluster?.ReleaseLabel,
    logUri: cluster?.LogUri,
    masterDns: cluster?.MasterPublicDnsName,
    masterSecurityGroup: cluster?.Ec2InstanceAttributes?.EmrManagedMasterSecurityGroup,
    createdAt,
  };
  return {
    clusterId,
    name: cluster?.Name ?? '',
    status: toClusterState(cluster?.Status),
    isManaged: tags.some(({ Key }) => Key === MANAGED_TAG),
    tags,
    ...Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined && value !== ''),
    ),
  };
}

/** The one cluster that is meant. */
function pickCluster(name: string, named: readonly EmrCluster[], anyone: boolean): EmrCluster | undefined {
  const own = named.filter(({ tags }) => isOwn(tags, name));
  const candidates = anyone ? named : own;
  const [first, ...rest] = candidates;
  if (rest.length > 0) {
    throw new AirtempoError(
      'CLUSTER_CONFLICT',
      `${String(candidates.length)} active clusters are called "${name}": ${candidates.map(({ clusterId }) => clusterId).join(', ')}. ` +
        'Terminate all but one, or name another cluster.',
    );
  }
  if (first !== undefined) return first;
  const [foreign] = named;
  if (foreign === undefined) return undefined;
  throw new AirtempoError(
    'CLUSTER_CONFLICT',
    `The active cluster ${foreign.clusterId} is called "${name}" but was not made by airtempo: it has no tag ${NAME_TAG}=${name}. ` +
      `Choose another name, or hand it over with "aws emr add-tags --resource-id ${foreign.clusterId} --tags ${NAME_TAG}=${name}".`,
  );
}
