/** What a Redshift cluster is to be: the configurations that have a name, and what is checked before anything is asked of AWS. Pure. */
import type { CreateClusterCommandInput } from '@aws-sdk/client-redshift';
import { createTags } from '../aws-tags.js';

/** A configuration with a name. */
export interface ClusterPreset {
  readonly nodeType: string;
  readonly nodes: number;
}

/** Configurations by name. Everything else is the same for all: see `createClusterInput`. */
export const CLUSTER_PRESETS = {
  /** One node of the smallest current type; storage is billed apart from it. */
  current: { nodeType: 'ra3.large', nodes: 1 },
  /** What the original Sparkify projects ran on. AWS no longer offers dc2 everywhere. */
  sparkify: { nodeType: 'dc2.large', nodes: 2 },
} as const satisfies Record<string, ClusterPreset>;

export type ClusterPresetName = keyof typeof CLUSTER_PRESETS;

/** The names, for options and params. */
export const CLUSTER_PRESET_NAMES = Object.keys(CLUSTER_PRESETS) as [
  ClusterPresetName,
  ...ClusterPresetName[],
];

export const REDSHIFT_PORT = 5439;
export const DEFAULT_DATABASE = 'dev';
export const DEFAULT_USER = 'awsuser';

/** A cluster identifier as the service has it: 1 to 63 lower-case letters, digits and single hyphens, a letter first. */
export const CLUSTER_NAME_PATTERN = /^(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** What a cluster is made from. */
export interface ClusterSpec extends ClusterPreset {
  readonly name: string;
  /** The run that makes it. */
  readonly runId: string;
  /** The database that it comes with. Default `dev`. */
  readonly database?: string | undefined;
  /** Whether it has an address outside its VPC. */
  readonly publiclyAccessible: boolean;
  readonly securityGroupIds: readonly string[];
  readonly iamRoleArns: readonly string[];
  /** Default: the account's default VPC. */
  readonly subnetGroup?: string | undefined;
}

/**
 * The request. Whatever the preset: encrypted, and with a password that the service makes, keeps in Secrets Manager and
 * rotates, so that nobody has to carry one.
 */
export function createClusterInput(spec: ClusterSpec): CreateClusterCommandInput {
  const { name, nodeType, nodes, subnetGroup } = spec;
  return {
    ClusterIdentifier: name,
    NodeType: nodeType,
    ...(nodes === 1 ? { ClusterType: 'single-node' } : { ClusterType: 'multi-node', NumberOfNodes: nodes }),
    DBName: spec.database ?? DEFAULT_DATABASE,
    MasterUsername: DEFAULT_USER,
    ManageMasterPassword: true,
    Port: REDSHIFT_PORT,
    PubliclyAccessible: spec.publiclyAccessible,
    Encrypted: true,
    VpcSecurityGroupIds: [...spec.securityGroupIds],
    IamRoles: [...spec.iamRoleArns],
    ...(subnetGroup === undefined ? {} : { ClusterSubnetGroupName: subnetGroup }),
    Tags: [...createTags(name, spec.runId)],
  };
}
