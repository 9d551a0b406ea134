/**
 * Counts by key of what came lately, in bounded memory: a key that has not come for the window is forgotten, and when there are too
 * many, the one that has not come for longest. Pure: the time is handed in.
 */

interface Count {
  count: number;
  lastMs: number;
}

export class RecentCounts<Key> {
  readonly #windowMs: number;
  readonly #capacity: number;
  /** The key that has not come for longest is the first one. */
  readonly #counts = new Map<Key, Count>();
  /** Until then a key is missing that would be in the window. */
  #incompleteUntilMs = -Infinity;

  constructor(windowMs: number, capacity: number) {
    this.#windowMs = windowMs;
    this.#capacity = capacity;
  }

  add(key: Key, nowMs: number): void {
    const count = this.get(key) + 1;
    this.#counts.delete(key); // so that it moves to the end
    this.#counts.set(key, { count, lastMs: nowMs });
    if (this.#counts.size <= this.#capacity) return;
    const [oldest] = this.#counts;
    if (oldest === undefined) return;
    this.#counts.delete(oldest[0]);
    this.#incompleteUntilMs = Math.max(this.#incompleteUntilMs, oldest[1].lastMs + this.#windowMs);
  }

  /** Forgets what is too old. */
  expire(nowMs: number): void {
    for (const [key, { lastMs }] of this.#counts) {
      if (lastMs + this.#windowMs > nowMs) return;
      this.#counts.delete(key);
    }
  }

  get(key: Key): number {
    return this.#counts.get(key)?.count ?? 0;
  }

  get size(): number {
    return this.#counts.size;
  }

  keys(): readonly Key[] {
    return [...this.#counts.keys()];
  }

  /** Whether each key of the window is there: false after more have come than are kept. */
  isComplete(nowMs: number): boolean {
    return nowMs >= this.#incompleteUntilMs;
  }
}
