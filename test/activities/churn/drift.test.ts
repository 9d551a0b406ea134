/** The drift measure: known values, its bounds, and that chance alone does not look like drift. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  compareHistograms,
  computeDrift,
  judgeDrift,
  type Histogram,
  type NamedDrift,
} from '../../../activities/churn/drift.js';

const counts = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 2, maxLength: 10 });
const total = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0);
const sharesOf = (numbers: readonly number[]): readonly number[] => numbers.map((n) => n / total(numbers));

describe('computeDrift', () => {
  it('is the textbook index where there are many rows', () => {
    const reference = { rows: 1_000_000, shares: [0.5, 0.5] };
    const { psi, drift } = computeDrift(reference, [600_000, 400_000]);
    const expected = 0.1 * Math.log(0.6 / 0.5) + -0.1 * Math.log(0.4 / 0.5);
    expect(psi).toBeCloseTo(expected, 5);
    expect(drift).toBeCloseTo(expected, 4);
  });

  it('is 0 for the same shares, and never below', () => {
    fc.assert(
      fc.property(
        counts.filter((found) => total(found) > 0),
        counts,
        (before, now) => {
          const reference = { rows: total(before), shares: sharesOf(before) };
          expect(computeDrift(reference, before).psi).toBeCloseTo(0, 12);
          const later = before.map((_, bin) => now[bin] ?? 0);
          const { psi, drift } = computeDrift(reference, later);
          expect(psi).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(psi)).toBe(true);
          expect(drift).toBeGreaterThanOrEqual(0);
          expect(drift).toBeLessThanOrEqual(psi);
        },
      ),
    );
  });

  it('grows as more users move into one bin', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 80 }), (moved) => {
        const reference = { rows: 1000, shares: Array.from({ length: 10 }, () => 0.1) };
        const shift = (by: number): number => {
          const rest = (1000 - 100 - by) / 9;
          return computeDrift(reference, [100 + by, ...Array.from({ length: 9 }, () => rest)]).psi;
        };
        expect(shift(moved + 10)).toBeGreaterThan(shift(moved));
      }),
    );
  });

  it('finds nothing where samples of one population differ, however small they are', () => {
    // a generator of its own: the same draws each time
    let state = 42;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const draw = (n: number): readonly number[] => {
      const found = Array.from({ length: 10 }, () => 0);
      for (let i = 0; i < n; i += 1) found[Math.floor(random() * 10)]! += 1;
      return found;
    };
    for (const n of [50, 200, 1000]) {
      const drifts = Array.from({ length: 300 }, () =>
        computeDrift({ rows: n, shares: sharesOf(draw(n)) }, draw(n)),
      );
      const mean = total(drifts.map(({ psi }) => psi)) / drifts.length;
      expect(mean / (drifts[0]?.chance ?? 0)).toBeGreaterThan(0.85);
      expect(mean / (drifts[0]?.chance ?? 0)).toBeLessThan(1.2);
      expect(drifts.filter(({ drift }) => drift > 0.25).length).toBeLessThan(n < 100 ? 20 : 1);
    }
  });
});

describe('judgeDrift', () => {
  it('sorts by the limits, the furthest first, and a limit itself is within', () => {
    const drifts: readonly NamedDrift[] = [
      ['still', 0.1],
      ['moved', 0.11],
      ['edge', 0.25],
      ['far', 0.3],
      ['farthest', 2],
    ].map(([name, drift]) => ({ name: String(name), psi: 9, chance: 9, drift: Number(drift) }));
    const { failed, warned } = judgeDrift(drifts, { warn: 0.1, fail: 0.25 });
    expect(failed.map(({ name }) => name)).toEqual(['farthest', 'far']);
    expect(warned.map(({ name }) => name)).toEqual(['edge', 'moved']);
  });
});

describe('compareHistograms', () => {
  const histogram = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 50 })), { minLength: 1 })
    .map((cells): Histogram => new Map(cells));

  it('finds no drift from a histogram to itself', () => {
    fc.assert(
      fc.property(histogram, (cells) => {
        expect(compareHistograms(cells, cells).psi).toBeCloseTo(0, 12);
      }),
    );
  });

  it('finds scores that have risen, also where none has been before', () => {
    const before = new Map(Array.from({ length: 500 }, (_, cell) => [cell, 4]));
    const risen = new Map([...before].map(([cell, n]) => [cell + 200, n]));
    expect(compareHistograms(before, risen).drift).toBeGreaterThan(0.25);
    expect(compareHistograms(before, new Map([[999, 2000]])).drift).toBeGreaterThan(0.25);
  });

  it('takes one frequent score as one bin', () => {
    const mostlyZero: Histogram = new Map([[0, 950], [1, 50]]); // prettier-ignore
    expect(compareHistograms(mostlyZero, new Map([[0, 900], [1, 100]])).drift).toBeLessThan(0.1); // prettier-ignore
    expect(compareHistograms(mostlyZero, new Map([[0, 500], [1, 500]])).drift).toBeGreaterThan(0.25); // prettier-ignore
  });
});
