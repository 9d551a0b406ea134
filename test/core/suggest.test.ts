/** How errors show outside values and guess what was meant. */
import { expect, test } from '@jest/globals';
import { showValue } from '../../core/outside-value.js';
import { suggest } from '../../core/suggest.js';

test.each([
  ['extrat', ' Did you mean "extract"?'],
  ['EXTRACT', ' Did you mean "extract"?'],
  ['laod', ' Did you mean "load"?'],
  ['transfrom_data', ' Did you mean "transform_data"?'],
  ['quality', ''],
  ['', ''],
])('%p suggests %p', (word, hint) => {
  expect(suggest(word, ['extract', 'load', 'transform_data', 'loads'])).toBe(hint);
});

test('the nearest is suggested, and nothing when there is nothing to suggest', () => {
  expect(suggest('loads', ['load', 'loads2', 'loads'])).toBe(' Did you mean "loads"?');
  expect(suggest('load', [])).toBe('');
});

test('values are shown as JSON, cut when long, whatever they are', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  expect(showValue({ a: [1, 'x'] })).toBe('{"a":[1,"x"]}');
  expect(showValue(undefined)).toBe('undefined');
  expect(showValue(cyclic)).toBe('an object');
  expect(showValue([1n])).toBe('an array');
  expect(showValue(Number.NaN)).toBe('NaN');
  expect(showValue(() => 1)).toBe('a function');
  expect(showValue(1n)).toBe('1');
  expect(showValue('x'.repeat(200))).toHaveLength(81);
});
