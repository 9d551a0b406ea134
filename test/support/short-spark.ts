/** A Spark whose JVMs live for seconds: they have no use for the compiler and the collector that make long runs fast. */
import { ensureSpark, type LocalSpark } from '../../local/spark/ensure-spark.js';

/** What spark-submit adds to the options of its JVM, unlike `spark.driver.extraJavaOptions` also for commands that take no settings. */
export const SHORT_JVM = { SPARK_SUBMIT_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' } as const;

/** The Spark of the cache, for jobs on little data. */
export async function ensureShortSpark(): Promise<LocalSpark> {
  const spark = await ensureSpark();
  return { ...spark, env: { ...spark.env, ...SHORT_JVM } };
}
