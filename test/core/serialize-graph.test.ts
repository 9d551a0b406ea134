/** The wire form of a graph: the same graph comes back, in few bytes, or a clear error. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deserializeGraph, serializeGraph, TRIGGER_RULES } from '../../core/index.js';
import type { ExecutionOptions, Graph, GraphTask, JsonValue, Priority } from '../../core/index.js';

const execution = {
  retries: 0,
  retryDelayMs: 300_000,
  retryBackoff: 1,
  maxRetryDelayMs: 86_400_000,
  executionTimeoutMs: 86_400_000,
  heartbeatTimeoutMs: 60_000,
} satisfies ExecutionOptions;

const executions = fc.record(
  {
    retries: fc.nat(5),
    retryDelayMs: fc.nat(),
    retryBackoff: fc.constantFrom(1, 1.5, 2),
    maxRetryDelayMs: fc.nat(),
    executionTimeoutMs: fc.nat(),
    heartbeatTimeoutMs: fc.nat(),
    pool: fc.string(),
    poke: fc.record(
      {
        intervalMs: fc.nat(),
        backoff: fc.constantFrom(1, 2),
        timeoutMs: fc.nat(),
        maxIntervalMs: fc.nat(),
        softFail: fc.constant(true),
        hasOnCancel: fc.constant(true),
      },
      { requiredKeys: ['intervalMs', 'backoff', 'timeoutMs'] },
    ),
  },
  {
    requiredKeys: [
      'retries',
      'retryDelayMs',
      'retryBackoff',
      'maxRetryDelayMs',
      'executionTimeoutMs',
      'heartbeatTimeoutMs',
    ],
  },
);

/** What of a task a graph may leave out, without the defaults that its wire form leaves out. */
const extras = fc.record(
  {
    triggerRule: fc.constantFrom(...TRIGGER_RULES.filter((rule) => rule !== 'all_success')),
    priority: fc.constantFrom<Priority>(1, 2, 4, 5),
    setup: fc.constant(true as const),
    onFailureFailDagrun: fc.constant(true as const),
    mapGroup: fc.string(),
    deferred: fc.constant(true as const),
    dependsOnPast: fc.constant(true as const),
    waitForDownstream: fc.constant(true as const),
    ignoreFirstDependsOnPast: fc.constant(false as const),
    waitForPastDependsBeforeSkipping: fc.constant(true as const),
    summary: fc.string(),
    args: fc.jsonValue() as fc.Arbitrary<JsonValue>,
  },
  { requiredKeys: [] },
);

const graphs: fc.Arbitrary<Graph> = fc
  .array(
    fc.record({
      operator: fc.constantFrom('empty', 'run_sql'),
      execution: executions,
      extras,
      edges: fc.array(fc.nat(), { maxLength: 4 }),
    }),
    { maxLength: 12 },
  )
  .chain((drafts) =>
    fc
      .record({ limit: fc.integer({ min: 1, max: 500 }), timeout: fc.option(fc.nat(), { nil: undefined }) })
      .map((options) => ({
        dagId: 'etl',
        maxActiveTasks: options.limit,
        ...(options.timeout === undefined ? {} : { dagrunTimeoutMs: options.timeout }),
        tasks: drafts.map(({ operator, execution: given, extras: more, edges }, position): GraphTask => {
          const upstream = position === 0 ? [] : [...new Set(edges.map((edge) => `t${edge % position}`))];
          const inputs = upstream.filter((_, place) => place % 2 === 0);
          return {
            id: `t${position}`,
            upstream,
            operator,
            execution: given,
            ...more,
            ...(inputs.length === 0 ? {} : { inputs }),
          };
        }),
      })),
  );

const tiny: Graph = {
  dagId: 'etl',
  maxActiveTasks: 16,
  tasks: [
    { id: 'a', upstream: [], operator: 'empty', execution },
    {
      id: 'b',
      upstream: ['a'],
      operator: 'run_sql',
      execution: { ...execution },
      inputs: ['a'],
      teardown: true,
    },
  ],
};

test('a graph comes back from its wire form as it was', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const wire = JSON.parse(JSON.stringify(serializeGraph(graph))) as JsonValue;
      expect(deserializeGraph(wire)).toEqual(JSON.parse(JSON.stringify(graph)));
      expect(serializeGraph(deserializeGraph(wire))).toEqual(wire);
    }),
  );
});

test('the wire form of a small graph', () => {
  expect(serializeGraph(tiny)).toEqual({
    v: 1,
    dagId: 'etl',
    operators: ['empty', 'run_sql'],
    executions: [execution],
    tasks: [
      ['a', 0, 0, []],
      ['b', 1, 0, [0], { teardown: true, inputs: [0] }],
    ],
  });
});

test('equal execution options are written once, whatever the order of their fields', () => {
  const backwards = Object.fromEntries(Object.entries(execution).toReversed()) as typeof execution;
  const graph = {
    ...tiny,
    tasks: tiny.tasks.map((task, at) => (at === 0 ? task : { ...task, execution: backwards })),
  };
  expect(serializeGraph(graph)).toEqual(serializeGraph(tiny));
});

test('the wire form has no more fields than the graph', () => {
  expect(Object.keys(serializeGraph(tiny) as object)).toEqual([
    'v',
    'dagId',
    'operators',
    'executions',
    'tasks',
  ]);
});

test('what a graph does not say is not there when it comes back', () => {
  expect(deserializeGraph(serializeGraph({ ...tiny, maps: [] }))).toStrictEqual(tiny);
  expect(serializeGraph({ ...tiny, maps: [] })).not.toHaveProperty('maps');
});

test('values equal to their defaults are left out', () => {
  const spelled: Graph = {
    ...tiny,
    tasks: tiny.tasks.map((task) => ({
      ...task,
      triggerRule: task.teardown === true ? 'all_done_setup_success' : 'all_success',
      priority: 3,
      setup: false,
      onFailureFailDagrun: false,
      deferred: false,
      inputs: task.inputs ?? [],
    })),
  };
  expect(serializeGraph(spelled)).toEqual(serializeGraph(tiny));
});

test('10,000 tasks with 2 edges and 2 inputs each stay under 512 KiB', () => {
  const id = (position: number): string => `task_${String(position).padStart(5, '0')}`;
  const tasks = Array.from({ length: 10_000 }, (_, position): GraphTask => {
    const upstream =
      position < 2 ? [] : [id(position - 1), id(position >> 1)].filter((a, i, all) => all.indexOf(a) === i);
    return { id: id(position), upstream, operator: 'run_sql', execution: { ...execution }, inputs: upstream };
  });
  const bytes = Buffer.byteLength(JSON.stringify(serializeGraph({ ...tiny, tasks })));
  expect(bytes).toBeLessThan(512 * 1024);
});

describe('refuses', () => {
  const wire = serializeGraph(tiny) as Readonly<Record<string, JsonValue>>;
  const withTask = (...tuple: readonly JsonValue[]): JsonValue => ({ ...wire, tasks: [tuple] });
  const withExecution = (options: JsonValue): JsonValue => ({ ...wire, executions: [options] });

  test.each<[string, JsonValue, string]>([
    ['no object', 'graph', 'It is "graph", not an object'],
    [
      'a later version',
      { ...wire, v: 2 },
      'Its version is 2, and this release reads version 1. Run it with the release that wrote it, or a newer one.',
    ],
    ['no version', {}, 'Its version is undefined'],
    ['no DAG id', { ...wire, dagId: 1 }, 'dagId is 1'],
    ['a bad limit', { ...wire, maxActiveTasks: 'all' }, 'maxActiveTasks is "all"'],
    ['a bad timeout', { ...wire, dagrunTimeoutMs: -1 }, 'dagrunTimeoutMs is -1'],
    ['no operators', { ...wire, operators: null }, 'operators is null, not a list'],
    ['no executions', { ...wire, executions: 1 }, 'executions is 1, not a list'],
    ['no maps', { ...wire, maps: 1 }, 'maps is 1, not a list'],
    [
      'callbacks of one name',
      { ...wire, callbacks: { onSuccess: 'tell' } },
      'callbacks are {"onSuccess":"tell"}',
    ],
    ['a callback of 1', { ...wire, callbacks: { onSuccess: ['tell', 1] } }, 'callbacks are'],
    [
      'lists and something else',
      { ...wire, callbacks: { onSuccess: ['tell'], onFailure: 1 } },
      'callbacks are',
    ],
    ['a deadline of 1', { ...wire, deadline: 1 }, 'deadline is 1, not an origin and milliseconds'],
    ['a deadline without origin', { ...wire, deadline: { withinMs: 1 } }, 'deadline is {"withinMs":1}'],
    [
      'a deadline without end',
      { ...wire, deadline: { from: 'run_start' } },
      'deadline is {"from":"run_start"}',
    ],
    ['an operator of 1', { ...wire, operators: [1] }, 'An operator is 1'],
    ['no tasks', { ...wire, tasks: {} }, 'tasks is {}, not a list'],
    ['a task that is no tuple', { ...wire, tasks: ['a'] }, 'a task is "a", not a list'],
    ['a task without id', withTask(1, 0, 0, []), 'A task has the id 1'],
    ['a short task', withTask('a', 0), 'Task "a" has 2 elements'],
    ['a long task', withTask('a', 0, 0, [], {}, 1), 'Task "a" has 6 elements'],
    [
      'an operator out of range',
      withTask('a', 9, 0, []),
      'operator of task "a" is 9, not a position in a list of 2',
    ],
    ['an execution out of range', withTask('a', 0, -1, []), 'execution of task "a" is -1'],
    [
      'upstream out of range',
      withTask('a', 0, 0, [1]),
      'upstream of task "a" is 1, not a position in a list of 1',
    ],
    ['upstream that is no list', withTask('a', 0, 0, 1), 'upstream of task "a" is 1, not a list'],
    ['extras that are no object', withTask('a', 0, 0, [], []), 'The extras of task "a" are []'],
    ['unknown extras', withTask('a', 0, 0, [], { rule: 'x' }), 'The field "rule" of task "a" is unknown'],
    ['a bad extra', withTask('a', 0, 0, [], { setup: false }), 'The field setup of task "a" is false'],
    ...[
      'triggerRule',
      'priority',
      'teardown',
      'onFailureFailDagrun',
      'deferred',
      'dependsOnPast',
      'waitForDownstream',
      'ignoreFirstDependsOnPast',
      'waitForPastDependsBeforeSkipping',
      'mapGroup',
      'summary',
      'inputs',
    ].map((key): [string, JsonValue, string] => [
      `null as ${key}`,
      withTask('a', 0, 0, [], { [key]: null }),
      `The field ${key} of task "a" is null.`,
    ]),
    ['inputs out of range', withTask('a', 0, 0, [], { inputs: [0] }), 'inputs of task "a" is 0'],
    ['execution options of 1', withExecution(1), 'Execution options are 1'],
    ['missing execution options', withExecution({}), 'The execution option retries is undefined'],
    [
      'unknown execution options',
      withExecution({ ...execution, retry: 1 }),
      'The execution option "retry" is unknown',
    ],
    ['a bad deadline of a task', withExecution({ ...execution, deadlineMs: -1 }), 'deadlineMs is -1'],
    ['a mapped group of 1', { ...wire, maps: [1] }, 'A mapped group is 1, not an object with id and sources'],
    ['a mapped group without id', { ...wire, maps: [{ sources: [] }] }, 'A mapped group is {"sources":[]}'],
    ['a mapped group over nothing', { ...wire, maps: [{ id: 'g' }] }, 'A mapped group is {"id":"g"}'],
    ['a bad pool', withExecution({ ...execution, pool: 1 }), 'pool is 1'],
    ...(['maxIntervalMs', 'softFail', 'hasOnCancel'] as const).map((key): [string, JsonValue, string] => [
      `a text as ${key}`,
      withExecution({ ...execution, poke: { intervalMs: 1, backoff: 1, timeoutMs: 1, [key]: 'x' } }),
      `The poke option ${key} is "x"`,
    ]),
    ['callbacks of 1', withExecution({ ...execution, callbacks: 1 }), 'callbacks are 1'],
    [
      'a number as text',
      withExecution({ ...execution, retries: '5' }),
      'The execution option retries is "5"',
    ],
    [
      'an endless number',
      withExecution({ ...execution, retries: Number.POSITIVE_INFINITY }),
      'The execution option retries is Infinity',
    ],
    ['poke options of 1', withExecution({ ...execution, poke: 1 }), 'poke is 1, not an object'],
    [
      'a missing poke option',
      withExecution({ ...execution, poke: { intervalMs: 1, backoff: 1 } }),
      'The poke option timeoutMs is undefined',
    ],
    [
      'an unknown poke option',
      withExecution({ ...execution, poke: { intervalMs: 1, backoff: 1, timeoutMs: 1, often: 1 } }),
      'The poke option "often" is unknown',
    ],
  ])('%s', (_, json, message) => {
    expect(() => deserializeGraph(json)).toThrow(message);
    expect(() => deserializeGraph(json)).toThrow(expect.objectContaining({ code: 'INVALID_DAG' }));
  });

  test('to serialize an edge that leads nowhere', () => {
    const graph: Graph = { ...tiny, tasks: [{ id: 'a', upstream: ['b'], operator: 'empty', execution }] };
    expect(() => serializeGraph(graph)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_ID',
        message:
          'Task "a" is downstream of "b", which the graph does not have. Check a graph with checkGraph before serializing it.',
      }),
    );
  });
});
