/** Follows a run until it ends: yields its report whenever something in it has changed. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from '@temporalio/client';
import { AirtempoError } from '../core/errors.js';
import { messageOf } from '../core/outside-value.js';
import { NOT_YET } from '../workflows/contract.js';
import type { RunReport, TaskReport } from '../workflows/run-report.js';
import type { ShownState } from './output.js';

/** What is known of a task, Temporal's retries included. */
export interface FollowedTask extends Omit<TaskReport, 'state'> {
  readonly state: ShownState;
  /** Present once a second try was needed. */
  readonly tryNumber?: number;
  /** Of a task that runs, or waits to: what Temporal says of its current try. */
  readonly attempt?: AttemptInfo;
}

/** What Temporal says of a task between its start and its end. */
export interface AttemptInfo {
  readonly maxTries: number;
  /** When this try was or will be handed to the workers. */
  readonly dueAt?: string;
  /** Since when it runs. */
  readonly startedAt?: string;
  /** The worker that has it, or had the try before. */
  readonly worker?: string;
}

/** A run as it stands. */
export interface FollowedRun extends Omit<RunReport, 'tasks'> {
  readonly workflowId: string;
  /** Temporal's id of this execution. */
  readonly executionId: string;
  /** Temporal's word for the execution: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED … */
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Task queue of the run and of its tasks without a pool. */
  readonly taskQueue: string;
  readonly tasks: readonly FollowedTask[];
  /** Why the run failed, when it has. */
  readonly failure?: string;
}

const POLL_MS = 300;

/** Looks at a run once. Throws RUN_NOT_FOUND. */
export async function readRun(
  client: Client,
  workflowId: string,
  executionId?: string,
): Promise<FollowedRun> {
  const handle = client.workflow.getHandle(workflowId, executionId);
  const description = await handle.describe().catch((cause: unknown) => {
    throw notFound(workflowId, cause);
  });
  const closed = description.status.name !== 'RUNNING';
  const report = await queryState(handle);
  const pending = new Map(
    (description.raw.pendingActivities ?? []).map((item) => [item.activityId ?? '', item]),
  );
  const failure = closed ? await readFailure(handle) : undefined;
  return {
    ...(report ?? {
      dagId: description.type,
      state: closed ? 'failed' : 'running',
      cancelled: false,
      counts: {},
    }),
    workflowId,
    executionId: description.runId,
    status: description.status.name,
    startedAt: description.startTime.toISOString(),
    ...(description.closeTime === undefined ? {} : { endedAt: description.closeTime.toISOString() }),
    ...(failure === undefined ? {} : { failure }),
    taskQueue: description.taskQueue,
    tasks: (report?.tasks ?? []).map((task) => addAttempt(task, pending.get(task.id))),
  };
}

type PendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** PENDING_ACTIVITY_STATE_SCHEDULED: no worker has it. */
const NOT_TAKEN = 1;

/** A running task as Temporal sees it: in a queue, in a worker's hands, or between two tries. */
function addAttempt(task: TaskReport, pending: PendingActivity | undefined): FollowedTask {
  if (task.state !== 'running' || !pending)
    return task.tries === undefined ? task : { ...task, tryNumber: task.tries };
  const tryNumber = Number(pending.attempt ?? 1);
  const isTaken = Number(pending.state) !== NOT_TAKEN;
  const [dueAt, startedAt] = [toIso(pending.scheduledTime), toIso(pending.lastStartedTime)];
  const message = pending.lastFailure?.message ?? undefined;
  const worker = pending.lastWorkerIdentity ?? '';
  // a sensor's attempts are pokes
  const isSensor = pending.lastFailure?.applicationFailureInfo?.type === NOT_YET;
  const between = isSensor ? 'up_for_reschedule' : 'up_for_retry';
  return {
    ...task,
    state: isTaken ? 'running' : tryNumber > 1 ? between : 'queued',
    ...(tryNumber > 1 && !isSensor ? { tryNumber } : {}),
    ...(message === undefined ? {} : { message }),
    attempt: {
      maxTries: isSensor ? 1 : Number(pending.maximumAttempts ?? 0),
      ...(dueAt === undefined ? {} : { dueAt }),
      ...(isTaken && startedAt !== undefined ? { startedAt } : {}),
      ...(worker === '' ? {} : { worker }),
    },
  };
}

function toIso(time: PendingActivity['scheduledTime']): string | undefined {
  if (!time) return undefined;
  const ms = Number(time.seconds ?? 0) * 1000 + Number(time.nanos ?? 0) / 1_000_000;
  return ms === 0 ? undefined : new Date(ms).toISOString();
}

function notFound(workflowId: string, cause: unknown): unknown {
  return cause instanceof WorkflowNotFoundError ? runNotFound(workflowId, cause) : cause;
}

/** Temporal does not know the run, or not any more. */
export function runNotFound(workflowId: string, cause?: unknown): AirtempoError {
  return new AirtempoError(
    'RUN_NOT_FOUND',
    `There is no run with the workflow id ${JSON.stringify(workflowId)}. List them with "airtempo runs list".`,
    { cause },
  );
}

/** The run's own answer; undefined while no worker is there to give it. */
async function queryState(handle: WorkflowHandle): Promise<RunReport | undefined> {
  try {
    return await handle.query<RunReport, []>('state');
  } catch {
    return undefined;
  }
}

async function readFailure(handle: WorkflowHandle): Promise<string | undefined> {
  try {
    await handle.result();
    return undefined;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return messageOf(cause);
  }
}

/** Yields the run at once, after every change, and at its end. */
export async function* followRun(
  client: Client,
  workflowId: string,
  signal?: AbortSignal,
): AsyncGenerator<FollowedRun> {
  let last = '';
  for (;;) {
    signal?.throwIfAborted();
    const run = await readRun(client, workflowId);
    const print = JSON.stringify([run.status, run.tasks]);
    if (print !== last) yield run;
    last = print;
    if (run.status !== 'RUNNING') return;
    await delay(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}
