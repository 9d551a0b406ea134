/**
 * The workflow of a backfill: runs a DAG for every date of a range. It only plans, sequences and counts; what may
 * be run is decided in workers/plan-backfill.ts and core/backfill-dates.ts.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  makeContinueAsNewFunc,
  defineQuery,
  defineUpdate,
  getExternalWorkflowHandle,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import {
  BACKFILL_MEMO,
  computeClaimId,
  PLAN_BACKFILL,
  RELEASE,
  type BackfillPlan,
  type BackfillPlanRequest,
  type ClaimOwner,
} from './backfill-contract.js';
import { BackfillProgress, type DateCounts } from './backfill-progress.js';
import { createBackfillReport, type BackfillReport } from './backfill-report.js';
import { BackfillRun, type BackfillEnd, type ContinuedBackfill } from './backfill-shell.js';
import { goOnWithCurrentVersion } from './current-version.js';

const { [PLAN_BACKFILL]: planBackfill } = proxyActivities<{
  [PLAN_BACKFILL](request: BackfillPlanRequest): Promise<BackfillPlan>;
}>({
  startToCloseTimeout: '5 minutes',
  retry: { maximumInterval: '10s' },
  summary: 'checks the backfill and lists its dates',
});

/** What a backfill says in its memo. */
export interface BackfillMemo {
  readonly dagId: string;
  /** As it was asked for. */
  readonly from: string;
  readonly to: string;
  readonly total: number;
  readonly dryRun: boolean;
  /** Set at the end. */
  readonly counts?: DateCounts;
}

/** Engine-made second argument; people give one. */
interface BackfillTuning {
  readonly $airtempo: 'backfill';
  /** Goes on in a new history after so many events. */
  readonly continueAfterEvents?: number;
}

/** What a backfill returns; the dates only of a dry run, which is about nothing else. */
export type BackfillOutcome = Omit<BackfillReport, 'dates'> & Partial<Pick<BackfillReport, 'dates'>>;

/**
 * Runs a DAG for every date of a range: `{dagId, from, to, reprocess?, maxActiveRuns?, reverse?, conf?, tasks?,
 * stopOnFailure?, dryRun?}`; see core/backfill-input.ts. Fails when a run failed. `carried` is airtempo's own.
 */
export async function backfill(
  input: unknown,
  carried?: ContinuedBackfill | BackfillTuning,
): Promise<BackfillOutcome> {
  const owner = describeOwner();
  const continued = readContinued(carried);
  let run = continued && new BackfillRun(continued.plan, continued);
  let paused = continued?.paused ?? false;
  let refused = false;
  // queries and updates are answered from the first moment on, so handlers come before the first await
  setHandler(stateQuery, () => run?.report() ?? describeUnplanned(refused), {
    description: 'The backfill and its dates as JSON: counts, and state and duration of each date.',
  });
  const pause = (value: boolean): BackfillStanding => {
    paused = value;
    run?.pause(value);
    const { state, counts } = run?.report() ?? describeUnplanned(refused);
    return { state, counts };
  };
  setHandler(pauseUpdate, () => pause(true), {
    description: 'Starts no more runs until it is resumed. Runs that are under way go on.',
  });
  setHandler(resumeUpdate, () => pause(false), { description: 'Goes on after a pause.' });
  if (run === undefined) {
    const plan = await recordPlan(input, owner).catch((error: unknown) => {
      refused = true;
      throw error;
    });
    run = new BackfillRun(plan, undefined, readTuning(carried));
    run.pause(paused);
    upsertMemo({ [BACKFILL_MEMO]: describeMemo(run) });
  }
  const end = await execute(run);
  if (end === 'continue') return continueBackfill(input, run.toContinued());
  upsertMemo({ [BACKFILL_MEMO]: describeMemo(run, run.report().counts) });
  await release(run, owner);
  return finish(run, end);
}

const stateQuery = defineQuery<BackfillReport>('state');
const pauseUpdate = defineUpdate<BackfillStanding>('pause');
const resumeUpdate = defineUpdate<BackfillStanding>('resume');

/** What an update answers. */
export type BackfillStanding = Pick<BackfillReport, 'state' | 'counts'>;

function describeOwner(): ClaimOwner {
  const { workflowId, firstExecutionRunId } = workflowInfo();
  return { workflowId, firstExecutionId: firstExecutionRunId };
}

function readContinued(
  carried: ContinuedBackfill | BackfillTuning | undefined,
): ContinuedBackfill | undefined {
  // whoever starts a backfill may give several inputs by mistake; they are no more than that
  const isOurs = workflowInfo().continuedFromExecutionRunId !== undefined;
  return isOurs && carried !== undefined && 'plan' in carried ? carried : undefined;
}

function readTuning(carried: unknown): number | undefined {
  const isTuning = typeof carried === 'object' && carried !== null && '$airtempo' in carried;
  return isTuning ? (carried as BackfillTuning).continueAfterEvents : undefined; // ours: it has the mark
}

function describeUnplanned(refused: boolean): BackfillReport {
  return createBackfillReport(undefined, refused ? 'failed' : 'planning', new BackfillProgress(0));
}

function describeMemo({ plan }: BackfillRun, counts?: DateCounts): BackfillMemo {
  const { dagId, asked, total, dryRun } = plan;
  const [from, to] = asked;
  return { dagId, from, to, total, dryRun, ...(counts === undefined ? {} : { counts }) };
}

async function recordPlan(input: unknown, owner: ClaimOwner): Promise<BackfillPlan> {
  try {
    return await planBackfill({ input: input ?? null, owner, startedAt: new Date().toISOString() });
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error;
    if (!(cause instanceof ApplicationFailure)) throw error; // cancelled
    setCurrentDetails(`**Not started**: ${cause.message}`);
    throw ApplicationFailure.nonRetryable(cause.message, cause.type);
  }
}

async function execute(run: BackfillRun): Promise<BackfillEnd> {
  const scope = CancellationScope.current();
  scope.cancelRequested.catch(() => run.cancel());
  const end = await CancellationScope.nonCancellable(() => run.execute());
  // cancelled in the very moment in which it was to continue: a new history would not know
  if (end !== 'continue' || !scope.consideredCancelled) return end;
  run.cancel();
  return 'cancelled';
}

/** Lets the next backfill of the DAG in. */
async function release({ plan }: BackfillRun, owner: ClaimOwner): Promise<void> {
  if (plan.dryRun) return;
  const claim = getExternalWorkflowHandle(computeClaimId(plan.dagId));
  try {
    await CancellationScope.nonCancellable(() => claim.signal(RELEASE, owner));
  } catch {
    // somebody has ended the claim: nothing is left to release
  }
}

function finish(run: BackfillRun, end: Exclude<BackfillEnd, 'continue'>): BackfillOutcome {
  if (end === 'cancelled') throw new CancelledFailure(run.summary());
  if (run.failed) throw ApplicationFailure.nonRetryable(run.summary(), 'BACKFILL_FAILED');
  const { dates, ...outcome } = run.report();
  return run.plan.dryRun ? { ...outcome, dates } : outcome;
}

function continueBackfill(...args: Parameters<typeof backfill>): Promise<never> {
  return makeContinueAsNewFunc<typeof backfill>({ workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS })(...args);
}

setWorkflowOptions(goOnWithCurrentVersion, backfill);
