/**
 * The one workflow of the engine: runs any DAG. Its type is the DAG's id (it is the bundle's default
 * export). It records graph and facts first, then only sequences what core/run.ts decides.
 * Deterministic: no user code, no I/O, no clock but the workflow's.
 */
import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
  defineQuery,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
  workflowInfo,
  type WorkflowInfo,
} from '@temporalio/workflow';
import type { Launch, PlanRequest, RunMemo, RunPlan } from './contract.js';
import { PLAN_RUN, RUN_MEMO } from './contract.js';
import { isAirtempoError } from '../core/errors.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import type { ContinuedRun } from './continued-run.js';
import { DagRun } from './dag-run-shell.js';
import type { TaskExplanation } from './explain.js';
import { packRun, unpackRun, type PackedRun } from './packed-run.js';
import { registerRepairs } from './repair-handlers.js';
import type { Repair } from './repairs.js';
import type { RunReport } from './run-report.js';
import { reportRunEnd, type RunEnd } from './run-sinks.js';

export const stateQuery = defineQuery<RunReport>('state');
export const explainQuery = defineQuery<readonly TaskExplanation[], [taskId?: string]>('explain');
/** What a new execution needs to take a closed run up again; undefined for one that was never planned. */
export const snapshotQuery = defineQuery<ContinuedRun | undefined>('snapshot');

/** What a successful run returns. */
export interface RunOutcome {
  readonly state: 'success';
  readonly runId: string;
  readonly tasks: RunReport['counts'];
}

const { [PLAN_RUN]: planRun } = proxyLocalActivities<{ [PLAN_RUN](request: PlanRequest): Promise<RunPlan> }>({
  startToCloseTimeout: '30s',
  retry: { maximumAttempts: 5 },
});

/**
 * Runs the DAG whose id is the workflow type. `input` is one optional object `{conf?, logicalDate?}`;
 * `carried` is airtempo's own: what a run takes along into a new history, or how a backfill starts one.
 */
export default async function dagRun(
  input?: unknown,
  carried?: PackedRun | ContinuedRun | Launch,
): Promise<RunOutcome> {
  const info = workflowInfo();
  // whoever starts a run may give several inputs by mistake; they are no more than that
  const launch = isLaunch(carried) ? carried : undefined;
  const packed = launch === undefined ? packedRun(info, carried) : undefined;
  const continued = packed === undefined ? launch && restoredBy(launch) : await unpackRun(packed);
  const startedAtMs = continued?.startedAtMs ?? Date.now();
  let run: DagRun | undefined;
  let planning: RunReport['state'] = 'running';
  // queries are answered from the first moment on, so handlers come before the first await
  setHandler(stateQuery, () => run?.report() ?? unplannedReport(info.workflowType, planning), {
    description: 'The run and each of its tasks as JSON: state, start, end, duration, reason.',
  });
  setHandler(explainQuery, (taskId) => run?.explain(taskId) ?? [], {
    description:
      'Why a task waits, was skipped or failed, and because of which others. Input: a task id; without one, all such tasks.',
  });
  setHandler(snapshotQuery, () => run?.toContinued(), {
    description: 'The run as airtempo takes it up again when a closed run is repaired.',
  });
  registerRepairs(() => run);
  const plan =
    continued?.plan ??
    (await recordPlan(info, input, startedAtMs, launch).catch((error: unknown) => {
      planning = 'failed';
      throw error;
    }));
  const isNewExecution = continued === undefined || launch !== undefined;
  if (isNewExecution && plan.v === 2) upsertMemo({ [RUN_MEMO]: toMemo(plan) });
  run = new DagRun(plan, startedAtMs, setCurrentDetails, continued);
  repairRun(run, launch?.repairs ?? []);
  const work = new CancellationScope();
  for (;;) {
    const outcome = await executeInTurn(run, work);
    if (!allHandlersFinished()) await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    if (outcome === 'continue') return continueRun(input, await packRun(run.toContinued()));
    const end = computeEnd(run);
    await tellOfEnd(run, end);
    if (run.done) return finish(run, end, startedAtMs); // else it was repaired while others were told
  }
}

function unplannedReport(dagId: string, state: RunReport['state']): RunReport {
  return { dagId, state, cancelled: false, counts: {}, tasks: [] };
}

/** What the run's former history has given to this one. */
function packedRun(
  info: WorkflowInfo,
  carried: PackedRun | ContinuedRun | Launch | undefined,
): PackedRun | ContinuedRun | undefined {
  const isOurs = info.continuedFromExecutionRunId !== undefined;
  return isOurs ? (carried as PackedRun | ContinuedRun | undefined) : undefined;
}

/** A run that had ended has all its time again. */
function restoredBy({ restore }: Launch): ContinuedRun | undefined {
  if (restore === undefined) return undefined;
  const { slot: _, ...others } = restore; // it was another execution's
  return { ...others, resumedAtMs: Date.now() };
}

function repairRun(run: DagRun, repairs: readonly Repair[]): void {
  try {
    for (const repair of repairs) run.repair(repair);
  } catch (error) {
    if (!isAirtempoError(error)) throw error;
    throw ApplicationFailure.nonRetryable(error.message, error.code);
  }
}

function isLaunch(value: unknown): value is Launch {
  return typeof value === 'object' && value !== null && '$airtempo' in value && value.$airtempo === 'launch';
}

function toMemo({ facts: { runId, runType, logicalDate, dataInterval } }: RunPlan): RunMemo {
  return { runId, runType, logicalDate, dataInterval };
}

async function recordPlan(
  info: WorkflowInfo,
  input: unknown,
  startedAtMs: number,
  launch: Launch | undefined,
): Promise<RunPlan> {
  const scheduledFor: unknown = info.searchAttributes['TemporalScheduledStartTime']?.[0];
  try {
    return await planRun({
      dagId: info.workflowType,
      workflowId: info.workflowId,
      input: input ?? null,
      startedAt: new Date(startedAtMs).toISOString(),
      ...(scheduledFor instanceof Date ? { scheduledFor: scheduledFor.toISOString() } : {}),
      ...(launch === undefined ? {} : { launch }),
    });
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error; // a local activity's failure arrives bare
    if (!(cause instanceof ApplicationFailure)) throw error;
    setCurrentDetails(`**Not started**: ${cause.message}`);
    throw ApplicationFailure.nonRetryable(cause.message, cause.type);
  }
}

/** As `execute`; at its end the run lets another one have its turn. */
async function executeInTurn(run: DagRun, work: CancellationScope): Promise<'done' | 'continue'> {
  for (;;) {
    const outcome = await execute(run, work);
    await run.leaveTurn(outcome);
    if (outcome === 'continue' || run.done) return outcome; // else tasks were cleared in the meantime
  }
}

/** Runs until every task has ended or the history must be continued; reacts to cancel and time-out. */
async function execute(run: DagRun, work: CancellationScope): Promise<'done' | 'continue'> {
  const stopped = (reason: string): void => {
    run.cancel(reason);
    work.cancel();
  };
  CancellationScope.current().cancelRequested.catch(() => stopped('cancelled'));
  const timer = new CancellationScope();
  const startTimer = (): void => {
    const remainingMs = run.remainingMs();
    if (remainingMs === undefined) return;
    void timer
      .run(() => sleep(Math.max(1, remainingMs)))
      .then(() => stopped('took longer than dagrunTimeout'), ignoreCancelledTimer);
  };
  const { turn } = run;
  if (turn === undefined) startTimer();
  else void turn.then(startTimer);
  run.callbacks.watchDeadlines();
  const proceed = async (): Promise<'done' | 'continue'> => {
    const outcome = await CancellationScope.nonCancellable(() => run.execute(work));
    await settleCallbacks(run);
    return outcome;
  };
  try {
    let outcome = await proceed();
    // stopped in the very moment in which it was to continue: a new history would not know, so it ends in this one
    while (outcome === 'continue' ? run.stopped : !run.done) outcome = await proceed();
    return outcome;
  } finally {
    timer.cancel();
  }
}

function ignoreCancelledTimer(): void {
  // the run ended before its time was up
}

/** How the run has ended; a cancel that comes later, while callbacks are called, changes it no more. */
function computeEnd(run: DagRun): Pick<RunEnd, 'state' | 'message' | 'counts'> {
  const { state, cancelled, counts } = run.report();
  if (cancelled && CancellationScope.current().consideredCancelled) {
    return { state: 'cancelled', counts, message: run.summary() };
  }
  return state === 'success' ? { state, counts } : { state: 'failed', counts, message: run.summary() };
}

/** Before the run closes, so that its callbacks are part of it. A run that was cancelled has failed, as in Airflow. */
async function tellOfEnd(run: DagRun, { state, message }: ReturnType<typeof computeEnd>): Promise<void> {
  if (!run.markedByHand) run.callbacks.runEnded(state === 'success' ? state : 'failed', message);
  await settleCallbacks(run);
}

/** Nothing is awaited when nobody is to be told, so that histories without callbacks are as they always were. */
async function settleCallbacks(run: DagRun): Promise<void> {
  const told = run.callbacks.settle();
  if (told !== undefined) await CancellationScope.nonCancellable(() => told);
}

function finish(run: DagRun, end: ReturnType<typeof computeEnd>, startedAtMs: number): RunOutcome {
  const { facts } = run;
  const { state, message = '', counts } = end;
  reportRunEnd({ run: facts, startedAtMs, endedAtMs: Date.now(), ...end });
  if (state === 'success') return { state, runId: facts.runId, tasks: counts };
  if (state === 'cancelled') throw new CancelledFailure(message);
  throw ApplicationFailure.nonRetryable(message, 'RUN_FAILED');
}

/** Goes on in a new history, whatever time-out the first start had. */
function continueRun(...args: Parameters<typeof dagRun>): Promise<never> {
  return makeContinueAsNewFunc<typeof dagRun>({ workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS })(...args);
}
