/**
 * What EMR needs of an account before it can create a cluster: two roles with an instance profile, a subnet, a key pair
 * for those who want ssh. Each is looked for, and made only when asked; every step is safe to repeat.
 */
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateDefaultSubnetCommand,
  CreateKeyPairCommand,
  DescribeAvailabilityZonesCommand,
  DescribeKeyPairsCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  AttachRolePolicyCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  GetInstanceProfileCommand,
  GetRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import type { Connection } from '../../core/connection.js';
import { mapAwsError, readAwsFailure } from '../aws-errors.js';
import { MANAGED_TAG } from '../aws-tags.js';
import { resolveAwsConfig } from '../aws.js';
import { DEFAULT_JOB_FLOW_ROLE, DEFAULT_SERVICE_ROLE } from './cluster-plan.js';

/** A subnet that clusters may be in. */
export interface EmrSubnet {
  readonly subnetId: string;
  readonly zone: string;
  /** Whether it is its zone's default subnet. */
  readonly isDefault: boolean;
}

export interface EmrAccount {
  /** Whether the roles are there, and the instance profile holds its role. */
  hasRoles(
    serviceRole: string,
    jobFlowRole: string,
  ): Promise<{ readonly service: boolean; readonly profile: boolean }>;
  /** What `aws emr create-default-roles` does. */
  createDefaultRoles(): Promise<void>;
  listSubnets(): Promise<readonly EmrSubnet[]>;
  /** What `aws ec2 create-default-subnet` does; default: in the region's first zone. Adopts the zone's default subnet. */
  createDefaultSubnet(zone?: string): Promise<EmrSubnet>;
  hasKeyPair(name: string): Promise<boolean>;
  /** Makes a key pair and returns the private key, which AWS does not keep. */
  createKeyPair(name: string): Promise<string>;
  /** Lets an IPv4 network in by ssh; `known` when it was let in before. */
  allowSsh(groupId: string, cidr: string): Promise<'added' | 'known'>;
  close(): void;
}

/** AWS's own policies, those of `aws emr create-default-roles`. They are on AWS's path to deprecation. */
const ROLES = [
  {
    name: DEFAULT_SERVICE_ROLE,
    service: 'elasticmapreduce.amazonaws.com',
    policy: 'arn:aws:iam::aws:policy/service-role/AmazonElasticMapReduceRole',
  },
  {
    name: DEFAULT_JOB_FLOW_ROLE,
    service: 'ec2.amazonaws.com',
    policy: 'arn:aws:iam::aws:policy/service-role/AmazonElasticMapReduceforEC2Role',
  },
] as const;

const EXISTS =
  /^(EntityAlreadyExists\w*|InvalidPermission\.Duplicate|DefaultSubnetAlreadyExistsInAvailabilityZone)$/;
const ABSENT = /^(NoSuchEntity\w*|InvalidKeyPair\.NotFound)$/;
const SSH_PORT = 22;

/** Clients of IAM and EC2 with the credentials of `connection`, of type aws. Makes no request yet. */
export function connectEmrAccount(connection: Connection): EmrAccount {
  const iam = new IAMClient(resolveAwsConfig(connection, 'iam'));
  const ec2 = new EC2Client(resolveAwsConfig(connection, 'ec2'));

  /** The answer, or undefined when the service's code is one of `expected`. */
  async function ask<T>(
    service: string,
    action: string,
    work: () => Promise<T>,
    expected?: RegExp,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (expected?.test(readAwsFailure(error).name) === true) return undefined;
      throw mapAwsError(error, connection, { service, action });
    }
  }
  const askIam = <T>(action: string, work: () => Promise<T>, expected?: RegExp): Promise<T | undefined> =>
    ask('AWS IAM', action, work, expected);
  const askEc2 = <T>(action: string, work: () => Promise<T>, expected?: RegExp): Promise<T | undefined> =>
    ask('Amazon EC2', action, work, expected);

  const readProfile = async (name: string): Promise<readonly string[] | undefined> => {
    const command = new GetInstanceProfileCommand({ InstanceProfileName: name });
    const answer = await askIam('GetInstanceProfile', () => iam.send(command), ABSENT);
    return answer?.InstanceProfile?.Roles?.map(({ RoleName = '' }) => RoleName);
  };

  const createRole = async ({ name, service, policy }: (typeof ROLES)[number]): Promise<void> => {
    const trust = {
      Version: '2008-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
    };
    const create = new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify(trust),
      Tags: [{ Key: MANAGED_TAG, Value: 'true' }],
    });
    await askIam('CreateRole', () => iam.send(create), EXISTS);
    const attach = new AttachRolePolicyCommand({ RoleName: name, PolicyArn: policy });
    await askIam('AttachRolePolicy', () => iam.send(attach));
  };

  const ensureProfile = async (name: string): Promise<void> => {
    const create = new CreateInstanceProfileCommand({ InstanceProfileName: name });
    await askIam('CreateInstanceProfile', () => iam.send(create), EXISTS);
    if ((await readProfile(name))?.includes(name) === true) return;
    const add = new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name });
    await askIam('AddRoleToInstanceProfile', () => iam.send(add));
  };

  const listSubnets = async (): Promise<readonly EmrSubnet[]> => {
    const subnets: EmrSubnet[] = [];
    let token: string | undefined;
    do {
      const command = new DescribeSubnetsCommand({ NextToken: token });
      const page = await askEc2('DescribeSubnets', () => ec2.send(command));
      for (const { SubnetId = '', AvailabilityZone = '', DefaultForAz } of page?.Subnets ?? []) {
        subnets.push({ subnetId: SubnetId, zone: AvailabilityZone, isDefault: DefaultForAz === true });
      }
      token = page?.NextToken;
    } while (token !== undefined && token !== '');
    return subnets.sort((a, b) => (a.zone < b.zone ? -1 : 1));
  };

  return {
    hasRoles: async (serviceRole, jobFlowRole) => {
      const role = new GetRoleCommand({ RoleName: serviceRole });
      const found = await askIam('GetRole', () => iam.send(role), ABSENT);
      const roles = await readProfile(jobFlowRole);
      return { service: found !== undefined, profile: roles !== undefined && roles.length > 0 };
    },
    createDefaultRoles: async () => {
      for (const role of ROLES) await createRole(role);
      await ensureProfile(DEFAULT_JOB_FLOW_ROLE);
    },
    listSubnets,
    createDefaultSubnet: async (wanted) => {
      const zones = new DescribeAvailabilityZonesCommand({});
      const zone =
        wanted ??
        (await askEc2('DescribeAvailabilityZones', () => ec2.send(zones)))?.AvailabilityZones?.[0]
          ?.ZoneName ??
        '';
      const known = (await listSubnets()).find((subnet) => subnet.zone === zone && subnet.isDefault);
      if (known !== undefined) return known;
      const command = new CreateDefaultSubnetCommand({ AvailabilityZone: zone });
      const made = await askEc2('CreateDefaultSubnet', () => ec2.send(command));
      return { subnetId: made?.Subnet?.SubnetId ?? '', zone, isDefault: true };
    },
    hasKeyPair: async (name) => {
      const command = new DescribeKeyPairsCommand({ KeyNames: [name] });
      const found = await askEc2('DescribeKeyPairs', () => ec2.send(command), ABSENT);
      return (found?.KeyPairs ?? []).length > 0;
    },
    createKeyPair: async (name) => {
      const command = new CreateKeyPairCommand({
        KeyName: name,
        TagSpecifications: [{ ResourceType: 'key-pair', Tags: [{ Key: MANAGED_TAG, Value: 'true' }] }],
      });
      return (await askEc2('CreateKeyPair', () => ec2.send(command)))?.KeyMaterial ?? '';
    },
    allowSsh: async (groupId, cidr) => {
      const command = new AuthorizeSecurityGroupIngressCommand({
        GroupId: groupId,
        IpPermissions: [
          {
            IpProtocol: 'tcp',
            FromPort: SSH_PORT,
            ToPort: SSH_PORT,
            IpRanges: [{ CidrIp: cidr, Description: 'ssh, by airtempo' }],
          },
        ],
      });
      const added = await askEc2('AuthorizeSecurityGroupIngress', () => ec2.send(command), EXISTS);
      return added === undefined ? 'known' : 'added';
    },
    close: () => {
      iam.destroy();
      ec2.destroy();
    },
  };
}
