/** What a connection of type spark says of spark-submit. Pure. */
import path from 'node:path';
import { z } from 'zod';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { readAwsExtra } from '../aws.js';
import type { SparkSubmitOptions } from './spark-submit.js';

const texts = z.record(z.string(), z.string());

/** Reads the fields, and fills in what Airflow fills in. Throws INVALID_CONNECTION. */
export function readSparkSettings(
  connection: Connection,
  deployMode: string | undefined = readAwsExtra(connection, 'deploy_mode'),
): SparkSubmitOptions {
  const home = readAwsExtra(connection, 'spark_home');
  const python = readAwsExtra(connection, 'python');
  const { host, port } = connection;
  return {
    program:
      readAwsExtra(connection, 'spark_binary') ??
      (home === undefined ? 'spark-submit' : path.join(home, 'bin', 'spark-submit')),
    master: host === undefined ? 'local[*]' : port === undefined ? host : `${host}:${String(port)}`,
    deployMode,
    conf: readTexts(connection, 'conf'),
    env: {
      ...(home === undefined ? {} : { SPARK_HOME: home }),
      ...(python === undefined ? {} : { PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python }),
      ...readTexts(connection, 'env'),
    },
  };
}

function readTexts(connection: Connection, field: 'conf' | 'env'): Readonly<Record<string, string>> {
  const parsed = texts.safeParse(connection.extra[field] ?? {});
  if (parsed.success) return parsed.data;
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${connection.id}": extra.${field} must be an object of names and texts.`,
  );
}
