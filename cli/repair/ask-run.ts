/** Asks a run something: a query or an update, in time, with errors that say what to do. */
import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { AirtempoError, ERROR_CODES, type ErrorCode } from '../../core/errors.js';
import type { RunSummary } from '../../workers/runs-client.js';
import type { Repair } from '../../workflows/repairs.js';
import type { RepairAnswer, RepairPreview } from '../../workflows/repair-handlers.js';
import { readRun, runNotFound } from '../follow-run.js';
import { isOpen } from './find-run.js';

/** A worker that has to replay a long history first needs a few seconds; longer, and there is none. */
const PATIENCE_MS = 15_000;

/** Asks a run, open or closed. Throws NO_WORKER, RUN_NOT_FOUND, or INVALID_ARGUMENT for what is no run of a DAG. */
export async function queryRun<T>(
  client: Client,
  run: RunSummary,
  query: string,
  ...args: unknown[]
): Promise<T> {
  const handle = client.workflow.getHandle(run.workflowId, run.executionId);
  try {
    return await client.withDeadline(Date.now() + PATIENCE_MS, () =>
      handle.query<T, unknown[]>(query, ...args),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) throw runNotFound(run.workflowId, error);
    if (error instanceof QueryNotRegisteredError) throw noDagRun(run, error);
    throw isSilence(error) ? noWorker(run, error) : error;
  }
}

/** The tasks that a repair would be about. Throws why it would be refused. */
export async function previewRepair(
  client: Client,
  run: RunSummary,
  { kind, ...input }: Repair,
): Promise<Extract<RepairPreview, { tasks: unknown }>['tasks']> {
  const preview = await queryRun<RepairPreview>(client, run, 'preview', { update: kind, input });
  if ('tasks' in preview) return preview.tasks;
  if ('planned' in preview) throw await notPlanned(client, run);
  throw new AirtempoError(preview.refused.code, preview.refused.message);
}

/** Makes an update of a running run; `closed` when the run has ended meanwhile. Throws why it was refused, or NO_WORKER. */
export async function updateRun(
  client: Client,
  run: RunSummary,
  update: string,
  input?: unknown,
): Promise<RepairAnswer | 'closed'> {
  const handle = client.workflow.getHandle(run.workflowId);
  try {
    return await client.withDeadline(Date.now() + PATIENCE_MS, () =>
      handle.executeUpdate<RepairAnswer, [unknown]>(update, { args: [input] }),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'closed';
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) throw noWorker(run, error);
    if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure))
      throw error;
    const { type, message } = error.cause;
    if (type === 'AcceptedUpdateCompletedWorkflow') return 'closed';
    throw isCode(type) ? new AirtempoError(type, message, { cause: error }) : error;
  }
}

/** Why there is nothing to repair yet, or ever, in a run that has no tasks. */
export async function notPlanned(client: Client, run: RunSummary): Promise<AirtempoError> {
  const { workflowId, executionId, dagId } = run;
  const { failure, status } = await readRun(client, workflowId, executionId);
  if (isOpen(run)) {
    return new AirtempoError(
      'INVALID_ARGUMENT',
      `The run ${workflowId} has not been planned yet. Try again in a moment.`,
    );
  }
  const why = failure === undefined ? '' : ` (${failure})`;
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `The run ${workflowId} ended as ${status} before it had any tasks${why}, so there is nothing to repair. ` +
      `Start it anew with "airtempo dags trigger ${dagId} --logical-date …".`,
  );
}

function isCode(type: string | null | undefined): type is ErrorCode {
  return typeof type === 'string' && Object.hasOwn(ERROR_CODES, type);
}

/** Two ways in which gRPC says that time was up, and the server's "no poller seen for task queue recently". */
const SILENCE = { cancelled: 1, deadlineExceeded: 4, failedPrecondition: 9 } as const;

function isSilence(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const codes: readonly number[] = Object.values(SILENCE);
  return isGrpcServiceError(cause) && codes.includes(cause.code);
}

function noWorker({ workflowId, taskQueue }: RunSummary, cause: unknown): AirtempoError {
  return new AirtempoError(
    'NO_WORKER',
    `No worker of the task queue ${taskQueue} answered within ${String(PATIENCE_MS / 1000)} s, and only a worker can read or ` +
      `change the run ${workflowId}. Start one with "airtempo worker", or "airtempo dev", and repeat the command.`,
    { cause },
  );
}

function noDagRun({ workflowId, dagId }: RunSummary, cause: unknown): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `${workflowId} (${dagId}) does not answer as a run of a DAG does. List runs with "airtempo runs list"; if it is one, its ` +
      `worker is of an older version: restart the workers with this one.`,
    { cause },
  );
}
