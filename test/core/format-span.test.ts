import { expect, test } from '@jest/globals';
import { formatSpan } from '../../core/format-span.js';

test.each([
  [0, '0 s'],
  [0.4, '0 s'],
  [300, '300 ms'],
  [1_500, '1 s 500 ms'],
  [60_000, '1 min'],
  [5_400_000, '1 h 30 min'],
  [604_800_000, '7 d'],
  [604_800_000 + 3_600_000 + 60_000, '7 d 1 h'],
])('%d ms is %s', (ms, text) => {
  expect(formatSpan(ms)).toBe(text);
});
