/**
 * Airflow's connection model, as data. A connection is named in DAGs and in histories by its id only;
 * the values below exist in worker memory alone. Stores and clients live in connections/.
 */

/** The connection types airtempo has clients for. */
export type ConnectionType =
  | 'aws'
  | 's3'
  | 'postgres'
  | 'redshift'
  | 'emr'
  | 'emr_serverless'
  | 'spark'
  | 'kafka'
  | 'http'
  | 'slackwebhook'
  | 'smtp';

/** One resolved connection. Absent fields are absent, never empty strings. */
export interface Connection {
  /** The name DAGs use, such as `aws_credentials` or `redshift`. */
  readonly id: string;
  readonly type: ConnectionType;
  readonly description?: string;
  readonly host?: string;
  /** Airflow's word for the database name. */
  readonly schema?: string;
  /** User name, or AWS access key id. */
  readonly login?: string;
  /** Password, or AWS secret access key. Never log it. */
  readonly password?: string;
  readonly port?: number;
  /** Type-specific settings, e.g. `endpoint_url`, `region_name`, `sslmode`. May hold secrets. */
  readonly extra: Readonly<Record<string, unknown>>;
}
