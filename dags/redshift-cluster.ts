/**
 * What the DAGs of the life cycle of a Redshift cluster have in common: their params, how long they wait, and the steps
 * from nothing to a cluster that answers. Defines no DAG.
 */
import { z } from 'zod';
import { createRedshiftCluster } from '../activities/redshift/create-cluster.js';
import { ensureRedshiftAccess } from '../activities/redshift/ensure-access.js';
import { waitForRedshiftCluster } from '../activities/redshift/wait-for-cluster.js';
import { writeRedshiftConnection } from '../activities/redshift/connection.js';
import type { TaskFunction, TaskRef } from '../index.js';

/** Which cluster: the params of every DAG of the life cycle. */
export const clusterParams = {
  cluster: z.string().min(1).default('airtempo-sparkify'),
  awsConnId: z.string().min(1).default('aws_credentials'),
};

/** Where what belongs to the cluster is. */
export const accessParams = {
  roleName: z.string().min(1).default('RedshiftRole'),
  vpcId: z.string().min(1).optional(),
};

/** Everything that is needed to make one. */
export const upParams = {
  ...clusterParams,
  ...accessParams,
  preset: z.enum(['current', 'sparkify']).default('current'),
  nodeType: z.string().min(1).optional(),
  nodes: z.number().int().min(1).optional(),
  /** The database that it comes with. */
  database: z.string().min(1).default('dev'),
  /** An address outside its VPC. Useful with `cidr` only. */
  publiclyAccessible: z.boolean().default(false),
  /** The IPv4 address or network that may connect. Default: nobody; the Data API needs no way to the cluster. */
  cidr: z.string().optional(),
  subnetGroup: z.string().min(1).optional(),
  /** What the cluster may read. */
  dataPrefixes: z
    .array(z.string().startsWith('s3://'))
    .min(1)
    .default(['s3://sparkify/log_data/', 's3://sparkify/song_data/']),
  /** The connection that is written. */
  connId: z.string().min(1).default('redshift'),
  /** Default: over the wire to a public cluster, by the Data API to any other. */
  driver: z.enum(['wire', 'data-api']).optional(),
};

const schema = z.object(upParams);
export type UpParams = z.infer<typeof schema>;

/** A cluster takes minutes: each look is a request, and nobody waits a day. */
export const CLUSTER_DEFAULTS = {
  retries: 3,
  retryDelay: '1m',
  pokeInterval: '20s',
  timeout: '2h',
} as const;

/** How SQL is sent to a cluster like this. */
export function driverOf({
  driver,
  publiclyAccessible,
}: Pick<UpParams, 'driver' | 'publiclyAccessible'>): 'wire' | 'data-api' {
  return driver ?? (publiclyAccessible ? 'wire' : 'data-api');
}

/** The steps from nothing to a cluster that answers, in this order. */
export interface UpTasks {
  readonly access: TaskRef<unknown>;
  readonly create: TaskRef<unknown>;
  readonly wait: TaskRef<unknown>;
  readonly write: TaskRef<unknown>;
}

/** Adds these steps to a DAG. With the scope `run`, a cluster that another run has made is not taken up. */
export function addUpTasks<Params extends UpParams>(
  task: TaskFunction<Params>,
  scope: 'any' | 'run' = 'any',
): UpTasks {
  const access = task('ensure_access', ensureRedshiftAccess, {
    cluster: ({ params }) => params.cluster,
    awsConnId: ({ params }) => params.awsConnId,
    dataPrefixes: ({ params }) => params.dataPrefixes,
    roleName: ({ params }) => params.roleName,
    cidr: ({ params }) => params.cidr,
    vpcId: ({ params }) => params.vpcId,
  });
  const create = task('create_cluster', createRedshiftCluster, {
    cluster: ({ params }) => params.cluster,
    awsConnId: ({ params }) => params.awsConnId,
    preset: ({ params }) => params.preset,
    nodeType: ({ params }) => params.nodeType,
    nodes: ({ params }) => params.nodes,
    database: ({ params }) => params.database,
    publiclyAccessible: ({ params }) => params.publiclyAccessible,
    subnetGroup: ({ params }) => params.subnetGroup,
    access,
    scope,
  });
  const wait = task('wait_until_available', waitForRedshiftCluster, {
    cluster: ({ params }) => params.cluster,
    awsConnId: ({ params }) => params.awsConnId,
  });
  const write = task('write_connection', writeRedshiftConnection, {
    cluster: ({ params }) => params.cluster,
    awsConnId: ({ params }) => params.awsConnId,
    connId: ({ params }) => params.connId,
    driver: ({ params }) => driverOf(params),
  });
  create.then(wait).then(write);
  return { access, create, wait, write };
}
