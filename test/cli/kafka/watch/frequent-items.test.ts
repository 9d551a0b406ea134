/** The table of frequent items against exact counts. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FrequentItems, FrequentLately } from '../../../../cli/kafka/watch/frequent-items.js';

const count = (items: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};

test('a count is too low by what was missed at most, and never too high', () => {
  const items = fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 300 });
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 12 }), (stream, capacity) => {
      const table = new FrequentItems(capacity);
      for (const item of stream) table.add(item);
      expect(table.counts.size).toBeLessThanOrEqual(capacity);
      expect(table.missed).toBeLessThanOrEqual(stream.length / (capacity + 1));
      for (const [item, exact] of count(stream)) {
        const kept = table.counts.get(item) ?? 0;
        expect(kept).toBeLessThanOrEqual(exact);
        expect(kept).toBeGreaterThanOrEqual(exact - table.missed);
      }
    }),
  );
});

test('a million distinct items take no more room than the table, and the frequent one is found', () => {
  const table = new FrequentItems(1_000);
  for (let at = 0; at < 1_000_000; at += 1) table.add(at % 100 === 0 ? 'hit' : `song ${String(at)}`);
  expect(table.counts.size).toBeLessThanOrEqual(1_000);
  const hits = table.counts.get('hit') ?? 0;
  expect(hits).toBeGreaterThanOrEqual(10_000 - table.missed);
  expect(hits).toBeGreaterThan(0);
});

test('what is older than the window is forgotten', () => {
  const lately = new FrequentLately(100_000, 10);
  for (let second = 0; second < 3; second += 1) lately.add('early', second * 1_000);
  lately.add('late', 95_000);
  expect(lately.top(5, 95_000).items).toEqual([
    { item: 'early', count: 3 },
    { item: 'late', count: 1 },
  ]);
  expect(lately.top(5, 101_000).items).toEqual([{ item: 'late', count: 1 }]);
  expect(lately.top(5, 500_000)).toEqual({ items: [], missed: 0 });
});
