/** Follows a run from history to history: each continue-as-new is an execution of its own. */
import type { Client, WorkflowHandle } from '@temporalio/client';

export interface Execution {
  readonly runId: string;
  /** Temporal's status name: CONTINUED_AS_NEW, COMPLETED, … */
  readonly status: string;
  /** Events in its history. */
  readonly historyLength: number;
}

/** Temporal's HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT. */
const CLOSE_EVENT_ONLY = 2;

/** The executions of an ended run, the first one first. The handle must be the one that started it. */
export async function executionsOf(client: Client, handle: WorkflowHandle): Promise<readonly Execution[]> {
  const { workflowId } = handle;
  const executions: Execution[] = [];
  let runId = (await handle.describe()).raw.workflowExecutionInfo?.firstRunId ?? '';
  while (runId !== '') {
    const { status, historyLength } = await client.workflow.getHandle(workflowId, runId).describe();
    executions.push({ runId, status: status.name, historyLength });
    runId = await nextRunId(client, workflowId, runId);
  }
  return executions;
}

/** Asks for the last event alone: histories are long. */
async function nextRunId(client: Client, workflowId: string, runId: string): Promise<string> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    historyEventFilterType: CLOSE_EVENT_ONLY,
  });
  const [event] = history?.events ?? [];
  return event?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
}
