/**
 * What engine code on a worker asks Temporal about runs: start one, look one up, list a DAG's, read its tasks.
 * A thin adapter; it decides nothing.
 */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionInfo,
} from '@temporalio/client';
import type { RunInput } from '../core/run-facts.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import { RUN_MEMO, type Launch, type RunMemo } from '../workflows/contract.js';
import type { RunReport } from '../workflows/run-report.js';

/** A run as Temporal lists it. */
export interface RunSummary {
  readonly dagId: string;
  readonly workflowId: string;
  readonly executionId: string;
  /** The first execution of the run: the same in continued histories, another after a new start. Only from `describe`. */
  readonly firstExecutionId?: string;
  /** Temporal's status name: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT, CONTINUED_AS_NEW. */
  readonly status: string;
  readonly startedAt: Date;
  readonly closedAt?: Date;
  readonly taskQueue: string;
  /** What the run stands for; absent until it has been planned. */
  readonly memo?: RunMemo;
  /** Key of the task that started it, if one did. */
  readonly startedBy?: string;
}

/** How to start a run. */
export interface StartRequest {
  readonly dagId: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly input: RunInput;
  readonly launch?: Launch;
  /** Key of the task that starts it; goes into its memo. */
  readonly startedBy?: string;
}

/** Why a try failed. */
export interface TryFailure {
  readonly message: string;
  /** An error's code or name; absent when the worker died. */
  readonly type?: string;
}

/** Memo key of `startedBy`. */
const STARTED_BY = 'airtempo.startedBy';

/** Access to runs. */
export interface RunsClient {
  /** Starts a run; false when one with this workflow id is in flight. */
  start(request: StartRequest): Promise<boolean>;
  /** The latest execution with this workflow id, if the server still knows one. */
  describe(workflowId: string): Promise<RunSummary | undefined>;
  /** Runs by a visibility query, newest first; what has just started may be missing. */
  list(query: string): AsyncIterable<RunSummary>;
  /** The run's answer to the `state` query; needs a worker that polls. */
  state(workflowId: string): Promise<RunReport>;
  /** Why the former try of a task that is still tried ended, if it failed. */
  lastFailure(workflowId: string, taskId: string): Promise<TryFailure | undefined>;
  /** Why a run that has ended failed. */
  failure(workflowId: string): Promise<string>;
  /** Asks a run to stop; does nothing when it has ended. */
  cancel(workflowId: string): Promise<void>;
}

/** Access to runs through this client. */
export function createRunsClient(client: Client): RunsClient {
  return {
    start: (request) => start(client, request),
    describe: (workflowId) => describe(client, workflowId),
    list: (query) => list(client, query),
    state: (workflowId) => client.workflow.getHandle(workflowId).query<RunReport, []>('state'),
    lastFailure: (workflowId, taskId) => lastFailure(client, workflowId, taskId),
    failure: (workflowId) => readFailure(client, workflowId),
    cancel: (workflowId) => cancel(client, workflowId),
  };
}

async function start(client: Client, request: StartRequest): Promise<boolean> {
  const { dagId, workflowId, taskQueue, input, launch, startedBy } = request;
  const args = launch === undefined ? [input] : [input, launch];
  try {
    const memo = startedBy === undefined ? {} : { memo: { [STARTED_BY]: startedBy } };
    await client.workflow.start(dagId, {
      workflowId,
      taskQueue,
      args,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      ...memo,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

async function lastFailure(
  client: Client,
  workflowId: string,
  taskId: string,
): Promise<TryFailure | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const pending = (raw.pendingActivities ?? []).find(({ activityId }) => activityId === taskId);
  const { message, applicationFailureInfo } = pending?.lastFailure ?? {};
  const type = applicationFailureInfo?.type;
  return message ? { message, ...(type ? { type } : {}) } : undefined;
}

async function readFailure(client: Client, workflowId: string): Promise<string> {
  try {
    await client.workflow.getHandle(workflowId).result();
    return 'it succeeded';
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    return error.cause?.message ?? error.message;
  }
}

async function cancel(client: Client, workflowId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).cancel();
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error; // not found: it has ended
  }
}

async function describe(client: Client, workflowId: string): Promise<RunSummary | undefined> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    const firstExecutionId = description.raw.workflowExecutionInfo?.firstRunId ?? description.runId;
    return { ...summarize(description), firstExecutionId };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function* list(client: Client, query: string): AsyncGenerator<RunSummary> {
  for await (const info of client.workflow.list({ query })) yield summarize(info);
}

type ListedRun = Pick<
  WorkflowExecutionInfo,
  'type' | 'workflowId' | 'runId' | 'status' | 'startTime' | 'closeTime' | 'taskQueue' | 'memo'
>;

/** A run as the client tells it. */
function summarize(info: ListedRun): RunSummary {
  const memo = readRunMemo(info);
  const startedBy = info.memo?.[STARTED_BY];
  return {
    dagId: info.type,
    workflowId: info.workflowId,
    executionId: info.runId,
    status: info.status.name,
    startedAt: info.startTime,
    ...(info.closeTime === undefined ? {} : { closedAt: info.closeTime }),
    taskQueue: info.taskQueue,
    ...(memo === undefined ? {} : { memo }),
    ...(typeof startedBy === 'string' ? { startedBy } : {}),
  };
}

/** What a listed run stands for; undefined until it has been planned. */
export function readRunMemo({ memo }: Pick<WorkflowExecutionInfo, 'memo'>): RunMemo | undefined {
  return memo?.[RUN_MEMO] as RunMemo | undefined; // written by our own workflow
}
