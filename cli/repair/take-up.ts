/**
 * Takes a closed run up again: a new execution under the same workflow id, which begins with the states and outputs
 * that the last one ended with. Temporal itself cannot reopen an execution.
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { AirtempoError } from '../../core/errors.js';
import type { RunInput } from '../../core/run-facts.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../../core/workflow-options.js';
import type { RunSummary } from '../../workers/runs-client.js';
import type { ContinuedRun } from '../../workflows/continued-run.js';
import type { Launch } from '../../workflows/contract.js';
import { jsonBytes, MAX_PAYLOAD_BYTES } from '../../workflows/payload-limits.js';
import type { Repair } from '../../workflows/repairs.js';
import type { TemporalSession } from '../temporal.js';
import { notPlanned, queryRun } from './ask-run.js';
import { findRun } from './find-run.js';

/**
 * Starts the run again where it ended, with these repairs made first; returns Temporal's id of the new execution.
 * Check the repairs before. Throws INVALID_ARGUMENT for a run that cannot be taken up, or that goes on already.
 */
export async function takeUp(
  { client }: TemporalSession,
  run: RunSummary,
  repairs: readonly Repair[],
): Promise<string> {
  const restore = await queryRun<ContinuedRun | undefined>(client, run, 'snapshot');
  if (restore === undefined || restore === null) throw await notPlanned(client, run);
  const launch: Launch = { $airtempo: 'launch', restore, repairs };
  checkSize(run, launch);
  const { executionId } = await findRun(client, run.workflowId);
  if (executionId !== run.executionId) throw goesOnAlready(run);
  try {
    const { workflowId, taskQueue } = run;
    const args = [inputOf(restore), launch];
    const handle = await client.workflow.start(run.dagId, {
      workflowId,
      taskQueue,
      args,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    });
    return handle.firstExecutionRunId;
  } catch (cause) {
    throw cause instanceof WorkflowExecutionAlreadyStartedError ? goesOnAlready(run, cause) : cause;
  }
}

/** What the Web UI shows as the input; the run itself goes by what it recorded. */
function inputOf({ plan: { facts } }: ContinuedRun): RunInput {
  const { conf, logicalDate } = facts;
  return { logicalDate, ...(Object.keys(conf).length === 0 ? {} : { conf }) };
}

function checkSize({ workflowId, dagId }: RunSummary, launch: Launch): void {
  const bytes = jsonBytes(launch);
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The run ${workflowId} is too large to be taken up again: its graph, states and outputs are ${String(bytes)} bytes, and ` +
      `Temporal takes ${String(MAX_PAYLOAD_BYTES)}. Run its date anew with "airtempo dags trigger ${dagId} --logical-date …".`,
  );
}

function goesOnAlready({ workflowId }: RunSummary, cause?: unknown): AirtempoError {
  return new AirtempoError(
    'INVALID_ARGUMENT',
    `The run ${workflowId} has just been taken up again by somebody else. See "airtempo runs show ${workflowId}", then repeat the command if it is still needed.`,
    { cause },
  );
}
