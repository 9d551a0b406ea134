/** The operator `create_redshift_cluster`: asks for a cluster, or takes up the one of that name that airtempo has made. */
import { z } from 'zod';
import {
  CLUSTER_PRESETS,
  CLUSTER_PRESET_NAMES,
  type ClusterPresetName,
  type ClusterSpec,
} from '../../connections/redshift-clusters/cluster-spec.js';
import type { RedshiftCluster } from '../../connections/redshift-clusters/cluster-state.js';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import {
  clusterArgs,
  runTag,
  scopeArg,
  withClusters,
  type ClusterArgs,
  type ClusterDesk,
  type ClusterScope,
} from './cluster-args.js';
import type { EnsureRedshiftAccessOutput } from './ensure-access.js';

export interface CreateRedshiftClusterArgs extends ClusterArgs {
  /** `current`: one ra3.large. `sparkify`: two dc2.large, as the original projects had. Default `current`. */
  readonly preset?: ClusterPresetName | undefined;
  /** Instead of the preset's. */
  readonly nodeType?: string | undefined;
  /** Instead of the preset's. */
  readonly nodes?: number | undefined;
  /** The database that it comes with. Default `dev`. */
  readonly database?: string | undefined;
  /** Gives the cluster an address outside its VPC. Default false. */
  readonly publiclyAccessible?: boolean | undefined;
  /** Who may reach it, and what it may read: the output of `ensure_redshift_access`. */
  readonly access: EnsureRedshiftAccessOutput;
  /** Default: the default VPC's. */
  readonly subnetGroup?: string | undefined;
  /** `run`: only a cluster that this very run has made is taken up. Default `any` of airtempo's. */
  readonly scope?: ClusterScope | undefined;
}

export interface CreateRedshiftClusterOutput {
  readonly cluster: string;
  readonly change: 'created' | 'resumed' | 'adopted';
}

const argsSchema: z.ZodType<CreateRedshiftClusterArgs> = z.strictObject({
  ...clusterArgs,
  ...scopeArg,
  preset: z.enum(CLUSTER_PRESET_NAMES).optional(),
  nodeType: z.string().min(1).optional(),
  nodes: z.number().int().min(1).max(128).optional(),
  database: z.string().min(1).optional(),
  publiclyAccessible: z.boolean().optional(),
  access: z.strictObject({ securityGroupId: z.string().min(1), iamRoleArn: z.string().min(1) }),
  subnetGroup: z.string().min(1).optional(),
});

/**
 * Sees to it that there is a cluster of that name on its way to `available`; it does not wait for that. The name is the
 * guard against twins: a try after a crash finds what the former one has made. Waits while a cluster of that name is
 * being deleted. Errors: CLUSTER_CONFLICT, ACCESS_DENIED, AWS_REFUSED (no retry), AWS_UNAVAILABLE.
 */
export const createRedshiftCluster = sensor(
  'create_redshift_cluster',
  ({
    args,
    ctx,
  }: {
    args: CreateRedshiftClusterArgs;
    ctx: TaskContext;
  }): Promise<CreateRedshiftClusterOutput | NotYet> =>
    withClusters(ctx, args, async (desk) => {
      const spec = createSpec(args, runTag(ctx));
      const present = await desk.findOwn();
      if (present !== undefined) return takeUp(present, spec, desk, ctx);
      const made = await desk.clusters.create(spec);
      if (made === 'created') {
        ctx.log.info({ cluster: spec.name, nodeType: spec.nodeType, nodes: spec.nodes }, 'cluster requested');
        return { cluster: spec.name, change: 'created' };
      }
      // made in between: by an attempt of ours whose answer was lost, or by somebody else
      return takeUp(await desk.getOwn(), spec, desk, ctx);
    }),
  { args: argsSchema, summary: ({ cluster }) => `creates ${cluster ?? 'a cluster'}` },
);

function createSpec(args: CreateRedshiftClusterArgs, runId: string): ClusterSpec {
  const preset = CLUSTER_PRESETS[args.preset ?? 'current'];
  return {
    name: args.cluster,
    runId,
    nodeType: args.nodeType ?? preset.nodeType,
    nodes: args.nodes ?? preset.nodes,
    database: args.database,
    publiclyAccessible: args.publiclyAccessible ?? false,
    securityGroupIds: [args.access.securityGroupId],
    iamRoleArns: [args.access.iamRoleArn],
    subnetGroup: args.subnetGroup,
  };
}

async function takeUp(
  cluster: RedshiftCluster,
  spec: ClusterSpec,
  { clusters }: ClusterDesk,
  ctx: Pick<TaskContext, 'log'>,
): Promise<CreateRedshiftClusterOutput | NotYet> {
  const { name: id, state, status } = cluster;
  if (state === 'deleting') return notYet(`the former cluster ${id} is ${status}`);
  const differences = computeDifferences(cluster, spec);
  if (differences.length > 0) {
    ctx.log.warn({ cluster: id, differences }, 'the cluster is there already, and is left as it is');
  }
  if (state !== 'paused') return { cluster: id, change: 'adopted' };
  const outcome = await clusters.resume(id);
  return outcome === 'accepted' ? { cluster: id, change: 'resumed' } : notYet(`${id} cannot be resumed yet`);
}

/** What was asked for and is otherwise. */
function computeDifferences(cluster: RedshiftCluster, spec: ClusterSpec): readonly string[] {
  const pairs = [
    ['nodeType', cluster.nodeType, spec.nodeType],
    ['nodes', cluster.nodes, spec.nodes],
    ['publiclyAccessible', cluster.publiclyAccessible, spec.publiclyAccessible],
  ] as const;
  const plain = pairs
    .filter(([, present, wanted]) => present !== wanted)
    .map(([name, present, wanted]) => `${name} is ${String(present)}, not ${String(wanted)}`);
  const missing = spec.iamRoleArns.filter((arn) => !cluster.iamRoles.includes(arn));
  return [...plain, ...missing.map((arn) => `role ${arn} is not attached`)];
}
