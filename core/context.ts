/** What a task's code is told about its run. Interfaces only; workers/ builds the real thing. */
import type { Connection } from './connection.js';
import type { DatasetUse } from './lineage.js';
import type { DagRuns } from './dag-runs.js';

/** Half-open span of time `[start, end)` that a run is responsible for. */
export interface DataInterval {
  readonly start: Date;
  readonly end: Date;
}

/** How a run came to be: Airflow's run types. */
export type RunType = 'scheduled' | 'manual' | 'backfill';

/** The facts of a run: the same for each of its tasks. Argument functions receive this. */
export interface RunContext<Params = unknown> {
  readonly dagId: string;
  /** Airflow's run id: `scheduled__…`, `manual__…` or `backfill__…` plus the logical date. */
  readonly runId: string;
  readonly runType: RunType;
  /** The DAG's params: defaults overridden by the run's conf, parsed by the DAG's schema. */
  readonly params: Params;
  /** The conf of the run as given, before the schema. */
  readonly conf: Readonly<Record<string, unknown>>;
  readonly logicalDate: Date;
  readonly dataInterval: DataInterval;
  /** Logical date as `2018-11-02`, UTC. */
  readonly ds: string;
  /** Logical date as `20181102`. */
  readonly dsNodash: string;
  /** Logical date as `2018-11-02T00:00:00+00:00`; with `.123000` after the seconds when they are not whole. */
  readonly ts: string;
  /** Logical date as `20181102T000000`. */
  readonly tsNodash: string;
  /** `ts` without dashes and colons: `20181102T000000+0000`. */
  readonly tsNodashWithTz: string;
}

/** Looks up a variable, in the worker, when it is called. */
export interface ReadVariable {
  /**
   * The variable's text. Throws VARIABLE_NOT_FOUND when nobody has set it and there is no fallback. Texts of names
   * such as `api_token` are scrubbed from logs and errors from then on.
   */
  (name: string, options?: { readonly fallback?: string }): Promise<string>;
  /** The same, parsed as JSON. Throws INVALID_VARIABLE when it is none. */
  (name: string, options: { readonly json: true; readonly fallback?: unknown }): Promise<unknown>;
}

/** What functions in arguments are called with: the run, and variables. */
export interface ArgContext<Params = unknown> extends RunContext<Params> {
  readonly variable: ReadVariable;
}

/** The logger a task gets: pino's shape, bound to dagId, runId, taskId and tryNumber. */
export interface TaskLogger {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
}

/** Where a task keeps connections that it has made, such as that of a cluster it has started. */
export interface TaskConnectionStore {
  /**
   * Stores a connection, in the place of one of its id. Throws INVALID_CONNECTION when the id is set in a place that is
   * asked first, such as an environment variable, where what is stored would never be used; and when `mayReplace` says no
   * to the connection of that id that is stored here.
   */
  save(
    connection: Connection,
    options?: { readonly mayReplace?: (former: Connection) => boolean },
  ): Promise<void>;
  /** Deletes a connection that is stored here; whether there was one. Those of other places stay. */
  delete(connId: string): Promise<boolean>;
}

/** What a handler is given besides its arguments. */
export interface TaskContext<Params = unknown> extends ArgContext<Params> {
  readonly taskId: string;
  /** Which instance of a mapped task this is, from 0; -1 for other tasks, as in Airflow. */
  readonly mapIndex: number;
  /** 1 for the first try. */
  readonly tryNumber: number;
  /**
   * Names this execution of the task: the same at each of its tries, another once it has been cleared. What idempotency
   * tokens and names of outside jobs are made of. Opaque, and of any length: hash it.
   */
  readonly taskKey: string;
  /** Aborted when the run is cancelled, the task times out or the worker shuts down. Pass it on. */
  readonly signal: AbortSignal;
  readonly log: TaskLogger;
  /** Reports progress; the value reaches the next try as `lastHeartbeat`. Ids and counts only, no secrets. */
  heartbeat(details?: unknown): void;
  /** What the former try reported last, if anything. */
  readonly lastHeartbeat: unknown;
  /** Resolves a connection by its id; its secrets are scrubbed from logs and errors from then on. */
  connection(connId: string): Promise<Connection>;
  /** Keeps connections for tasks to come, encrypted, where the worker keeps its own. */
  readonly connectionStore: TaskConnectionStore;
  /**
   * Says which datasets the task reads and writes, for OpenLineage; call it as often as you like, a dataset named again
   * is completed. Nothing happens where lineage is off.
   */
  lineage(use: DatasetUse): void;
  /** Runs of other DAGs. Its calls throw INVALID_RUN_INPUT where there is no Temporal: in `airtempo dags test`. */
  readonly runs: DagRuns;
}
