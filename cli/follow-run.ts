/** Follows a run until it ends: yields its report whenever something in it has changed. */
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client, type WorkflowHandle } from '@temporalio/client';
import { AirtempoError } from '../core/errors.js';
import { NOT_YET } from '../workflows/contract.js';
import type { RunReport, TaskReport } from '../workflows/run-report.js';
import type { ShownState } from './output.js';

/** What is known of a task, Temporal's retries included. */
export interface FollowedTask extends Omit<TaskReport, 'state'> {
  readonly state: ShownState;
  /** Present once a second try was needed. */
  readonly tryNumber?: number;
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
    tasks: (report?.tasks ?? []).map((task) => {
      const attempt = pending.get(task.id);
      const tries = Number(attempt?.attempt ?? 1);
      if (task.state !== 'running' || tries <= 1) return task;
      const waits = attempt?.state === 1; // PENDING_ACTIVITY_STATE_SCHEDULED
      const message = attempt?.lastFailure?.message;
      // a sensor's attempts are pokes
      const isSensor = attempt?.lastFailure?.applicationFailureInfo?.type === NOT_YET;
      const waiting = isSensor ? ('up_for_reschedule' as const) : ('up_for_retry' as const);
      return {
        ...task,
        ...(isSensor ? {} : { tryNumber: tries }),
        state: waits ? waiting : task.state,
        ...(message === undefined || message === null ? {} : { message }),
      };
    }),
  };
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
    return cause instanceof Error ? cause.message : String(cause);
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
