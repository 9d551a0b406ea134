/** Polling with an end: the only way the local stack waits for something outside it. It must not decide what to wait for. */

import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** How long to try at most, in milliseconds. */
  readonly timeoutMs: number;
  /** Pause between two tries, in milliseconds; 50 by default. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Calls `probe` until it returns true. Returns false when the time is over; throws the abort reason of `signal`. */
export async function waitUntil(
  probe: () => Promise<boolean> | boolean,
  options: WaitOptions,
): Promise<boolean> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    if (await probe()) return true;
    if (performance.now() >= deadline) return false;
    await delay(options.intervalMs ?? 50);
  }
}
