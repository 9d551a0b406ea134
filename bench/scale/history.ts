/** What a run leaves on the server, over all histories in which it went on. */
import type { Client } from '@temporalio/client';

export interface HistoryTotals {
  readonly events: number;
  readonly bytes: number;
  readonly histories: number;
}

/** Follows the run from its last history back to its first. */
export async function readHistories(client: Client, workflowId: string): Promise<HistoryTotals> {
  let [events, bytes, histories] = [0, 0, 0];
  let runId: string | undefined;
  do {
    const description = await client.workflow.getHandle(workflowId, runId).describe();
    events += description.historyLength;
    bytes += description.historySize ?? 0;
    histories += 1;
    runId = await readPrevious(client, workflowId, description.runId);
  } while (runId !== undefined);
  return { events, bytes, histories };
}

/** The history of which this one is the continuation. */
async function readPrevious(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const previous = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  return previous === null || previous === '' ? undefined : previous;
}
