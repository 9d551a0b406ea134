/** The local activity behind the `retry_now` update: ends the wait for a task's next try. */
import type { Client } from '@temporalio/client';
import type { RetryNowCall } from '../workflows/contract.js';

/** Temporal's PENDING_ACTIVITY_STATE_SCHEDULED: no worker has it. */
const SCHEDULED = 1;

/** Starts the task's next try, if it waits for one. Returns what was done, in a sentence. */
export async function retryNow(client: Client, call: RetryNowCall): Promise<string> {
  const { workflowId, executionId, taskId } = call;
  const handle = client.workflow.getHandle(workflowId, executionId);
  const { raw } = await handle.describe();
  const pending = raw.pendingActivities?.find(({ activityId }) => activityId === taskId);
  if (pending === undefined) return `${taskId} has ended meanwhile`;
  const tryNumber = String(pending.attempt ?? 1);
  if (pending.state !== SCHEDULED) return `${taskId} is at work already, in its try ${tryNumber}`;
  await client.workflowService.resetActivity({
    namespace: client.options.namespace,
    execution: { workflowId, runId: executionId },
    id: taskId,
    identity: client.options.identity,
  });
  return `${taskId} is tried again now; its tries count from the first`;
}
