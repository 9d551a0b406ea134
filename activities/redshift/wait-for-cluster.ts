/** The sensor `wait_for_redshift_cluster`: waits until a cluster is available, paused or gone. Takes no slot meanwhile. */
import { z } from 'zod';
import { clusterFailed } from '../../connections/redshift-clusters/cluster-errors.js';
import type { RedshiftCluster } from '../../connections/redshift-clusters/cluster-state.js';
import type { TaskContext } from '../../core/context.js';
import { AirtempoError } from '../../core/errors.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { clusterArgs, withClusters, type ClusterArgs } from './cluster-args.js';

export type AwaitedState = 'available' | 'paused' | 'gone';

export interface WaitForRedshiftClusterArgs extends ClusterArgs {
  /** Default `available`. */
  readonly until?: AwaitedState | undefined;
}

export interface WaitForRedshiftClusterOutput {
  readonly cluster: string;
  readonly state: AwaitedState;
  /** Where it answers, when it is available. */
  readonly host?: string;
  readonly port?: number;
}

const argsSchema: z.ZodType<WaitForRedshiftClusterArgs> = z.strictObject({
  ...clusterArgs,
  until: z.enum(['available', 'paused', 'gone']).optional(),
});

/**
 * Each poke describes the cluster once. A state from which it cannot come to the one that is awaited fails at once, and
 * so does refused access. Errors: CLUSTER_FAILED, CLUSTER_NOT_FOUND, CLUSTER_CONFLICT, ACCESS_DENIED (no retry),
 * AWS_UNAVAILABLE.
 */
export const waitForRedshiftCluster = sensor(
  'wait_for_redshift_cluster',
  ({
    args,
    ctx,
  }: {
    args: WaitForRedshiftClusterArgs;
    ctx: TaskContext;
  }): Promise<WaitForRedshiftClusterOutput | NotYet> =>
    withClusters(ctx, args, async (desk) => {
      const { cluster: id, until = 'available' } = args;
      const found = await (until === 'gone' ? desk.findOwn() : desk.getOwn());
      if (found === undefined) return { cluster: id, state: 'gone' };
      return judge(found, until);
    }),
  {
    args: argsSchema,
    summary: ({ cluster, until }) => `waits until ${cluster ?? 'a cluster'} is ${until ?? 'available'}`,
  },
);

function judge(cluster: RedshiftCluster, until: AwaitedState): WaitForRedshiftClusterOutput | NotYet {
  const { name: id, state, status } = cluster;
  if (until === 'gone') return notYet(`${id} is ${status}`);
  switch (state) {
    case 'failed':
      throw clusterFailed(cluster);
    case 'deleting':
      throw new AirtempoError(
        'CLUSTER_NOT_FOUND',
        `Redshift cluster "${id}" is ${status}: it will not be ${until}. Wait until it is gone, and create it again.`,
      );
    case 'available':
      return until === 'available'
        ? { cluster: id, state, ...cluster.endpoint }
        : notYet(`${id} is ${status}`);
    case 'paused':
      return until === 'paused' ? { cluster: id, state } : notYet(`${id} is paused`);
    case 'changing':
      return notYet(`${id} is ${status}`);
  }
}
