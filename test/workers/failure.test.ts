import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { createSecretScrubber } from '../../connections/index.js';
import { AirtempoError, ERROR_CODES, type ErrorCode } from '../../core/errors.js';
import { toFailure } from '../../workers/failure.js';

const SECRET = 'pa/ss+wörd &%"7';

function convert(error: unknown): ApplicationFailure {
  const scrubber = createSecretScrubber();
  scrubber.register({ id: 'warehouse', type: 'postgres', password: SECRET, extra: {} });
  const failure = toFailure(error, scrubber);
  if (!(failure instanceof ApplicationFailure)) throw new Error('not an ApplicationFailure');
  return failure;
}

/** The failure and its causes, outermost first. */
function chainOf(failure: Error | undefined): readonly Error[] {
  return failure === undefined ? [] : [failure, ...chainOf(failure.cause as Error | undefined)];
}

describe('whether Temporal tries again', () => {
  test.each(Object.keys(ERROR_CODES) as ErrorCode[])('agrees with the list for %s', (code) => {
    const failure = convert(new AirtempoError(code, 'A sentence.'));
    expect(failure).toMatchObject({
      type: code,
      message: 'A sentence.',
      nonRetryable: !ERROR_CODES[code].retryable,
    });
  });

  test.each([
    new Error('connection reset'),
    new TypeError('x is not a function'),
    'a text',
    42,
    null,
    undefined,
    Symbol('odd'),
    { code: 500 },
    Object.create(null),
    { count: 5n },
    Object.defineProperty({}, 'broken', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    }),
  ])('is yes for an unknown error (%#)', (error) => {
    expect(convert(error).nonRetryable).toBe(false);
  });

  test('is what an ApplicationFailure says, whose type is kept', () => {
    expect(convert(ApplicationFailure.nonRetryable('no', 'MINE'))).toMatchObject({
      nonRetryable: true,
      type: 'MINE',
    });
    expect(convert(ApplicationFailure.retryable('no', 'MINE'))).toMatchObject({
      nonRetryable: false,
      type: 'MINE',
    });
  });
});

describe('what is recorded', () => {
  test('is the name of an unknown error as its type, and its own stack', () => {
    const error = new RangeError('too far');
    expect(convert(error)).toMatchObject({ type: 'RangeError', message: 'too far', stack: error.stack });
  });

  test.each([
    ['a text', 'a text'],
    [7, '7'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ code: 'E1', detail: 'no such table' }, '{"code":"E1","detail":"no such table"}'],
  ])('is a message also for %p, which is no Error', (thrown, message) => {
    expect(convert(thrown).message).toBe(message);
  });

  test('names what an AggregateError without a message is made of', () => {
    const refused = new AggregateError([
      new Error('connect ECONNREFUSED ::1:5439'),
      new Error('connect ECONNREFUSED 127.0.0.1:5439'),
    ]);
    expect(convert(refused).message).toBe(
      'connect ECONNREFUSED ::1:5439; connect ECONNREFUSED 127.0.0.1:5439',
    );
  });

  test('passes the cancellation of Temporal through', () => {
    const cancelled = new CancelledFailure('CANCELLED');
    expect(toFailure(cancelled, createSecretScrubber())).toBe(cancelled);
  });

  test('is short, however long the message and the stack', () => {
    const failure = convert(new Error('x'.repeat(1_000_000)));
    expect(failure.message.length).toBeLessThan(4_100);
    expect(failure.message).toMatch(/^x+ … \(cut\)$/);
    expect(failure.stack?.length).toBeLessThan(4_100);
  });

  test('has four causes at most, also when they go round in a circle', () => {
    let deep = new Error('0');
    for (let level = 1; level < 50; level += 1) deep = new Error(String(level), { cause: deep });
    expect(chainOf(convert(deep)).map(({ message }) => message)).toEqual(['49', '48', '47', '46', '45']);

    const circle = new Error('circle');
    circle.cause = circle;
    expect(chainOf(convert(circle))).toHaveLength(5);
  });

  test('keeps a cause that is no Error', () => {
    expect(convert(new Error('outer', { cause: 'the disk is full' })).cause).toMatchObject({
      message: 'the disk is full',
    });
  });
});

test('an error without a message goes by its name', () => {
  expect(convert(new TypeError()).message).toBe('TypeError');
});

describe('secrets', () => {
  const spellings = [
    SECRET,
    encodeURIComponent(SECRET),
    `postgresql://awsuser:${encodeURIComponent(SECRET)}@host/dev`,
    Buffer.from(SECRET).toString('base64'),
    `Basic ${Buffer.from(`user:${SECRET}`).toString('base64')}`,
    JSON.stringify({ password: SECRET }),
  ];
  const pieces = [
    SECRET,
    encodeURIComponent(SECRET),
    Buffer.from(SECRET).toString('base64'),
    Buffer.from(`user:${SECRET}`).toString('base64').slice(8, -4),
    JSON.stringify(SECRET).slice(1, -1),
  ];

  test.each(spellings)('are absent from message, stack and causes (%#)', (spelling) => {
    const cause = new Error(`cause ${spelling}`, { cause: `thrown text ${spelling}` });
    const failure = convert(new AirtempoError('SQL_FAILED', `Refused: ${spelling}.`, { cause }));
    const chain = chainOf(failure);
    expect(chain).toHaveLength(3);
    const text = chain.map(({ message, stack = '' }) => `${message}\n${stack}`).join('\n');
    for (const piece of pieces) expect(text).not.toContain(piece);
    expect(chain.every(({ message }) => message.includes('***'))).toBe(true);
  });

  test('are absent where a long message is cut', () => {
    const failure = convert(new Error(`${'x'.repeat(3_990)}${SECRET}`));
    expect(failure.message).not.toContain(SECRET.slice(0, 6));
  });

  test('of no known connection are masked by their name in an object that was thrown', () => {
    expect(convert({ password: 'unregistered', code: 5 }).message).toBe('{"password":"***","code":5}');
  });

  test('are absent from objects that were thrown', () => {
    expect(convert({ password: SECRET, url: `s3://${encodeURIComponent(SECRET)}` }).message).not.toMatch(
      /wörd|w%C3/,
    );
  });
});
