/** The activities of backfills, for a worker. */
import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import {
  CHECK_BACKFILL,
  PLAN_BACKFILL,
  SCAN_BACKFILL,
  type BackfillPlan,
  type BackfillPlanRequest,
  type BackfillScan,
  type BackfillScanRequest,
  type ClaimOwner,
} from '../workflows/backfill-contract.js';
import { claimBackfill, isActive } from './backfill-claim.js';
import { planBackfill, type BackfillEnvironment } from './plan-backfill.js';
import { scanBackfill } from './scan-backfill.js';

/** What they need of a worker. */
export interface BackfillParts extends BackfillEnvironment {
  readonly client: Client;
}

/** Activities by name. */
export interface BackfillActivities {
  [PLAN_BACKFILL](request: BackfillPlanRequest): Promise<BackfillPlan>;
  [SCAN_BACKFILL](request: BackfillScanRequest): Promise<BackfillScan>;
  [CHECK_BACKFILL](owner: ClaimOwner): Promise<boolean>;
}

export function createBackfillActivities(parts: BackfillParts): BackfillActivities {
  const { client } = parts;
  return {
    [PLAN_BACKFILL]: async (request) => {
      const plan = await planBackfill(request, parts);
      const { taskQueue } = Context.current().info;
      if (!plan.dryRun) await claimBackfill(client, taskQueue, plan.dagId, request.owner);
      return plan;
    },
    [SCAN_BACKFILL]: (request) => scanBackfill(request, parts),
    [CHECK_BACKFILL]: (owner) => isActive(client, owner),
  };
}
