/** Durations as authors write them. */
import { expect, test } from '@jest/globals';
import { parseDuration } from '../../core/duration.js';
import { refusal } from './support/refusal.js';

test.each<[unknown, number]>([
  ['0s', 0],
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['7d', 604_800_000],
  ['3650d', 315_360_000_000],
  [0, 0],
  [1500, 1500],
  [0.4, 0],
  [1.5, 2],
])('%j is %d ms', (duration, expected) => {
  expect(parseDuration(duration, 'option x')).toBe(expected);
});

test.each<[unknown, string]>([
  ['5', '"5"'],
  ['5 m', '"5 m"'],
  ['5 minutes', '"5 minutes"'],
  ['-5m', '"-5m"'],
  ['1e3s', '"1e3s"'],
  ['5M', '"5M"'],
  ['5m\n', '"5m\\n"'],
  ['', '""'],
  ['1'.repeat(200) + 's', '"1111'],
  [-1, '-1'],
  [Number.NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [5n, '5'],
  [null, 'null'],
  [undefined, 'undefined'],
  [{ minutes: 5 }, '{"minutes":5}'],
  [() => 5, 'a function'],
])('%p is refused, with the place and the fix', (duration, shown) => {
  expect(refusal(() => parseDuration(duration, 'DAG d: option dagrunTimeout'))).toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining(`DAG d: option dagrunTimeout is ${shown}`),
  });
  expect(refusal(() => parseDuration(duration, 'option x'))).toMatchObject({
    message: expect.stringMatching(
      /which is not a duration. Write "30s", "5m", "2h", "1d", or a number of milliseconds.$/,
    ),
  });
});

test.each(['3651d', Number.MAX_VALUE])('%p, longer than ten years, is refused', (duration) => {
  expect(refusal(() => parseDuration(duration, 'option x'))).toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('longer than ten years. Use a shorter one, at most "3650d".'),
  });
});
