/**
 * How far a distribution has moved: the population stability index over bins, and the verdict on it. Pure.
 * Between two samples of one population the index is not 0 but about (bins - 1) * (1/n + 1/m), which is a lot when there are few
 * users. That part is taken off before a limit is applied, so that the same limits hold for two hundred users and for a million.
 */

import { z } from 'zod';

/** What is known of a value: the shares of `rows` rows in bins. */
export interface ReferenceShares {
  readonly rows: number;
  /** Of each bin; they sum to 1. */
  readonly shares: readonly number[];
}

export interface Drift {
  /** 0 = the same shares; above .25 is commonly called a shift. */
  readonly psi: number;
  /** What the index is on average when nothing has moved. */
  readonly chance: number;
  /** What limits are held against: `psi` less `chance`, at least 0. */
  readonly drift: number;
}

export interface NamedDrift extends Drift {
  readonly name: string;
}

export interface DriftLimits {
  /** Above it a warning is logged. */
  readonly warn: number;
  /** Above it the check fails. */
  readonly fail: number;
}

export const driftLimitsSchema: z.ZodType<DriftLimits> = z
  .strictObject({ warn: z.number().positive(), fail: z.number().positive() })
  .refine(({ warn, fail }) => warn <= fail, 'warn is above fail');

export interface DriftVerdict {
  /** Above `fail`, the furthest first. */
  readonly failed: readonly NamedDrift[];
  /** Above `warn` only. */
  readonly warned: readonly NamedDrift[];
}

/** The index of `counts` against the reference; bins are the same and in the same order. Half a row is added to each bin: none is empty. */
export function computeDrift({ rows, shares }: ReferenceShares, counts: readonly number[]): Drift {
  const found = counts.reduce((sum, count) => sum + count, 0);
  const bins = shares.length;
  const psi = shares.reduce((sum, share, bin) => {
    const before = (share * rows + 0.5) / (rows + 0.5 * bins);
    const now = ((counts[bin] ?? 0) + 0.5) / (found + 0.5 * bins);
    return sum + (now - before) * Math.log(now / before);
  }, 0);
  const chance = rows > 0 && found > 0 ? (bins - 1) * (1 / rows + 1 / found) : 0;
  return { psi, chance, drift: Math.max(0, psi - chance) };
}

/** Sorts drifts by the limits. */
export function judgeDrift(drifts: readonly NamedDrift[], { warn, fail }: DriftLimits): DriftVerdict {
  const sorted = drifts.toSorted((a, b) => b.drift - a.drift);
  return {
    failed: sorted.filter(({ drift }) => drift > fail),
    warned: sorted.filter(({ drift }) => drift > warn && drift <= fail),
  };
}

/** `down_14d_rate .41`, for messages. */
export function describeDrifts(drifts: readonly NamedDrift[]): string {
  return drifts.map(({ name, drift }) => `${name} ${drift.toFixed(2)}`).join(', ');
}

/** Users by a cell, such as a thousandth of the score. */
export type Histogram = ReadonlyMap<number, number>;

/**
 * The drift between two histograms of the same cells. The bins are about tenths of the former one: its cells in order, a
 * bin ending where a tenth is full. Cells that only the later one has go to the bin in whose span they lie.
 */
export function compareHistograms(former: Histogram, later: Histogram): Drift {
  const total = sum(former);
  const cells = [...former].toSorted(([a], [b]) => a - b);
  const edges: number[] = [];
  let seen = 0;
  for (const [cell, count] of cells.slice(0, -1)) {
    seen += count;
    if (seen >= ((edges.length + 1) * total) / TENTHS) edges.push(cell);
  }
  const shares = binCounts(former, edges).map((count) => count / total);
  return computeDrift({ rows: total, shares }, binCounts(later, edges));
}

const TENTHS = 10;

function sum(histogram: Histogram): number {
  return [...histogram.values()].reduce((total, count) => total + count, 0);
}

/** Counts of the bins that end at the edges, and of the last one, which has no end. */
function binCounts(histogram: Histogram, edges: readonly number[]): readonly number[] {
  const counts = Array.from({ length: edges.length + 1 }, () => 0);
  for (const [cell, count] of histogram) {
    const found = edges.findIndex((edge) => cell <= edge);
    const bin = found === -1 ? edges.length : found;
    counts[bin] = (counts[bin] ?? 0) + count;
  }
  return counts;
}
