/** What a connection of type `redshift` says about its driver, and which cluster or workgroup the Data API is to ask. */
import { z } from 'zod';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';

export const REDSHIFT_DRIVERS = ['wire', 'data-api'] as const;
export type RedshiftDriver = (typeof REDSHIFT_DRIVERS)[number];

/** Where the Data API runs statements, in its own words. */
export interface RedshiftDataTarget {
  readonly ClusterIdentifier?: string;
  readonly WorkgroupName?: string;
  readonly DbUser?: string;
  readonly SecretArn?: string;
  readonly Database: string;
}

const DEFAULT_DATABASE = 'dev';
const DEFAULT_AWS_CONN_ID = 'aws_credentials';

const text = z.string().min(1).optional();

const schema = z
  .object({
    cluster_identifier: text,
    workgroup_name: text,
    db_user: text,
    secret_arn: text,
    aws_conn_id: text,
  })
  .refine(
    (extra) => (extra.cluster_identifier === undefined) !== (extra.workgroup_name === undefined),
    'give cluster_identifier (a cluster) or workgroup_name (Serverless), not both',
  )
  .refine(
    ({ workgroup_name, db_user }) => workgroup_name === undefined || db_user === undefined,
    'remove db_user: with workgroup_name the database user follows from the IAM identity',
  )
  .refine(
    ({ secret_arn, db_user }) => secret_arn === undefined || db_user === undefined,
    'give db_user (temporary credentials) or secret_arn, not both',
  );

function invalid({ id }: Connection, problem: string): AirtempoError {
  return new AirtempoError('INVALID_CONNECTION', `Connection "${id}": ${problem}`);
}

/**
 * How the connection is spoken to: `extra.driver`, by default the wire protocol.
 * @throws AirtempoError INVALID_CONNECTION for a driver that does not exist
 */
export function readRedshiftDriver(connection: Connection): RedshiftDriver {
  const given = connection.extra['driver'];
  if (connection.type !== 'redshift' || given === undefined || given === null || given === '') return 'wire';
  const driver = REDSHIFT_DRIVERS.find((known) => known === given);
  if (driver !== undefined) return driver;
  throw invalid(
    connection,
    `extra.driver is ${JSON.stringify(given)}. Write "data-api" for the Redshift Data API, or remove it for the wire protocol ("wire").`,
  );
}

/** The target, and the id of the connection whose AWS identity asks. Throws INVALID_CONNECTION. */
export function parseRedshiftDataTarget(connection: Connection): {
  readonly target: RedshiftDataTarget;
  readonly awsConnId: string;
} {
  const parsed = schema.safeParse(connection.extra);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `extra.${path.join('.')}: ${message}`,
    );
    throw invalid(connection, `the Data API needs other fields: ${issues.join('; ')}.`);
  }
  const { cluster_identifier, workgroup_name, db_user, secret_arn, aws_conn_id } = parsed.data;
  return {
    target: {
      ...(cluster_identifier === undefined ? {} : { ClusterIdentifier: cluster_identifier }),
      ...(workgroup_name === undefined ? {} : { WorkgroupName: workgroup_name }),
      ...(db_user === undefined ? {} : { DbUser: db_user }),
      ...(secret_arn === undefined ? {} : { SecretArn: secret_arn }),
      Database: connection.schema ?? DEFAULT_DATABASE,
    },
    awsConnId: aws_conn_id ?? DEFAULT_AWS_CONN_ID,
  };
}
