/**
 * How clients of AWS services are configured by a connection of type `aws` or `s3`: who to be, where, and at which
 * address. Makes no request; credentials are fetched, and fetched anew before they expire, when a client needs them.
 */
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { resolveAwsIdentity, type AwsIdentity } from './aws-credentials.js';
import { isObject, readAwsExtra, readAwsExtraObject } from './aws-extra.js';

export type { AwsCredentials } from './aws-credentials.js';
export { readAwsExtra } from './aws-extra.js';

/** Services that airtempo has clients for, by the names that `extra.service_config` uses (boto3's, as in Airflow). */
export type AwsService =
  's3' | 'sts' | 'iam' | 'ec2' | 'redshift' | 'redshift-data' | 'emr' | 'emr-serverless' | 'secretsmanager';

/** What every client of the AWS SDK takes. */
export interface AwsClientConfig extends AwsIdentity {
  readonly region?: string;
  readonly endpoint?: string;
  readonly requestHandler: { readonly connectionTimeout: number; readonly socketTimeout: number };
}

export interface AwsConfigOptions {
  /** Overrides the connection's `extra.region_name`. */
  readonly region?: string | undefined;
}

/** A server of one's own has no region, but signatures need one. */
const DEFAULT_REGION = 'us-east-1';
const CONNECT_TIMEOUT_S = 5;
const MOST_SECONDS = 3_600;
/** Of silence, also while an answer is awaited: botocore's, and so Airflow's. */
const READ_TIMEOUT_S = 60;

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
  return {
    ...resolveAwsIdentity(connection, resolvePlace(connection, 'sts', options)),
    ...resolvePlace(connection, service, options),
    requestHandler: {
      connectionTimeout: readSeconds(connection, 'connect_timeout', CONNECT_TIMEOUT_S) * 1000,
      socketTimeout: readSeconds(connection, 'read_timeout', READ_TIMEOUT_S) * 1000,
    },
  };
}

/** A time-out of `extra.config_kwargs`, in seconds as in botocore. What else stands there is botocore's own, and ignored. */
function readSeconds(connection: Connection, name: string, defaultSeconds: number): number {
  const value = readAwsExtraObject(connection, 'config_kwargs')[name] ?? defaultSeconds;
  if (typeof value === 'number' && value > 0 && value <= MOST_SECONDS) return value;
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${connection.id}": extra.config_kwargs.${name} must be a number of seconds from above 0 to ${String(MOST_SECONDS)}.`,
  );
}

/** Region and address. Amazon's own region is left to the SDK (AWS_REGION, profile) unless it is given. */
function resolvePlace(
  connection: Connection,
  service: AwsService,
  options: AwsConfigOptions,
): Pick<AwsClientConfig, 'region' | 'endpoint'> {
  const endpoint = readAwsEndpoint(connection, service);
  const region = options.region ?? readAwsExtra(connection, 'region_name', 'region');
  return {
    ...(region !== undefined ? { region } : endpoint !== undefined ? { region: DEFAULT_REGION } : {}),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** The address that a connection gives for a service, or undefined for Amazon's. */
export function readAwsEndpoint(connection: Connection, service: AwsService): string | undefined {
  const own = readAwsExtraObject(connection, 'service_config')[service];
  const url = isObject(own) ? own['endpoint_url'] : undefined;
  if (typeof url === 'string' && url !== '') return url;
  return readAwsExtra(connection, 'endpoint_url');
}
