/** What is said of a Spark job that has failed. Pure. */
import type { SparkJobState, SparkRunner } from '../../connections/spark/spark-runner.js';
import { AirtempoError } from '../../core/errors.js';

/** `tail`: the end of its log, if it can be had. */
export function describeFailure(
  { place }: Pick<SparkRunner, 'place'>,
  id: string,
  state: Extract<SparkJobState, { readonly reason: string }>,
  tail: string | undefined,
): AirtempoError {
  const reason = state.reason === '' ? '' : ` (${state.reason})`;
  const log = tail === undefined || tail === '' ? 'There is no log of it.' : `The end of its log:\n${tail}`;
  return new AirtempoError(
    'SPARK_JOB_FAILED',
    `Spark job ${id} on ${place} is ${state.state}${reason}. ${log}`,
  );
}
