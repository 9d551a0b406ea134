/** The heartbeats of an activity. */
import type { Context } from '@temporalio/activity';
import type { SecretScrubber } from '../connections/secret-scrubber.js';

/**
 * Cancellation reaches an activity as the answer to a heartbeat, so it should not be long in coming; but each
 * one is a request, and where Temporal is paid for by the request, long tasks should not run up a bill.
 */
export const HEARTBEAT_EVERY_MS = 5_000;

/** Heartbeats on the handler's behalf, with what it reported last. */
export class Pulse {
  readonly #context: Context;
  readonly #scrubber: SecretScrubber;
  readonly #timer: NodeJS.Timeout;
  #details: unknown;

  constructor(context: Context, scrubber: SecretScrubber) {
    this.#context = context;
    this.#scrubber = scrubber;
    this.#details = context.info.heartbeatDetails;
    const limit = context.info.heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY;
    this.#timer = setInterval(() => this.#beat(), Math.max(100, Math.min(HEARTBEAT_EVERY_MS, limit / 3)));
  }

  report(details: unknown): void {
    // a bare heartbeat does not forget what was reported
    this.#details = details === undefined ? this.#details : this.#scrubber.scrubValue(details);
    this.#beat();
  }

  #beat(): void {
    this.#context.heartbeat(this.#details);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
