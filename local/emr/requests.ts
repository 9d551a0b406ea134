/** What EMR's operations are given, and the rules that the service answers a breach of with its own errors. */
import { z } from 'zod';
import { ServiceError } from '../aws/service-error.js';
import { ACTIONS_ON_FAILURE, CLUSTER_STATES, STEP_STATES, isActive, isEnding } from './cluster.js';
import type { Cluster } from './cluster.js';
import { canTerminateIdle, isReleaseLabel } from './release.js';
import { explainUnsupportedStep } from './run-steps.js';

/** A cluster takes so many steps that wait or run. */
const MAX_ACTIVE_STEPS = 256;
export const PAGE_SIZE = 50;

export function invalidRequest(message: string, code = 'InvalidRequest'): ServiceError {
  return new ServiceError('InvalidRequestException', message, { members: { ErrorCode: code } });
}

export function validationError(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}

const text = z.string().min(1).max(10_280);
const tags = z
  .array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256).default('') }))
  .max(50);
const autoTermination = z.object({ IdleTimeout: z.number().default(3_600) });

export const stepInput = z.object({
  Name: z.string().min(1).max(256),
  // the service documents no default; this one does no harm
  ActionOnFailure: z.enum(ACTIONS_ON_FAILURE).default('CONTINUE'),
  HadoopJarStep: z.object({
    Jar: text,
    Args: z.array(z.string().max(10_280)).default([]),
    Properties: z.array(z.object({ Key: z.string(), Value: z.string() })).default([]),
  }),
});
export type StepInput = z.output<typeof stepInput>;

export const runJobFlowInput = z.object({
  Name: z.string().min(1).max(256),
  LogUri: z.string().optional(),
  ReleaseLabel: z.string().optional(),
  Applications: z.array(z.object({ Name: z.string() })).default([]),
  Instances: z.object({
    MasterInstanceType: z.string().optional(),
    SlaveInstanceType: z.string().optional(),
    InstanceCount: z.int().optional(),
    InstanceGroups: z.array(z.looseObject({})).optional(),
    InstanceFleets: z.array(z.looseObject({})).optional(),
    Ec2KeyName: z.string().optional(),
    Ec2SubnetId: z.string().optional(),
    EmrManagedMasterSecurityGroup: z.string().optional(),
    EmrManagedSlaveSecurityGroup: z.string().optional(),
    KeepJobFlowAliveWhenNoSteps: z.boolean().default(false),
    TerminationProtected: z.boolean().default(false),
  }),
  Steps: z.array(stepInput).default([]),
  JobFlowRole: z.string().optional(),
  ServiceRole: z.string().optional(),
  VisibleToAllUsers: z.boolean().default(true),
  Tags: tags.default([]),
  StepConcurrencyLevel: z.int().min(1).max(256).default(1),
  AutoTerminationPolicy: autoTermination.optional(),
});
export type RunJobFlowInput = z.output<typeof runJobFlowInput>;

const clusterId = z.string();
const time = z.number();

export const clusterInput = z.object({ ClusterId: clusterId });
export const stepIdInput = z.object({ ClusterId: clusterId, StepId: z.string() });
export const listClustersInput = z.object({
  ClusterStates: z.array(z.enum(CLUSTER_STATES)).optional(),
  CreatedAfter: time.optional(),
  CreatedBefore: time.optional(),
  Marker: z.string().optional(),
});
export const listStepsInput = z.object({
  ClusterId: clusterId,
  StepStates: z.array(z.enum(STEP_STATES)).optional(),
  StepIds: z.array(z.string()).max(10).optional(),
  Marker: z.string().optional(),
});
export const addStepsInput = z.object({
  JobFlowId: clusterId,
  Steps: z.array(stepInput),
  ExecutionRoleArn: z.string().optional(),
});
export const cancelStepsInput = z.object({
  ClusterId: clusterId,
  StepIds: z.array(z.string()).min(1),
  StepCancellationOption: z.enum(['SEND_INTERRUPT', 'TERMINATE_PROCESS']).default('SEND_INTERRUPT'),
});
export const jobFlowsInput = z.object({ JobFlowIds: z.array(clusterId).min(1).max(10) });
export const protectionInput = z.object({
  JobFlowIds: z.array(clusterId),
  TerminationProtected: z.boolean(),
});
export const keepAliveInput = z.object({
  JobFlowIds: z.array(clusterId),
  KeepJobFlowAliveWhenNoSteps: z.boolean(),
});
export const addTagsInput = z.object({ ResourceId: z.string(), Tags: tags });
export const removeTagsInput = z.object({ ResourceId: z.string(), TagKeys: z.array(z.string()) });
export const putPolicyInput = z.object({
  ClusterId: clusterId,
  AutoTerminationPolicy: autoTermination.optional(),
});
export const modifyClusterInput = z.object({
  ClusterId: clusterId,
  StepConcurrencyLevel: z.int().min(1).max(256).optional(),
});

/** Throws what the service answers to a cluster it would not make; the release label, if all is well. */
export function checkRunJobFlow(input: RunJobFlowInput): string {
  const { ReleaseLabel: release, Instances: instances } = input;
  if (release === undefined || !isReleaseLabel(release)) {
    throw validationError(`The supplied release label is invalid: ${release ?? 'null'}.`);
  }
  if (input.ServiceRole === undefined) throw validationError('ServiceRole is required for creating cluster.');
  if (input.JobFlowRole === undefined)
    throw validationError('InstanceProfile is required for creating cluster.');
  const plain = instances.MasterInstanceType !== undefined || instances.SlaveInstanceType !== undefined;
  const ways = [plain, instances.InstanceGroups !== undefined, instances.InstanceFleets !== undefined];
  if (ways.filter(Boolean).length !== 1) {
    throw validationError(
      'Must specify exactly one of the following: instance types and count, instance groups, instance fleets.',
    );
  }
  if (plain && (instances.MasterInstanceType === undefined || (instances.InstanceCount ?? 0) < 1)) {
    throw validationError('MasterInstanceType and an InstanceCount of at least 1 are required.');
  }
  if (plain && (instances.InstanceCount ?? 1) > 1 && instances.SlaveInstanceType === undefined) {
    throw validationError('SlaveInstanceType is required when InstanceCount is more than 1.');
  }
  for (const type of [instances.MasterInstanceType, instances.SlaveInstanceType]) {
    if (type !== undefined && !/^[a-z][\w-]*\.\w+$/.test(type)) {
      throw validationError(`Instance type '${type}' is not supported.`);
    }
  }
  if (input.LogUri !== undefined && !/^s3[an]?:\/\/[^/]+/.test(input.LogUri)) {
    throw validationError(`The log URI '${input.LogUri}' is not valid: it must be an S3 URL.`);
  }
  checkIdleTimeout(input.AutoTerminationPolicy, release);
  checkSteps(input.Steps, 0, input.StepConcurrencyLevel);
  return release;
}

/** Throws unless the policy is one, and the release knows such policies. */
export function checkIdleTimeout(
  policy: z.output<typeof autoTermination> | undefined,
  release: string,
): void {
  if (policy === undefined) return;
  if (!canTerminateIdle(release)) {
    throw validationError(
      `Auto-termination policies are not supported for ${release}: they need emr-5.30.0 or emr-6.1.0.`,
    );
  }
  if (policy.IdleTimeout < 60 || policy.IdleTimeout > 604_800) {
    throw validationError(`IdleTimeout must be between 60 and 604800 seconds, not ${policy.IdleTimeout}.`);
  }
}

/** Throws unless these steps may be added to a cluster with so many that wait or run. */
export function checkSteps(steps: readonly StepInput[], active: number, concurrency: number): void {
  if (active + steps.length > MAX_ACTIVE_STEPS) {
    throw validationError(
      "Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded.",
    );
  }
  for (const { Name, ActionOnFailure, HadoopJarStep } of steps) {
    const problem = explainUnsupportedStep({ jar: HadoopJarStep.Jar, args: HadoopJarStep.Args });
    if (problem !== undefined) throw validationError(`Step '${Name}': ${problem}`);
    if (concurrency > 1 && ActionOnFailure !== 'CONTINUE') {
      throw validationError('ActionOnFailure must be CONTINUE when StepConcurrencyLevel is more than 1.');
    }
  }
}

/** Throws unless the cluster still takes changes. */
export function checkModifiable(cluster: Cluster): void {
  if (isEnding(cluster)) {
    throw validationError('A job flow that is shutting down, terminated, or finished may not be modified.');
  }
}

/** How many steps wait or run. */
export function countActive(cluster: Cluster): number {
  return cluster.steps.filter(isActive).length;
}

/** One page of a list, and the marker of the next. */
export function takePage<T>(
  items: readonly T[],
  marker: string | undefined,
): { page: readonly T[]; next?: string } {
  const start = marker === undefined ? 0 : Number(Buffer.from(marker, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) throw invalidRequest(`Marker '${marker ?? ''}' is not valid.`);
  const end = start + PAGE_SIZE;
  const page = items.slice(start, end);
  return end < items.length ? { page, next: Buffer.from(String(end)).toString('base64url') } : { page };
}
