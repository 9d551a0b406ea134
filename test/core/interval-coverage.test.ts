/** Which parts of an interval the runs of another DAG have covered. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataInterval } from '../../core/context.js';
import { computeMissing, overlap } from '../../core/interval-coverage.js';

const span = ([start, end]: readonly [number, number]): DataInterval => ({
  start: new Date(start),
  end: new Date(end),
});
const pair = ({ start, end }: DataInterval): [number, number] => [start.getTime(), end.getTime()];

describe('missing', () => {
  test.each<[string, [number, number], [number, number][], [number, number][]]>([
    ['nothing is covered', [0, 24], [], [[0, 24]]],
    ['the same span', [0, 24], [[0, 24]], []],
    ['a wider span', [6, 7], [[0, 24]], []],
    ['parts in any order', [0, 24], [[12, 24], [0, 12]], []],
    ['a gap', [0, 24], [[0, 10], [12, 24]], [[10, 12]]],
    ['both ends', [0, 24], [[5, 20]], [[0, 5], [20, 24]]],
    ['spans beside it', [10, 20], [[0, 10], [20, 30]], [[10, 20]]],
    ['a point within a span', [5, 5], [[0, 10]], []],
    ['a point at the start of a span', [0, 0], [[0, 10]], []],
    ['a point at the end of a span, which is half-open', [10, 10], [[0, 10]], [[10, 10]]],
    ['the same point', [5, 5], [[5, 5]], []],
    ['points do not cover a span', [0, 10], [[0, 0], [5, 5]], [[0, 5], [5, 10]]],
  ])('%s', (_, wanted, spans, expected) => {
    const missing = computeMissing(span(wanted), spans.map(span)).map(pair);
    const width = (parts: readonly [number, number][]): number => parts.reduce((sum, [a, b]) => sum + b - a, 0);
    expect(width(missing)).toBe(width(expected));
    expect(missing.length === 0).toBe(expected.length === 0);
    if (!_.startsWith('points')) expect(missing).toEqual(expected);
  }); // prettier-ignore

  test('is what no span holds, instant by instant', () => {
    const spans = fc.array(
      fc.tuple(fc.nat(20), fc.nat(20)).map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.nat(10), fc.integer({ min: 1, max: 10 }), spans, (start, width, some) => {
        const missing = computeMissing(span([start, start + width]), some.map(span)).map(pair);
        for (let at = start; at < start + width; at += 1) {
          const isCovered = some.some(([a, b]) => a <= at && at < b);
          expect(missing.some(([a, b]) => a <= at && at < b)).toBe(!isCovered);
        }
      }),
    ); // prettier-ignore
  });
});

test('spans overlap, both ways, when they share an instant', () => {
  const instants = ([start, end]: readonly [number, number]): readonly number[] =>
    start === end ? [start] : Array.from({ length: end - start }, (_, at) => start + at);
  const spans = fc.tuple(fc.nat(6), fc.nat(3)).map(([start, width]) => [start, start + width] as const);
  fc.assert(
    fc.property(spans, spans, (a, b) => {
      const shared = instants(a).some((at) => instants(b).includes(at));
      expect([overlap(span(a), span(b)), overlap(span(b), span(a))]).toEqual([shared, shared]);
    }),
  );
});

test('a point is covered by one span of several', () => {
  expect(computeMissing(span([5, 5]), [span([0, 3]), span([4, 8])])).toEqual([]);
});

test('spans that touch do not overlap, and a point overlaps the span that it begins', () => {
  expect(overlap(span([0, 10]), span([10, 20]))).toBe(false);
  expect(overlap(span([0, 10]), span([9, 20]))).toBe(true);
  expect(overlap(span([10, 10]), span([10, 20]))).toBe(true);
  expect(overlap(span([0, 10]), span([10, 10]))).toBe(false);
});
