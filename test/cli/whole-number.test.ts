import { describe, expect, test } from '@jest/globals';
import { wholeNumber } from '../../cli/whole-number.js';

describe('a whole number among the options', () => {
  test.each([
    ['1', 1],
    ['500', 500],
    ['007', 7],
  ])('%s is %d', (text, value) => {
    expect(wholeNumber(1, 500)(text)).toBe(value);
  });

  test.each(['', ' 5', '5 ', '-1', '+5', '1.0', '1e2', '0x10', '0', '501', '٣', 'many', '9'.repeat(400)])(
    '%j is refused with what to write instead',
    (text) => {
      expect(() => wholeNumber(1, 500)(text)).toThrow('Use a whole number from 1 to 500.');
    },
  );

  test('what names no limit has nine digits at most', () => {
    expect(wholeNumber(1)('999999999')).toBe(999_999_999);
    expect(() => wholeNumber(1)('1000000000')).toThrow('Use a whole number from 1.');
  });
});
