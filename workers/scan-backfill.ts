/** A step of a backfill: looks at the runs of the next dates and says what to do with each. Starts nothing. */
import { decideAction, type ExistingRun } from '../core/backfill-dates.js';
import { computeWorkflowId } from '../core/run-ids.js';
import type { ScheduledRun } from '../core/next-runs.js';
import type { BackfillScan, BackfillScanRequest, ScannedDate } from '../workflows/backfill-contract.js';
import { listPlannedDates } from './planned-dates.js';
import type { RunsClient } from './runs-client.js';

/** So many dates are looked at in one step: less than a second of requests, and a small result in the history. */
const MOST_SCANNED = 200;
/** Requests at once. */
const MOST_AT_ONCE = 25;

/** Looks at dates until `want` of them are to be run, or enough have been looked at. */
export async function scanBackfill(
  { plan, after, want }: BackfillScanRequest,
  { runs }: { readonly runs: RunsClient },
): Promise<BackfillScan> {
  const upcoming = listPlannedDates(plan, after);
  const dates: ScannedDate[] = [];
  let wanted = want;
  for (let atOnce = Math.min(want, MOST_AT_ONCE); ; atOnce = Math.min(atOnce * 2, MOST_AT_ONCE)) {
    const chunk = take(upcoming, atOnce);
    const looked = await Promise.all(chunk.map((run) => lookAt(run, plan, runs)));
    for (const date of looked) {
      dates.push(date);
      if (date.action === 'run') wanted -= 1;
      if (wanted === 0) return { dates, done: false };
    }
    if (chunk.length < atOnce) return { dates, done: true };
    if (dates.length >= MOST_SCANNED) return { dates, done: false };
  }
}

function take<T>(items: Iterator<T>, count: number): readonly T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = items.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

async function lookAt(
  { logicalDate }: ScheduledRun,
  plan: BackfillScanRequest['plan'],
  runs: RunsClient,
): Promise<ScannedDate> {
  const workflowId = computeWorkflowId({ id: plan.dagId, schedule: plan.timetable }, logicalDate);
  const existing = toExisting((await runs.describe(workflowId))?.status);
  return {
    logicalDate: logicalDate.toISOString(),
    workflowId,
    existing,
    action: decideAction(plan.reprocess, existing),
  };
}

const FAILED: ReadonlySet<string> = new Set(['FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']);

/** A status that is not known here counts as in flight: such a run is not touched. */
function toExisting(status: string | undefined): ExistingRun {
  if (status === undefined) return 'none';
  if (status === 'COMPLETED') return 'success';
  return FAILED.has(status) ? 'failed' : 'running';
}
