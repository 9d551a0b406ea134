/**
 * How a session on the wire protocol logs in where the connection has no password: `extra.iam` asks the service for one
 * that lasts minutes, as in Airflow. It stays in the memory of the session that uses it.
 */
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { mapAwsError } from '../aws-errors.js';
import { resolveAwsConfig } from '../aws.js';
import { parseRedshiftDataTarget } from '../redshift-data/target.js';

/** It has to last until the session is open; an open session outlives it. The shortest that AWS gives. */
const LIFETIME_S = 900;

/**
 * The connection as it is, or with a user and password for now. `findConnection` finds the AWS identity that asks.
 * @throws AirtempoError INVALID_CONNECTION, ACCESS_DENIED, AWS_UNAVAILABLE
 */
export async function resolveSessionLogin(
  connection: Connection,
  findConnection: (connId: string) => Promise<Connection>,
  signal?: AbortSignal,
): Promise<Connection> {
  if (connection.type !== 'redshift' || connection.extra['iam'] !== true) return connection;
  if (connection.password !== undefined) return connection;
  const { target, awsConnId } = parseRedshiftDataTarget(connection);
  const user = target.DbUser ?? connection.login;
  if (target.ClusterIdentifier === undefined || user === undefined) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}": extra.iam needs extra.cluster_identifier and a login (the database user). Set them, or give a password.`,
    );
  }
  const aws = await findConnection(awsConnId);
  const { GetClusterCredentialsCommand, RedshiftClient } = await import('@aws-sdk/client-redshift');
  const client = new RedshiftClient(resolveAwsConfig(aws, 'redshift'));
  const command = new GetClusterCredentialsCommand({
    ClusterIdentifier: target.ClusterIdentifier,
    DbUser: user,
    DbName: target.Database,
    AutoCreate: false,
    DurationSeconds: LIFETIME_S,
  });
  try {
    const { DbUser: login, DbPassword: password } = await client.send(
      command,
      signal === undefined ? {} : { abortSignal: signal },
    );
    if (login === undefined || password === undefined) throw new Error('the answer has no credentials');
    return { ...connection, login, password };
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw mapAwsError(error, aws, { service: 'Amazon Redshift', action: 'GetClusterCredentials' });
  } finally {
    client.destroy();
  }
}
