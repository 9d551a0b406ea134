/** One task as a Temporal activity: its options, and what its failure means in a sentence. */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/common';
import type { GraphTask } from '../core/graph.js';
import type { TaskCall, TaskResult, TryFacts } from './contract.js';

type TaskActivity = (call: TaskCall) => Promise<TaskResult>;

const SUMMARY_BYTES = 400; // the server refuses longer ones

/** Schedules the task; Temporal retries it as the DAG says. */
export function startTaskActivity(task: GraphTask, call: TaskCall): Promise<TaskResult> {
  const activities = proxyActivities<Record<string, TaskActivity>>(activityOptions(task));
  const activity = activities[task.operator];
  if (activity === undefined) throw new Error(`no activity ${task.operator}`); // the proxy has every name
  return activity(call);
}

function activityOptions(task: GraphTask): ActivityOptions {
  const { execution } = task;
  return {
    activityId: task.id,
    summary: formatSummary(task),
    startToCloseTimeout: execution.executionTimeoutMs,
    heartbeatTimeout: execution.heartbeatTimeoutMs,
    retry: {
      maximumAttempts: execution.retries + 1, // Airflow counts the tries after the first
      initialInterval: Math.max(1, execution.retryDelayMs),
      backoffCoefficient: execution.retryBackoff,
      maximumInterval: Math.max(1, execution.maxRetryDelayMs),
    },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    ...(execution.pool === undefined ? {} : { taskQueue: execution.pool }),
    ...(task.priority === undefined ? {} : { priority: { priorityKey: task.priority } }),
  };
}

/** Temporal's timeline shows `operator • summary`: the task's id first, then what it does. */
function formatSummary(task: GraphTask): string {
  const text = task.summary === undefined ? task.id : `${task.id} · ${task.summary}`;
  let short = text.slice(0, SUMMARY_BYTES);
  while (new TextEncoder().encode(short).length > SUMMARY_BYTES) short = short.slice(0, -1);
  return short;
}

/** The reason a task failed, without Temporal's wrapping. */
export function describeFailure(error: unknown, task: GraphTask): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof CancelledFailure || isCancellation(error)) return 'cancelled';
  if (cause instanceof TimeoutFailure) return describeTimeout(cause, task);
  if (cause instanceof ApplicationFailure) return cause.message;
  return cause instanceof Error ? cause.message : String(cause);
}

/** What a failure tells about the try that it ended; nothing when the worker died or knows nothing of it. */
export function readTryFacts(error: unknown, task: GraphTask): TryFacts {
  if (!(error instanceof ActivityFailure)) return {};
  const [details] = error.cause instanceof ApplicationFailure ? (error.cause.details ?? []) : [];
  if (isTryFacts(details)) return details;
  return error.retryState === 'MAXIMUM_ATTEMPTS_REACHED' ? { tryNumber: task.execution.retries + 1 } : {};
}

function isTryFacts(details: unknown): details is TryFacts {
  return (
    typeof details === 'object' &&
    details !== null &&
    'tryNumber' in details &&
    typeof details.tryNumber === 'number'
  );
}

function describeTimeout(failure: TimeoutFailure, task: GraphTask): string {
  const { heartbeatTimeoutMs, executionTimeoutMs, retries } = task.execution;
  const tries = retries === 0 ? '' : ` (after ${String(retries + 1)} tries)`;
  if (failure.timeoutType === 'HEARTBEAT') {
    return `the worker was silent for ${String(heartbeatTimeoutMs / 1000)} s, so it is taken for dead${tries}`;
  }
  return `took longer than executionTimeout, ${String(executionTimeoutMs / 1000)} s${tries}`;
}
