/** What `checkGraph` refuses, and how it says so. */
import { describe, expect, test } from '@jest/globals';
import { checkDagId, checkGraph, checkTaskId } from '../../core/index.js';
import type { CheckableGraph, RunGraphTask } from '../../core/index.js';

const task = (
  id: string,
  upstream: readonly string[] = [],
  more: Partial<RunGraphTask> = {},
): RunGraphTask => ({
  id,
  upstream,
  ...more,
});

function refusal(graph: unknown): unknown {
  try {
    return checkGraph(graph as CheckableGraph);
  } catch (error) {
    return error;
  }
}

const tasks = (...list: readonly unknown[]): unknown => ({ tasks: list });
const long = (count: number): RunGraphTask[] =>
  Array.from({ length: count }, (_, i) => task(`t${i}`, i === 0 ? [] : [`t${i - 1}`]));

describe('cycles', () => {
  test.each([
    ['of one', tasks(task('a', ['a'])), 'a → a.'],
    ['of two', tasks(task('a', ['b']), task('b', ['a'])), 'a → b → a. Remove one of these edges.'],
    [
      'below a tail',
      tasks(task('x'), task('a', ['x', 'c']), task('b', ['a']), task('c', ['b'])),
      ': a → b → c → a.',
    ],
    [
      'above a tail, which the author wrote first',
      tasks(task('z', ['b']), task('a', ['c']), task('b', ['a']), task('c', ['b'])),
      'The tasks form a cycle: a → b → c → a.',
    ],
    ['above a tail', tasks(task('z', ['b']), task('b', ['a']), task('a', ['b'])), ': b → a → b.'],
  ])('a cycle %s is shown in the direction of the edges', (_, graph, path) => {
    expect(refusal(graph)).toMatchObject({ code: 'CYCLE', message: expect.stringContaining(path) });
  });

  test('a long cycle is shown in part', () => {
    const [first, ...rest] = long(10_000);
    const error = refusal({ tasks: [{ ...first, upstream: ['t9999'] }, ...rest] });
    expect(error).toMatchObject({ message: expect.stringContaining('t0 → t1') });
    expect(error).toMatchObject({ message: expect.stringContaining('t9 → … 9990 more … → t0.') });
  });

  test('a cycle of eleven tasks is the longest that is shown whole', () => {
    const cycle = (length: number): unknown => {
      const [first, ...rest] = long(length);
      return { dagId: 'd', tasks: [{ ...first, upstream: [`t${length - 1}`] }, ...rest] };
    };
    expect(refusal(cycle(11))).toMatchObject({
      message:
        'DAG d: the tasks form a cycle: t0 → t1 → t2 → t3 → t4 → t5 → t6 → t7 → t8 → t9 → t10 → t0. Remove one of these edges.',
    });
    expect(refusal(cycle(12))).toMatchObject({ message: expect.stringContaining('t9 → … 2 more … → t0.') });
  });

  test('a chain of 10,000 tasks, in whichever order, is fine', () => {
    expect(refusal({ tasks: long(10_000) })).toBeUndefined();
    expect(refusal({ tasks: long(10_000).toReversed() })).toBeUndefined();
  });
});

test('a graph without tasks is fine', () => {
  expect(refusal({ tasks: [] })).toBeUndefined();
});

test('setups, teardowns and inputs in order are fine', () => {
  const work = { ...task('work', ['create']), inputs: ['create'] };
  const end = task('delete', ['create', 'work'], { teardown: true, onFailureFailDagrun: true });
  const graph = {
    dagId: 'd',
    maxActiveTasks: 1,
    tasks: [task('create', [], { setup: true, priority: 5 }), work, end],
  };
  expect(refusal(graph)).toBeUndefined();
});

test.each<[string, unknown, string, string]>([
  ['no object', null, 'INVALID_DAG', 'The graph is null'],
  ['no list of tasks', { tasks: {} }, 'INVALID_DAG', 'not an object with a list of tasks'],
  ['a bad DAG id', { dagId: 'my dag', tasks: [] }, 'INVALID_DAG', 'The DAG id "my dag" is not valid'],
  ['no active tasks', { maxActiveTasks: 0, tasks: [] }, 'INVALID_DAG', 'maxActiveTasks is 0'],
  ['half an active task', { maxActiveTasks: 1.5, tasks: [] }, 'INVALID_DAG', 'maxActiveTasks is 1.5'],
  ['a task that is no object', tasks('a'), 'INVALID_TASK', 'A task is "a"'],
  [
    'a bad task id',
    { dagId: 'd', tasks: [task('a b')] },
    'INVALID_TASK',
    'DAG d: task id "a b" is not valid',
  ],
  [
    'a duplicate',
    { dagId: 'd', tasks: [task('a'), task('a')] },
    'DUPLICATE_ID',
    'DAG d, task "a" exists twice',
  ],
  ['no upstream', tasks({ id: 'a' }), 'INVALID_TASK', 'upstream is undefined, not a list'],
  ['upstream of numbers', tasks({ id: 'a', upstream: [1] }), 'INVALID_TASK', 'upstream is [1], not a list'],
  ['inputs of a string', tasks({ id: 'a', upstream: [], inputs: 'b' }), 'INVALID_TASK', 'inputs is "b"'],
  [
    'a flag of 1',
    tasks({ id: 'a', upstream: [], setup: 1 }),
    'INVALID_TASK',
    'setup is 1. Use true or false.',
  ],
  [
    'priority 6',
    tasks({ id: 'a', upstream: [], priority: 6 }),
    'INVALID_TASK',
    'priority is 6. Use 1 (first) to 5',
  ],
  [
    'a bad rule',
    tasks({ id: 'a', upstream: [], triggerRule: 'all_dun' }),
    'INVALID_TASK',
    'Did you mean "all_done"?',
  ],
  [
    'a rule of 7',
    tasks({ id: 'a', upstream: [], triggerRule: 7 }),
    'INVALID_TASK',
    'trigger rule 7 is unknown. Use one of: all_success, all_failed, ',
  ],
  [
    'unknown upstream',
    tasks(task('extract'), task('b', ['extrat'])),
    'UNKNOWN_ID',
    '"extrat", which the DAG does not have. Did you mean "extract"?',
  ],
  ['upstream twice', tasks(task('a'), task('b', ['a', 'a'])), 'DUPLICATE_ID', 'lists "a" twice'],
  [
    'a stray input',
    tasks(task('a'), { ...task('b'), inputs: ['a'] }),
    'UNKNOWN_ID',
    'needs the output of "a", which is not upstream',
  ],
  [
    'setup and teardown',
    tasks(task('a', [], { setup: true, teardown: true })),
    'INVALID_TASK',
    'both a setup and a teardown',
  ],
  [
    'a teardown with a rule',
    tasks(task('a', [], { teardown: true, triggerRule: 'all_done' })),
    'INVALID_TASK',
    'teardown with trigger rule all_done',
  ],
  [
    'onFailureFailDagrun on work',
    tasks(task('a', [], { onFailureFailDagrun: true })),
    'INVALID_TASK',
    'which is for teardowns',
  ],
  [
    'another rule below a setup',
    tasks(task('s', [], { setup: true }), task('a', ['s'], { triggerRule: 'all_done' })),
    'INVALID_TASK',
    'directly downstream of the setup "s". Use all_success there, or make it a teardown.',
  ],
])('refuses %s', (_, graph, code, message) => {
  expect(refusal(graph)).toMatchObject({
    name: 'AirtempoError',
    code,
    message: expect.stringContaining(message),
  });
});

describe('ids', () => {
  const good = ['a', 'A.b-c_9', '9', '-', 'my_default', 'Default', 'x'.repeat(200)];
  const reserved = [
    'default',
    '__esModule',
    '__temporal_x',
    'constructor',
    'toString',
    '__proto__',
    '.',
    '..',
  ];
  const bad: readonly unknown[] = ['', 'a b', 'é', 'a/b', 'a\n', 'x'.repeat(251), 3, undefined];

  test.each(good)('%s is an id', (id) => {
    expect(() => checkDagId(id)).not.toThrow();
    expect(() => checkTaskId(id)).not.toThrow();
  });

  test.each(reserved)('%s is reserved', (id) => {
    expect(() => checkDagId(id)).toThrow(/is reserved\. Choose another, for example "my_[a-zA-Z_]+"/);
    expect(() => checkTaskId(id, 'etl')).toThrow(`DAG etl: task id ${JSON.stringify(id)} is reserved.`);
  });

  test.each([
    ['__proto__', 'my_proto'],
    ['__temporal_x__y', 'my_temporal_x_y'],
    ['__temporal_.x.-y.', 'my_temporal_x_y'],
    ['..', 'my_id'],
  ])('instead of %s, %s is proposed', (id, proposed) => {
    expect(() => checkDagId(id)).toThrow(
      `The DAG id "${id}" is reserved. Choose another, for example "${proposed}".`,
    );
  });

  test.each(bad)('%p is no id', (id) => {
    expect(() => checkDagId(id)).toThrow(/^The DAG id .* is not valid\. Use 1 to 200 letters/s);
    expect(() => checkTaskId(id)).toThrow(/^The task id .* is not valid\. Use 1 to 250 letters/s);
  });

  test('a task id may be longer than a DAG id', () => {
    expect(() => checkTaskId('x'.repeat(250))).not.toThrow();
    expect(() => checkDagId('x'.repeat(201))).toThrow();
  });
});
