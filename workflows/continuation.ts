/**
 * When a run should go on in a new history (continue-as-new). Pure: thresholds and their reasons.
 * A history is replayed whole after a worker restart, and the server ends a run at 51,200 events or 50 MiB.
 */

/** How long a history is. */
export interface HistorySize {
  readonly historyLength: number;
  /** Bytes. */
  readonly historySize: number;
}

/** Replaying so many events takes about 1.5 s of CPU; a Workflow Task has 10 s. */
const SOFT_LIMIT_EVENTS = 8_000;
/** The server warns at so many bytes, and a replay has to fetch them all. */
const SOFT_LIMIT_BYTES = 10_000_000;
/** Past these a drain is never lifted: in-flight tasks still have to write their ends below the server's limits. */
const HARD_LIMIT_EVENTS = 40_000;
const HARD_LIMIT_BYTES = 40_000_000;
/** A drain waits so long for running tasks before the run goes on in the old history. */
export const DRAIN_PATIENCE_MS = 60_000;

/** What a run does about its history. */
export class Continuation {
  readonly #softLimitEvents: number;
  #nextDrainAt: HistorySize;
  #draining = false;
  #forbidden = false;

  constructor(softLimitEvents = SOFT_LIMIT_EVENTS) {
    this.#softLimitEvents = softLimitEvents;
    this.#nextDrainAt = { historyLength: softLimitEvents, historySize: SOFT_LIMIT_BYTES };
  }

  /** While draining, nothing new is started, so that the run can continue once nothing runs. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Looks at the history. Returns true when a drain has just begun. */
  observe({ historyLength, historySize }: HistorySize): boolean {
    if (this.#draining || this.#forbidden) return false;
    this.#draining =
      historyLength >= this.#nextDrainAt.historyLength || historySize >= this.#nextDrainAt.historySize;
    return this.#draining;
  }

  /** Ends a drain that a long-running task holds up, unless the history is near the server's limits. */
  lift(size: HistorySize): void {
    if (size.historyLength < HARD_LIMIT_EVENTS && size.historySize < HARD_LIMIT_BYTES) this.postpone(size);
  }

  /** Ends a drain whatever the history: there is no way to continue now. */
  postpone({ historyLength, historySize }: HistorySize): void {
    this.#draining = false;
    this.#nextDrainAt = {
      historyLength: historyLength + this.#softLimitEvents,
      historySize: historySize + SOFT_LIMIT_BYTES,
    };
  }

  /** From now on the run ends in this history. */
  forbid(): void {
    this.#forbidden = true;
    this.#draining = false;
  }
}
