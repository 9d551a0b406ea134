/** The sensor `emr_cluster_sensor`: waits until an EMR cluster takes steps. */
import { z } from 'zod';
import { toClusterFailure } from '../emr/cluster-failure.js';
import { computeLookAgainMs } from '../emr/look-again.js';
import { DEFAULT_EMR_CONN_ID, withEmr } from '../emr/open-emr.js';
import { patiently, readPatience } from '../emr/patience.js';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';

export interface WaitForEmrClusterArgs {
  /** A connection of type emr, or aws. Default `aws_credentials`. */
  readonly connId?: string | undefined;
  /** The cluster: what `create_emr_cluster` returns, or `{ clusterId: 'j-…' }`. */
  readonly cluster: { readonly clusterId: string };
}

export interface EmrClusterReady {
  readonly clusterId: string;
  readonly state: string;
  /** Absent for a cluster without a public name. */
  readonly masterDns?: string;
}

/** What names a cluster: also the whole output of `create_emr_cluster`. */
export const clusterSchema = z.object({ clusterId: z.string().min(1) });

const argsSchema: z.ZodType<WaitForEmrClusterArgs> = z.strictObject({
  connId: z.string().min(1).optional(),
  cluster: clusterSchema,
});

const LOOK_EVERY_MS = 30_000;

/** Succeeds once the cluster is RUNNING or WAITING. One that ends instead fails the task at once: CLUSTER_FAILED. */
export const waitForEmrCluster = sensor(
  'emr_cluster_sensor',
  async ({
    args,
    ctx,
  }: {
    args: WaitForEmrClusterArgs;
    ctx: TaskContext;
  }): Promise<EmrClusterReady | NotYet> =>
    patiently(ctx, LOOK_EVERY_MS, () =>
      withEmr(ctx, args.connId ?? DEFAULT_EMR_CONN_ID, async (client) => {
        const { clusterId } = args.cluster;
        const cluster = await client.describeCluster(clusterId, ctx.signal);
        const { status, masterDns } = cluster;
        if (status.kind === 'ready') {
          return { clusterId, state: status.state, ...(masterDns === undefined ? {} : { masterDns }) };
        }
        if (status.kind !== 'starting') throw toClusterFailure(cluster);
        return notYet(`cluster ${clusterId} is ${status.state}`, {
          againIn: computeLookAgainMs(readPatience(ctx).looks, LOOK_EVERY_MS),
        });
      }),
    ),
  { args: argsSchema, summary: ({ cluster }) => `waits for ${cluster?.clusterId ?? 'an EMR cluster'}` },
);
