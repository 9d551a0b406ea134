/**
 * Who a connection is on AWS: keys, a profile, the default chain, and on top of each a role to assume. Makes no request;
 * what it returns asks STS when a client needs credentials, and again before they expire.
 */
import { fromIni, fromTemporaryCredentials, fromTokenFile } from '@aws-sdk/credential-providers';
import { z } from 'zod';

import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { readAwsExtra, readAwsExtraObject } from './aws-extra.js';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type AwsCredentialProvider = () => Promise<AwsCredentials>;

/** The part of a client's configuration that says who asks. Neither field: the SDK's default chain. */
export interface AwsIdentity {
  readonly profile?: string;
  readonly credentials?: AwsCredentials | AwsCredentialProvider;
}

/** Where STS is asked for a role. */
export interface StsPlace {
  readonly region?: string;
  readonly endpoint?: string;
}

/** How an assumed role's session is named in CloudTrail. */
const ROLE_SESSION_NAME = 'airtempo';

/** What Airflow passes on to `sts:AssumeRole`; a name that is not here is an error, not ignored. */
const assumeRoleSchema = z.strictObject({
  RoleSessionName: z.string().optional(),
  ExternalId: z.string().optional(),
  DurationSeconds: z.int().min(900).max(43_200).optional(),
  Policy: z.string().optional(),
  PolicyArns: z.array(z.strictObject({ arn: z.string() })).optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
  SourceIdentity: z.string().optional(),
});
type AssumeRoleOptions = z.infer<typeof assumeRoleSchema>;

/**
 * Reads who to be from `connection`. @throws AirtempoError INVALID_CONNECTION
 */
export function resolveAwsIdentity(connection: Connection, sts: StsPlace): AwsIdentity {
  const base = resolveBase(connection);
  const roleArn = readAwsExtra(connection, 'role_arn');
  const method = readAwsExtra(connection, 'assume_role_method');
  if (roleArn === undefined) {
    if (method === undefined) return base;
    throw invalid(
      connection,
      `extra.assume_role_method is ${method}, but there is no extra.role_arn to assume.`,
    );
  }
  const tokenFile = readTokenFile(connection, method);
  const options = readAssumeRoleOptions(connection);
  return {
    credentials:
      tokenFile === undefined
        ? assumeRole(base, roleArn, options, sts)
        : assumeWithToken(connection, roleArn, tokenFile, options, sts),
  };
}

function assumeRole(
  base: AwsIdentity,
  roleArn: string,
  options: AssumeRoleOptions,
  sts: StsPlace,
): AwsCredentialProvider {
  const master =
    base.credentials ?? (base.profile === undefined ? undefined : fromIni({ profile: base.profile }));
  return fromTemporaryCredentials({
    ...(master === undefined ? {} : { masterCredentials: master }),
    params: { RoleSessionName: ROLE_SESSION_NAME, ...withoutUndefined(options), RoleArn: roleArn },
    clientConfig: sts,
  });
}

function assumeWithToken(
  connection: Connection,
  roleArn: string,
  webIdentityTokenFile: string,
  options: AssumeRoleOptions,
  sts: StsPlace,
): AwsCredentialProvider {
  if (options.ExternalId !== undefined) {
    throw invalid(
      connection,
      'a role assumed with a web identity takes no external id. Remove extra.external_id.',
    );
  }
  return fromTokenFile({
    roleArn,
    webIdentityTokenFile,
    roleSessionName: options.RoleSessionName ?? ROLE_SESSION_NAME,
    ...(options.DurationSeconds === undefined ? {} : { durationSeconds: options.DurationSeconds }),
    clientConfig: sts,
  });
}

/** The token's file when the role is assumed with one, by airtempo's name or Airflow's. */
function readTokenFile(connection: Connection, method: string | undefined): string | undefined {
  const file = readAwsExtra(
    connection,
    'web_identity_token_file',
    'assume_role_with_web_identity_token_file',
  );
  switch (method) {
    case undefined:
      return file;
    case 'assume_role':
      return undefined;
    case 'assume_role_with_web_identity': {
      const federation = readAwsExtra(connection, 'assume_role_with_web_identity_federation') ?? 'file';
      if (federation === 'file' && file !== undefined) return file;
      throw invalid(
        connection,
        `a role assumed with a web identity needs the file of its token (federation is ${federation}). ` +
          'Set extra.web_identity_token_file.',
      );
    }
    default:
      throw invalid(
        connection,
        `extra.assume_role_method ${method} is not supported. Use assume_role or assume_role_with_web_identity.`,
      );
  }
}

function readAssumeRoleOptions(connection: Connection): AssumeRoleOptions {
  const parsed = assumeRoleSchema.safeParse(readAwsExtraObject(connection, 'assume_role_kwargs'));
  if (!parsed.success) {
    // only names: a value may be an external id
    const names = parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.join('.')],
    );
    throw invalid(connection, `extra.assume_role_kwargs: cannot use ${[...new Set(names)].join(', ')}.`);
  }
  const externalId = readAwsExtra(connection, 'external_id');
  return { ...parsed.data, ...(externalId === undefined ? {} : { ExternalId: externalId }) };
}

/** Keys, a profile, or neither for the default chain. */
function resolveBase(connection: Connection): AwsIdentity {
  const login = connection.login ?? readAwsExtra(connection, 'aws_access_key_id');
  const password = connection.password ?? readAwsExtra(connection, 'aws_secret_access_key');
  if ((login === undefined) !== (password === undefined)) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" has ${login === undefined ? 'a password but no login' : 'a login but no password'}. ` +
        `Set both (access key id and secret access key), or neither to use the default AWS credentials.`,
    );
  }
  const profile = readAwsExtra(connection, 'profile', 'profile_name');
  if (login === undefined || password === undefined) return profile === undefined ? {} : { profile };
  const sessionToken = readAwsExtra(connection, 'session_token', 'aws_session_token');
  return {
    credentials: {
      accessKeyId: login,
      secretAccessKey: password,
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
  };
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function invalid(connection: Connection, what: string): AirtempoError {
  return new AirtempoError('INVALID_CONNECTION', `Connection "${connection.id}": ${what}`);
}
