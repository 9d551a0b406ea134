/** Starts a run of a DAG. The workflow id is what a schedule would give it, so that one date runs once. */
import { randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import { parseRunInput, type RunInput } from '../core/run-facts.js';
import { computeManualWorkflowId, computeWorkflowId } from '../core/run-ids.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';

/** A run that was started. */
export interface StartedRun {
  readonly dagId: string;
  readonly workflowId: string;
  readonly executionId: string;
}

/** Starts a run. Throws INVALID_RUN_INPUT when the same logical date is running already. */
export async function startRun(
  client: Client,
  dag: Pick<Dag, 'id' | 'schedule'>,
  taskQueue: string,
  input: RunInput,
  now: Date = new Date(),
): Promise<StartedRun> {
  const workflowId = workflowIdOf(dag, parseRunInput(input), now);
  try {
    const handle = await client.workflow.start(dag.id, {
      workflowId,
      taskQueue,
      args: [input],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    });
    return { dagId: dag.id, workflowId, executionId: handle.firstExecutionRunId };
  } catch (cause) {
    if (!(cause instanceof WorkflowExecutionAlreadyStartedError)) throw cause;
    throw new AirtempoError(
      'INVALID_RUN_INPUT',
      `DAG ${dag.id} is running for this date already, as ${workflowId}. Watch it with "airtempo runs watch ${workflowId}".`,
      { cause },
    );
  }
}

function workflowIdOf(dag: Pick<Dag, 'id' | 'schedule'>, { logicalDate }: RunInput, now: Date): string {
  return logicalDate === undefined
    ? computeManualWorkflowId(dag.id, now, randomBytes(3).toString('hex'))
    : computeWorkflowId(dag, new Date(logicalDate));
}
