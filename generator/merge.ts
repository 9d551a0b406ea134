/**
 * Merges the events of all users by time, with a heap of users. Holds one session of those who are in one, and one
 * instant of all others, so memory grows with users and not with events. Pure.
 */
import type { SparkifyEvent } from './event.js';

/** A user as the merge sees it. */
export interface Head {
  readonly index: number;
  /** When its next session begins; Infinity when there is none. */
  readonly nextTs: number;
  /** The events of that session, in order and none before `nextTs`; moves `nextTs` behind them. */
  takeEvents(): readonly SparkifyEvent[];
}

interface Entry {
  readonly head: Head;
  /** Time of what comes next: an event, or the start of a session. */
  ts: number;
  events: readonly SparkifyEvent[];
  at: number;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.ts < b.ts || (a.ts === b.ts && a.head.index < b.head.index);
}

/** Lets the entry at the top sink to its place. */
function siftDown(heap: Entry[], from: number): void {
  const moved = heap[from] as Entry;
  let hole = from;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
    if (!isBefore(heap[child] as Entry, moved)) break;
    heap[hole] = heap[child] as Entry;
    hole = child;
  }
  heap[hole] = moved;
}

function createHeap(heads: Iterable<Head>, end: number): Entry[] {
  const heap: Entry[] = [];
  for (const head of heads) if (head.nextTs < end) heap.push({ head, ts: head.nextTs, events: [], at: 0 });
  for (let index = (heap.length >> 1) - 1; index >= 0; index -= 1) siftDown(heap, index);
  return heap;
}

/** Moves an entry behind the event that it gave. False when nothing is left before the end. */
function advance(entry: Entry, end: number): boolean {
  entry.at += 1;
  const next = entry.events[entry.at];
  if (next === undefined) entry.events = [];
  entry.ts = next?.ts ?? entry.head.nextTs;
  return entry.ts < end;
}

/** All events before `end`, by time; at one instant by user, then as the user made them. */
export function* mergeByTime(heads: Iterable<Head>, end: number): Generator<SparkifyEvent> {
  const heap = createHeap(heads, end);
  while (heap.length > 0) {
    const entry = heap[0] as Entry;
    if (entry.events.length === 0) {
      entry.events = entry.head.takeEvents();
      entry.at = -1;
    } else {
      yield entry.events[entry.at] as SparkifyEvent;
    }
    if (!advance(entry, end)) {
      const last = heap.pop() as Entry;
      if (heap.length === 0) return;
      heap[0] = last;
    }
    siftDown(heap, 0);
  }
}
