/** Deletes a Redshift cluster and waits until it is gone; then its connection and, when asked, its role and network. */
import { z } from 'zod';
import { removeRedshiftConnection } from '../activities/redshift/connection.js';
import { deleteRedshiftCluster } from '../activities/redshift/delete-cluster.js';
import { removeRedshiftAccess } from '../activities/redshift/remove-access.js';
import { dag } from '../index.js';
import { accessParams, CLUSTER_DEFAULTS, clusterParams } from './redshift-cluster.js';

const params = z.object({
  ...clusterParams,
  ...accessParams,
  /** Keeps the data in a snapshot of this name. Default: the data is gone. */
  finalSnapshot: z.string().min(1).optional(),
  /** Deletes the IAM role and the security group too. Other clusters may use the role. */
  removeAccess: z.boolean().default(false),
  connId: z.string().min(1).default('redshift'),
});

export default dag(
  'redshift_down',
  {
    description: 'Deletes a Redshift cluster, and what belongs to it',
    defaultArgs: CLUSTER_DEFAULTS,
    params,
    tags: ['redshift', 'cluster'],
  },
  ({ task, shortCircuit }) => {
    const deleteCluster = task('delete_cluster', deleteRedshiftCluster, {
      cluster: ({ params }) => params.cluster,
      awsConnId: ({ params }) => params.awsConnId,
      finalSnapshot: ({ params }) => params.finalSnapshot,
    });
    const removeConnection = task('remove_connection', removeRedshiftConnection, {
      cluster: ({ params }) => params.cluster,
      connId: ({ params }) => params.connId,
    });
    const ifAsked = shortCircuit('if_asked', ({ ctx }) => ctx.params.removeAccess);
    const removeAccess = task('remove_access', removeRedshiftAccess, {
      cluster: ({ params }) => params.cluster,
      awsConnId: ({ params }) => params.awsConnId,
      roleName: ({ params }) => params.roleName,
      vpcId: ({ params }) => params.vpcId,
    });
    deleteCluster.then(removeConnection, ifAsked);
    ifAsked.then(removeAccess);
  },
);
