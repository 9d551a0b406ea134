/**
 * Finds what airtempo has made on AWS and has not removed, by its tag. It looks and changes nothing. A kind that may not
 * be looked at is reported, and the others are looked at all the same.
 */
import { DescribeKeyPairsCommand, EC2Client, paginateDescribeSecurityGroups } from '@aws-sdk/client-ec2';
import { IAMClient, ListRoleTagsCommand, paginateListRoles } from '@aws-sdk/client-iam';

import type { Connection } from '../core/connection.js';
import { messageOf } from '../core/outside-value.js';
import { mapAwsError } from './aws-errors.js';
import { MANAGED_TAG, RUN_TAG } from './aws-tags.js';
import { resolveAwsConfig } from './aws.js';
import { connectEmr } from './emr/emr.js';
import { connectRedshiftClusters } from './redshift-clusters.js';

export type AwsResourceKind = 'redshift-cluster' | 'emr-cluster' | 'security-group' | 'key-pair' | 'iam-role';

/** One thing that is still there. */
export interface AwsResource {
  readonly kind: AwsResourceKind;
  /** As AWS identifies it: what the command to remove it needs. */
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly createdAt: string | undefined;
  /** The run that made it, when it says so. */
  readonly madeBy: string | undefined;
  /** What one pays for it: by the hour, for storage only, or nothing. */
  readonly costs: 'hourly' | 'storage' | 'nothing';
  /** The command that removes it. */
  readonly remove: string;
}

export interface AwsSweep {
  readonly resources: readonly AwsResource[];
  /** Kinds that could not be looked at. While there is one, nobody knows that nothing is left. */
  readonly problems: readonly { readonly kind: AwsResourceKind; readonly message: string }[];
}

type Tags = readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;
type Finder = (connection: Connection, signal: AbortSignal | undefined) => Promise<readonly AwsResource[]>;

const FINDERS: Readonly<Record<AwsResourceKind, Finder>> = {
  'redshift-cluster': findRedshiftClusters,
  'emr-cluster': findEmrClusters,
  'security-group': findSecurityGroups,
  'key-pair': findKeyPairs,
  'iam-role': findRoles,
};

/** Looks at every kind in the connection's region; roles have none. What costs most comes first. */
export async function sweepAws(connection: Connection, signal?: AbortSignal): Promise<AwsSweep> {
  const kinds = Object.keys(FINDERS) as AwsResourceKind[];
  const results = await Promise.allSettled(kinds.map((kind) => FINDERS[kind](connection, signal)));
  signal?.throwIfAborted();
  return {
    resources: results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
    problems: results.flatMap((result, index) => {
      const kind = kinds[index];
      if (result.status === 'fulfilled' || kind === undefined) return [];
      const { reason } = result as { readonly reason: unknown };
      return [{ kind, message: messageOf(reason) }];
    }),
  };
}

function isManaged(tags: Tags): boolean {
  return (tags ?? []).some(({ Key }) => Key === MANAGED_TAG);
}

function runOf(tags: Tags): string | undefined {
  return tags?.find(({ Key }) => Key === RUN_TAG)?.Value;
}

async function findRedshiftClusters(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<readonly AwsResource[]> {
  const client = connectRedshiftClusters(connection, signal);
  try {
    return (await client.listOwn()).map(({ name, status, createdAt, state }) => ({
      kind: 'redshift-cluster',
      id: name,
      name,
      state: status,
      createdAt,
      madeBy: undefined,
      costs: state === 'paused' ? 'storage' : 'hourly',
      remove: `airtempo redshift down ${name}`,
    }));
  } finally {
    client.close();
  }
}

async function findEmrClusters(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<readonly AwsResource[]> {
  const client = connectEmr(connection);
  try {
    const found: AwsResource[] = [];
    for (const { clusterId } of await client.listClusters({}, signal)) {
      const cluster = await client.describeCluster(clusterId, signal);
      if (!cluster.isManaged) continue;
      found.push({
        kind: 'emr-cluster',
        id: clusterId,
        name: cluster.name,
        state: cluster.status.state,
        createdAt: cluster.createdAt,
        madeBy: cluster.madeBy,
        costs: 'hourly',
        remove: `airtempo emr down --cluster-id ${clusterId}`,
      });
    }
    return found;
  } finally {
    client.close();
  }
}

const hasTag = { Filters: [{ Name: 'tag-key', Values: [MANAGED_TAG] }] };

async function findSecurityGroups(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<readonly AwsResource[]> {
  const client = new EC2Client(resolveAwsConfig(connection, 'ec2'));
  try {
    const found: AwsResource[] = [];
    for await (const page of paginateDescribeSecurityGroups({ client }, hasTag, sending(signal))) {
      for (const { GroupId: id = '', GroupName: name = '', Tags: tags } of page.SecurityGroups ?? []) {
        const remove = `aws ec2 delete-security-group --group-id ${id}`;
        found.push({ ...free('security-group', id, name), madeBy: runOf(tags), remove });
      }
    }
    return found;
  } catch (error) {
    throw mapAwsError(error, connection, { service: 'Amazon EC2', action: 'DescribeSecurityGroups' });
  } finally {
    client.destroy();
  }
}

async function findKeyPairs(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<readonly AwsResource[]> {
  const client = new EC2Client(resolveAwsConfig(connection, 'ec2'));
  try {
    const { KeyPairs: pairs = [] } = await client.send(new DescribeKeyPairsCommand(hasTag), sending(signal));
    return pairs.map(({ KeyPairId: id = '', KeyName: name = '', CreateTime, Tags: tags }) => ({
      ...free('key-pair', id, name, CreateTime),
      madeBy: runOf(tags),
      remove: `aws ec2 delete-key-pair --key-pair-id ${id}`,
    }));
  } catch (error) {
    throw mapAwsError(error, connection, { service: 'Amazon EC2', action: 'DescribeKeyPairs' });
  } finally {
    client.destroy();
  }
}

/** Lists of roles tell no tags, so each is asked for; only roles of these services can be airtempo's. */
const ROLE_SERVICES = /redshift|elasticmapreduce|emr-serverless|ec2/;

async function findRoles(
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<readonly AwsResource[]> {
  const client = new IAMClient(resolveAwsConfig(connection, 'iam'));
  let action = 'ListRoles';
  try {
    const found: AwsResource[] = [];
    for await (const page of paginateListRoles({ client }, {}, sending(signal))) {
      for (const { RoleName: name = '', AssumeRolePolicyDocument: trust = '', CreateDate } of page.Roles ??
        []) {
        if (!ROLE_SERVICES.test(trust)) continue;
        action = 'ListRoleTags';
        const { Tags: tags } = await client.send(
          new ListRoleTagsCommand({ RoleName: name }),
          sending(signal),
        );
        if (!isManaged(tags)) continue;
        const role = free('iam-role', name, name, CreateDate);
        found.push({ ...role, madeBy: runOf(tags), remove: `aws iam delete-role --role-name ${name}` });
      }
    }
    return found;
  } catch (error) {
    throw mapAwsError(error, connection, { service: 'AWS IAM', action });
  } finally {
    client.destroy();
  }
}

function sending(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function free(kind: AwsResourceKind, id: string, name: string, createdAt?: Date) {
  return { kind, id, name, state: '', createdAt: createdAt?.toISOString(), costs: 'nothing' } as const;
}
