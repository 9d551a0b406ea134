/** The tasks that may run and wait for a slot: by priority, and first come first served within one. Pure. */
import type { Priority } from './graph.js';

/** Temporal's default priority key. */
export const DEFAULT_PRIORITY: Priority = 3;

interface Bucket<T> {
  readonly items: T[];
  /** Items before it have been taken; moving a number is cheaper than shifting a long array. */
  head: number;
}

/** Which kinds of task have room to start: those that work in a slot, and those that only wait. */
export interface Room {
  readonly work: boolean;
  readonly deferred: boolean;
}

/** Five buckets, each first in first out; the tasks that only wait have a lane of their own. Every operation is O(1). */
export class ReadyQueue<T> {
  readonly #buckets = [1, 2, 3, 4, 5].map(() => ({
    deferred: createBucket<T>(),
    work: createBucket<T>(),
  }));

  push(item: T, priority: Priority, deferred = false): void {
    const lane = deferred ? 'deferred' : 'work';
    this.#buckets[priority - 1]?.[lane].items.push(item);
  }

  /** The first item of the most urgent priority among those for which there is room, or nothing. */
  take(room: Room): T | undefined {
    for (const { deferred, work } of this.#buckets) {
      if (room.deferred && deferred.head < deferred.items.length) return deferred.items[deferred.head++];
      if (room.work && work.head < work.items.length) return work.items[work.head++];
    }
    return undefined;
  }

  /** What waits, in the order in which it would be taken. */
  toArray(): readonly T[] {
    return this.#buckets.flatMap(({ deferred, work }) => [...leftOf(deferred), ...leftOf(work)]);
  }
}

function createBucket<T>(): Bucket<T> {
  return { items: [], head: 0 };
}

function leftOf<T>({ items, head }: Bucket<T>): readonly T[] {
  return items.slice(head);
}
