/**
 * A Spark that can be run: PySpark in a virtual environment of its own, and the jars for S3 and Kafka, both in the user's
 * cache. They are fetched when first asked for, once, however many processes ask; nothing is installed in the system.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ensureJars, findJars } from '../jars/ensure-jars.js';
import { requireJava, SPARK_JAVA } from '../java.js';
import type { OnProgress } from '../progress.js';
import { ensurePythonEnv, findPythonEnv } from '../python/ensure-python-env.js';
import type { PythonEnv } from '../python/ensure-python-env.js';
import type { PythonEnvSpec } from '../python/python-env-spec.js';
import { SPARK_JARS } from './spark-jars.js';

/** The line of EMR 7.x (Scala 2.12), and the newest patch whose connectors Maven Central serves as well. */
export const SPARK_VERSION = '3.5.7';

const PYSPARK: PythonEnvSpec = {
  name: 'pyspark',
  title: `Spark ${SPARK_VERSION} (PySpark and scikit-learn, 740 MB)`,
  // MLlib needs numpy and pandas; scikit-learn is for the churn model's many small fits (ADR 30)
  requirements: [
    `pyspark==${SPARK_VERSION}`,
    'py4j==0.10.9.7',
    'numpy==1.26.4',
    'pandas==2.2.3',
    'python-dateutil==2.9.0.post0',
    'pytz==2024.2',
    'tzdata==2024.2',
    'six==1.16.0',
    'scipy==1.13.1',
    'scikit-learn==1.5.2',
    'joblib==1.4.2',
    'threadpoolctl==3.5.0',
  ],
  minimumPython: '3.9',
  expected: 'about 90 seconds',
};

type Env = Readonly<Record<string, string | undefined>>;

export interface LocalSpark {
  readonly sparkHome: string;
  readonly sparkSubmit: string;
  readonly python: string;
  /** The folder with the jars for S3 and Kafka. */
  readonly jars: string;
  /** What `spark-submit` must find in its environment, PATH included. */
  readonly env: Readonly<Record<string, string>>;
}

export interface EnsureSparkOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The environment to search in; the process's own by default. */
  readonly env?: Env;
}

/** Spark in the cache, or undefined while nobody has asked for it. Fetches nothing. */
export async function findSpark(env: Env = process.env): Promise<LocalSpark | undefined> {
  const python = await findPythonEnv(PYSPARK, env);
  const jars = await findJars(SPARK_JARS, env);
  return python === undefined || jars === undefined ? undefined : describeSpark(python, jars, env);
}

/**
 * Spark, fetched first if needed.
 * Throws BINARY_NOT_FOUND, naming what is missing and how to get it: Java, Python, Maven, or a way to their registries.
 */
export async function ensureSpark(options: EnsureSparkOptions = {}): Promise<LocalSpark> {
  const env = options.env ?? process.env;
  await requireJava(SPARK_JAVA, env);
  const jars = await ensureJars(SPARK_JARS, { ...options, env });
  return describeSpark(await ensurePythonEnv(PYSPARK, { ...options, env }), jars, env);
}

async function describeSpark({ dir, python }: PythonEnv, jars: string, env: Env): Promise<LocalSpark> {
  const lib = path.join(dir, 'lib');
  const [version = 'python3'] = await readdir(lib);
  const sparkHome = path.join(lib, version, 'site-packages', 'pyspark');
  const javaHome = env['JAVA_HOME'];
  return {
    sparkHome,
    sparkSubmit: path.join(sparkHome, 'bin', 'spark-submit'),
    python,
    jars,
    env: {
      // first in PATH, or Spark asks the system's Python for pyspark
      PATH: `${path.join(dir, 'bin')}${path.delimiter}${env['PATH'] ?? '/usr/bin:/bin'}`,
      SPARK_HOME: sparkHome,
      PYSPARK_PYTHON: python,
      PYSPARK_DRIVER_PYTHON: python,
      SPARK_LOCAL_IP: '127.0.0.1',
      ...(javaHome ? { JAVA_HOME: javaHome } : {}),
    },
  };
}
