/** What the operators of a cluster's access share: clients of its role and of its network, for the length of a task. */
import type { ClusterNetworks } from '../../connections/redshift-clusters/cluster-network.js';
import type { ClusterRoles } from '../../connections/redshift-clusters/cluster-role.js';
import { awsConnIdOf, type ClusterArgs, type ClusterContext } from './cluster-args.js';

/** Connects to IAM and EC2, whose SDKs are loaded only here, and closes both however `work` ends. */
export async function withAccess<T>(
  ctx: ClusterContext,
  args: ClusterArgs,
  work: (roles: ClusterRoles, networks: ClusterNetworks) => Promise<T>,
): Promise<T> {
  const aws = await ctx.connection(awsConnIdOf(args));
  const { connectClusterRoles } = await import('../../connections/redshift-clusters/cluster-role.js');
  const { connectClusterNetworks } = await import('../../connections/redshift-clusters/cluster-network.js');
  const roles = connectClusterRoles(aws, ctx.signal);
  const networks = connectClusterNetworks(aws, ctx.signal);
  try {
    return await work(roles, networks);
  } finally {
    roles.close();
    networks.close();
  }
}
