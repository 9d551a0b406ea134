/** What the operators of Redshift clusters share: arguments, whose cluster it is, and a client for the length of a poke. */
import { z } from 'zod';
import type { RedshiftClusters } from '../../connections/redshift-clusters.js';
import { clusterConflict } from '../../connections/redshift-clusters/cluster-errors.js';
import { CLUSTER_NAME_PATTERN } from '../../connections/redshift-clusters/cluster-spec.js';
import type { RedshiftCluster } from '../../connections/redshift-clusters/cluster-state.js';
import type { TaskContext } from '../../core/context.js';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';

export interface ClusterArgs {
  /** The cluster's identifier. */
  readonly cluster: string;
  /** A connection of type aws. Default `aws_credentials`. */
  readonly awsConnId?: string | undefined;
}

/** Whose clusters a task may touch: all that airtempo made, or those of its own run alone. Default `any`. */
export type ClusterScope = 'any' | 'run';

export const clusterArgs = {
  cluster: z
    .string()
    .regex(
      CLUSTER_NAME_PATTERN,
      'write up to 63 lower-case letters, digits and single hyphens, a letter first',
    ),
  awsConnId: z.string().min(1).optional(),
};

export const scopeArg = { scope: z.enum(['any', 'run']).optional() };

const DEFAULT_AWS_CONN_ID = 'aws_credentials';

export type ClusterContext = Pick<TaskContext, 'connection' | 'signal'>;

/** What a task does about one cluster. */
export interface ClusterDesk {
  readonly clusters: RedshiftClusters;
  readonly aws: Connection;
  /** The cluster, undefined when there is none. Throws CLUSTER_CONFLICT when it is not this task's to touch. */
  readonly findOwn: () => Promise<RedshiftCluster | undefined>;
  /** The same, when there has to be one. Throws CLUSTER_NOT_FOUND. */
  readonly getOwn: () => Promise<RedshiftCluster>;
}

/** Connects to the control plane for the length of `work`. */
export async function withClusters<T>(
  ctx: ClusterContext & Pick<TaskContext, 'dagId' | 'runId'>,
  args: ClusterArgs & { readonly scope?: ClusterScope | undefined },
  work: (desk: ClusterDesk) => Promise<T>,
): Promise<T> {
  const aws = await ctx.connection(awsConnIdOf(args));
  const { connectRedshiftClusters } = await import('../../connections/redshift-clusters.js');
  const clusters = connectRedshiftClusters(aws, ctx.signal);
  const findOwn = async (): Promise<RedshiftCluster | undefined> => {
    const cluster = await clusters.find(args.cluster);
    if (cluster !== undefined && !mayTouch(cluster, args.scope, runTag(ctx))) {
      throw clusterConflict(cluster, aws);
    }
    return cluster;
  };
  const getOwn = async (): Promise<RedshiftCluster> => {
    const cluster = await findOwn();
    if (cluster === undefined) throw notFound(args.cluster, aws);
    return cluster;
  };
  try {
    return await work({ clusters, aws, findOwn, getOwn });
  } finally {
    clusters.close();
  }
}

function mayTouch(cluster: RedshiftCluster, scope: ClusterScope | undefined, run: string): boolean {
  return cluster.own && (scope !== 'run' || cluster.runId === run);
}

export function awsConnIdOf({ awsConnId = DEFAULT_AWS_CONN_ID }: Pick<ClusterArgs, 'awsConnId'>): string {
  return awsConnId;
}

/** How a run signs what it makes: the same for each of its tasks and tries. */
export function runTag({ dagId, runId }: Pick<TaskContext, 'dagId' | 'runId'>): string {
  return `${dagId}/${runId}`;
}

function notFound(name: string, { id, extra }: Connection): AirtempoError {
  const region = typeof extra['region_name'] === 'string' ? `, region ${extra['region_name']}` : '';
  return new AirtempoError(
    'CLUSTER_NOT_FOUND',
    `There is no Redshift cluster "${name}" (connection "${id}"${region}). Create it with "airtempo redshift up ${name}".`,
  );
}
