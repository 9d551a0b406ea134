/** The tasks that may run and wait for a slot: by priority, and first come first served within one. Pure. */
import type { Priority } from './graph.js';

/** Temporal's default priority key. */
export const DEFAULT_PRIORITY: Priority = 3;

interface Bucket<T> {
  readonly items: T[];
  /** Items before it have been taken; moving a number is cheaper than shifting a long array. */
  head: number;
}

/** Five first-in-first-out buckets. Every operation is O(1). */
export class ReadyQueue<T> {
  readonly #buckets: readonly Bucket<T>[] = [1, 2, 3, 4, 5].map(() => ({ items: [], head: 0 }));

  push(item: T, priority: Priority): void {
    this.#buckets[priority - 1]?.items.push(item);
  }

  /** The first item of the most urgent priority, or nothing. */
  take(): T | undefined {
    for (const bucket of this.#buckets) {
      if (bucket.head < bucket.items.length) return bucket.items[bucket.head++];
    }
    return undefined;
  }

  /** What waits, in the order in which it would be taken. */
  toArray(): readonly T[] {
    return this.#buckets.flatMap(({ items, head }) => items.slice(head));
  }
}
