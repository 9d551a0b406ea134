/** Describes a try to observers, from what Temporal says of the attempt. */
import type { Context, Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { SecretScrubber } from '../../connections/secret-scrubber.js';
import type { TaskCall } from '../../workflows/contract.js';
import { toFailure } from '../failure.js';
import { isNotYet, isSensorCall } from '../sensor-activity.js';
import { readTryNumber } from '../try-facts.js';
import { executionOf, type TaskTry, type TryEnd } from './observer.js';

/** The try that has just begun. */
export function describeTry(call: TaskCall, info: Info): TaskTry {
  return {
    run: call.run,
    taskId: call.taskId,
    operator: info.activityType,
    tryNumber: readTryNumber(call, info),
    isPoke: isSensorCall(call),
    taskQueue: info.taskQueue,
    execution: executionOf(info, call.firstRunId),
    readyAtMs: info.currentAttemptScheduledTimestampMs,
    startedAtMs: Date.now(),
  };
}

/** How it failed. The error's text is as the history will have it: without secrets, and cut. */
export function describeFailedTry(
  error: unknown,
  { maxTries, sensor }: TaskCall,
  context: Context,
  scrubber: SecretScrubber,
): TryEnd {
  const endedAtMs = Date.now();
  if (context.cancellationDetails?.cancelRequested === true) return { state: 'cancelled', endedAtMs };
  if (isNotYet(error)) return { state: 'up_for_reschedule', endedAtMs };
  const failure = toFailure(error, scrubber);
  const final = failure instanceof ApplicationFailure && failure.nonRetryable === true;
  // Temporal's own word on it (info.retryPolicy) is missing from tasks that it starts without a round trip
  // a sensor's attempts are pokes, and its last try says so itself
  const last = sensor === undefined && context.info.attempt >= (maxTries ?? Number.POSITIVE_INFINITY);
  return {
    state: final || last ? 'failed' : 'up_for_retry',
    endedAtMs,
    error: {
      type: failure instanceof ApplicationFailure ? (failure.type ?? failure.name) : failure.name,
      message: failure.message,
    },
  };
}
