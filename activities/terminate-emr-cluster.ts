/**
 * The operator `terminate_emr_cluster`: terminates an EMR cluster and waits, as a sensor does, until it is gone. Safe to
 * run again. Made to be a teardown.
 */
import { z } from 'zod';
import type { EmrClient } from '../connections/emr/emr.js';
import type { TaskContext } from '../core/context.js';
import { isAirtempoError } from '../core/errors.js';
import { skip } from '../core/outcome.js';
import { notYet, sensor, type NotYet } from '../core/sensor.js';
import { computeLookAgainMs } from './emr/look-again.js';
import { DEFAULT_EMR_CONN_ID, withEmr } from './emr/open-emr.js';
import { patiently, readPatience } from './emr/patience.js';
import { clusterSchema } from './sensors/emr-cluster.js';

export interface TerminateEmrClusterArgs {
  /** A connection of type emr, or aws. Default `aws_credentials`. */
  readonly connId?: string | undefined;
  /** The cluster: what `create_emr_cluster` returns, or `{ clusterId: 'j-…' }`. Either this or `name`. */
  readonly cluster?: { readonly clusterId: string } | undefined;
  /** The active cluster that airtempo has made under this name; none is as good as gone. */
  readonly name?: string | undefined;
  /** Leaves the cluster alone and skips the task: for one that is kept up. Default false. */
  readonly keep?: boolean | undefined;
}

export interface TerminateEmrClusterOutput {
  /** Absent when there was nothing to terminate. */
  readonly clusterId?: string;
  readonly state: string;
}

const argsSchema: z.ZodType<TerminateEmrClusterArgs> = z
  .strictObject({
    connId: z.string().min(1).optional(),
    cluster: clusterSchema.optional(),
    name: z.string().min(1).optional(),
    keep: z.boolean().optional(),
  })
  .refine(({ cluster, name }) => (cluster === undefined) !== (name === undefined), {
    message: 'give either cluster or name',
  });

const LOOK_EVERY_MS = 15_000;

/** Succeeds once the cluster is gone, however it has ended. Errors that a retry cannot cure: CLUSTER_CONFLICT (protected). */
export const terminateEmrCluster = sensor(
  'terminate_emr_cluster',
  async ({
    args,
    ctx,
  }: {
    args: TerminateEmrClusterArgs;
    ctx: TaskContext;
  }): Promise<TerminateEmrClusterOutput | NotYet> => {
    if (args.keep === true) return skip('the cluster is kept');
    return patiently(ctx, LOOK_EVERY_MS, () =>
      withEmr(ctx, args.connId ?? DEFAULT_EMR_CONN_ID, (client) => look(client, args, ctx)),
    );
  },
  {
    args: argsSchema,
    summary: ({ cluster, name }) => `terminates ${cluster?.clusterId ?? name ?? 'an EMR cluster'}`,
  },
);

async function look(
  client: EmrClient,
  args: TerminateEmrClusterArgs,
  ctx: TaskContext,
): Promise<TerminateEmrClusterOutput | NotYet> {
  const clusterId = args.cluster?.clusterId ?? (await findByName(client, args.name ?? '', ctx.signal));
  if (clusterId === undefined) return { state: 'ABSENT' };
  let cluster;
  try {
    cluster = await client.describeCluster(clusterId, ctx.signal);
  } catch (error) {
    if (!isAirtempoError(error) || error.code !== 'CLUSTER_NOT_FOUND') throw error;
    return { clusterId, state: 'ABSENT' };
  }
  const { kind, state } = cluster.status;
  if (kind === 'terminated' || kind === 'failed') return { clusterId, state };
  if (kind !== 'terminating') {
    await client.terminateCluster(clusterId);
    ctx.log.info({ clusterId }, 'asked EMR to terminate the cluster');
  }
  return notYet(`cluster ${clusterId} is ${state}`, {
    againIn: computeLookAgainMs(readPatience(ctx).looks, LOOK_EVERY_MS),
  });
}

/** The cluster of this name that is active, or on its way out. */
async function findByName(client: EmrClient, name: string, signal: AbortSignal): Promise<string | undefined> {
  const active = await client.findCluster(name, {}, signal);
  if (active !== undefined) return active.clusterId;
  const ending = await client.listClusters({ states: ['TERMINATING'] }, signal);
  return ending.find((cluster) => cluster.name === name)?.clusterId;
}
