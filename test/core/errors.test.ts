import { expect, test } from '@jest/globals';
import { AirtempoError } from '../../core/errors.js';

test('a message that repeats something long keeps its beginning and its fix', () => {
  const { message } = new AirtempoError(
    'INVALID_ARGUMENT',
    `The name "${'x'.repeat(100_000)}" is too long. Use a shorter one.`,
  );
  expect(message).toMatch(/^The name "x+ … x+" is too long\. Use a shorter one\.$/);
  expect(message.length).toBeLessThan(8_000);
});

test('any other message is as it was written', () => {
  const text = 'y'.repeat(7_900);
  expect(new AirtempoError('INVALID_ARGUMENT', text).message).toBe(text);
});
