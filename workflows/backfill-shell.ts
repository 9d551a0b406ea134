/**
 * A backfill in one history: asks which dates come next, starts their runs as children, and counts their ends.
 * Runs are abandoned children: they report their end, and outlive whatever happens to the backfill.
 */
import {
  ChildWorkflowFailure,
  CancellationScope,
  condition,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  sleep,
  startChild,
  workflowInfo,
  WorkflowIdReusePolicy,
  type ChildWorkflowOptions,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Reprocess } from '../core/backfill-input.js';
import type { RunInput } from '../core/run-facts.js';
import { WORKFLOW_TASK_TIMEOUT_MS } from '../core/workflow-options.js';
import { messageOf } from '../core/outside-value.js';
import {
  SCAN_BACKFILL,
  type BackfillPlan,
  type BackfillScan,
  type BackfillScanRequest,
  type PlannedDates,
  type ScannedDate,
} from './backfill-contract.js';
import { BackfillProgress, type ContinuedProgress } from './backfill-progress.js';
import { createBackfillReport, formatBackfillTable, summarizeBackfill } from './backfill-report.js';
import type { BackfillReport, BackfillState } from './backfill-report.js';
import { Continuation, DRAIN_PATIENCE_MS } from './continuation.js';
import type { Launch } from './contract.js';

/** What a backfill takes along into a new history. Only ever made while none of its runs is under way. */
export interface ContinuedBackfill {
  readonly plan: BackfillPlan;
  readonly progress: ContinuedProgress;
  /** The logical date that was looked at last. */
  readonly after?: string;
  readonly exhausted: boolean;
  readonly paused: boolean;
  readonly continueAfterEvents?: number;
}

const { [SCAN_BACKFILL]: scan } = proxyActivities<{
  [SCAN_BACKFILL](request: BackfillScanRequest): Promise<BackfillScan>;
}>({
  startToCloseTimeout: '1 minute',
  retry: { maximumInterval: '10s' },
  summary: 'looks at the next dates',
});

/** The server refuses a run that must not be started, should one have come in between look and start. */
const REUSE: Readonly<Record<Reprocess, WorkflowIdReusePolicy>> = {
  none: WorkflowIdReusePolicy.REJECT_DUPLICATE,
  failed: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
  completed: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
};

export type BackfillEnd = 'done' | 'continue' | 'cancelled';

export class BackfillRun {
  readonly plan: BackfillPlan;
  readonly #dates: PlannedDates;
  readonly #progress: BackfillProgress;
  readonly #continuation: Continuation;
  readonly #continueAfterEvents: number | undefined;
  #after: string | undefined;
  #exhausted = false;
  #paused = false;
  #cancelled = false;

  constructor(plan: BackfillPlan, continued?: Omit<ContinuedBackfill, 'plan'>, continueAfterEvents?: number) {
    const { dates, ...rest } = plan;
    this.plan = rest;
    this.#dates = describeDates(plan);
    this.#progress = new BackfillProgress(plan.total, dates, continued?.progress);
    this.#continueAfterEvents = continued?.continueAfterEvents ?? continueAfterEvents;
    this.#continuation = new Continuation(this.#continueAfterEvents);
    this.#after = continued?.after;
    this.#exhausted = continued?.exhausted ?? false;
    this.#paused = continued?.paused ?? false;
    this.#show();
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#show();
  }

  /** Starts nothing more; what runs goes on without the backfill. */
  cancel(): void {
    this.#cancelled = true;
  }

  /** Whether a run of this backfill has failed. */
  get failed(): boolean {
    return this.#progress.counts.failed > 0;
  }

  get state(): BackfillState {
    if (this.#cancelled) return 'cancelled';
    const { running, failed } = this.#progress.counts;
    if (running === 0 && this.#hasEnded()) return failed > 0 ? 'failed' : 'success';
    return this.#paused ? 'paused' : 'running';
  }

  report(): BackfillReport {
    return createBackfillReport(this.plan, this.state, this.#progress);
  }

  summary(): string {
    return summarizeBackfill(this.plan, this.#progress);
  }

  toContinued(): ContinuedBackfill {
    return {
      plan: this.plan,
      progress: this.#progress.toContinued(),
      ...(this.#after === undefined ? {} : { after: this.#after }),
      exhausted: this.#exhausted,
      paused: this.#paused,
      ...(this.#continueAfterEvents === undefined ? {} : { continueAfterEvents: this.#continueAfterEvents }),
    };
  }

  /** Proceeds until all dates are settled, the history should be continued, or the backfill is cancelled. */
  async execute(): Promise<BackfillEnd> {
    for (;;) {
      await condition(() => this.#mayStart() || this.#isIdle());
      if (this.#cancelled) return 'cancelled';
      if (this.#mayStart()) await this.#proceed();
      else if (this.#hasEnded()) return 'done';
      else if (this.#continuation.draining) return 'continue';
      this.#watchHistory();
    }
  }

  get #free(): number {
    return this.plan.maxActiveRuns - this.#progress.counts.running;
  }

  /** Whether nothing more is to be started, ever. */
  #hasEnded(): boolean {
    return this.#exhausted || (this.plan.stopOnFailure && this.failed);
  }

  #mayStart(): boolean {
    if (this.#cancelled || this.#paused || this.#hasEnded()) return false;
    return !this.#continuation.draining && this.#free > 0;
  }

  /** Whether there is nothing to wait for but the end of this history. */
  #isIdle(): boolean {
    if (this.#cancelled) return true;
    return this.#progress.counts.running === 0 && (this.#hasEnded() || this.#continuation.draining);
  }

  async #proceed(): Promise<void> {
    const { dates, done } = await scan({
      plan: this.#dates,
      want: this.#free,
      ...(this.#after === undefined ? {} : { after: this.#after }),
    });
    if (!this.#mayStart()) return; // paused, cancelled or stopped meanwhile: these dates are looked at again later
    for (const [index, date] of dates.entries()) {
      const started = this.#take(date, this.#after === undefined && index === 0);
      if (this.plan.inOrder === true) await started;
    }
    this.#after = dates.at(-1)?.logicalDate ?? this.#after;
    this.#exhausted = done;
    this.#show();
  }

  async #take(date: ScannedDate, isFirst: boolean): Promise<void> {
    if (date.action === 'skip') this.#progress.settle(date, 'skipped');
    else if (date.action === 'in_flight') this.#progress.settle(date, 'in_flight');
    else if (this.plan.dryRun) this.#progress.settle(date, 'left');
    else await this.#start(date, isFirst);
  }

  /** Starts the run of a date; its end is noted when it comes. */
  async #start(date: ScannedDate, isFirst: boolean): Promise<void> {
    const { logicalDate } = date;
    this.#progress.start(date, Date.now());
    try {
      const child = await CancellationScope.nonCancellable(() =>
        startChild(this.plan.dagId, this.#optionsOf(date, isFirst)),
      );
      void child.result().then(
        () => this.#end(logicalDate, 'done'),
        (error: unknown) => this.#end(logicalDate, 'failed', describeFailure(error)),
      );
    } catch (error) {
      // somebody else has started the date in the meantime
      if (error instanceof WorkflowExecutionAlreadyStartedError) this.#end(logicalDate, 'in_flight');
      else this.#end(logicalDate, 'failed', describeFailure(error));
    }
  }

  #end(logicalDate: string, state: 'done' | 'failed' | 'in_flight', message?: string): void {
    this.#progress.end(logicalDate, state, Date.now(), message);
    this.#watchHistory();
    this.#show();
  }

  #optionsOf(
    { logicalDate, workflowId }: ScannedDate,
    isFirst: boolean,
  ): ChildWorkflowOptions & { args: [RunInput, Launch] } {
    const { conf, tasks, reprocess } = this.plan;
    const input: RunInput = { logicalDate, ...(conf === undefined ? {} : { conf }) };
    const launch: Launch = {
      $airtempo: 'launch',
      runType: 'backfill',
      ...(tasks === undefined ? {} : { tasks }),
      ...(isFirst ? { ignoreFirstDependsOnPast: true } : {}),
    };
    return {
      workflowId,
      args: [input, launch],
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
      workflowIdReusePolicy: REUSE[reprocess],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    };
  }

  /** Long runs may hold a drain up: then the backfill goes on in the old history for a while. */
  #watchHistory(): void {
    if (!this.#continuation.observe(workflowInfo())) return;
    void CancellationScope.nonCancellable(() => sleep(DRAIN_PATIENCE_MS)).then(() =>
      this.#continuation.lift(workflowInfo()),
    );
  }

  #show(): void {
    setCurrentDetails(formatBackfillTable(this.plan, this.state, this.#progress));
  }
}

/** What a scan needs of a plan: it is sent with each one, so conf and tasks stay behind. */
function describeDates(plan: BackfillPlan): PlannedDates {
  const { dagId, reprocess, reverse, from, to, timetable, startDate, endDate, total } = plan;
  return {
    dagId,
    reprocess,
    reverse,
    from,
    to,
    timetable,
    ...(startDate === undefined ? {} : { startDate }),
    ...(endDate === undefined ? {} : { endDate }),
    total,
  };
}

function describeFailure(error: unknown): string {
  const cause = error instanceof ChildWorkflowFailure ? (error.cause ?? error) : error;
  const message = messageOf(cause);
  return message.replace(/^DAG \S+, run \S+: /, ''); // the backfill says so itself
}
