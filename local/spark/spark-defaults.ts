/** The configuration of a local Spark that reads and writes the local S3, as spark-defaults.conf. Pure. */
import { readAwsExtra } from '../../connections/aws.js';
import type { Connection } from '../../core/connection.js';
import type { LocalSpark } from './ensure-spark.js';

/** Values are never secret: the keys of S3 travel in the environment (`computeS3Env`). */
export type SparkConf = Readonly<Record<string, string>>;

/** What every job of this machine gets; its own `--conf` comes first. */
export function computeSparkDefaults(spark: LocalSpark, s3?: Connection): SparkConf {
  return {
    'spark.master': 'local[*]',
    // The interface of the machine that has a route may be open to others.
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.ui.enabled': 'false',
    // The class path and not --jars: spark-submit itself reads the job's file from S3 by them.
    'spark.driver.extraClassPath': `${spark.jars}/*`,
    // 200 tasks for a megabyte would take longer than the work.
    'spark.sql.shuffle.partitions': '4',
    ...(s3 === undefined ? {} : computeS3Defaults(s3)),
  };
}

function computeS3Defaults(s3: Connection): SparkConf {
  const endpoint = readAwsExtra(s3, 'endpoint_url') ?? 'https://s3.amazonaws.com';
  return {
    // What EMR calls s3:// is s3a:// in Hadoop: so the same URLs work in both places.
    'spark.hadoop.fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    'spark.hadoop.fs.s3a.endpoint': endpoint,
    'spark.hadoop.fs.s3a.endpoint.region': readAwsExtra(s3, 'region_name', 'region') ?? 'us-east-1',
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.connection.ssl.enabled': String(endpoint.startsWith('https:')),
    'spark.hadoop.fs.s3a.aws.credentials.provider':
      'com.amazonaws.auth.EnvironmentVariableCredentialsProvider',
    // Deleting the markers never ends on a server whose folders are real (versitygw).
    'spark.hadoop.fs.s3a.directory.marker.retention': 'keep',
    'spark.hadoop.fs.s3a.attempts.maximum': '5',
  };
}

/** The environment by which Spark signs in to S3. */
export function computeS3Env(s3: Connection): Readonly<Record<string, string>> {
  return { AWS_ACCESS_KEY_ID: s3.login ?? '', AWS_SECRET_ACCESS_KEY: s3.password ?? '' };
}

/** The text of a spark-defaults.conf. */
export function formatSparkDefaults(conf: SparkConf): string {
  return Object.entries(conf)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}
