/**
 * The operators `write_redshift_connection` and `remove_redshift_connection`: where a cluster answers goes into a
 * connection, for the tasks to come. No password is stored: each session asks for one that lasts minutes.
 */
import { z } from 'zod';
import type { Connection } from '../../core/connection.js';
import { operator } from '../../core/define-operator.js';
import { AirtempoError, isAirtempoError } from '../../core/errors.js';
import type { TaskContext } from '../../core/context.js';
import { awsConnIdOf, clusterArgs, withClusters, type ClusterArgs } from './cluster-args.js';

export interface WriteRedshiftConnectionArgs extends ClusterArgs {
  /** The connection to write. Default `redshift`. */
  readonly connId?: string | undefined;
  /** How SQL is sent: over port 5439, or by the Data API, which needs no way to the cluster. Default `wire`. */
  readonly driver?: 'wire' | 'data-api' | undefined;
  /** The role that COPY takes. Default: the first that is attached to the cluster. */
  readonly iamRoleArn?: string | undefined;
}

export interface WriteRedshiftConnectionOutput {
  readonly connId: string;
  readonly host: string;
  readonly port: number;
}

const DEFAULT_CONN_ID = 'redshift';

const writeSchema: z.ZodType<WriteRedshiftConnectionArgs> = z.strictObject({
  ...clusterArgs,
  connId: z.string().min(1).optional(),
  driver: z.enum(['wire', 'data-api']).optional(),
  iamRoleArn: z.string().min(1).optional(),
});

/** Writes the connection of an available cluster. Errors: CLUSTER_NOT_FOUND, CLUSTER_FAILED (not available), INVALID_CONNECTION. */
export const writeRedshiftConnection = operator<WriteRedshiftConnectionArgs, WriteRedshiftConnectionOutput>(
  'write_redshift_connection',
  ({ args, ctx }) =>
    withClusters(ctx, args, async ({ getOwn }) => {
      const cluster = await getOwn();
      if (cluster.state !== 'available') {
        throw new AirtempoError(
          'CLUSTER_FAILED',
          `Redshift cluster "${cluster.name}" is ${cluster.status} and has no address to write into a connection. ` +
            `Wait until it is available (wait_for_redshift_cluster) first.`,
        );
      }
      const { connId = DEFAULT_CONN_ID, driver = 'wire', iamRoleArn = cluster.iamRoles[0] } = args;
      const { host, port } = cluster.endpoint;
      const connection: Connection = {
        id: connId,
        type: 'redshift',
        description: `Redshift cluster ${cluster.name}, written by ${ctx.dagId}`,
        host,
        port,
        schema: cluster.database,
        login: cluster.user,
        extra: {
          driver,
          // the wire protocol's word for "ask for a password each time", as in Airflow
          iam: true,
          cluster_identifier: cluster.name,
          db_user: cluster.user,
          aws_conn_id: awsConnIdOf(args),
          ...(iamRoleArn === undefined ? {} : { iam_role: iamRoleArn }),
        },
      };
      await ctx.connectionStore.save(connection, {
        mayReplace: (former) => former.extra['cluster_identifier'] === cluster.name,
      });
      ctx.log.info({ connId, host, port, driver }, 'connection written');
      return { connId, host, port };
    }),
  { args: writeSchema, summary: ({ connId }) => `writes connection ${connId ?? DEFAULT_CONN_ID}` },
);

export interface RemoveRedshiftConnectionArgs {
  /** Default `redshift`. */
  readonly connId?: string | undefined;
  /** The cluster that the connection must lead to. */
  readonly cluster: string;
}

const removeSchema: z.ZodType<RemoveRedshiftConnectionArgs> = z.strictObject({
  cluster: clusterArgs.cluster,
  connId: z.string().min(1).optional(),
});

/** Deletes the connection that `write_redshift_connection` has written for this cluster; any other stays. */
export const removeRedshiftConnection = operator<RemoveRedshiftConnectionArgs, { readonly removed: boolean }>(
  'remove_redshift_connection',
  async ({ args: { connId = DEFAULT_CONN_ID, cluster }, ctx }) => {
    const connection = await findConnection(ctx, connId);
    if (connection?.extra['cluster_identifier'] !== cluster) return { removed: false };
    const removed = await ctx.connectionStore.delete(connId);
    ctx.log.info({ connId, removed }, 'connection of a cluster that is gone');
    return { removed };
  },
  { args: removeSchema, summary: ({ connId }) => `removes connection ${connId ?? DEFAULT_CONN_ID}` },
);

async function findConnection(
  ctx: Pick<TaskContext, 'connection'>,
  connId: string,
): Promise<Connection | undefined> {
  try {
    return await ctx.connection(connId);
  } catch (error) {
    if (isAirtempoError(error) && error.code === 'CONNECTION_NOT_FOUND') return undefined;
    throw error;
  }
}
