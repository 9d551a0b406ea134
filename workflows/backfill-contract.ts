/** What the backfill workflow and the workers say to each other. JSON types only; instants are ISO, UTC. */
import type { BackfillInput } from '../core/backfill-input.js';
import type { DateAction, ExistingRun } from '../core/backfill-dates.js';
import type { Timetable } from '../core/timetable.js';

/** Workflow type of a backfill. */
export const BACKFILL = 'backfill';
/** Workflow type of a claim: while it runs, its DAG has an active backfill. */
export const BACKFILL_CLAIM = 'backfill_claim';
/** Activity that checks the input of a backfill and claims its DAG. */
export const PLAN_BACKFILL = 'plan_backfill';
/** Activity that looks at the next dates. */
export const SCAN_BACKFILL = 'scan_backfill';
/** Activity by which a claim asks whether its backfill is still there. */
export const CHECK_BACKFILL = 'check_backfill';
/** Signal that ends a claim; its argument is the owner. */
export const RELEASE = 'release';
/** The memo key under which a backfill says what it is, so that a listing needs no query. */
export const BACKFILL_MEMO = 'airtempo_backfill';
/** The memo key under which a claim names its backfill. */
export const CLAIM_MEMO = 'airtempo_backfill_claim';

/** Which backfill a claim stands for. */
export interface ClaimOwner {
  readonly workflowId: string;
  /** Temporal's id of the first execution: kept through continue-as-new and reset. */
  readonly firstExecutionId: string;
}

/** Workflow id of the claim on a DAG: the server lets only one run, and that is the lock. */
export function computeClaimId(dagId: string): string {
  return `airtempo-backfill-claim-${dagId}`;
}

export interface BackfillPlanRequest {
  /** The input as it came from outside. */
  readonly input: unknown;
  readonly owner: ClaimOwner;
  /** When the backfill was started; later intervals are not complete. */
  readonly startedAt: string;
}

/** A checked backfill. Recorded once: editing the DAG file does not change which dates it covers. */
export interface BackfillPlan extends Omit<BackfillInput, 'from' | 'to'> {
  /** The range as it was asked for. */
  readonly asked: readonly [from: string, to: string];
  /** The range in instants, without what lay in the future. */
  readonly from: string;
  readonly to: string;
  readonly timetable: Timetable;
  readonly startDate?: string;
  readonly endDate?: string;
  /** In which dates are shown. */
  readonly timezone: string;
  /** How many dates there are. */
  readonly total: number;
  /** Whether a run may start only when the one before has: tasks look for the previous run. */
  readonly inOrder?: boolean;
  /** The logical dates in order; absent when there are too many to list. */
  readonly dates?: readonly string[];
}

/** The part of a plan that says which dates there are. */
export type PlannedDates = Pick<
  BackfillPlan,
  'dagId' | 'reprocess' | 'reverse' | 'from' | 'to' | 'timetable' | 'startDate' | 'endDate' | 'total'
>;

export interface BackfillScanRequest {
  readonly plan: PlannedDates;
  /** The logical date that was looked at last. */
  readonly after?: string;
  /** How many runs may be started. */
  readonly want: number;
}

/** One date that was looked at. */
export interface ScannedDate {
  readonly logicalDate: string;
  readonly workflowId: string;
  readonly existing: ExistingRun;
  readonly action: DateAction;
}

/** The next dates, at most `want` of them to be run. */
export interface BackfillScan {
  readonly dates: readonly ScannedDate[];
  /** Whether these were the last ones. */
  readonly done: boolean;
}
