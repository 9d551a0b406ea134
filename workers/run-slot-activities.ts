/** The activities of run slots: asking the ledger of a DAG for one, and finding holders that are gone. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import type { SlotHolder, SlotRequest } from '../core/slot-ledger.js';
import {
  FIND_LOST_SLOTS,
  REQUEST_RUN_SLOT,
  RUN_SLOTS,
  runSlotsId,
  SLOT_REQUESTED,
  type RunSlotRequest,
} from '../workflows/contract.js';
import type { RunsClient } from './runs-client.js';

const SHORTEST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

interface RunSlotActivities {
  [REQUEST_RUN_SLOT](request: RunSlotRequest): Promise<void>;
  [FIND_LOST_SLOTS](holders: readonly SlotHolder[]): Promise<readonly SlotHolder[]>;
}

/** Makes the activities of one worker. */
export function createRunSlotActivities(client: Client, runs: RunsClient): RunSlotActivities {
  return {
    [REQUEST_RUN_SLOT]: (request) => requestRunSlot(client, request, Context.current().info.taskQueue),
    [FIND_LOST_SLOTS]: (holders) => findLostSlots(runs, holders, Context.current().info.attempt),
  };
}

/** Starts the DAG's ledger when there is none. The ledger answers with a signal to the run. */
async function requestRunSlot(
  client: Client,
  { dagId, request }: RunSlotRequest,
  taskQueue: string,
): Promise<void> {
  await client.workflow.signalWithStart<() => Promise<void>, [SlotRequest]>(RUN_SLOTS, {
    workflowId: runSlotsId(dagId),
    taskQueue,
    signal: SLOT_REQUESTED,
    signalArgs: [request],
    staticSummary: `run slots of ${dagId}`,
  });
}

/** Answers once a holder has ended; until then the try fails and is made again later, which costs no history. */
async function findLostSlots(
  runs: RunsClient,
  holders: readonly SlotHolder[],
  attempt: number,
): Promise<readonly SlotHolder[]> {
  const lost: SlotHolder[] = [];
  for (const holder of holders) if (!(await isAlive(runs, holder))) lost.push(holder);
  if (lost.length > 0) return lost;
  throw ApplicationFailure.create({
    type: 'ALL_ALIVE',
    message: `All ${String(holders.length)} runs that hold a slot are active.`,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: Math.min(SHORTEST_WAIT_MS * 2 ** Math.min(attempt - 1, 10), LONGEST_WAIT_MS),
  });
}

async function isAlive(runs: RunsClient, { workflowId, firstExecutionId }: SlotHolder): Promise<boolean> {
  const run = await runs.describe(workflowId);
  return run?.status === 'RUNNING' && run.firstExecutionId === firstExecutionId;
}
