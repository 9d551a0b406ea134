/** Asking a service until it answers, however often it is away meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 500;

/** What `ask` answers. Throws an error that asking again would not change, by `isFinal`, and the signal's reason. */
export async function insist<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (isFinal(error)) throw error;
    }
    await delay(PAUSE_MS, undefined, { signal });
  }
}
