/** Collects why a run and its tasks are where they are: from the run itself, from Temporal and from the DAG's Schedule. */
import { QueryNotRegisteredError, type Client } from '@temporalio/client';
import { AirtempoError } from '../../core/errors.js';
import { suggest } from '../../core/suggest.js';
import { describeSchedule } from '../../schedules/temporal-schedules.js';
import type { ExplainedCause, TaskExplanation } from '../../workflows/explain.js';
import { readRun, type FollowedRun, type FollowedTask } from '../follow-run.js';
import { readQueue, type QueueInfo } from './task-queue.js';

/** A task at which an explanation ends. */
export type ShownCause = Omit<ExplainedCause, 'state'> & Pick<FollowedTask, 'state'>;

/** Why one task is where it is, with what Temporal knows of its current try. */
export interface ExplainedTask
  extends Omit<TaskExplanation, 'state' | 'causes'>, Pick<FollowedTask, 'state' | 'attempt'> {
  readonly tryNumber?: number;
  /** Where its state comes from, as those tasks stand. */
  readonly causes: readonly ShownCause[];
  /** Of a task that waits for a worker: the queue it waits in. */
  readonly queue?: QueueInfo;
}

/** When the DAG runs next by its Schedule in Temporal. */
export interface NextTick {
  /** Absent when the Schedule is paused or has no time left. */
  readonly at?: string;
  readonly paused: boolean;
  /** Why somebody paused it. */
  readonly note?: string;
}

/** Why a run is where it is. */
export interface RunExplanation {
  readonly run: FollowedRun;
  readonly tasks: readonly ExplainedTask[];
  /** The queue that the run itself is on, when no worker answers for it. */
  readonly silentQueue?: QueueInfo;
  /** Absent when the DAG has no Schedule. */
  readonly next?: NextTick;
}

/** Explains a run, or one task of it. Throws RUN_NOT_FOUND, or UNKNOWN_ID for an unknown task. */
export async function explainRun(
  client: Client,
  workflowId: string,
  taskId?: string,
): Promise<RunExplanation> {
  const run = await readRun(client, workflowId).catch(async (error: unknown) => {
    throw await addNextTick(client, workflowId, error);
  });
  const isSilent = run.tasks.length === 0;
  if (!isSilent && taskId !== undefined) checkTask(run, taskId);
  const tasks = isSilent ? [] : await queryExplanations(client, run, taskId);
  const next = await readNextTick(client, run.dagId);
  return {
    run,
    tasks: await Promise.all(tasks.map((task) => addAttempt(client, run, task))),
    ...(isSilent ? { silentQueue: await readQueue(client, run.taskQueue, 'runs') } : {}),
    ...(next === undefined ? {} : { next }),
  };
}

function checkTask(run: FollowedRun, taskId: string): void {
  const ids = run.tasks.map(({ id }) => id);
  if (ids.includes(taskId)) return;
  throw new AirtempoError(
    'UNKNOWN_ID',
    `Run ${run.workflowId} has no task ${JSON.stringify(taskId)}.${suggest(taskId, ids)} See "airtempo runs show ${run.workflowId}".`,
  );
}

/** The run's own view; a worker of an earlier version has none. */
async function queryExplanations(
  client: Client,
  run: FollowedRun,
  taskId: string | undefined,
): Promise<readonly TaskExplanation[]> {
  const handle = client.workflow.getHandle(run.workflowId, run.executionId);
  try {
    return taskId === undefined
      ? await handle.query<readonly TaskExplanation[], []>('explain')
      : await handle.query<readonly TaskExplanation[], [string]>('explain', taskId);
  } catch (error) {
    if (error instanceof QueryNotRegisteredError) return [];
    throw error;
  }
}

async function addAttempt(
  client: Client,
  run: FollowedRun,
  explained: TaskExplanation,
): Promise<ExplainedTask> {
  const task = run.tasks.find(({ id }) => id === explained.taskId);
  if (task === undefined) return explained;
  const { state, tryNumber, attempt, message } = task;
  const causes = explained.causes.map((cause) => ({
    ...cause,
    state: run.tasks.find(({ id }) => id === cause.taskId)?.state ?? cause.state,
  }));
  const queue =
    state === 'queued' || state === 'up_for_retry'
      ? await readQueue(client, explained.pool ?? run.taskQueue, 'tasks')
      : undefined;
  return {
    ...explained,
    causes,
    state,
    ...(message === undefined ? {} : { message }),
    ...(tryNumber === undefined ? {} : { tryNumber }),
    ...(attempt === undefined ? {} : { attempt }),
    ...(queue === undefined ? {} : { queue }),
  };
}

async function readNextTick(client: Client, dagId: string): Promise<NextTick | undefined> {
  const description = await describeSchedule(client, dagId);
  if (description === undefined) return undefined;
  const { state, info } = description;
  const at = info.nextActionTimes[0];
  return {
    paused: state.paused,
    ...(state.paused || at === undefined ? {} : { at: at.toISOString() }),
    ...(state.paused && state.note !== undefined && state.note !== '' ? { note: state.note } : {}),
  };
}

/** A run that is not there may be one that is still to come. */
async function addNextTick(client: Client, workflowId: string, error: unknown): Promise<unknown> {
  const dagId = /^(.+)-\d{4}-\d{2}-\d{2}T/.exec(workflowId)?.[1];
  if (!(error instanceof AirtempoError) || error.code !== 'RUN_NOT_FOUND' || dagId === undefined)
    return error;
  const next = await readNextTick(client, dagId);
  if (next === undefined) return error;
  const when = next.paused
    ? 'is paused'
    : next.at === undefined
      ? 'has no run to come'
      : `runs next at ${next.at}`;
  return new AirtempoError('RUN_NOT_FOUND', `${error.message} The Schedule of DAG ${dagId} ${when}.`, {
    cause: error,
  });
}
