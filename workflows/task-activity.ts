/** One task as a Temporal activity: its options, and what its failure means in a sentence. */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
  uuid4,
} from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/common';
import { formatSpan } from '../core/format-span.js';
import type { GraphTask, PokeOptions } from '../core/graph.js';
import { messageOf } from '../core/outside-value.js';
import type { TaskCall, TaskResult, TryFacts } from './contract.js';

type TaskActivity = (call: TaskCall) => Promise<TaskResult>;

const SUMMARY_BYTES = 400; // the server refuses longer ones

/** Schedules the task; Temporal retries it as the DAG says. */
export function startTaskActivity(task: GraphTask, call: TaskCall): Promise<TaskResult> {
  const { poke } = task.execution;
  if (poke === undefined) return schedule(task, call, activityOptions(task));
  const begun = poke.hasOnCancel === true ? { begun: { key: uuid4(), at: new Date().toISOString() } } : {};
  const poking = { ...call, ...begun, sensor: task.execution };
  return schedule(task, poking, sensorOptions(task, poke)).catch((error: unknown) =>
    endSensor(error, task, poking, poke),
  );
}

/** How long after its time-out a sensor is given up, when no poke has said so itself: no worker, or a long last poke. */
const TIMEOUT_GRACE_MS = 60_000;
/** The worker stops a poke that takes too long, and counts it as an error; this is for a worker that cannot. */
const POKE_GRACE_MS = 10_000;

/** Each attempt is a poke: there is no limit to them but the time. The failure of each names the time of the next. */
function sensorOptions(task: GraphTask, poke: PokeOptions): ActivityOptions {
  return {
    ...activityOptions(task),
    startToCloseTimeout: task.execution.executionTimeoutMs + POKE_GRACE_MS,
    scheduleToCloseTimeout: poke.timeoutMs + TIMEOUT_GRACE_MS,
    retry: { initialInterval: poke.intervalMs, backoffCoefficient: 1 },
  };
}

async function endSensor(
  error: unknown,
  task: GraphTask,
  call: TaskCall,
  poke: PokeOptions,
): Promise<TaskResult> {
  if (isCancellation(error)) {
    if (poke.hasOnCancel === true) await CancellationScope.nonCancellable(() => takeBack(task, call));
    throw error;
  }
  if (poke.softFail === true) return { state: 'skipped', reason: describeFailure(error, task) };
  throw error;
}

const TAKING_BACK = {
  startToCloseTimeout: '2m',
  retry: { maximumAttempts: 5, initialInterval: '1s', backoffCoefficient: 2 },
} as const satisfies ActivityOptions;

/** The task was cancelled while it waited: its operator takes back what it has begun. */
async function takeBack(task: GraphTask, call: TaskCall): Promise<void> {
  const options = { ...activityOptions(task), ...TAKING_BACK, activityId: `${task.id}$cancelled` }; // no task has such an id
  try {
    await schedule(task, { ...call, event: 'cancelled' }, options);
  } catch (error) {
    const why = describeFailure(error, task);
    throw ApplicationFailure.nonRetryable(`cancelled, but what it had begun goes on: ${why}`);
  }
}

function schedule(task: GraphTask, call: TaskCall, options: ActivityOptions): Promise<TaskResult> {
  const activities = proxyActivities<Record<string, TaskActivity>>(options);
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
  const { poke } = task.execution;
  if (poke !== undefined && isOutOfTime(error)) return describeWait(cause, poke);
  if (cause instanceof CancelledFailure || isCancellation(error)) return 'cancelled';
  if (cause instanceof TimeoutFailure) return describeTimeout(cause, task);
  if (cause instanceof ApplicationFailure) return cause.message;
  return messageOf(cause);
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

/** The server has given up on a sensor: its time is over, or would be before the next poke. */
function isOutOfTime(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  const { cause } = error;
  return (
    (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_CLOSE') ||
    (cause instanceof ApplicationFailure && error.retryState === 'TIMEOUT')
  );
}

function describeWait(cause: unknown, { timeoutMs }: PokeOptions): string {
  const last = cause instanceof TimeoutFailure ? cause.cause : cause;
  const told = last instanceof Error ? `last poke: ${last.message}` : 'no poke has come to an end';
  return `timed out after ${formatSpan(timeoutMs)}; ${told}`;
}

function describeTimeout(failure: TimeoutFailure, task: GraphTask): string {
  const { heartbeatTimeoutMs, executionTimeoutMs, retries } = task.execution;
  const tries = retries === 0 ? '' : ` (after ${String(retries + 1)} tries)`;
  if (failure.timeoutType === 'HEARTBEAT') {
    return `the worker was silent for ${String(heartbeatTimeoutMs / 1000)} s, so it is taken for dead${tries}`;
  }
  return `took longer than executionTimeout, ${String(executionTimeoutMs / 1000)} s${tries}`;
}
