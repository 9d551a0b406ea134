/** `skip` and `fail`: how a handler ends its task in another way than success or another try. */
import { expect, test } from '@jest/globals';
import { isAirtempoError } from '../../core/errors.js';
import { fail, isTaskSkipped, skip } from '../../core/outcome.js';
import { refusal } from './support/refusal.js';

test('skip is known as a skip, with its reason, and is no failure', () => {
  const thrown = refusal(() => skip('no file yet'));
  expect(isTaskSkipped(thrown)).toBe(true);
  expect(isAirtempoError(thrown)).toBe(false);
  expect(thrown).toMatchObject({ name: 'TaskSkipped', message: 'no file yet' });
});

test('fail is a failure that is not retried, with its reason and its cause', () => {
  const cause = new Error('origin');
  const thrown = refusal(() => fail('the file has no header', { cause }));
  expect(thrown).toMatchObject({
    code: 'FAILED_WITHOUT_RETRY',
    message: 'the file has no header',
    retryable: false,
    cause,
  });
  expect(isTaskSkipped(thrown)).toBe(false);
});

test('both are known across copies of the package: by a registered symbol, not by class', () => {
  const skipped = { message: 'no file', [Symbol.for('airtempo.skip')]: true };
  const failed = { message: 'no', [Symbol.for('airtempo.error')]: true };
  expect([isTaskSkipped(skipped), isAirtempoError(failed)]).toEqual([true, true]);
});

test.each([undefined, null, 'skip', 5, new Error('x'), {}, () => undefined])('%p is neither', (value) => {
  expect([isTaskSkipped(value), isAirtempoError(value)]).toEqual([false, false]);
});
