/**
 * The operator `create_emr_cluster`: finds or creates an EMR cluster by its name and returns at once. Tried again, it
 * adopts what an earlier try has created; cancelled meanwhile, it terminates it.
 */
import { z } from 'zod';
import {
  EMR_PRESETS,
  planCluster,
  toRunJobFlow,
  type EmrClusterChoices,
} from '../connections/emr/cluster-plan.js';
import type { EmrClient } from '../connections/emr/emr.js';
import type { TaskContext } from '../core/context.js';
import { AirtempoError } from '../core/errors.js';
import { sensor, type NotYet } from '../core/sensor.js';
import { DEFAULT_EMR_CONN_ID, withEmr } from './emr/open-emr.js';
import { patiently } from './emr/patience.js';

export interface CreateEmrClusterArgs extends EmrClusterChoices {
  /** A connection of type emr, or aws. Default `aws_credentials`. */
  readonly connId?: string | undefined;
  /** What to do when no active cluster has the name. `fail` is for a cluster that somebody else keeps up. Default `create`. */
  readonly ifAbsent?: 'create' | 'fail' | undefined;
}

/** A cluster as later tasks name it. */
export interface EmrClusterOutput {
  readonly clusterId: string;
  readonly name: string;
  /** Whether it was there before this run. */
  readonly adopted: boolean;
}

const text = z.string().min(1).optional();

/** zod's fields for the user's choices: params of DAGs use them too. */
export const clusterChoiceFields = {
  name: text,
  preset: z.enum(EMR_PRESETS).optional(),
  release: z
    .string()
    .regex(/^emr-\d+\.\d+\.\d+$/, 'write it as emr-7.13.0')
    .optional(),
  instanceType: text,
  instanceCount: z.int().min(1).max(100).optional(),
  applications: z.array(z.string().min(1)).min(1).readonly().optional(),
  subnetId: z
    .string()
    .regex(/^subnet-\w+$/, 'write it as subnet-0123abcd')
    .optional(),
  keyName: text,
  logUri: z
    .string()
    .regex(/^s3[an]?:\/\/[^/]+/, 'write it as s3://bucket/prefix/')
    .optional(),
  serviceRole: text,
  jobFlowRole: text,
  securityConfiguration: text,
  idleTimeoutSeconds: z.int().min(0).max(604_800).optional(),
} as const;

const argsSchema: z.ZodType<CreateEmrClusterArgs> = z.strictObject({
  ...clusterChoiceFields,
  connId: text,
  ifAbsent: z.enum(['create', 'fail']).optional(),
});

const LOOK_EVERY_MS = 30_000;

/**
 * Creates the cluster, or adopts the active one that airtempo has made under this name. A sensor that waits only for EMR to
 * answer. Errors that a retry cannot cure: CLUSTER_CONFLICT, CLUSTER_NOT_FOUND, ACCESS_DENIED.
 */
export const createEmrCluster = sensor(
  'create_emr_cluster',
  async ({
    args,
    ctx,
  }: {
    args: CreateEmrClusterArgs;
    ctx: TaskContext;
  }): Promise<EmrClusterOutput | NotYet> =>
    // no answer may mean that the cluster is being made: the next look finds it
    patiently(ctx, LOOK_EVERY_MS, () =>
      withEmr(ctx, args.connId ?? DEFAULT_EMR_CONN_ID, (client) => findOrCreate(client, args, ctx)),
    ),
  {
    args: argsSchema,
    summary: ({ name, ifAbsent }) =>
      `${ifAbsent === 'fail' ? 'finds' : 'finds or creates'} ${name ?? 'an EMR cluster'}`,
    onCancel: async ({ args, ctx }) => {
      if (args.ifAbsent === 'fail') return;
      await withEmr(ctx, args.connId ?? DEFAULT_EMR_CONN_ID, async (client) => {
        const found = await client.findCluster(planCluster(args).name);
        if (found !== undefined && found.madeBy === keyOf(ctx))
          await client.terminateCluster(found.clusterId);
      });
    },
  },
);

async function findOrCreate(
  client: EmrClient,
  args: CreateEmrClusterArgs,
  ctx: TaskContext,
): Promise<EmrClusterOutput> {
  const plan = planCluster(args);
  const { name } = plan;
  const anyone = args.ifAbsent === 'fail';
  const found = await client.findCluster(name, { anyone }, ctx.signal);
  if (found !== undefined) {
    ctx.log.info({ clusterId: found.clusterId, state: found.status.state }, `adopts cluster ${name}`);
    return { clusterId: found.clusterId, name, adopted: found.madeBy !== keyOf(ctx) };
  }
  if (anyone) {
    throw new AirtempoError(
      'CLUSTER_NOT_FOUND',
      `No active EMR cluster is called "${name}". Create it with "airtempo emr up --name ${name}", or correct the name.`,
    );
  }
  for (const warning of plan.warnings) ctx.log.warn({}, warning);
  ctx.signal.throwIfAborted(); // beyond here a cluster may exist
  const clusterId = await client.createCluster(toRunJobFlow(plan, keyOf(ctx)));
  ctx.log.info({ clusterId, release: plan.release }, `created cluster ${name}`);
  return { clusterId, name, adopted: false };
}

/** The run as the tag names it. */
function keyOf({ dagId, runId }: TaskContext): string {
  return `${dagId}/${runId}`.slice(0, LONGEST_TAG);
}

const LONGEST_TAG = 256;
