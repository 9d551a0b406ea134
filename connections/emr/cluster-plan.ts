/**
 * What an EMR cluster is made of: named presets, the user's choices on top, and the request that follows. Pure.
 * Prices are examples with a date, so that a plan can say what it roughly costs.
 */
import type { RunJobFlowCommandInput } from '@aws-sdk/client-emr';
import { AirtempoError } from '../../core/errors.js';
import { createTags } from '../aws-tags.js';

export const EMR_PRESETS = ['current', 'sparkify'] as const;
export type EmrPreset = (typeof EMR_PRESETS)[number];

/** The user's choices; what is left out is the preset's. */
export interface EmrClusterChoices {
  readonly name?: string | undefined;
  readonly preset?: EmrPreset | undefined;
  /** `emr-7.13.0` */
  readonly release?: string | undefined;
  readonly instanceType?: string | undefined;
  /** Primary node included. */
  readonly instanceCount?: number | undefined;
  readonly applications?: readonly string[] | undefined;
  /** Without it EMR chooses a subnet of the default VPC. */
  readonly subnetId?: string | undefined;
  /** Name of an EC2 key pair, for ssh. */
  readonly keyName?: string | undefined;
  /** `s3://bucket/prefix/`: without it EMR keeps no logs, and a failed step cannot say why. */
  readonly logUri?: string | undefined;
  readonly serviceRole?: string | undefined;
  /** Instance profile of the nodes. */
  readonly jobFlowRole?: string | undefined;
  readonly securityConfiguration?: string | undefined;
  /** 60 to 604,800; 0 for none. */
  readonly idleTimeoutSeconds?: number | undefined;
}

/** A cluster as it would be created. */
export interface EmrClusterPlan {
  readonly name: string;
  readonly preset: EmrPreset;
  readonly release: string;
  readonly instanceType: string;
  readonly instanceCount: number;
  readonly applications: readonly string[];
  readonly serviceRole: string;
  readonly jobFlowRole: string;
  readonly idleTimeoutSeconds: number;
  readonly subnetId?: string;
  readonly keyName?: string;
  readonly logUri?: string;
  readonly securityConfiguration?: string;
  /** What the user should know before money is spent. */
  readonly warnings: readonly string[];
}

export const DEFAULT_SERVICE_ROLE = 'EMR_DefaultRole';
export const DEFAULT_JOB_FLOW_ROLE = 'EMR_EC2_DefaultRole';

type PresetFields = Pick<
  EmrClusterPlan,
  'name' | 'release' | 'instanceType' | 'instanceCount' | 'applications' | 'idleTimeoutSeconds'
>;

const PRESETS: Readonly<Record<EmrPreset, PresetFields>> = {
  current: {
    name: 'airtempo-lake',
    release: 'emr-7.13.0', // Spark 3.5.6
    instanceType: 'm5.xlarge',
    instanceCount: 3,
    applications: ['Spark'],
    idleTimeoutSeconds: 3_600,
  },
  /** The cluster of the Sparkify projects. */
  sparkify: {
    name: 'data-lake-emr',
    release: 'emr-5.29.0',
    instanceType: 'm5.xlarge',
    instanceCount: 3,
    applications: ['Spark', 'Livy'],
    idleTimeoutSeconds: 0, // its release knows no auto-termination
  },
};

/** The plan for these choices. Throws INVALID_ARGUMENT for what EMR would refuse. */
export function planCluster(choices: EmrClusterChoices): EmrClusterPlan {
  const preset = choices.preset ?? 'current';
  const base = PRESETS[preset];
  const release = choices.release ?? base.release;
  const canIdle = knowsAutoTermination(release);
  const idle = choices.idleTimeoutSeconds ?? (canIdle ? base.idleTimeoutSeconds : 0);
  if (idle !== 0 && (!canIdle || idle < 60 || idle > 604_800)) throw refuseIdle(idle, release, canIdle);
  const { subnetId, keyName, logUri, securityConfiguration } = choices;
  return {
    name: choices.name ?? base.name,
    preset,
    release,
    instanceType: choices.instanceType ?? base.instanceType,
    instanceCount: choices.instanceCount ?? base.instanceCount,
    applications: choices.applications ?? base.applications,
    serviceRole: choices.serviceRole ?? DEFAULT_SERVICE_ROLE,
    jobFlowRole: choices.jobFlowRole ?? DEFAULT_JOB_FLOW_ROLE,
    idleTimeoutSeconds: idle,
    ...(subnetId === undefined ? {} : { subnetId }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(logUri === undefined ? {} : { logUri }),
    ...(securityConfiguration === undefined ? {} : { securityConfiguration }),
    warnings: [
      ...(idle === 0 ? [warnNoIdle(release, canIdle)] : []),
      ...(logUri === undefined
        ? [
            'EMR keeps no logs without a log URI: a failed step cannot say why. Give one with --log-uri s3://bucket/logs/.',
          ]
        : []),
    ],
  };
}

function warnNoIdle(release: string, canIdle: boolean): string {
  const why = canIdle ? 'Idle auto-termination is off' : `${release} knows no idle auto-termination`;
  return `${why}: the cluster costs money until it is terminated with "airtempo emr down".`;
}

function refuseIdle(idle: number, release: string, canIdle: boolean): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    canIdle
      ? `The idle time-out is ${String(idle)} s. Give 60 to 604800 seconds, or 0 for none.`
      : `${release} knows no idle auto-termination (it came with emr-5.30.0 and emr-6.1.0). Leave the idle time-out out, or choose a newer release.`,
  );
}

/** Auto-termination came with 5.30.0 and 6.1.0. */
function knowsAutoTermination(release: string): boolean {
  const [, major = '0', minor = '0'] = /^emr-(\d+)\.(\d+)/.exec(release) ?? [];
  const [wanted, had] = [Number(major), Number(minor)];
  return wanted >= 7 || (wanted === 6 && had >= 1) || (wanted === 5 && had >= 30);
}

/** The request that creates the cluster. It stays up when it has no steps, so that steps can be added one by one. */
export function toRunJobFlow(plan: EmrClusterPlan, runId: string): RunJobFlowCommandInput {
  return {
    Name: plan.name,
    ReleaseLabel: plan.release,
    Applications: plan.applications.map((Name) => ({ Name })),
    Instances: {
      InstanceCount: plan.instanceCount,
      MasterInstanceType: plan.instanceType,
      ...(plan.instanceCount > 1 ? { SlaveInstanceType: plan.instanceType } : {}),
      KeepJobFlowAliveWhenNoSteps: true,
      TerminationProtected: false,
      ...(plan.subnetId === undefined ? {} : { Ec2SubnetId: plan.subnetId }),
      ...(plan.keyName === undefined ? {} : { Ec2KeyName: plan.keyName }),
    },
    ServiceRole: plan.serviceRole,
    JobFlowRole: plan.jobFlowRole,
    VisibleToAllUsers: true,
    Tags: [...createTags(plan.name, runId)],
    ...(plan.logUri === undefined ? {} : { LogUri: plan.logUri }),
    ...(plan.securityConfiguration === undefined
      ? {}
      : { SecurityConfiguration: plan.securityConfiguration }),
    ...(plan.idleTimeoutSeconds === 0
      ? {}
      : { AutoTerminationPolicy: { IdleTimeout: plan.idleTimeoutSeconds } }),
  };
}

/** Example prices for one hour in us-west-2, on demand, EC2 and EMR together: $0.192 + $0.048. */
const EXAMPLE_USD_AN_HOUR: Readonly<Record<string, number>> = { 'm5.xlarge': 0.24 };
const PRICES_AS_OF = 'November 2024';

/** What the cluster costs, roughly, or where to look. */
export function describeCost(plan: Pick<EmrClusterPlan, 'instanceType' | 'instanceCount'>): string {
  const each = EXAMPLE_USD_AN_HOUR[plan.instanceType];
  const where = 'https://aws.amazon.com/emr/pricing/ has the prices of your region';
  if (each === undefined) return `no example price for ${plan.instanceType}; ${where}`;
  const total = (each * plan.instanceCount).toFixed(2);
  return `about $${total} an hour (example: us-west-2, on demand, ${PRICES_AS_OF}, without disks and S3); ${where}`;
}
