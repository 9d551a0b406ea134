/**
 * The most frequent of any number of items, in a table of bounded size: the algorithm of Misra and Gries. A count is exact, or too
 * low by `missed` at most, and an item that came more often than `missed` is in the table. Pure.
 */
export class FrequentItems {
  readonly #capacity: number;
  readonly #counts = new Map<string, number>();
  #missed = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(item: string): void {
    const count = this.#counts.get(item);
    if (count !== undefined || this.#counts.size < this.#capacity) {
      this.#counts.set(item, (count ?? 0) + 1);
      return;
    }
    // the newcomer and each item of the table lose one: this costs no more than their adding did
    this.#missed += 1;
    for (const [known, times] of this.#counts) {
      if (times === 1) this.#counts.delete(known);
      else this.#counts.set(known, times - 1);
    }
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get missed(): number {
    return this.#missed;
  }
}

/** The window moves by a tenth at a time. */
const SLOTS = 10;

export interface TopItems {
  readonly items: readonly { readonly item: string; readonly count: number }[];
  /** Each count is too low by so many at most. */
  readonly missed: number;
}

/** The most frequent items of the last so many milliseconds. Memory: ten tables. */
export class FrequentLately {
  readonly #slotMs: number;
  readonly #capacity: number;
  readonly #slots = new Map<number, FrequentItems>();

  constructor(windowMs: number, capacity: number) {
    this.#slotMs = windowMs / SLOTS;
    this.#capacity = capacity;
  }

  add(item: string, nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    let items = this.#slots.get(slot);
    if (items === undefined) {
      this.#expire(slot);
      items = new FrequentItems(this.#capacity);
      this.#slots.set(slot, items);
    }
    items.add(item);
  }

  /** The first `limit`, the most frequent first; of equals in the order of their names. */
  top(limit: number, nowMs: number): TopItems {
    this.#expire(Math.floor(nowMs / this.#slotMs));
    const sums = new Map<string, number>();
    let missed = 0;
    for (const slot of this.#slots.values()) {
      missed += slot.missed;
      for (const [item, count] of slot.counts) sums.set(item, (sums.get(item) ?? 0) + count);
    }
    const items = [...sums].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, limit);
    return { items: items.map(([item, count]) => ({ item, count })), missed };
  }

  #expire(current: number): void {
    for (const slot of this.#slots.keys()) if (slot <= current - SLOTS) this.#slots.delete(slot);
  }
}
