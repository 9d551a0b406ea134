/**
 * How clients of AWS services are configured by a connection of type `aws` or `s3`: who to be, where, and at which
 * address. Makes no request; credentials are fetched, and fetched anew before they expire, when a client needs them.
 */
import { fromIni, fromTemporaryCredentials, fromTokenFile } from '@aws-sdk/credential-providers';

import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';

/** Services that airtempo has clients for, by the names that `extra.service_config` uses (boto3's, as in Airflow). */
export type AwsService =
  's3' | 'sts' | 'iam' | 'ec2' | 'redshift' | 'redshift-data' | 'emr' | 'emr-serverless' | 'secretsmanager';

/** What every client of the AWS SDK takes. */
export interface AwsClientConfig {
  readonly region?: string;
  readonly endpoint?: string;
  readonly profile?: string;
  readonly credentials?: AwsCredentials | AwsCredentialProvider;
  readonly requestHandler: { readonly connectionTimeout: number };
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export type AwsCredentialProvider = () => Promise<AwsCredentials>;

export interface AwsConfigOptions {
  /** Overrides the connection's `extra.region_name`. */
  readonly region?: string | undefined;
}

/** A server of one's own has no region, but signatures need one. */
const DEFAULT_REGION = 'us-east-1';
const CONNECT_TIMEOUT_MS = 5_000;
/** How an assumed role's session is named in CloudTrail. */
const ROLE_SESSION_NAME = 'airtempo';

/** Text of `extra` under the first of these names that is set. */
export function readAwsExtra(connection: Connection, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = connection.extra[name];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value === 'string') return value;
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}": extra.${name} must be text.`,
    );
  }
  return undefined;
}

/**
 * The configuration of a client of `service`. Without a login the SDK's default chain answers (environment, profile,
 * web identity, container, instance); `extra` may name a profile, a session token, or a role to assume:
 * `role_arn` with `external_id`, or with `web_identity_token_file`. The address is
 * `extra.service_config.<service>.endpoint_url`, else `extra.endpoint_url`, else Amazon's.
 * @throws AirtempoError INVALID_CONNECTION
 */
export function resolveAwsConfig(
  connection: Connection,
  service: AwsService,
  options: AwsConfigOptions = {},
): AwsClientConfig {
  if (connection.type !== 'aws' && connection.type !== 's3') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" is of type ${connection.type}, but AWS (${service}) needs type aws or s3. ` +
        `Name another connection or change its type.`,
    );
  }
  const endpoint = readEndpoint(connection, service);
  const region = options.region ?? readAwsExtra(connection, 'region_name', 'region');
  return {
    ...resolveCredentials(connection, region),
    // Amazon's own region is left to the SDK (AWS_REGION, profile) unless it is given
    ...(region !== undefined ? { region } : endpoint !== undefined ? { region: DEFAULT_REGION } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS },
  };
}

/** The address of a service, or undefined for Amazon's. */
function readEndpoint(connection: Connection, service: AwsService): string | undefined {
  const config = connection.extra['service_config'];
  const own = isObject(config) ? config[service] : undefined;
  const url = isObject(own) ? own['endpoint_url'] : undefined;
  if (typeof url === 'string' && url !== '') return url;
  return readAwsExtra(connection, 'endpoint_url');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Identity = Pick<AwsClientConfig, 'credentials' | 'profile'>;

function resolveCredentials(connection: Connection, region: string | undefined): Identity {
  const base = resolveBase(connection);
  const roleArn = readAwsExtra(connection, 'role_arn');
  if (roleArn === undefined) return base;
  const tokenFile = readAwsExtra(connection, 'web_identity_token_file');
  const endpoint = readEndpoint(connection, 'sts');
  const clientConfig = {
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint, region: region ?? DEFAULT_REGION }),
  };
  if (tokenFile !== undefined) {
    const webIdentityTokenFile = tokenFile;
    return {
      credentials: fromTokenFile({
        roleArn,
        webIdentityTokenFile,
        roleSessionName: ROLE_SESSION_NAME,
        clientConfig,
      }),
    };
  }
  const externalId = readAwsExtra(connection, 'external_id');
  const master =
    base.credentials ?? (base.profile === undefined ? undefined : fromIni({ profile: base.profile }));
  return {
    credentials: fromTemporaryCredentials({
      ...(master === undefined ? {} : { masterCredentials: master }),
      params: {
        RoleArn: roleArn,
        RoleSessionName: ROLE_SESSION_NAME,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      },
      clientConfig,
    }),
  };
}

/** Keys, a profile, or neither for the default chain. */
function resolveBase(connection: Connection): Identity {
  const { id, login, password } = connection;
  if ((login === undefined) !== (password === undefined)) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${id}" has ${login === undefined ? 'a password but no login' : 'a login but no password'}. ` +
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
