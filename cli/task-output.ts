/** Reads what a task of a run returned, from the run's history. */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { TaskResult } from '../workflows/contract.js';

/** The output of a task as it is in the history; undefined when the task has none there. */
export async function readTaskOutput(client: Client, workflowId: string, taskId: string): Promise<unknown> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const scheduled = (events ?? []).find(
    (event) => event.activityTaskScheduledEventAttributes?.activityId === taskId,
  );
  const completed = (events ?? []).find((event) => {
    const attributes = event.activityTaskCompletedEventAttributes;
    return (
      attributes !== undefined &&
      attributes !== null &&
      String(attributes.scheduledEventId) === String(scheduled?.eventId)
    );
  });
  const payload = completed?.activityTaskCompletedEventAttributes?.result?.payloads?.[0];
  if (scheduled === undefined || payload === undefined) return undefined;
  const result = defaultPayloadConverter.fromPayload<TaskResult>(payload);
  return result.state === 'success' ? result.output : undefined;
}
