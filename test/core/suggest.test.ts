/** How errors show outside values and guess what was meant. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { messageOf, showValue } from '../../core/outside-value.js';
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
  expect(suggest('loat', ['load', 'loan'])).toBe(' Did you mean "load"?'); // of equals the first
});

const word = fc.string({ unit: fc.constantFrom(...'abcde'), minLength: 2, maxLength: 12 });

/** The word with one letter left out, put in, or replaced. */
const typo = fc.tuple(word, fc.nat(), fc.constantFrom('', 'x', 'xy')).map(([meant, place, instead]) => {
  const at = place % meant.length;
  const left = instead === 'xy' ? at : at + 1; // one letter put in, or one instead of this one
  return { meant, written: meant.slice(0, at) + instead.slice(0, 1) + meant.slice(left) };
});

test('a word with one wrong letter is guessed, and no word that is further away', () => {
  fc.assert(
    fc.property(typo, ({ meant, written }) => {
      expect(suggest(written, ['qqqqqqqq', meant, `${meant}zz`])).toBe(` Did you mean "${meant}"?`);
    }),
  );
});

test('a word is near to another both ways, and to itself', () => {
  const near = (a: string, b: string): boolean => suggest(a, [b]) !== '';
  fc.assert(
    fc.property(fc.string({ maxLength: 8 }), fc.string({ maxLength: 8 }), (a, b) => {
      expect(near(a, b)).toBe(near(b, a)); // up to eight letters the limit is two edits for both
      expect(near(a, a)).toBe(true);
    }),
  );
});

test('what was thrown is told, an error or not', () => {
  expect(messageOf(new RangeError('too far'))).toBe('too far');
  expect([messageOf('no error'), messageOf(undefined)]).toEqual(['no error', 'undefined']);
});

test('values are shown as JSON, cut when long, whatever they are', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  expect(showValue({ a: [1, 'x'] })).toBe('{"a":[1,"x"]}');
  expect(showValue(undefined)).toBe('undefined');
  expect(showValue({ toJSON: () => undefined })).toBe('an object');
  expect(showValue(cyclic)).toBe('an object');
  expect(showValue('x'.repeat(78))).toHaveLength(80); // with its quotes
  expect(showValue('x'.repeat(79))).toBe(`"${'x'.repeat(79)}…`);
  expect(showValue([1n])).toBe('an array');
  expect(showValue(Number.NaN)).toBe('NaN');
  expect(showValue(() => 1)).toBe('a function');
  expect(showValue(1n)).toBe('1');
  expect(showValue('x'.repeat(200))).toHaveLength(81);
});
