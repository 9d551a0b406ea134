/** The states of an EMR step as those of a Spark job. Pure. */
import type { StepStatus } from '@aws-sdk/client-emr';
import type { SparkJobState } from '../spark/spark-runner.js';

/** Reads a status. INTERRUPTED is an end too, though the SDK's waiters do not know it. */
export function toStepState(status: StepStatus | undefined): SparkJobState {
  const state: string = status?.State ?? 'UNKNOWN';
  switch (state) {
    case 'COMPLETED':
      return { kind: 'succeeded', state };
    case 'FAILED':
      return { kind: 'failed', state, reason: describeFailure(status) };
    case 'CANCELLED':
    case 'INTERRUPTED':
      return { kind: 'cancelled', state, reason: describeFailure(status) };
    default:
      return { kind: 'pending', state };
  }
}

function describeFailure(status: StepStatus | undefined): string {
  const { Reason: reason, Message: message, LogFile: log } = status?.FailureDetails ?? {};
  const change = status?.StateChangeReason?.Message;
  const parts = [reason, message, change, log === undefined ? undefined : `log: ${log}`];
  return parts.filter((part) => part !== undefined && part !== '').join('; ');
}
