/** Figures of a sample, each with how far chance may move it: four standard errors. Pure. */

export interface Figure {
  readonly found: number;
  /** How far the figure of a sample of this size may be off by chance alone. */
  readonly chance: number;
}

/** What chance is given. */
export const STANDARD_ERRORS = 4;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function mean(values: readonly number[]): Figure {
  const found = sum(values) / values.length;
  const variance = sum(values.map((value) => (value - found) ** 2)) / Math.max(1, values.length - 1);
  return { found, chance: STANDARD_ERRORS * Math.sqrt(variance / values.length) };
}

/** Share of `part` in `whole`, counts of independent cases. */
export function fraction(part: number, whole: number, expected: number): Figure {
  return { found: part / whole, chance: STANDARD_ERRORS * Math.sqrt((expected * (1 - expected)) / whole) };
}

/** Sum of the parts by sum of the wholes, where a pair belongs to one user and users differ. */
export function ratio(pairs: readonly (readonly [part: number, whole: number])[], scale = 1): Figure {
  const wholes = sum(pairs.map(([, whole]) => whole));
  const found = sum(pairs.map(([part]) => part)) / wholes;
  const squares = sum(pairs.map(([part, whole]) => (part - found * whole) ** 2));
  return { found: found * scale, chance: (STANDARD_ERRORS * Math.sqrt(squares) * scale) / wholes };
}

/** A quantile by linear interpolation; chance is read off its neighbours. */
export function quantile(values: readonly number[], share: number): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (wanted: number): number => {
    const place = Math.min(1, Math.max(0, wanted)) * (sorted.length - 1);
    const [low = 0, high = low] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return low + (high - low) * (place - Math.floor(place));
  };
  const error = STANDARD_ERRORS * Math.sqrt((share * (1 - share)) / sorted.length);
  return { found: at(share), chance: (at(share + error) - at(share - error)) / 2 };
}
