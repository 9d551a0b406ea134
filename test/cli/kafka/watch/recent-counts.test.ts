/** Keys that came lately. */
import { expect, test } from '@jest/globals';
import { RecentCounts } from '../../../../cli/kafka/watch/recent-counts.js';

test('a key that comes again stays; one that does not is forgotten', () => {
  const counts = new RecentCounts<string>(10_000, 100);
  counts.add('a', 0);
  counts.add('b', 1_000);
  counts.add('a', 9_000);
  counts.expire(11_000);
  expect(counts.keys()).toEqual(['a']);
  expect(counts.get('a')).toBe(2);
  expect(counts.get('b')).toBe(0);
});

test('a million keys take no more room than it has, and it says that some are missing for as long as they are', () => {
  const counts = new RecentCounts<number>(10_000, 1_000);
  for (let key = 0; key < 1_000_000; key += 1) counts.add(key, 5_000);
  expect(counts.size).toBe(1_000);
  expect(counts.isComplete(14_999)).toBe(false);
  expect(counts.isComplete(15_000)).toBe(true);
});
