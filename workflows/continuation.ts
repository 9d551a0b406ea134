/**
 * When a run should go on in a new history (continue-as-new). Pure: thresholds and their reasons.
 * A history is replayed whole after a worker restart, and the server ends a run at 51,200 events.
 */

/** Replaying so many events takes about 1.5 s of CPU; a Workflow Task has 10 s. */
const SOFT_LIMIT_EVENTS = 8_000;
/** Past this a drain is never lifted: in-flight tasks still have to write their ends below 51,200. */
const HARD_LIMIT_EVENTS = 40_000;
/** A drain waits so long for running tasks before the run goes on in the old history. */
export const DRAIN_PATIENCE_MS = 60_000;

/** What a run does about its history. */
export class Continuation {
  #nextDrainAt = SOFT_LIMIT_EVENTS;
  #draining = false;
  #forbidden = false;

  /** While draining, nothing new is started, so that the run can continue once nothing runs. */
  get draining(): boolean {
    return this.#draining;
  }

  /** Looks at the length of the history. Returns true when a drain has just begun. */
  observe(historyLength: number, suggestedByServer: boolean): boolean {
    if (this.#draining || this.#forbidden) return false;
    this.#draining =
      historyLength >= this.#nextDrainAt || (suggestedByServer && historyLength >= SOFT_LIMIT_EVENTS / 2);
    return this.#draining;
  }

  /** Ends a drain that a long-running task holds up, unless the history is near the server's limit. */
  lift(historyLength: number): void {
    if (historyLength >= HARD_LIMIT_EVENTS) return;
    this.#draining = false;
    this.#nextDrainAt = historyLength + SOFT_LIMIT_EVENTS;
  }

  /** From now on the run ends in this history. */
  forbid(): void {
    this.#forbidden = true;
    this.#draining = false;
  }
}
