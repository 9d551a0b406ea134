/** What a task may ask and do about runs of other DAGs. An interface; workers/ has the one that talks to Temporal. */
import type { DataInterval } from './context.js';
import type { TaskState } from './states.js';

/** How a run of another DAG stands. `cancelled` covers whatever ended it from outside. */
export type OtherRunState = 'running' | 'success' | 'failed' | 'cancelled';

/** A run of another DAG. */
export interface OtherRun {
  readonly dagId: string;
  readonly workflowId: string;
  /** Temporal's id of this execution; a rerun has a new one. */
  readonly executionId: string;
  readonly state: OtherRunState;
  /** Absent until it has been planned. */
  readonly runId?: string;
  /** Absent until it has been planned. */
  readonly dataInterval?: DataInterval;
  /** Whether this very task started it, at this try or a former one. */
  readonly isMine: boolean;
}

/** Which run to start. */
export interface TriggerRequest {
  readonly dagId: string;
  readonly conf?: Readonly<Record<string, unknown>> | undefined;
  /** ISO instant; without one, the run has none of its own and is always a new one. */
  readonly logicalDate?: string | undefined;
  /** Whether a finished run of that date is run again. */
  readonly reset: boolean;
}

/** Runs of other DAGs, as one task sees them. */
export interface DagRuns {
  /**
   * Starts a run, once for this task however often it is tried: a run that it has started already is returned as it
   * stands. Throws INVALID_RUN_INPUT when the date's run is somebody else's, and UNKNOWN_DAG.
   */
  trigger(request: TriggerRequest): Promise<OtherRun>;
  /** The run that `trigger` would return, if it has been started. */
  findTriggered(request: Pick<TriggerRequest, 'dagId' | 'logicalDate'>): Promise<OtherRun | undefined>;
  /** Runs of a DAG whose intervals meet this one, each date's latest. */
  list(dagId: string, interval: DataInterval): Promise<readonly OtherRun[]>;
  /** The state of a task in a run; nothing when the run has no such task. */
  taskState(run: OtherRun, taskId: string): Promise<TaskState | undefined>;
  /** Why a run failed, in its own words. */
  failureOf(run: OtherRun): Promise<string>;
  /** Asks a run to stop; does nothing when it has ended. */
  cancel(run: OtherRun): Promise<void>;
}
