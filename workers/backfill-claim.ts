/**
 * One active backfill a DAG, whatever workflow ids people choose: a backfill claims its DAG by starting a claim,
 * a workflow whose id is made from the DAG's. The server lets only one of them run.
 */
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { invalidBackfill } from '../core/backfill-input.js';
import {
  BACKFILL_CLAIM,
  CLAIM_MEMO,
  computeClaimId,
  type ClaimOwner,
} from '../workflows/backfill-contract.js';

/** Claims the DAG, or finds it claimed by this very owner. Throws INVALID_BACKFILL when another has it. */
export async function claimBackfill(
  client: Client,
  taskQueue: string,
  dagId: string,
  owner: ClaimOwner,
): Promise<void> {
  for (;;) {
    if (await startClaim(client, taskQueue, dagId, owner)) return;
    const claim = await describe(client, computeClaimId(dagId));
    const holder = claim?.memo?.[CLAIM_MEMO] as ClaimOwner | undefined; // written by startClaim
    if (claim?.status.name !== 'RUNNING' || holder === undefined) continue; // released in this moment
    if (holder.firstExecutionId === owner.firstExecutionId) return; // a former try of ours
    if (await isActive(client, holder)) {
      throw invalidBackfill(
        `DAG ${dagId} has an active backfill, ${holder.workflowId}.`,
        `Wait for it, or end it with "airtempo backfill cancel ${holder.workflowId}".`,
      );
    }
    await terminate(client, claim);
  }
}

async function startClaim(
  client: Client,
  taskQueue: string,
  dagId: string,
  owner: ClaimOwner,
): Promise<boolean> {
  try {
    await client.workflow.start(BACKFILL_CLAIM, {
      workflowId: computeClaimId(dagId),
      taskQueue,
      args: [owner],
      memo: { [CLAIM_MEMO]: owner },
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** Whether the backfill that made a claim is still running. */
export async function isActive(client: Client, owner: ClaimOwner): Promise<boolean> {
  const found = await describe(client, owner.workflowId);
  const firstExecutionId = found?.raw.workflowExecutionInfo?.firstRunId;
  return found?.status.name === 'RUNNING' && (firstExecutionId ?? '') === owner.firstExecutionId;
}

async function describe(
  client: Client,
  workflowId: string,
): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.workflow.getHandle(workflowId).describe();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Ends exactly this execution: a claim that somebody else has started since then is left alone. */
async function terminate(client: Client, { workflowId, runId }: WorkflowExecutionDescription): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId, runId).terminate('its backfill has ended');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error; // it has ended by itself
  }
}
