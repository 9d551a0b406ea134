import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { createSecretScrubber } from '../../connections/index.js';
import { toFailure } from '../../workers/failure.js';

const scrubber = createSecretScrubber();

describe('the failure that is recorded', () => {
  test('is valid Unicode, also when the text was cut in the middle of a character', () => {
    expect(toFailure(new Error('\ud83d and \udc00, but \ud83d\ude00'), scrubber).message).toBe(
      '\ufffd and \ufffd, but \ud83d\ude00',
    );
    expect(toFailure(new Error(`${'x'.repeat(3_999)}\ud83d\ude00`), scrubber).message).toMatch(
      /x\ufffd … \(cut\)$/,
    );
  });

  test('tells Temporal when to try again, if the handler did', () => {
    const notYet = ApplicationFailure.create({
      message: 'not yet',
      type: 'NotYet',
      nextRetryDelay: '7s',
      category: 'BENIGN',
    });
    expect(toFailure(notYet, scrubber)).toMatchObject({
      type: 'NotYet',
      nonRetryable: false,
      nextRetryDelay: '7s',
      category: 'BENIGN',
    });
  });
});
