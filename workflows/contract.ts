/** What the DAG-run workflow and the workers say to each other. JSON types only. */
import type { ExecutionOptions } from '../core/graph.js';
import type { JsonValue } from '../core/json.js';
import type { RunType } from '../core/context.js';
import type { CallbackEvent, CallbackName } from '../core/notifier.js';
import type { PastTask } from '../core/past-dependency.js';
import type { MapSource } from '../core/graph.js';
import type { RunFacts } from '../core/run-facts.js';
import type { Branch } from '../core/run.js';
import type { SlotRequest } from '../core/slot-ledger.js';
import type { ContinuedRun } from './continued-run.js';
import type { Repair } from './repairs.js';

/** Name of the local activity that a run begins with. */
export const PLAN_RUN = 'plan_run';

/** Activity type of the wait for the previous run. */
export const WAIT_FOR_PAST = 'wait_for_past';

/** Asks which of these tasks the previous run lets start. */
export interface PastRequest {
  readonly dagId: string;
  /** The asking run's own; it is no past of its own. */
  readonly workflowId: string;
  readonly logicalDate: string;
  readonly tasks: readonly PastTask[];
}

/** At least one of them. */
export interface PastAnswer {
  readonly met: readonly string[];
}

/** Name of the activity that calls one callback. */
export const NOTIFY = 'notify';

/** Workflow type of the ledger of a DAG's run slots, its id, and what is said to and by it. */
export const RUN_SLOTS = 'airtempo_run_slots';
export const SLOT_REQUESTED = 'slot_requested';
export const SLOT_RELEASED = 'slot_released';
/** Sent to the run. */
export const SLOT_GRANTED = 'slot_granted';

/** Workflow id of the ledger of a DAG. */
export function runSlotsId(dagId: string): string {
  return `airtempo-run-slots/${dagId}`;
}

/** Activity types: asking the ledger for a slot, and finding holders that are gone. */
export const REQUEST_RUN_SLOT = 'request_run_slot';
export const FIND_LOST_SLOTS = 'find_lost_slots';

/** What `request_run_slot` is told. */
export interface RunSlotRequest {
  readonly dagId: string;
  readonly request: SlotRequest;
}

/** What the workflow tells the worker about a run that begins. */
export interface PlanRequest {
  /** The workflow type = the DAG's id. */
  readonly dagId: string;
  readonly workflowId: string;
  /** The run's input as it came from outside. */
  readonly input: unknown;
  /** ISO instant at which the run was started. */
  readonly startedAt: string;
  /** ISO instant for which a schedule started it, if one did. */
  readonly scheduledFor?: string;
  /** What airtempo itself said when it started the run. */
  readonly launch?: Launch;
}

/**
 * The second argument of a run that airtempo itself started, for a backfill or a repair. People give one
 * argument; a second one without the mark is ignored.
 */
export interface Launch {
  readonly $airtempo: 'launch';
  /** Default: as the input and the schedule say. */
  readonly runType?: RunType;
  /** Only these tasks run; the others are not part of the run. */
  readonly tasks?: readonly string[];
  /** The first run of a backfill does not ask for its past. */
  readonly ignoreFirstDependsOnPast?: boolean;
  /** A run that had ended, to be taken up again. */
  readonly restore?: ContinuedRun;
  /** What to change about it before it goes on. */
  readonly repairs?: readonly Repair[];
}

/** Name of the local activity that cuts the wait for a task's next try short. */
export const RETRY_NOW = 'retry_now';

/** What `retry_now` is told. */
export interface RetryNowCall {
  readonly workflowId: string;
  readonly executionId: string;
  readonly taskId: string;
}

/** The memo key under which a run says what it stands for, so that a listing needs no query. */
export const RUN_MEMO = 'airtempo';

/** The part of a run's facts that its memo holds. */
export type RunMemo = Pick<RunFacts, 'runId' | 'runType' | 'logicalDate' | 'dataInterval'>;

/** What a run records at its start and keeps to its end. */
export interface RunPlan {
  /** What the workflow does with a plan; absent in histories of the first release. */
  readonly v?: 2;
  /** How many runs of the DAG may be active at once. Absent: this one asks nobody. */
  readonly maxActiveRuns?: number;
  /** The graph in its wire form; see core/serialize-graph.ts. */
  readonly graph: JsonValue;
  readonly facts: RunFacts;
}

/** Outputs up to this size travel inline; a history is to stay small, and each replay reads it. */
export const INLINE_OUTPUT_BYTES = 16 * 1024;

/** A value too large for history, kept in the XCom store. */
export interface XComRef {
  /** Where it is, as the store wrote it. */
  readonly $xcom: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** An output in the XCom store, by the first half of its SHA-256: short, for runs with thousands of them. */
export interface XComDigest {
  readonly $digest: string;
  /** Id of the task that made it. */
  readonly of: string;
}

/** The outputs of a mapped task's instances, in order, without those that have none. */
export interface OutputList {
  readonly $list: readonly unknown[];
}

/** Name of the local activity that counts the elements that a mapped group runs for. */
export const EXPAND_MAP = 'expand_map';

/** What it is asked. */
export interface ExpandRequest {
  readonly dagId: string;
  readonly groupId: string;
  readonly sources: readonly MapSource[];
  /** Outputs of the tasks that the sources name. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** The input of a task's activity. */
export interface TaskCall {
  readonly taskId: string;
  readonly run: RunFacts;
  /** How many tries it has, with the first. Absent in the calls of older runs. */
  readonly maxTries?: number;
  /** Temporal's id of the run's first history, where this is not it: one trace spans them all. */
  readonly firstRunId?: string;
  /** Arguments with markers; see core/args.ts. */
  readonly args?: JsonValue;
  /** Outputs of the tasks that the arguments use. */
  readonly inputs?: Readonly<Record<string, unknown>>;
  /** For an instance of a mapped task: which one it is, and the lists of its group. */
  readonly map?: { readonly of: string; readonly index: number; readonly sources: readonly MapSource[] };
  /** The output goes to the XCom store when it is larger. Default: the store's own limit. */
  readonly inlineBytes?: number;
  /** What makes the task's doings known again at a later try, and when it was started: for sensors that begin something. */
  readonly begun?: { readonly key: string; readonly at: string };
  /** For a sensor: how it waits and what it may fail. */
  readonly sensor?: ExecutionOptions;
  /** The task was cancelled while its sensor waited: what a poke has begun is to be taken back. */
  readonly event?: 'cancelled';
}

/** What the last try of a task tells about itself, with its result or in the details of its failure. */
export interface TryFacts {
  /** 1 for the first try. */
  readonly tryNumber?: number;
  /** How long this try waited for a worker to take it; left out when that was no time worth telling. */
  readonly queuedMs?: number;
}
/** Type of the failure with which a sensor says that it is to be asked again; its message says what is missing. */
export const NOT_YET = 'NOT_YET';

/** The result of a task's activity. */
export type TaskResult = TryFacts &
  (
    | {
        readonly state: 'success';
        readonly output?: JsonValue | XComRef;
        /** What a branch or short circuit skips. */
        readonly branch?: Branch;
      }
    | { readonly state: 'skipped'; readonly reason: string }
  );

/** The input of the activity that calls a callback. */
export interface NotifyCall extends Pick<CallbackEvent, 'state' | 'tryNumber' | 'reason'> {
  readonly event: CallbackName;
  /** Absent when the event is the run's. */
  readonly taskId?: string;
  /** Which of the event's callbacks, from 0. */
  readonly index: number;
  /** What it was called when the run began. */
  readonly name: string;
  readonly run: RunFacts;
}
