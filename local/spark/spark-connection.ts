/** The connection of type spark by which jobs run on this machine's own Spark, against the local S3. Pure. */
import type { Connection } from '../../core/connection.js';
import type { LocalSpark } from './ensure-spark.js';
import { computeS3Env, computeSparkDefaults } from './spark-defaults.js';

/** The connection `spark`; the keys of S3, if it is to read one, are in `extra.env`, so that they get into no command line. */
export function createSparkConnection(spark: LocalSpark, s3?: Connection): Connection {
  const { 'spark.master': host = 'local[*]', ...conf } = computeSparkDefaults(spark, s3);
  return {
    id: 'spark',
    type: 'spark',
    description: 'Spark on this machine',
    host,
    extra: {
      spark_home: spark.sparkHome,
      python: spark.python,
      conf,
      env: { ...spark.env, ...(s3 === undefined ? {} : computeS3Env(s3)) },
    },
  };
}
