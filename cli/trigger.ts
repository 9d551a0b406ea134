/** Starts a run of a DAG. The workflow id is what a schedule would give it, so that one date runs once. */
import { randomBytes } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import { parseRunInput, type RunInput } from '../core/run-facts.js';
import { computeFireTime, computeIntervalOf } from '../core/timetable.js';

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
  const workflowId = computeWorkflowId(dag, parseRunInput(input), now);
  try {
    const handle = await client.workflow.start(dag.id, { workflowId, taskQueue, args: [input] });
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

/** `<dagId>-<fire time>` with a logical date, else `<dagId>-manual-<time>-<random>`. */
function computeWorkflowId(dag: Pick<Dag, 'id' | 'schedule'>, input: RunInput, now: Date): string {
  if (input.logicalDate === undefined) {
    return `${dag.id}-manual-${formatSecond(now)}-${randomBytes(3).toString('hex')}`;
  }
  const interval = computeIntervalOf(dag.schedule, new Date(input.logicalDate));
  return `${dag.id}-${formatSecond(computeFireTime(dag.schedule, interval))}`;
}

function formatSecond(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z');
}
