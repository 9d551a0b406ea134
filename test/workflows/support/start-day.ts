/** Starts the run of a date under the id that every starter gives it. */
import type { WorkflowHandle } from '@temporalio/client';
import type { Dag } from '../../../core/dag.js';
import { computeWorkflowId } from '../../../core/run-ids.js';
import type { Launch } from '../../../workflows/contract.js';
import type { Engine } from '../../support/engine.js';

/** `launch`: what airtempo itself would say, for a backfill. */
export function startDay(
  { client, taskQueue }: Engine,
  dag: Dag,
  day: string,
  launch?: Omit<Launch, '$airtempo'>,
): Promise<WorkflowHandle> {
  const input = { logicalDate: day };
  return client.workflow.start(dag.id, {
    taskQueue,
    workflowId: computeWorkflowId(dag, new Date(day)),
    args: launch === undefined ? [input] : [input, { $airtempo: 'launch', ...launch }],
  });
}
