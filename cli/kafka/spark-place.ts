/**
 * Where the Spark job of a topic runs, and how it gets the settings of Kafka's client: what has no secret in it as arguments, the
 * rest in the environment of spark-submit or, for EMR, in a file on S3.
 */
import { findAwsConnection } from '../../activities/emr/open-emr.js';
import { KAFKA_CONNECTOR, SETTINGS_VARIABLE } from '../../activities/kafka/stream-job.js';
import { openRunner } from '../../activities/spark/open-runner.js';
import { isOnS3, putJobFile } from '../../activities/spark/upload-job-files.js';
import { holdsPassword, readJavaSettings, type JavaSettings } from '../../connections/kafka/java-settings.js';
import type { SparkRunner } from '../../connections/spark/spark-runner.js';
import { readSparkSettings } from '../../connections/spark/spark-settings.js';
import { createSparkSubmit } from '../../connections/spark/spark-submit.js';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { throttleProgress } from '../../local/progress.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { createSparkConnection } from '../../local/spark/spark-connection.js';
import type { App } from '../app.js';
import { say } from '../output.js';

export interface PlaceOptions {
  /** The job's name. */
  readonly name: string;
  readonly lake: string;
  readonly local?: true;
  readonly connId: string;
  readonly clusterId?: string;
  readonly kafkaConnId: string;
  readonly s3ConnId: string;
  readonly uploadTo?: string;
  readonly secretsTo?: string;
  readonly packages?: string;
}

export interface SparkPlace {
  /** Close it. */
  readonly runner: SparkRunner;
  readonly conf: Readonly<Record<string, string>>;
  /** Puts the settings where the job finds them; the arguments that say where. */
  placeSettings(): Promise<readonly string[]>;
}

/** Throws INVALID_CONNECTION, INVALID_ARGUMENT, and what opening a runner throws. */
export async function openSparkPlace(
  app: App,
  options: PlaceOptions,
  signal: AbortSignal,
): Promise<SparkPlace> {
  const settings = await readJavaSettings(await app.registry.get(options.kafkaConnId));
  const { 'bootstrap.servers': brokers = '', ...more } = settings;
  const isOpen = Object.keys(more).length === 0;
  const env = isOpen ? {} : { [SETTINGS_VARIABLE]: JSON.stringify(settings) };
  const runner =
    options.local === true
      ? await openHere(app, options, env)
      : await openElsewhere(app, options, env, isOpen, signal);
  const packages = options.packages ?? (runner.filesAt === 's3' ? KAFKA_CONNECTOR : undefined);
  return {
    runner,
    conf: packages === undefined ? {} : { 'spark.jars.packages': packages },
    placeSettings: async () => {
      if (isOpen) return ['--brokers', brokers];
      return runner.filesAt === 'disk' ? [] : ['--settings', await upload(app, options, settings, signal)];
    },
  };
}

type Env = Readonly<Record<string, string>>;

async function openHere(app: App, { lake, s3ConnId }: PlaceOptions, env: Env): Promise<SparkRunner> {
  const onProgress = throttleProgress(({ message }) => say(message));
  const spark = await ensureSpark({ onProgress });
  const s3 = isOnS3(lake) ? await app.registry.get(s3ConnId) : undefined;
  const settings = readSparkSettings(createSparkConnection(spark, s3));
  return createSparkSubmit({ ...settings, env: { ...settings.env, ...env } });
}

async function openElsewhere(
  app: App,
  { lake, connId, clusterId }: PlaceOptions,
  env: Env,
  isOpen: boolean,
  signal: AbortSignal,
): Promise<SparkRunner> {
  const connection = (id: string): Promise<Connection> => app.registry.get(id);
  const { type } = await connection(connId);
  if (type === 'aws' && clusterId === undefined) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      'Where is the job to run? Give --cluster-id, --conn-id with a connection of type emr or spark, or --local.',
    );
  }
  if (type === 'emr_serverless') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connId}" is of type emr_serverless: name one of type emr, aws or spark, or give --local.`,
    );
  }
  if (type !== 'spark' && !isOnS3(lake)) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `${lake} is a folder of this machine, which EMR cannot reach: give --lake s3://bucket/prefix/, or --local.`,
    );
  }
  if (type === 'spark' && !isOpen && readSparkSettings(await connection(connId)).deployMode === 'cluster') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connId}" has deploy_mode cluster, where the driver does not get this machine's environment, by which Kafka's password goes: take client.`,
    );
  }
  const cluster = clusterId === undefined ? undefined : { clusterId };
  return openRunner({ connection, signal }, { connId, cluster, env });
}

/** Settings with a password are put where somebody has said they may be. */
async function upload(
  app: App,
  { name, lake, connId, uploadTo = `${lake}_jobs/`, secretsTo, kafkaConnId }: PlaceOptions,
  settings: JavaSettings,
  signal: AbortSignal,
): Promise<string> {
  if (holdsPassword(settings) && secretsTo === undefined) {
    throw new AirtempoError(
      'INVALID_ARGUMENT',
      `Connection "${kafkaConnId}" has a password, and whoever may look at EMR's steps reads their arguments: give --secrets-to s3://bucket/prefix/, which only the cluster may read.`,
    );
  }
  const connection = (id: string): Promise<Connection> => app.registry.get(id);
  const aws = await findAwsConnection({ connection }, await connection(connId));
  const { connectS3 } = await import('../../connections/s3.js');
  const place = { storage: connectS3(aws), aws, uploadTo: secretsTo ?? uploadTo };
  try {
    const file = `kafka-${name.slice(-12)}.json`;
    return await putJobFile(file, Buffer.from(JSON.stringify(settings)), place, signal);
  } finally {
    place.storage.close();
  }
}
