/** Clusters and steps as the service writes them. Pure. */
import { toEpochSeconds } from '../aws/timestamp.js';
import type { Cluster, Step } from './cluster.js';

const time = (name: string, ms: number | undefined): object =>
  ms === undefined ? {} : { [name]: toEpochSeconds(new Date(ms)) };

const optional = (name: string, value: unknown): object => (value === undefined ? {} : { [name]: value });

/** The ARN by which tags and policies know a cluster. The account is nobody's. */
export function clusterArn(id: string, region: string): string {
  return `arn:aws:elasticmapreduce:${region}:000000000000:cluster/${id}`;
}

function describeClusterStatus(cluster: Cluster): object {
  return {
    State: cluster.state,
    StateChangeReason: cluster.reason,
    Timeline: {
      ...time('CreationDateTime', cluster.createdAt),
      ...time('ReadyDateTime', cluster.readyAt),
      ...time('EndDateTime', cluster.endedAt),
    },
  };
}

/** An entry of ListClusters. */
export function summarizeCluster(cluster: Cluster, region: string): object {
  return {
    Id: cluster.id,
    Name: cluster.name,
    Status: describeClusterStatus(cluster),
    NormalizedInstanceHours: 0,
    ClusterArn: clusterArn(cluster.id, region),
  };
}

/** What DescribeCluster tells. */
export function describeCluster(cluster: Cluster, region: string): object {
  return {
    ...summarizeCluster(cluster, region),
    Ec2InstanceAttributes: { ...cluster.ec2, IamInstanceProfile: cluster.instanceProfile },
    ...optional('LogUri', cluster.logUri),
    ReleaseLabel: cluster.releaseLabel,
    AutoTerminate: !cluster.keepAlive,
    TerminationProtected: cluster.terminationProtected,
    VisibleToAllUsers: cluster.visibleToAllUsers,
    Applications: cluster.applications.map((Name) => ({ Name })),
    Tags: cluster.tags,
    ServiceRole: cluster.serviceRole,
    // the only machine there is
    ...(cluster.readyAt === undefined ? {} : { MasterPublicDnsName: 'localhost' }),
    StepConcurrencyLevel: cluster.stepConcurrency,
  };
}

/** A step, in ListSteps and DescribeStep alike. */
export function describeStep(step: Step): object {
  return {
    Id: step.id,
    Name: step.name,
    Config: { Jar: step.jar, Args: step.args, Properties: step.properties },
    ActionOnFailure: step.actionOnFailure,
    ...optional('ExecutionRoleArn', step.executionRoleArn),
    Status: {
      State: step.state,
      StateChangeReason: step.reason ?? {},
      ...optional('FailureDetails', step.failure),
      Timeline: {
        ...time('CreationDateTime', step.createdAt),
        ...time('StartDateTime', step.startedAt),
        ...time('EndDateTime', step.endedAt),
      },
    },
  };
}
