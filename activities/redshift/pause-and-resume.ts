/**
 * The operators `pause_redshift_cluster` and `resume_redshift_cluster`. A paused cluster keeps its data and costs its
 * storage only. Both are sensors: they ask as soon as the cluster may be asked, and wait until it is done.
 */
import { z } from 'zod';
import type { RedshiftClusters, RequestOutcome } from '../../connections/redshift-clusters.js';
import { clusterFailed } from '../../connections/redshift-clusters/cluster-errors.js';
import type { TaskContext } from '../../core/context.js';
import type { Operator } from '../../core/operator.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { clusterArgs, withClusters, type ClusterArgs } from './cluster-args.js';

export interface ClusterStateOutput {
  readonly cluster: string;
  readonly state: 'available' | 'paused';
}

const argsSchema: z.ZodType<ClusterArgs> = z.strictObject(clusterArgs);

/** A change from one resting state to the other. */
interface Change {
  readonly name: string;
  readonly verb: string;
  readonly from: 'available' | 'paused';
  readonly to: 'available' | 'paused';
  readonly request: (clusters: RedshiftClusters, id: string) => Promise<RequestOutcome>;
}

function changeOperator({
  name,
  verb,
  from,
  to,
  request,
}: Change): Operator<ClusterArgs, ClusterStateOutput> {
  return sensor(
    name,
    ({ args, ctx }: { args: ClusterArgs; ctx: TaskContext }): Promise<ClusterStateOutput | NotYet> =>
      withClusters(ctx, args, async ({ clusters, getOwn }) => {
        let cluster = await getOwn();
        if (cluster.state === from && (await request(clusters, args.cluster)) === 'accepted') {
          ctx.log.info({ cluster: args.cluster }, `asked to ${verb}`);
          cluster = await getOwn();
        }
        if (cluster.state === 'failed') throw clusterFailed(cluster);
        if (cluster.state === to) return { cluster: args.cluster, state: to };
        return notYet(`${args.cluster} is ${cluster.status}`);
      }),
    { args: argsSchema, summary: ({ cluster }) => `${verb}s ${cluster ?? 'a cluster'}` },
  );
}

/** Pauses a cluster and waits until it is paused. Errors: CLUSTER_NOT_FOUND, CLUSTER_CONFLICT, CLUSTER_FAILED, ACCESS_DENIED. */
export const pauseRedshiftCluster = changeOperator({
  name: 'pause_redshift_cluster',
  verb: 'pause',
  from: 'available',
  to: 'paused',
  request: (clusters, id) => clusters.pause(id),
});

/** Resumes a cluster and waits until it is available. Errors as `pauseRedshiftCluster`. */
export const resumeRedshiftCluster = changeOperator({
  name: 'resume_redshift_cluster',
  verb: 'resume',
  from: 'paused',
  to: 'available',
  request: (clusters, id) => clusters.resume(id),
});
