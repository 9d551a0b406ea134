/**
 * A small seeded random generator (mulberry32), so that sample data is the same bytes on every machine and
 * every Node version. Not for secrets.
 */

/** Draws from one reproducible sequence. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** A whole number with min ≤ x ≤ max. */
  integer(min: number, max: number): number;
  /** True once in `oneIn` draws, on average. */
  chance(oneIn: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** Starts a sequence; the same seed gives the same sequence. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <T>(items: readonly T[]): T => {
    const item = items[integer(0, items.length - 1)];
    if (item === undefined) throw new RangeError('pick() from an empty list');
    return item;
  };
  return { next, integer, pick, chance: (oneIn) => integer(1, oneIn) === 1 };
}
