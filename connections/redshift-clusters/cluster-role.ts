/**
 * The IAM role by which a cluster reads its data from S3. A role that airtempo made is kept as it should be; one that
 * somebody else made is used as it is.
 */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { mapAwsError, readAwsFailure } from '../aws-errors.js';
import { createTags, isOwn } from '../aws-tags.js';
import { resolveAwsConfig } from '../aws.js';
import { createRolePolicy, TRUST_POLICY, TRUSTED_SERVICE } from './role-policy.js';

/** The role's only policy, kept inside it. */
const POLICY_NAME = 'airtempo-read-data';

/** What a role is to be. */
export interface RoleSpec {
  readonly name: string;
  /** What it may read: `s3://bucket/prefix/`. */
  readonly dataPrefixes: readonly string[];
  readonly runId: string;
}

/** What `ensure` did. `foreign`: somebody else made the role, and what it may do is theirs to say. */
export interface EnsuredRole {
  readonly arn: string;
  readonly change: 'created' | 'updated' | 'unchanged' | 'foreign';
}

export interface ClusterRoles {
  /** Safe to repeat. Throws CLUSTER_CONFLICT for a role of that name that clusters cannot take. */
  ensure(spec: RoleSpec): Promise<EnsuredRole>;
  /** Deletes the role if airtempo made it. */
  remove(name: string): Promise<'removed' | 'foreign' | 'gone'>;
  close(): void;
}

const roleSchema = z.object({
  Arn: z.string().min(1),
  AssumeRolePolicyDocument: z.string().default(''),
  Tags: z.array(z.object({ Key: z.string().optional(), Value: z.string().optional() })).default([]),
});

type Role = z.infer<typeof roleSchema>;

const GONE = /^NoSuchEntity/;
const EXISTS = /^EntityAlreadyExists/;

/** A client with this connection's credentials. */
export function connectClusterRoles(connection: Connection, signal?: AbortSignal): ClusterRoles {
  const client = new IAMClient(resolveAwsConfig(connection, 'iam'));
  const options = signal === undefined ? {} : { abortSignal: signal };

  /** Runs one call; undefined stands for an error whose code is `expected`. */
  const ask = async <T>(action: string, call: () => Promise<T>, expected: RegExp): Promise<T | undefined> => {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      if (expected.test(readAwsFailure(error).name)) return undefined;
      throw mapAwsError(error, connection, { service: 'AWS IAM', action });
    }
  };
  const find = async (name: string): Promise<Role | undefined> => {
    const answer = await ask(
      'GetRole',
      () => client.send(new GetRoleCommand({ RoleName: name }), options),
      GONE,
    );
    return answer === undefined ? undefined : roleSchema.parse(answer.Role);
  };
  const create = async ({ name, runId }: RoleSpec): Promise<Role | undefined> => {
    const command = new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify(TRUST_POLICY),
      Description: 'Lets Redshift clusters of airtempo read their data',
      Tags: [...createTags(name, runId)],
    });
    const answer = await ask('CreateRole', () => client.send(command, options), EXISTS);
    return answer === undefined ? undefined : roleSchema.parse(answer.Role);
  };
  const readPolicy = async (name: string): Promise<string | undefined> => {
    const command = new GetRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME });
    const answer = await ask('GetRolePolicy', () => client.send(command, options), GONE);
    return answer?.PolicyDocument === undefined ? undefined : decodeURIComponent(answer.PolicyDocument);
  };
  const putPolicy = (name: string, document: string): Promise<unknown> =>
    ask(
      'PutRolePolicy',
      () =>
        client.send(
          new PutRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME, PolicyDocument: document }),
          options,
        ),
      /^$/,
    );

  return {
    ensure: async (spec) => {
      createRolePolicy(spec.dataPrefixes); // a wrong prefix is told before anything is made
      const found = await find(spec.name);
      const created = found === undefined ? await create(spec) : undefined;
      // made by somebody in between: then it is found
      const role = created ?? found ?? (await find(spec.name));
      if (role === undefined) throw vanished(spec.name, connection);
      if (created === undefined && !isOwn(role.Tags, spec.name)) {
        checkTrust(role, spec.name);
        return { arn: role.Arn, change: 'foreign' };
      }
      const wanted = JSON.stringify(createRolePolicy(spec.dataPrefixes, partitionOf(role.Arn)));
      const present = created === undefined ? await readPolicy(spec.name) : undefined;
      if (present === wanted) return { arn: role.Arn, change: 'unchanged' };
      await putPolicy(spec.name, wanted);
      return { arn: role.Arn, change: created === undefined ? 'updated' : 'created' };
    },
    remove: async (name) => {
      const role = await find(name);
      if (role === undefined) return 'gone';
      if (!isOwn(role.Tags, name)) return 'foreign';
      const policy = new DeleteRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME });
      await ask('DeleteRolePolicy', () => client.send(policy, options), GONE);
      await ask('DeleteRole', () => client.send(new DeleteRoleCommand({ RoleName: name }), options), GONE);
      return 'removed';
    },
    close: () => client.destroy(),
  };
}

/** `aws` of `arn:aws:iam::123456789012:role/RedshiftRole`. */
function partitionOf(arn: string): string {
  return arn.split(':')[1] ?? 'aws';
}

function checkTrust(role: Role, name: string): void {
  if (decodeURIComponent(role.AssumeRolePolicyDocument).includes(TRUSTED_SERVICE)) return;
  throw new AirtempoError(
    'CLUSTER_CONFLICT',
    `The IAM role ${name} is there, but not made by airtempo, and its trust policy does not name ${TRUSTED_SERVICE}: ` +
      `clusters could not take it. Name another role, or add the service to its trust policy.`,
  );
}

function vanished(name: string, connection: Connection): AirtempoError {
  return new AirtempoError(
    'AWS_UNAVAILABLE',
    `The IAM role ${name} was there and is gone again (connection "${connection.id}"): somebody deletes it. Try again.`,
  );
}
