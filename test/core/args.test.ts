/** How arguments become data and code, and come back as values when a task runs. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeArgs, evaluateArgs, knownArgs, type EncodedArgs } from '../../core/args.js';
import type { RunContext } from '../../core/context.js';
import type { JsonValue } from '../../core/json.js';
import { MapItem } from '../../core/map-items.js';
import type { ArgContext } from '../../core/context.js';
import { createRunContext } from '../../core/run-facts.js';
import { TaskList, TaskRef, type EdgeRecorder } from '../../core/task-ref.js';
import { refusal } from './support/refusal.js';

const unused = (): never => {
  throw new Error('no edge is made here');
};
const createDag = (dagId: string): EdgeRecorder => ({
  dagId,
  addEdge: unused,
  markSetup: unused,
  markTeardown: unused,
});
const sparkify = createDag('sparkify');
const extract = new TaskRef<unknown>(sparkify, 'extract');

const encode = (args: unknown): EncodedArgs => encodeArgs(args, 'DAG sparkify, task load', sparkify);

const facts = createRunContext({
  dagId: 'sparkify',
  runId: 'manual__2018-11-02T00:00:00+00:00',
  runType: 'manual',
  logicalDate: '2018-11-02T00:00:00.000Z',
  dataInterval: ['2018-11-01T00:00:00.000Z', '2018-11-02T00:00:00.000Z'],
  conf: {},
  params: { bucket: 'sparkify' },
});
const run: ArgContext = { ...facts, variable: () => Promise.resolve('a variable') };

/** What a handler sees: through JSON, as a history does it. */
function evaluate(
  { template, functions }: EncodedArgs,
  outputs: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const recorded = template === undefined ? undefined : (JSON.parse(JSON.stringify(template)) as JsonValue);
  return evaluateArgs(recorded, {
    output: (taskId) => outputs[taskId],
    item: (key) => `item ${key}`,
    functionAt: (path) => functions.get(path),
    run,
  });
}

describe('a leaf is a value, an output or a function of the run', () => {
  test('values, outputs and functions are filled in at any depth', async () => {
    const encoded = encode({
      table: 'songs',
      rows: extract,
      nested: { list: [extract, ({ ds }: RunContext) => ds, null, true, 1.5] },
      later: async () => Promise.resolve('awaited'),
    });
    expect(encoded.inputs).toEqual(['extract']);
    expect(encoded.template).toMatchObject({
      rows: { $task: 'extract' },
      nested: { list: [{ $task: 'extract' }, { $fn: 'nested.list.1' }, null, true, 1.5] },
    });
    await expect(evaluate(encoded, { extract: { rows: 7 } })).resolves.toEqual({
      table: 'songs',
      rows: { rows: 7 },
      nested: { list: [{ rows: 7 }, '2018-11-02', null, true, 1.5] },
      later: 'awaited',
    });
  });

  test('an item of a mapped group is that of the instance', async () => {
    const encoded = encode({ file: { key: new MapItem('per_file', 'key') } });
    expect([...encoded.mapGroups]).toEqual(['per_file']);
    await expect(evaluate(encoded)).resolves.toEqual({ file: { key: 'item key' } });
  });

  test('no arguments arrive as an empty object, and undefined ones not at all', async () => {
    await expect(evaluate(encode(undefined))).resolves.toEqual({});
    await expect(evaluate(encode({ a: undefined, b: 1 }))).resolves.toEqual({ b: 1 });
  });

  test('an output that there is not arrives as undefined, and what looks like a marker in one stays as it is', async () => {
    await expect(evaluate(encode({ a: extract }))).resolves.toEqual({ a: undefined });
    await expect(evaluate(encode({ a: extract }), { extract: { $task: 'x' } })).resolves.toEqual({
      a: { $task: 'x' },
    });
  });

  test('what a function throws is thrown', async () => {
    const fail = (): never => {
      throw new Error('no such day');
    };
    await expect(evaluate(encode({ day: fail }))).rejects.toThrow('no such day');
  });

  test('a function that returns a task gets the reason why that cannot be', async () => {
    await expect(evaluate(encode({ rows: () => extract }))).rejects.toThrow(/a task is not a promise/);
  });

  test('a function that the current code no longer has is named', async () => {
    const { template } = encode({ from: ({ ds }: RunContext) => ds });
    await expect(
      evaluate({ template: template ?? null, inputs: [], functions: new Map(), mapGroups: new Set() }),
    ).rejects.toMatchObject({
      code: 'TASK_CODE_MISSING',
      message:
        'Argument "from" was a function when the run began, and the worker\'s current code has none there. ' +
        'Deploy the former DAG file, or start a new run.',
    });
  });
});

describe('keys', () => {
  test.each<[string, unknown]>([
    ['$task', { a: { $task: 'extract' } }],
    ['$fn', { a: { $fn: 'a' } }],
    ['$literal', { a: { $literal: 5 } }],
    ['$literal of an object', { a: { $literal: { $task: 'x', b: 1 } } }],
    ['all of them, at the root', { $task: 'x', $fn: 'y', $literal: { $literal: {} } }],
    ['__proto__', JSON.parse('{"a":{"__proto__":{"b":1}}}')],
    ['no name', { '': { '': 1 } }],
  ])('a literal key %s comes back as it was', async (_, args) => {
    const before = JSON.stringify(args);
    expect(JSON.stringify(await evaluate(encode(args)))).toBe(before);
  });

  test('a literal marker key does not hide outputs and functions beside it', async () => {
    const args = { $task: extract, $fn: () => 'fn', $literal: [extract] };
    await expect(evaluate(encode(args), { extract: 1 })).resolves.toEqual({
      $task: 1,
      $fn: 'fn',
      $literal: [1],
    });
  });

  test('keys with dots do not mix functions up', async () => {
    const args = {
      'a.b': () => 1,
      a: { b: () => 2, 'c\\': { d: () => 3 } },
      'a.c\\': { d: () => 4 },
      '': () => 5,
    };
    await expect(evaluate(encode(args))).resolves.toEqual({
      'a.b': 1,
      a: { b: 2, 'c\\': { d: 3 } },
      'a.c\\': { d: 4 },
      '': 5,
    });
  });
});

test('any JSON object comes back as it was', async () => {
  const key = fc.oneof(fc.constantFrom('$task', '$fn', '$literal', 'a', 'a.b', ''), fc.string());
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null), // prettier-ignore
      fc.array(tie('value')),
      fc.dictionary(key, tie('value')),
    ),
  })).value;
  await fc.assert(
    fc.asyncProperty(fc.dictionary(key, json), async (args) => {
      expect(JSON.stringify(await evaluate(encode(args)))).toBe(JSON.stringify(args));
    }),
  );
});

describe('what is not JSON is refused, with its place', () => {
  class Money {
    readonly amount = 5;
  }
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const list: unknown[] = [];
  list.push([list]);

  test.each<[string, unknown, string]>([
    ['a Date', { at: new Date(0) }, 'argument "at" is an instance of Date, which is not JSON. Pass a string'],
    ['a RegExp', { keys: [/x/] }, 'argument "keys.0" is an instance of RegExp, which is not JSON'],
    ['a Map', { m: new Map() }, 'argument "m" is an instance of Map'],
    ['a promise', { p: Promise.resolve(1) }, 'argument "p" is an instance of Promise'],
    ['an object of a class', { m: { n: new Money() } }, 'argument "m.n" is an instance of Money'],
    ['an object of a nameless class', { m: Object.create(Object.create(Object.create(null) as object)) }, 'argument "m" is an instance of a class, which is not JSON'], // prettier-ignore
    ['a BigInt', { n: 5n }, 'argument "n" is a bigint, which is not JSON'],
    ['NaN', { n: Number.NaN }, 'argument "n" is NaN, which is not JSON'],
    ['Infinity', { n: -Infinity }, 'argument "n" is -Infinity, which is not JSON'],
    ['a symbol', { s: Symbol('x') }, 'argument "s" is a symbol'],
    ['undefined in a list', { l: [1, undefined] }, 'argument "l.1" is undefined'],
    ['a hole in a list', { l: Array.from({ length: 1 }).concat([1]) }, 'argument "l.0" is undefined'],
    ['an object that contains itself', cyclic, 'argument "self" contains itself. Remove the cycle.'],
    ['a list that contains itself', { list }, 'argument "list.0.0" contains itself. Remove the cycle.'],
    [
      'a list of tasks',
      { t: new TaskList(sparkify, [extract]) },
      'argument "t" is a group or a list of tasks. Pass one task',
    ],
    [
      'arguments that are a text',
      'songs',
      'its arguments are a string, not an object. Write them as { name: value }',
    ],
    ['arguments that are a list', [1], 'its arguments are an array, not an object'],
    ['arguments that are null', null, 'its arguments are null, not an object'],
    ['arguments that are a task', extract, 'its arguments are an instance of TaskRef, not an object'],
    ['arguments that are a function', () => ({}), 'its arguments are a function, not an object'],
  ])('%s', (_, args, problem) => {
    expect(refusal(() => encode(args))).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining(`DAG sparkify, task load: ${problem}`),
    });
  });

  const nest = (depth: number): unknown =>
    Array.from({ length: depth }).reduce<unknown>((inner) => ({ a: inner }), 1);

  test('a hundred levels are fine; more are refused, not a stack overflow', async () => {
    expect(JSON.stringify(await evaluate(encode(nest(100))))).toBe(JSON.stringify(nest(100)));
    expect(refusal(() => encode(nest(100_000)))).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringContaining('argument "a.a.a" is nested more than 100 levels deep. Flatten it.'),
    });
  });

  test('an object that appears twice is no cycle', async () => {
    const shared = { a: 1 };
    await expect(evaluate(encode({ x: shared, y: [shared, shared] }))).resolves.toEqual({
      x: shared,
      y: [shared, shared],
    });
  });
});

test.each(['extract', 'other'])('the output of another DAG’s task %s is refused, whatever its id', (id) => {
  const foreign = new TaskRef(createDag('sparkify'), id);
  expect(refusal(() => encode({ rows: [foreign] }))).toMatchObject({
    code: 'UNKNOWN_ID',
    message: `DAG sparkify, task load: argument "rows.0" is the output of task ${id} of DAG sparkify, which is another DAG. Use an output of the same DAG.`,
  });
});

test('arguments are copied and frozen', () => {
  const args = { list: [1], nested: { a: 1 } };
  const { template } = encode(args);
  args.list.push(2);
  args.nested.a = 2;
  expect(template).toEqual({ list: [1], nested: { a: 1 } });
  const { list, nested } = template as { list: number[]; nested: { a: number } };
  expect(() => list.push(2)).toThrow(TypeError);
  expect(() => Object.assign(nested, { a: 2 })).toThrow(TypeError);
});

test('before the run, outputs and functions are unknown at any depth', () => {
  const { template } = encode({
    table: 'songs',
    from: () => 'x',
    deep: { rows: extract, keys: ['a', extract] },
    nothing: null,
    each: new MapItem('load', 'key'),
    $fn: 1,
  });
  expect(knownArgs(template)).toEqual({
    table: 'songs',
    from: undefined,
    deep: { rows: undefined, keys: ['a', undefined] },
    nothing: null,
    each: undefined,
    $fn: 1,
  });
  expect(knownArgs(undefined)).toEqual({});
});
