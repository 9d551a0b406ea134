/** What the local EMR knows of a cluster and its steps, as it is kept in a file. Data and small questions about it. */
import { z } from 'zod';

export const CLUSTER_STATES = [
  'STARTING',
  'BOOTSTRAPPING',
  'RUNNING',
  'WAITING',
  'TERMINATING',
  'TERMINATED',
  'TERMINATED_WITH_ERRORS',
] as const;
export const STEP_STATES = [
  'PENDING',
  'CANCEL_PENDING',
  'RUNNING',
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'INTERRUPTED',
] as const;
export const ACTIONS_ON_FAILURE = [
  'TERMINATE_CLUSTER',
  'TERMINATE_JOB_FLOW',
  'CANCEL_AND_WAIT',
  'CONTINUE',
] as const;

export type StepState = (typeof STEP_STATES)[number];

/** Why something is in its state, as the service tells it. */
const reasonSchema = z.object({ Code: z.string().optional(), Message: z.string().optional() });
const tagSchema = z.object({ Key: z.string(), Value: z.string() });
const timeMs = z.number();

const stepSchema = z.object({
  id: z.string(),
  name: z.string(),
  actionOnFailure: z.enum(ACTIONS_ON_FAILURE),
  jar: z.string(),
  args: z.array(z.string()),
  properties: z.record(z.string(), z.string()),
  executionRoleArn: z.string().optional(),
  state: z.enum(STEP_STATES),
  reason: reasonSchema.optional(),
  failure: z.object({ Reason: z.string(), Message: z.string(), LogFile: z.string().optional() }).optional(),
  createdAt: timeMs,
  startedAt: timeMs.optional(),
  endedAt: timeMs.optional(),
  /** Its process, by which a later server finds what a killed one left running. */
  process: z.object({ pid: z.number(), startMark: z.string() }).optional(),
});

export const clusterSchema = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(CLUSTER_STATES),
  reason: reasonSchema,
  createdAt: timeMs,
  readyAt: timeMs.optional(),
  endedAt: timeMs.optional(),
  releaseLabel: z.string(),
  applications: z.array(z.string()),
  logUri: z.string().optional(),
  serviceRole: z.string(),
  instanceProfile: z.string(),
  ec2: z.object({
    Ec2KeyName: z.string().optional(),
    Ec2SubnetId: z.string().optional(),
    EmrManagedMasterSecurityGroup: z.string().optional(),
    EmrManagedSlaveSecurityGroup: z.string().optional(),
  }),
  tags: z.array(tagSchema),
  terminationProtected: z.boolean(),
  keepAlive: z.boolean(),
  visibleToAllUsers: z.boolean(),
  stepConcurrency: z.number(),
  idleTimeoutSeconds: z.number().optional(),
  steps: z.array(stepSchema),
});

export type Step = z.infer<typeof stepSchema>;
export type Cluster = z.infer<typeof clusterSchema>;
export type StateReason = z.infer<typeof reasonSchema>;

/** Whether the cluster has come to its end, or is about to. */
export function isEnding({ state }: Cluster): boolean {
  return state === 'TERMINATING' || state === 'TERMINATED' || state === 'TERMINATED_WITH_ERRORS';
}

/** Whether the step is still to be done, or being done. */
export function isActive({ state }: Step): boolean {
  return state === 'PENDING' || state === 'RUNNING' || state === 'CANCEL_PENDING';
}

/** Whether the step has a process. */
export function isRunning({ state }: Step): boolean {
  return state === 'RUNNING' || state === 'CANCEL_PENDING';
}

const ID_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** An id as the service makes them: `j-` or `s-` and 13 characters. */
export function createId(prefix: 'j' | 's', randomInt: (limit: number) => number): string {
  const characters = Array.from({ length: 13 }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]);
  return `${prefix}-${characters.join('')}`;
}
