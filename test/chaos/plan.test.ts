import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEEDS, planFaults, type Fault, type PlanOptions } from '../../chaos/plan.js';

const nameOf = ({ kind, target }: { readonly kind: string; readonly target: string }): string =>
  `${kind} ${target}`;
const form = (seed: number): PlanOptions => ({
  seed,
  totalMs: 600_000,
  gapMs: [3_000, 12_000],
  lengthMs: [500, 15_000],
});

describe('the plan of a soak', () => {
  test('is a function of its seed', () => {
    expect(planFaults(form(7))).toEqual(planFaults(form(7)));
    expect(planFaults(form(7))).not.toEqual(planFaults(form(8)));
  });

  test('has each kind of fault once before any comes again', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const names = planFaults(form(seed)).map(nameOf);
        expect(names.slice(0, DEEDS.length).sort()).toEqual(DEEDS.map(nameOf).sort());
        expect(names.length).toBeGreaterThan(2 * DEEDS.length);
      }),
    );
  });

  test('keeps to its gaps, its lengths and its time', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const faults = planFaults(form(seed));
        const gaps = faults.map(({ atMs }, index) => atMs - (faults[index - 1]?.atMs ?? 0));
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3_000);
        expect(Math.max(...gaps)).toBeLessThanOrEqual(12_000);
        expect(faults.at(-1)?.atMs).toBeLessThan(600_000);
        const isWithin = ({ kind, forMs }: Fault): boolean =>
          kind === 'cut' ? forMs === 0 : forMs >= 500 && forMs <= 15_000;
        expect(faults.filter((fault) => !isWithin(fault))).toEqual([]);
      }),
    );
  });
});
