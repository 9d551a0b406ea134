/** How `connections test` tries the connections of Spark jobs: it looks, and starts nothing. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { DescribeClusterCommand, EMRClient, ListClustersCommand } from '@aws-sdk/client-emr';
import { EMRServerlessClient, GetApplicationCommand } from '@aws-sdk/client-emr-serverless';
import { mapAwsError } from '../../connections/aws-errors.js';
import { readAwsExtra, resolveAwsConfig } from '../../connections/aws.js';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';

const run = promisify(execFile);

/** Looks a connection up by its id, as a registry does. */
type FindConnection = (id: string) => Promise<Connection>;

/** What the connection's cluster is doing, or that EMR lets us ask when it names none. */
export async function describeEmr(
  connection: Connection,
  find: FindConnection,
  signal: AbortSignal,
): Promise<string> {
  const aws = await find(readAwsExtra(connection, 'aws_conn_id') ?? 'aws_credentials');
  const clusterId = readAwsExtra(connection, 'cluster_id');
  const client = new EMRClient(resolveAwsConfig(aws, 'emr'));
  const action = clusterId === undefined ? 'ListClusters' : 'DescribeCluster';
  try {
    if (clusterId === undefined) {
      const command = new ListClustersCommand({ ClusterStates: ['RUNNING', 'WAITING'] });
      const { Clusters: clusters = [] } = await client.send(command, { abortSignal: signal });
      return `signed in; ${String(clusters.length)} clusters are running or waiting`;
    }
    const command = new DescribeClusterCommand({ ClusterId: clusterId });
    const { Cluster: cluster } = await client.send(command, { abortSignal: signal });
    return `cluster ${clusterId} (${cluster?.Name ?? 'unnamed'}) is ${cluster?.Status?.State ?? 'unknown'}`;
  } catch (error) {
    throw mapAwsError(error, aws, { service: 'Amazon EMR', action });
  } finally {
    client.destroy();
  }
}

/** The state of the connection's EMR Serverless application. */
export async function describeEmrServerless(
  connection: Connection,
  find: FindConnection,
  signal: AbortSignal,
): Promise<string> {
  const applicationId = readAwsExtra(connection, 'application_id');
  if (applicationId === undefined) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" has no extra.application_id: give the id of an EMR Serverless application.`,
    );
  }
  const aws = await find(readAwsExtra(connection, 'aws_conn_id') ?? 'aws_credentials');
  const client = new EMRServerlessClient(resolveAwsConfig(aws, 'emr-serverless'));
  try {
    const { application } = await client.send(new GetApplicationCommand({ applicationId }), {
      abortSignal: signal,
    });
    return `application ${applicationId} (${application?.releaseLabel ?? 'unknown release'}) is ${application?.state ?? 'unknown'}`;
  } catch (error) {
    throw mapAwsError(error, aws, { service: 'Amazon EMR Serverless', action: 'GetApplication' });
  } finally {
    client.destroy();
  }
}

/** The version of the spark-submit that the connection names; the master is not asked, as that needs a job. */
export async function describeSpark(connection: Connection, signal: AbortSignal): Promise<string> {
  const home = readAwsExtra(connection, 'spark_home');
  const binary =
    readAwsExtra(connection, 'spark_binary') ??
    (home === undefined ? 'spark-submit' : path.join(home, 'bin', 'spark-submit'));
  try {
    const { stdout, stderr } = await run(binary, ['--version'], { signal });
    const version = /version (\d\S*)/.exec(stdout + stderr)?.[1] ?? 'of an unknown version';
    return `${binary} is Spark ${version}; master ${connection.host ?? 'local[*]'}`;
  } catch (error) {
    throw new AirtempoError(
      'CONNECTION_REFUSED',
      `Connection "${connection.id}": ${binary} --version failed (${(error as Error).message.split('\n')[0] ?? ''}). ` +
        'Install Spark, or set extra.spark_home or extra.spark_binary.',
      { cause: error },
    );
  }
}
