/** The operator `delete_redshift_cluster`: deletes a cluster, whatever it is doing, and waits until it is gone. */
import { z } from 'zod';
import type { FinalSnapshot } from '../../connections/redshift-clusters.js';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { clusterArgs, scopeArg, withClusters, type ClusterArgs, type ClusterScope } from './cluster-args.js';

export interface DeleteRedshiftClusterArgs extends ClusterArgs {
  /** Keeps the data in a snapshot of this name, which costs storage until it is deleted. Default: the data is gone. */
  readonly finalSnapshot?: string | undefined;
  /** `run`: only a cluster that this very run has made is deleted, any other is left alone. Default `any` of airtempo's. */
  readonly scope?: ClusterScope | undefined;
}

export interface DeleteRedshiftClusterOutput {
  readonly cluster: string;
  readonly state: 'gone';
}

const argsSchema: z.ZodType<DeleteRedshiftClusterArgs> = z.strictObject({
  ...clusterArgs,
  ...scopeArg,
  finalSnapshot: z.string().min(1).optional(),
});

/**
 * A sensor: while the cluster is being created, paused or resized the service refuses, and is asked again. A cluster that
 * is not there is what was wanted. Errors: CLUSTER_CONFLICT, ACCESS_DENIED, AWS_REFUSED (no retry), AWS_UNAVAILABLE.
 */
export const deleteRedshiftCluster = sensor(
  'delete_redshift_cluster',
  ({
    args,
    ctx,
  }: {
    args: DeleteRedshiftClusterArgs;
    ctx: TaskContext;
  }): Promise<DeleteRedshiftClusterOutput | NotYet> =>
    withClusters(ctx, args, async ({ clusters, findOwn }) => {
      const { cluster: id, finalSnapshot } = args;
      const gone: DeleteRedshiftClusterOutput = { cluster: id, state: 'gone' };
      const snapshot: FinalSnapshot = finalSnapshot === undefined ? 'none' : { keepAs: finalSnapshot };
      const present = await findOwn();
      if (present === undefined) return gone;
      if (present.state === 'deleting') return notYet(`${id} is ${present.status}`);
      const outcome = await clusters.delete(id, snapshot);
      if (outcome === 'busy') {
        // where a paused cluster is refused, it would be for ever, and cost its storage as long
        if (present.state === 'paused') await clusters.resume(id);
        return notYet(`${id} is ${present.status} and cannot be deleted yet`);
      }
      if (outcome === 'accepted') ctx.log.info({ cluster: id, snapshot }, 'asked to delete');
      const left = await findOwn();
      return left === undefined ? gone : notYet(`${id} is ${left.status}`);
    }),
  { args: argsSchema, summary: ({ cluster }) => `deletes ${cluster ?? 'a cluster'}` },
);
