/** The security group of a cluster: who may reach port 5439. Without an address nobody may, which is enough for the Data API. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  EC2Client,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { z } from 'zod';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { mapAwsError, readAwsFailure } from '../aws-errors.js';
import { createTags, isOwn } from '../aws-tags.js';
import { resolveAwsConfig } from '../aws.js';
import { REDSHIFT_PORT } from './cluster-spec.js';
import { parseIngressCidr } from './ingress-address.js';

/** What the group is to be. */
export interface NetworkSpec {
  /** The cluster's name. */
  readonly name: string;
  /** The one address or network that may connect, checked by `parseIngressCidr`. Default: nobody. */
  readonly cidr?: string | undefined;
  /** Default: the default VPC. */
  readonly vpcId?: string | undefined;
  readonly runId: string;
}

export interface EnsuredNetwork {
  readonly securityGroupId: string;
  readonly change: 'created' | 'updated' | 'unchanged';
}

export interface ClusterNetworks {
  /** Safe to repeat: an address given now takes the place of those allowed before. Throws CLUSTER_CONFLICT. */
  ensure(spec: NetworkSpec): Promise<EnsuredNetwork>;
  /** `busy` while something still uses the group. */
  remove(name: string, vpcId?: string): Promise<'removed' | 'busy' | 'gone'>;
  close(): void;
}

const groupSchema = z.object({
  GroupId: z.string().min(1),
  Tags: z.array(z.object({ Key: z.string().optional(), Value: z.string().optional() })).default([]),
  IpPermissions: z
    .array(
      z.object({
        FromPort: z.number().optional(),
        IpRanges: z.array(z.object({ CidrIp: z.string().optional() })).default([]),
      }),
    )
    .default([]),
});

type Group = z.infer<typeof groupSchema>;

const GONE = /^InvalidGroup\.NotFound/;
const EXISTS = /^InvalidGroup\.Duplicate/;
const RULE_EXISTS = /^InvalidPermission\.(Duplicate|NotFound)/;
const IN_USE = /^(DependencyViolation|InvalidGroup\.InUse)/;
const NOTHING = /^$/;

/** A client with this connection's credentials. */
export function connectClusterNetworks(connection: Connection, signal?: AbortSignal): ClusterNetworks {
  const client = new EC2Client(resolveAwsConfig(connection, 'ec2'));
  const options = signal === undefined ? {} : { abortSignal: signal };

  /** Runs one call; undefined stands for an error whose code is `expected`. */
  const ask = async <T>(
    action: string,
    call: () => Promise<T>,
    expected: RegExp = NOTHING,
  ): Promise<T | undefined> => {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      const { name } = readAwsFailure(error);
      if (name !== '' && expected.test(name)) return undefined;
      throw mapAwsError(error, connection, { service: 'Amazon EC2', action });
    }
  };
  const findDefaultVpc = async (): Promise<string> => {
    const command = new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] });
    const answer = await ask('DescribeVpcs', () => client.send(command, options));
    const id = answer?.Vpcs?.[0]?.VpcId;
    if (id !== undefined) return id;
    throw new AirtempoError(
      'AWS_REFUSED',
      `The account of connection "${connection.id}" has no default VPC in this region. Name one (--vpc) with a cluster subnet group in it (--subnet-group).`,
    );
  };
  const find = async (name: string, vpcId: string): Promise<Group | undefined> => {
    const command = new DescribeSecurityGroupsCommand({
      Filters: [
        { Name: 'group-name', Values: [groupName(name)] },
        { Name: 'vpc-id', Values: [vpcId] },
      ],
    });
    const answer = await ask('DescribeSecurityGroups', () => client.send(command, options), GONE);
    const [first] = answer?.SecurityGroups ?? [];
    return first === undefined ? undefined : groupSchema.parse(first);
  };
  const create = async ({ name, runId }: NetworkSpec, vpcId: string): Promise<boolean> => {
    const command = new CreateSecurityGroupCommand({
      GroupName: groupName(name),
      Description: `Who may reach the Redshift cluster ${name} of airtempo`,
      VpcId: vpcId,
      TagSpecifications: [{ ResourceType: 'security-group', Tags: [...createTags(name, runId)] }],
    });
    return (await ask('CreateSecurityGroup', () => client.send(command, options), EXISTS)) !== undefined;
  };
  const setIngress = async (group: Group, cidr: string | undefined): Promise<boolean> => {
    if (cidr === undefined) return false;
    const present = group.IpPermissions.flatMap((rule) => rule.IpRanges.map((range) => range.CidrIp ?? ''));
    const stale = present.filter((one) => one !== cidr);
    const GroupId = group.GroupId;
    if (!present.includes(cidr)) {
      const command = new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [allow([cidr])] });
      await ask('AuthorizeSecurityGroupIngress', () => client.send(command, options), RULE_EXISTS);
    }
    if (stale.length > 0) {
      const command = new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: [allow(stale)] });
      await ask('RevokeSecurityGroupIngress', () => client.send(command, options), RULE_EXISTS);
    }
    return stale.length > 0 || !present.includes(cidr);
  };

  return {
    ensure: async (spec) => {
      const cidr = spec.cidr === undefined ? undefined : parseIngressCidr(spec.cidr);
      const vpcId = spec.vpcId ?? (await findDefaultVpc());
      const created = (await find(spec.name, vpcId)) === undefined && (await create(spec, vpcId));
      const group = await find(spec.name, vpcId);
      if (group === undefined) throw notVisible(spec.name, connection);
      if (!isOwn(group.Tags, spec.name)) throw conflict(group, spec.name);
      const changed = await setIngress(group, cidr);
      return {
        securityGroupId: group.GroupId,
        change: created ? 'created' : changed ? 'updated' : 'unchanged',
      };
    },
    remove: async (name, vpcId) => {
      const group = await find(name, vpcId ?? (await findDefaultVpc()));
      if (group === undefined || !isOwn(group.Tags, name)) return 'gone';
      const command = new DeleteSecurityGroupCommand({ GroupId: group.GroupId });
      const answer = await ask('DeleteSecurityGroup', () => client.send(command, options), IN_USE);
      return answer === undefined ? 'busy' : 'removed';
    },
    close: () => client.destroy(),
  };
}

function groupName(cluster: string): string {
  return `airtempo-redshift-${cluster}`;
}

function allow(cidrs: readonly string[]): {
  readonly IpProtocol: string;
  readonly FromPort: number;
  readonly ToPort: number;
  readonly IpRanges: { readonly CidrIp: string }[];
} {
  return {
    IpProtocol: 'tcp',
    FromPort: REDSHIFT_PORT,
    ToPort: REDSHIFT_PORT,
    IpRanges: cidrs.map((CidrIp) => ({ CidrIp })),
  };
}

/** A group that was just made is not always seen at once. */
function notVisible(name: string, connection: Connection): AirtempoError {
  return new AirtempoError(
    'AWS_UNAVAILABLE',
    `The security group of cluster "${name}" is not visible yet (connection "${connection.id}"). Try again.`,
  );
}

function conflict(group: Group, name: string): AirtempoError {
  return new AirtempoError(
    'CLUSTER_CONFLICT',
    `There is a security group "${groupName(name)}" (${group.GroupId}) that airtempo has not made: it is left alone. ` +
      `Choose another name for the cluster, or delete the group.`,
  );
}
