/** The operator `ensure_redshift_access`: the IAM role by which a cluster reads its data, and who may reach it. */
import { z } from 'zod';
import { operator } from '../../core/define-operator.js';
import { DEFAULT_ROLE_NAME } from '../../connections/redshift-clusters/role-policy.js';
import { withAccess } from './access.js';
import { clusterArgs, runTag, type ClusterArgs } from './cluster-args.js';

export interface EnsureRedshiftAccessArgs extends ClusterArgs {
  /** What the cluster may read: `s3://bucket/prefix/`, as COPY will name it or above. */
  readonly dataPrefixes: readonly string[];
  /** Default `RedshiftRole`. */
  readonly roleName?: string | undefined;
  /** The IPv4 address or network that may connect to the cluster. Default: nobody. */
  readonly cidr?: string | undefined;
  /** Default: the default VPC. */
  readonly vpcId?: string | undefined;
}

export interface EnsureRedshiftAccessOutput {
  readonly iamRoleArn: string;
  readonly securityGroupId: string;
}

const argsSchema: z.ZodType<EnsureRedshiftAccessArgs> = z.strictObject({
  ...clusterArgs,
  dataPrefixes: z.array(z.string().startsWith('s3://')).min(1).readonly(),
  roleName: z.string().min(1).optional(),
  cidr: z.string().min(1).optional(),
  vpcId: z.string().min(1).optional(),
});

/**
 * Makes role and security group, or brings those that airtempo made up to date. Safe to repeat.
 * Errors: CLUSTER_CONFLICT, INVALID_ARGUMENT, ACCESS_DENIED, AWS_REFUSED (no retry), AWS_UNAVAILABLE.
 */
export const ensureRedshiftAccess = operator<EnsureRedshiftAccessArgs, EnsureRedshiftAccessOutput>(
  'ensure_redshift_access',
  async ({ args, ctx }) => {
    const { cluster, dataPrefixes, roleName = DEFAULT_ROLE_NAME, cidr, vpcId } = args;
    const runId = runTag(ctx);
    return withAccess(ctx, args, async (roles, networks) => {
      const network = await networks.ensure({ name: cluster, cidr, vpcId, runId });
      const role = await roles.ensure({ name: roleName, dataPrefixes, runId });
      if (role.change === 'foreign') {
        ctx.log.warn({ roleName }, 'the role is not made by airtempo: what it may read is left as it is');
      }
      ctx.log.info({ cluster, role: role.change, network: network.change, cidr }, 'access is ready');
      return { iamRoleArn: role.arn, securityGroupId: network.securityGroupId };
    });
  },
  { args: argsSchema, summary: ({ cluster }) => `role and network of ${cluster ?? 'a cluster'}` },
);
