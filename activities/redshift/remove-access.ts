/** The operator `remove_redshift_access`: deletes what `ensure_redshift_access` has made, once the cluster is gone. */
import { z } from 'zod';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { DEFAULT_ROLE_NAME } from '../../connections/redshift-clusters/role-policy.js';
import { withAccess } from './access.js';
import { clusterArgs, type ClusterArgs } from './cluster-args.js';

export interface RemoveRedshiftAccessArgs extends ClusterArgs {
  /** Default `RedshiftRole`. Other clusters may use it: it is deleted for all of them. */
  readonly roleName?: string | undefined;
  /** Default: the default VPC. */
  readonly vpcId?: string | undefined;
}

export interface RemoveRedshiftAccessOutput {
  readonly role: 'removed' | 'foreign' | 'gone';
  readonly network: 'removed' | 'gone';
}

const argsSchema: z.ZodType<RemoveRedshiftAccessArgs> = z.strictObject({
  ...clusterArgs,
  roleName: z.string().min(1).optional(),
  vpcId: z.string().min(1).optional(),
});

/** A sensor: a cluster that is gone may hold its security group for a while. What airtempo has not made stays. */
export const removeRedshiftAccess = sensor(
  'remove_redshift_access',
  async ({
    args,
    ctx,
  }: {
    args: RemoveRedshiftAccessArgs;
    ctx: TaskContext;
  }): Promise<RemoveRedshiftAccessOutput | NotYet> => {
    return withAccess(ctx, args, async (roles, networks) => {
      const network = await networks.remove(args.cluster, args.vpcId);
      if (network === 'busy') return notYet(`the security group of ${args.cluster} is still in use`);
      return { network, role: await roles.remove(args.roleName ?? DEFAULT_ROLE_NAME) };
    });
  },
  { args: argsSchema, summary: ({ cluster }) => `removes role and network of ${cluster ?? 'a cluster'}` },
);
