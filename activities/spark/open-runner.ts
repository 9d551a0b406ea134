/** The Spark runner that a connection stands for, by its type. */
import { createSparkOnEmr } from '../../connections/spark/spark-on-emr.js';
import { createSparkSubmit } from '../../connections/spark/spark-submit.js';
import type { SparkRunner } from '../../connections/spark/spark-runner.js';
import { readSparkSettings } from '../../connections/spark/spark-settings.js';
import { readAwsExtra } from '../../connections/aws.js';
import type { Connection } from '../../core/connection.js';
import type { TaskContext } from '../../core/context.js';
import { AirtempoError } from '../../core/errors.js';
import { findAwsConnection } from '../emr/open-emr.js';
import type { SparkJobArgs } from '../spark-job.js';

type RunnerArgs = Pick<SparkJobArgs, 'connId' | 'cluster' | 'actionOnFailure' | 'deployMode' | 'uploadTo'> & {
  /** What a job by spark-submit finds in its environment: secrets. Other places have no such thing. */
  readonly env?: Readonly<Record<string, string>> | undefined;
};

/** Opens the runner; close it. Throws INVALID_CONNECTION, CLUSTER_NOT_FOUND, CLUSTER_CONFLICT. */
export async function openRunner(
  ctx: Pick<TaskContext, 'connection' | 'signal'>,
  args: RunnerArgs,
): Promise<SparkRunner> {
  const connection = await ctx.connection(args.connId);
  const { id, type } = connection;
  if (type === 'emr' || (type === 'aws' && args.cluster !== undefined))
    return openEmrRunner(ctx, args, connection);
  if (type === 'emr_serverless') return openServerlessRunner(ctx, args, connection);
  if (type === 'spark') {
    const settings = readSparkSettings(connection, args.deployMode);
    return createSparkSubmit({ ...settings, env: { ...settings.env, ...args.env } });
  }
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${id}" is of type ${type}, which runs no Spark jobs. Name one of type emr, emr_serverless or spark.`,
  );
}

async function openEmrRunner(
  ctx: Pick<TaskContext, 'connection' | 'signal'>,
  args: RunnerArgs,
  connection: Connection,
): Promise<SparkRunner> {
  const aws = await findAwsConnection(ctx, connection);
  const { connectEmr } = await import('../../connections/emr/emr.js');
  const client = connectEmr(aws);
  const { connectS3 } = await import('../../connections/s3.js');
  const storage = connectS3(aws);
  try {
    const clusterId =
      args.cluster?.clusterId ??
      readAwsExtra(connection, 'cluster_id') ??
      (await findNamed(readAwsExtra(connection, 'cluster_name')));
    const { actionOnFailure = 'CONTINUE', deployMode = 'client' } = args;
    return createSparkOnEmr({ client, clusterId, storage, actionOnFailure, deployMode });
  } catch (error) {
    client.close();
    storage.close();
    throw error;
  }

  async function findNamed(name: string | undefined): Promise<string> {
    if (name === undefined) {
      throw new AirtempoError(
        'INVALID_CONNECTION',
        `Connection "${connection.id}" names no cluster, and neither does the task: set extra.cluster_id or extra.cluster_name, or pass cluster.`,
      );
    }
    const found = await client.findCluster(name, { anyone: true }, ctx.signal);
    if (found !== undefined) return found.clusterId;
    throw new AirtempoError(
      'CLUSTER_NOT_FOUND',
      `No active EMR cluster is called "${name}" (connection "${connection.id}"). Create it with "airtempo emr up --name ${name}".`,
    );
  }
}

async function openServerlessRunner(
  ctx: Pick<TaskContext, 'connection'>,
  args: RunnerArgs,
  connection: Connection,
): Promise<SparkRunner> {
  const [applicationId, executionRoleArn] = ['application_id', 'execution_role_arn'].map((field) => {
    const value = readAwsExtra(connection, field);
    if (value !== undefined) return value;
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" has no extra.${field}. Set it.`,
    );
  }) as [string, string]; // one for each field
  if (args.uploadTo === undefined) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `EMR Serverless (connection "${connection.id}") keeps logs on S3: pass uploadTo, an s3://bucket/prefix/ for job files and logs.`,
    );
  }
  const aws = await findAwsConnection(ctx, connection);
  const logUri = `${args.uploadTo.replace(/\/*$/, '')}/logs/`;
  const { createSparkOnEmrServerless } = await import('../../connections/spark/spark-on-emr-serverless.js');
  const { connectS3 } = await import('../../connections/s3.js');
  return createSparkOnEmrServerless({
    aws,
    applicationId,
    executionRoleArn,
    storage: connectS3(aws),
    logUri,
  });
}
