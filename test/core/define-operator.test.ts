/** What `operator` makes, and what it refuses. */
import { describe, expect, test } from '@jest/globals';
import type { TaskContext } from '../../core/context.js';
import { operator } from '../../core/define-operator.js';
import { refusal } from './support/refusal.js';

const ctx = {} as TaskContext; // these handlers do not look at it

test('an operator is its handler, with a name', async () => {
  const double = operator('double', ({ args }: { args: { n: number } }) => Promise.resolve(args.n * 2));
  expect(double.operatorName).toBe('double');
  await expect(double({ args: { n: 4 }, ctx })).resolves.toBe(8);
});

test('a handler may answer at once; what it throws is a rejection', async () => {
  const sync = operator('sync', ({ args }: { args: { n: number } }) => {
    if (args.n < 0) throw new RangeError('negative');
    return args.n;
  });
  await expect(sync({ args: { n: 4 }, ctx })).resolves.toBe(4);
  await expect(sync({ args: { n: -1 }, ctx })).rejects.toThrow(RangeError);
});

test('an operator is frozen and keeps its options', () => {
  const args = { parse: (value: unknown) => value as object };
  const summary = (): string => 'loads';
  const load = operator('load', () => null, { args, summary });
  expect([load.args, load.summary]).toEqual([args, summary]);
  expect(Object.keys(operator('bare', () => null))).toEqual(['operatorName']);
  expect(() => Object.assign(load, { operatorName: 'other' })).toThrow(TypeError);
});

describe('names', () => {
  test.each(['a', 'copy_from_s3', 'x'.repeat(100)])('%s is fine', (name) => {
    expect(operator(name, () => null).operatorName).toBe(name);
  });

  test.each<unknown>([
    '',
    'Copy',
    'copyFromS3',
    'copy-from-s3',
    '3d',
    '_x',
    'a b',
    'é',
    'x'.repeat(101),
    5,
    null,
    undefined,
  ])('%p is refused', (name) => {
    expect(refusal(() => operator(name as string, () => null))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(
        /^Operator name .* is not snake_case .* Rename it, for example to "copy_from_s3"\.$/,
      ),
    });
  });

  test.each([
    ['empty', 'tasks that do nothing; import { empty } instead'],
    ['inline', 'handlers written in a DAG file'],
    ['plan_run', 'the first step of every run'],
    ['wait_for_past', 'waiting for the previous run'],
    ['request_run_slot', 'waiting for the turn of a run'],
    ['find_lost_slots', 'waiting for the turn of a run'],
  ])('%s is taken by the engine: its handler would never run', (name, meaning) => {
    expect(refusal(() => operator(name, () => null))).toMatchObject({
      code: 'INVALID_OPTION',
      message: `Operator name "${name}" is reserved for ${meaning}. Choose another name.`,
    });
  });
});

describe('the rest', () => {
  const define = (handler: unknown, options?: unknown) => (): unknown =>
    operator('load', handler as () => null, options as object);

  test.each<[string, () => unknown, string]>([
    [
      'no handler',
      define(undefined),
      'Operator load: its handler is undefined, not a function. Write async ({ args, ctx })',
    ],
    ['no function', define('load'), 'Operator load: its handler is "load", not a function'],
    [
      'options that are null',
      define(() => null, null),
      'Operator load: the options are null, not an object. Known options: args, summary.',
    ],
    [
      'a misspelt option',
      define(() => null, { summry: 1 }),
      'Operator load: option summry is unknown. Did you mean "summary"?',
    ],
    [
      'another name',
      define(() => null, { operatorName: 'x' }),
      'Operator load: option operatorName is unknown',
    ],
    [
      'a schema without parse',
      define(() => null, { args: {} }),
      'Operator load: option args is {}, which has no parse function. A zod schema fits.',
    ],
    [
      'a schema that is null',
      define(() => null, { args: null }),
      'Operator load: option args is null, which has no parse function',
    ],
    [
      'a summary that is a text',
      define(() => null, { summary: 'loads' }),
      'Operator load: option summary is "loads". Write ({ table }) =>',
    ],
  ])('%s is refused', (_, call, message) => {
    expect(refusal(call)).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(message),
    });
  });
});
