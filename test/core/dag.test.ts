/** What `dag` builds, and what it refuses: every error names the place and the fix. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import type { BuildScope } from '../../core/build-scope.js';
import type { RunContext } from '../../core/context.js';
import { dag, isDag, type Dag, type DagOptions } from '../../core/dag.js';
import { createOperator, operator } from '../../core/define-operator.js';
import type { GroupRef, TaskRef, Tasks } from '../../core/task-ref.js';
import { cron, every } from '../../core/timetable.js';
import { refusal } from './support/refusal.js';

const noop = operator<Record<string, unknown> | undefined, number>('noop', () => 1);

type Scope = BuildScope<Readonly<Record<string, unknown>>>;
type Build = (scope: Scope) => unknown;

const build = (body: Build, options: DagOptions<Readonly<Record<string, unknown>>> = {}): Dag =>
  dag('d', options, body);
const refused = (body: Build): unknown => refusal(() => build(body));

/** Edges as `a→b`, in the order of the tasks. */
const edges = ({ graph }: Dag): readonly string[] =>
  graph.tasks.flatMap(({ id, upstream }) => upstream.map((parent) => `${parent}→${id}`));
const optionsOf = (built: Dag, id: string): unknown =>
  built.graph.tasks.find((task) => task.id === id)?.execution;

const message = (text: string): { message: unknown } => ({ message: expect.stringContaining(text) });

describe('the graph', () => {
  test('has the tasks in the order they were written, and edges by then and by outputs', () => {
    const built = build(({ task }) => {
      const extract = task('extract', noop);
      const load = task('load', noop, { rows: extract });
      const check = task('check', ({ args }) => args.load, { load, nested: [{ extract }] });
      check.then(task('a', noop), task('b', noop)).then(task('end', noop));
    });
    expect(built.graph.tasks.map(({ id }) => id)).toEqual(['extract', 'load', 'check', 'a', 'b', 'end']);
    expect(edges(built)).toEqual([
      'extract→load',
      'load→check',
      'extract→check',
      'check→a',
      'check→b',
      'a→end',
      'b→end',
    ]);
    expect(built.graph.tasks[2]).toMatchObject({ operator: 'inline', inputs: ['load', 'extract'] });
  });

  test('then returns what was given, so that chains read left to right', () => {
    build(({ task }) => {
      const [a, b, c] = ['a', 'b', 'c'].map((id) => task(id, noop)) as [TaskRef, TaskRef, TaskRef];
      expect(a.then(b)).toBe(b);
      expect(a.then(b, c)).not.toBe(b);
    });
  });

  test('an edge made twice is one edge', () => {
    const built = build(({ task }) => {
      const a = task('a', noop);
      const b = task('b', noop, { a });
      a.then(b, b).then(b.then(task('c', noop)));
    });
    expect(edges(built).filter((edge) => edge === 'a→b')).toHaveLength(1);
  });

  test('the code of a task is its operator and the functions of its arguments', async () => {
    const built = build(({ task }) => {
      task('a', noop, { keys: [({ ds }: RunContext) => ds] });
      task('b', ({ args }) => args.n + 1, { n: 1 });
      task('c', async ({ args }) => Promise.resolve(args.n + 2), { n: 1 });
    });
    expect(built.code.get('a')?.operator).toBe(noop);
    expect([...(built.code.get('a')?.functions.keys() ?? [])]).toEqual(['keys.0']);
    const call = (id: string): unknown => built.code.get(id)?.operator({ args: { n: 1 }, ctx: {} } as never);
    await expect(call('b')).resolves.toBe(2);
    await expect(call('c')).resolves.toBe(3);
  });

  test('what a task is told stays with it', () => {
    const confirm = createOperator<never, unknown>('approval', () => null, { control: 'approval' });
    const built = build(({ task }) => {
      task('first', noop, {}, { priority: 1 });
      task('ask', confirm as never);
      task('remove', noop).asTeardown({ onFailureFailDagrun: true });
      task('clean', noop).asTeardown();
    });
    expect(built.graph.tasks).toEqual([
      expect.objectContaining({ id: 'first', priority: 1 }),
      expect.objectContaining({ id: 'ask', deferred: true }), // it waits for a person, and takes no worker
      expect.objectContaining({ id: 'remove', teardown: true, onFailureFailDagrun: true }),
      expect.not.objectContaining({ onFailureFailDagrun: expect.anything() }),
    ]);
  });

  test('branches and short circuits are tasks that steer what comes after them', async () => {
    const built = build(({ task, branch, shortCircuit }) => {
      const pick = branch('pick', () => ['day']);
      const check = shortCircuit('check', ({ args }) => args.rows > 0, { rows: 3 });
      const direct = shortCircuit('direct', () => true, {}, { ignoreDownstreamTriggerRules: false });
      pick.then(task('day', noop), check, direct);
    });
    const operators = ['pick', 'check', 'direct'].map((id) => built.code.get(id)?.operator);
    expect(operators.map((found) => [found?.operatorName, found?.control])).toEqual([
      ['branch', 'branch'],
      ['short_circuit', 'short_circuit'],
      ['short_circuit', 'short_circuit_direct'],
    ]);
    await expect(operators[1]?.({ args: { rows: 3 }, ctx: {} } as never)).resolves.toBe(true);
    expect(edges(built)).toEqual(['pick→check', 'pick→direct', 'pick→day']);
  });

  test.each<[string, Build, string]>([
    [
      'an operator in place of a branch’s handler',
      ({ branch }) => branch('pick', noop as never),
      'DAG d, task pick: its second argument is an operator, not a handler. Pass a function such as ({ args, ctx }) => ….',
    ],
    [
      'a text in place of a handler',
      ({ shortCircuit }) => shortCircuit('check', 'yes' as never),
      'DAG d, task check: its second argument is "yes", not a handler. Pass a function such as',
    ],
    [
      'a text in place of an operator',
      ({ task }) => task('load', 'noop' as never),
      'DAG d, task load: its second argument is "noop", not an operator or a handler. Pass an operator such as runSql',
    ],
  ])('%s is refused', (_, body, text) => {
    expect(refused(body)).toMatchObject({ code: 'INVALID_TASK', ...message(text) });
  });

  test('a short circuit whose reach is neither true nor false is refused', () => {
    const options = { ignoreDownstreamTriggerRules: 'no' as never };
    expect(refused(({ shortCircuit }) => void shortCircuit('check', () => true, {}, options))).toMatchObject({
      code: 'INVALID_OPTION',
      ...message('DAG d, task check: option ignoreDownstreamTriggerRules is "no". Use true or false.'),
    });
  });

  test('an edge to tasks side by side reaches each, and one from them leaves each', () => {
    const built = build(({ task }) => {
      const [a, b, c, d, e] = [...'abcde'].map((id) => task(id, noop)) as [
        TaskRef,
        TaskRef,
        TaskRef,
        TaskRef,
        TaskRef,
      ];
      a.then(b.then(c, d)).then(e);
    });
    expect(edges(built)).toEqual(['b→c', 'a→c', 'b→d', 'a→d', 'c→e', 'd→e']);
  });

  test('the summary is the task’s own, or the operator’s from what is known of the arguments', () => {
    const copy = operator<{ table: string; from?: string }, null>('copy', () => null, {
      summary: ({ table, from }) => `${String(table)} from ${String(from)}`,
    });
    const built = build(({ task }) => {
      task('a', copy, { table: 'songs', from: ({ ds }) => ds });
      task('b', copy, { table: 'songs' }, { summary: 'loads the songs' });
      task('c', noop);
    });
    expect(built.graph.tasks.map(({ summary }) => summary)).toEqual([
      'songs from undefined',
      'loads the songs',
      undefined,
    ]);
  });

  test('a summary function that fails is named', () => {
    const copy = operator<{ table: string }, null>('copy', () => null, {
      summary: ({ table }) => (table as string).toUpperCase(),
    });
    expect(refused(({ task }) => void task('a', copy, { table: () => 'songs' }))).toMatchObject({
      code: 'INVALID_TASK',
      message: expect.stringMatching(
        /^DAG d, task a: the summary function of operator copy failed: TypeError.+\. Make it cope with arguments that are not known yet, or give the task an option summary\.$/,
      ),
      cause: expect.any(TypeError),
    });
  });

  test('is frozen, deeply, and the DAG with it', () => {
    const built = build(({ task }) => void task('a', noop, { list: [{ x: 1 }] }), {
      schedule: cron('@daily'),
      tags: ['t'],
    });
    const [task] = built.graph.tasks;
    const args = task?.args as { list: { x: number }[] };
    for (const part of [
      built,
      built.graph,
      built.graph.tasks,
      task,
      task?.upstream,
      task?.execution,
      args,
      args.list,
      args.list[0],
      built.tags,
      built.schedule,
      built.code.get('a'),
    ]) {
      expect(() => Object.assign(part as object, { hacked: true })).toThrow(TypeError);
    }
  });

  test('isDag knows a DAG, and nothing else', () => {
    expect([build(({ task }) => void task('a', noop)), {}, null, undefined, 'd', noop].map(isDag)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('ids', () => {
  test.each<[string, Build, string, string]>([
    [
      'two tasks',
      ({ task }) => [task('a', noop), task('a', noop)],
      'DUPLICATE_ID',
      'DAG d has two tasks or groups with the id "a". Rename one of them.',
    ],
    [
      'a group like a task',
      ({ task, group }) => [task('a', noop), group('a', ({ task }) => task('x', noop))],
      'DUPLICATE_ID',
      'the id "a"',
    ],
    [
      'a task like a group',
      ({ task, group }) => [group('a', ({ task }) => task('x', noop)), task('a', noop)],
      'DUPLICATE_ID',
      'the id "a"',
    ],
    [
      'two groups',
      ({ group }) => [group('a', ({ task }) => task('x', noop)), group('a', ({ task }) => task('y', noop))],
      'DUPLICATE_ID',
      'the id "a"',
    ],
    [
      'two tasks of a group',
      ({ group }) => group('g', ({ task }) => [task('a', noop), task('a', noop)]),
      'DUPLICATE_ID',
      'the id "g.a"',
    ],
    [
      'a dotted task like a group’s',
      ({ task, group }) => [task('g.a', noop), group('g', ({ task }) => task('a', noop))],
      'DUPLICATE_ID',
      'the id "g.a"',
    ],
    [
      'a group within like a task within',
      ({ group }) =>
        group('g', ({ task, group }) => [task('a', noop), group('a', ({ task }) => task('b', noop))]),
      'DUPLICATE_ID',
      'the id "g.a"',
    ],
    [
      'a space',
      ({ task }) => task('my task', noop),
      'INVALID_TASK',
      'DAG d: task id "my task" is not valid. Use 1 to 250 letters',
    ],
    [
      'a group with a space',
      ({ group }) => group('my group', ({ task }) => task('a', noop)),
      'INVALID_TASK',
      'DAG d: group id "my group" is not valid',
    ],
    ['no id', ({ task }) => task('', noop), 'INVALID_TASK', 'DAG d: task id "" is not valid'],
    [
      'no id in a group',
      ({ group }) => group('g', ({ task }) => task('', noop)),
      'INVALID_TASK',
      'DAG d: task id "" is not valid',
    ],
    [
      'undefined',
      ({ task }) => task(undefined as never, noop),
      'INVALID_TASK',
      'DAG d: task id undefined is not valid',
    ],
    ['a number', ({ task }) => task(5 as never, noop), 'INVALID_TASK', 'DAG d: task id 5 is not valid'],
    [
      'a symbol',
      ({ task }) => task(Symbol('a') as never, noop),
      'INVALID_TASK',
      'DAG d: task id Symbol(a) is not valid',
    ],
    [
      'a long one',
      ({ group }) => group('g', ({ task }) => task('x'.repeat(249), noop)),
      'INVALID_TASK',
      'is not valid. Use 1 to 250',
    ],
    [
      'constructor',
      ({ task }) => task('constructor', noop),
      'INVALID_TASK',
      'DAG d: task id "constructor" is reserved. Choose another, for example "my_constructor".',
    ],
    ['__proto__', ({ task }) => task('__proto__', noop), 'INVALID_TASK', 'task id "__proto__" is reserved'],
    ['..', ({ task }) => task('..', noop), 'INVALID_TASK', 'task id ".." is reserved'],
    [
      'Temporal’s',
      ({ task }) => task('__temporal_x', noop),
      'INVALID_TASK',
      'task id "__temporal_x" is reserved',
    ],
  ])('%s is refused', (_, body, code, text) => {
    expect(refused(body)).toMatchObject({ code, ...message(text) });
  });

  test.each<[unknown, string]>([
    ['my dag', 'The DAG id "my dag" is not valid. Use 1 to 200'],
    ['default', 'The DAG id "default" is reserved. Choose another, for example "my_default".'],
    ['__temporal_reset', 'is reserved'],
    ['airtempo_run_slots', 'The DAG id "airtempo_run_slots" is reserved'],
    ['', 'The DAG id "" is not valid'],
    [undefined, 'The DAG id undefined is not valid'],
    ['x'.repeat(201), 'is not valid'],
  ])('the DAG id %p is refused', (id, text) => {
    expect(refusal(() => dag(id as string, {}, ({ task }) => void task('a', noop)))).toMatchObject({
      code: 'INVALID_DAG',
      ...message(text),
    });
  });
});

describe('cycles', () => {
  test.each<[string, Build, string]>([
    [
      'by then',
      ({ task }) => {
        const a = task('a', noop);
        const b = task('b', noop);
        a.then(b).then(a);
      },
      'DAG d: the tasks form a cycle: a → b → a. Remove one of these edges.',
    ],
    [
      'of one',
      ({ task }) => {
        const a = task('a', noop);
        a.then(a);
      },
      'a → a',
    ],
    [
      'by an output and then',
      ({ task }) => {
        const a = task('a', noop);
        const b = task('b', noop, { a });
        const c = task('c', noop, { b });
        c.then(a);
      },
      'a → b → c → a',
    ],
    [
      'through a group',
      ({ task, group }) => {
        const a = task('a', noop);
        a.then(group('g', ({ task }) => task('x', noop))).then(a);
      },
      'a → g.x → a',
    ],
    [
      'by a teardown',
      ({ task }) => {
        const setup = task('s', noop);
        const end = task('e', noop).asTeardown({ setups: [setup] });
        end.then(setup);
      },
      's → e → s',
    ],
  ])('%s are shown', (_, body, text) => {
    // prettier-ignore
    expect(refused(body)).toMatchObject({ code: 'CYCLE', ...message(text) });
  });

  test('a group with a cycle inside has no end to make an edge from', () => {
    const body: Build = ({ task, group }) => {
      const g = group('g', ({ task }) => {
        const a = task('a', noop);
        a.then(task('b', noop)).then(a);
      });
      g.then(task('z', noop));
    };
    expect(refused(body)).toMatchObject({
      code: 'INVALID_TASK',
      ...message('only setups and teardowns, or a cycle'),
    });
  });
});

describe('tasks that are not tasks of this DAG', () => {
  const take = (ids: readonly string[]): readonly TaskRef[] => {
    const taken: TaskRef[] = [];
    dag('other', {}, ({ task }) => void taken.push(...ids.map((id) => task(id, noop))));
    return taken;
  };
  const [foreign, namesake] = take(['x', 'a']) as [TaskRef, TaskRef];

  test('an output of another DAG is refused, also one with an id that this DAG has', () => {
    for (const ref of [foreign, namesake]) {
      expect(refused(({ task }) => [task('a', noop), task('b', noop, { nested: [ref] })])).toMatchObject({
        code: 'UNKNOWN_ID',
        ...message(
          `DAG d, task b: argument "nested.0" is the output of task ${ref.id} of DAG other, which is another DAG.`,
        ),
      });
    }
  });

  test('so is one of an earlier build of the same DAG', () => {
    let former: TaskRef | undefined;
    build(({ task }) => void (former = task('a', noop)));
    expect(refused(({ task }) => [task('a', noop), task('b', noop, { former })])).toMatchObject({
      code: 'UNKNOWN_ID',
    });
  });

  test('of many tasks only the first are named', () => {
    const foreign = take(['x']);
    const body: Build = ({ task }) => {
      const [first, ...rest] = [...'abcdefg'].map((id) => task(id, noop)) as [TaskRef, ...TaskRef[]];
      first.then(...(rest as [TaskRef, ...TaskRef[]])).then(foreign[0] as TaskRef);
    };
    expect(refused(body)).toMatchObject({
      ...message('DAG d: b, c, d, e, f and 1 more cannot be followed by x'),
    });
  });

  test('an edge to another DAG is refused', () => {
    expect(refused(({ task }) => void task('a', noop).then(foreign))).toMatchObject({
      code: 'UNKNOWN_ID',
      message:
        'DAG d: a cannot be followed by x of DAG other. An edge stays inside one DAG: use a task of DAG d.',
    });
    expect(refused(({ task }) => void foreign.then(task('a', noop)))).toMatchObject({ code: 'UNKNOWN_ID' });
    expect(refused(({ task }) => void task('a', noop).asTeardown({ setups: [foreign] }))).toMatchObject({
      code: 'UNKNOWN_ID',
      ...message('DAG other: x cannot be followed by a of DAG d'),
    });
  });

  test.each<[string, unknown, string]>([
    ['nothing', [], 'DAG d: a.then(…) got no task. Pass at least one'],
    ['a list', [[1]], 'got an array. Write .then(a, b), or .then(...list) for a list.'],
    ['an id', ['b'], 'got a string. Pass tasks or groups made by this DAG.'],
    ['null', [null], 'got null. Pass tasks or groups'],
    ['a promise', [Promise.resolve()], 'got an object. Pass tasks or groups'],
  ])('then refuses %s', (_, next, text) => {
    expect(refused(({ task }) => void task('a', noop).then(...(next as Tasks[])))).toMatchObject({
      code: 'INVALID_TASK',
      ...message(text),
    });
  });

  test.each<[string, unknown, string]>([
    [
      'undefined',
      undefined,
      'DAG d, task a: its second argument is undefined, not an operator or a handler. Pass an operator such as runSql',
    ],
    ['an object', { table: 'x' }, 'its second argument is {"table":"x"}, not an operator'],
    ['a name', 'run_sql', 'its second argument is "run_sql", not an operator'],
  ])('a task that runs %s is refused', (_, run, text) => {
    expect(refused(({ task }) => void task('a', run as never))).toMatchObject({
      code: 'INVALID_TASK',
      ...message(text),
    });
  });
});

describe('a task is not a promise', () => {
  test('awaiting one in a build function is refused at once: the function is async', async () => {
    let awaited: unknown;
    const body = async ({ task }: Scope): Promise<void> => {
      try {
        await (task('a', noop) as unknown as Promise<unknown>);
      } catch (error) {
        awaited = error;
      }
    };
    expect(refused((scope) => body(scope))).toMatchObject({
      code: 'INVALID_DAG',
      message:
        'DAG d: its build function is async, and a graph is built at once. Make it synchronous: await what it needs before the DAG is defined, or do that work in a task.',
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(awaited).toMatchObject({
      code: 'INVALID_TASK',
      ...message(
        'DAG d: a.then(…) got a function. It looks as if the task was awaited, or returned from an async function: a task is not a promise.',
      ),
    });
  });

  test('returning one from an async build function is refused, and its rejection is nobody’s', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    // the compiler refuses it as well, so the type has to be hidden
    const body = async ({ task }: Scope): Promise<unknown> => task('a', noop) as object;
    expect(refused((scope) => body(scope))).toMatchObject({
      code: 'INVALID_DAG',
      ...message('its build function is async'),
    });
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('returning one from a build function that is not async is fine', () => {
    expect(edges(build(({ task }) => task('a', noop).then(task('b', noop))))).toEqual(['a→b']);
  });

  test('returning null is fine, of a DAG and of a group', () => {
    const { graph } = build(({ group }) => {
      group('g', ({ task }) => {
        task('a', noop);
        return null;
      });
      return null;
    });
    expect(graph.tasks.map(({ id }) => id)).toEqual(['g.a']);
  });

  test('an async group is refused', () => {
    expect(
      refused(({ group }) => group('g', async ({ task }) => Promise.resolve(task('a', noop).id))),
    ).toMatchObject({
      code: 'INVALID_DAG',
      ...message('DAG d, group g: its build function is async'),
    });
  });
});

describe('what comes after the build function has returned is refused: it would be lost', () => {
  test.each<[string, (scope: Scope, a: TaskRef, b: TaskRef) => unknown, string]>([
    [
      'a task',
      ({ task }) => task('late', noop),
      'DAG d: task "late" was added after its build function had returned. Do it inside that function',
    ],
    [
      'a group',
      ({ group }) => group('late', ({ task }) => task('x', noop)),
      'DAG d: group "late" was added after',
    ],
    ['an edge', (_, a, b) => a.then(b), 'DAG d: the edge a → b was added after'],
    ['a setup', (_, a) => a.asSetup(), 'DAG d: task a was made a setup after'],
    ['a teardown', (_, a) => a.asTeardown(), 'DAG d: task a was made a teardown after'],
  ])('%s', (_, change, text) => {
    const kept: unknown[] = [];
    build((scope) => void kept.push(scope, scope.task('a', noop), scope.task('b', noop)));
    const [scope, a, b] = kept as [Scope, TaskRef, TaskRef];
    expect(refusal(() => change(scope, a, b))).toMatchObject({ code: 'INVALID_DAG', ...message(text) });
  });

  test('a task of a group, once edges may have been made to the group', () => {
    const body: Build = ({ group }) => {
      let inner: Scope | undefined;
      group('g', (scope) => {
        inner = scope;
        scope.task('a', noop);
      });
      inner?.task('late', noop);
    };
    expect(refused(body)).toMatchObject({
      code: 'INVALID_DAG',
      ...message('DAG d, group g: task "late" was added after'),
    });
  });
});

describe('groups', () => {
  test('prefix the ids of their tasks, also when nested', () => {
    const built = build(({ task, group }) => {
      const outer = group('outer', ({ task, group }) => {
        const inner = group('inner', ({ task }) => ({ deep: task('deep', noop) }));
        return { flat: task('flat', noop, { deep: inner.result.deep }), inner };
      });
      task('end', noop, { deep: outer.result.inner.result.deep });
    });
    expect(built.graph.tasks.map(({ id }) => id)).toEqual(['outer.inner.deep', 'outer.flat', 'end']);
    expect(edges(built)).toEqual(['outer.inner.deep→outer.flat', 'outer.inner.deep→end']);
  });

  const around = (fill: (scope: Scope) => void): readonly string[] =>
    edges(
      build(({ task, group }) => {
        const begin = task('begin', noop);
        const g: GroupRef = group('g', fill);
        begin.then(g).then(task('end', noop));
      }),
    ).filter((edge) => /begin|end/.test(edge));

  test('edges reach their roots and start at their leaves', () => {
    expect(
      around(({ task, group }) => {
        const [a, b, c] = ['a', 'b', 'c'].map((id) => task(id, noop)) as [TaskRef, TaskRef, TaskRef];
        a.then(b);
        c.then(group('h', ({ task }) => task('x', noop).then(task('y', noop))));
      }),
    ).toEqual(['begin→g.a', 'begin→g.c', 'g.b→end', 'g.h.y→end']);
  });

  test('edges from them ignore teardowns, and setups with nothing but a teardown after them', () => {
    expect(
      around(({ task }) => {
        const create = task('create', noop);
        const idle = task('idle', noop);
        const work = task('work', noop, { create });
        work.then(task('remove', noop).asTeardown({ setups: [create, idle] }));
      }),
    ).toEqual(['begin→g.create', 'begin→g.idle', 'g.work→end']);
  });

  test('an edge from a group of setups and teardowns alone is refused: it would be lost', () => {
    const fill = ({ task }: Scope): void => {
      const create = task('create', noop);
      task('remove', noop).asTeardown({ setups: [create] });
    };
    expect(refusal(() => around(fill))).toMatchObject({
      code: 'INVALID_TASK',
      ...message(
        "DAG d: no edge to end can start here: a group's edges start at its leaves, and this group has only setups and teardowns",
      ),
    });
  });

  test('a dotted task beside a group is no member of it', () => {
    const built = build(({ task, group }) => {
      task('g.x', noop);
      group('g', ({ task }) => task('a', noop)).then(task('end', noop));
    });
    expect(edges(built)).toEqual(['g.a→end']);
  });

  test.each<[string, Build, string, string]>([
    [
      'an empty one',
      ({ group }) => group('g', () => undefined),
      'INVALID_DAG',
      'DAG d, group g is empty. Add a task with the task function that its own build function is given',
    ],
    [
      'one that uses the DAG’s task',
      ({ task, group }) => group('g', () => task('a', noop)),
      'INVALID_DAG',
      'DAG d, group g is empty',
    ],
    [
      'one without a function',
      ({ group }) => group('g', 5 as never),
      'INVALID_DAG',
      'DAG d, group g: its build function is 5. Write ({ task }) => { … }.',
    ],
    [
      'options out of place',
      ({ group }) => group('g', ({ task }) => task('a', noop), { retries: 3 } as object),
      'INVALID_OPTION',
      'DAG d, group g: option retries is unknown. Known options: defaultArgs.',
    ],
    [
      'bad default args',
      ({ group }) => group('g', ({ task }) => task('a', noop), { defaultArgs: { retries: -1 } }),
      'INVALID_OPTION',
      'DAG d, group g, defaultArgs: option retries is -1.',
    ],
  ])('%s is refused', (_, body, code, text) => {
    expect(refused(body)).toMatchObject({ code, ...message(text) });
  });
});

describe('default args', () => {
  test('the task’s win over the group’s, those over the outer group’s, and those over the DAG’s', () => {
    const built = build(
      ({ task, group }) => {
        task('plain', noop);
        group(
          'outer',
          ({ task, group }) => {
            task('a', noop);
            group('inner', ({ task }) => [task('b', noop), task('c', noop, {}, { retries: 0 })], {
              defaultArgs: { retries: 3 },
            });
          },
          { defaultArgs: { retries: 2, pool: 'outer' } },
        );
        task('after', noop, {}, { pool: 'own' });
      },
      { defaultArgs: { retries: 1, retryDelay: '1m' } },
    );
    const shown = built.graph.tasks.map(({ id, execution }) => [
      id,
      execution.retries,
      execution.retryDelayMs,
      execution.pool,
    ]);
    expect(shown).toEqual([
      ['plain', 1, 60_000, undefined],
      ['outer.a', 2, 60_000, 'outer'],
      ['outer.inner.b', 3, 60_000, 'outer'],
      ['outer.inner.c', 0, 60_000, 'outer'],
      ['after', 1, 60_000, 'own'],
    ]);
  });

  test('changing the object later changes nothing', () => {
    const defaultArgs = { retries: 1 };
    const built = build(
      ({ task }) => {
        defaultArgs.retries = 5;
        task('a', noop);
      },
      { defaultArgs },
    );
    expect(optionsOf(built, 'a')).toMatchObject({ retries: 1 });
  });

  test('a bad option names the task, a bad rule beside a setup too', () => {
    expect(
      refused(({ group }) => group('g', ({ task }) => task('a', noop, {}, { retryDelay: 'soon' as '1m' }))),
    ).toMatchObject({
      code: 'INVALID_OPTION',
      ...message('DAG d, task g.a: option retryDelay is "soon", which is not a duration'),
    });
    const body: Build = ({ task }) => {
      task('s', noop)
        .asSetup()
        .then(task('a', noop, {}, { triggerRule: 'all_done' }));
    };
    expect(refused(body)).toMatchObject({
      code: 'INVALID_TASK',
      ...message('DAG d, task "a" has trigger rule all_done directly downstream of the setup "s"'),
    });
  });
});

describe('options of a DAG', () => {
  const one: Build = ({ task }) => void task('a', noop);

  test('the defaults', () => {
    expect(build(one)).toMatchObject({
      id: 'd', description: '', schedule: null, startDate: undefined, endDate: undefined, catchup: false, tags: [], params: undefined,
      graph: { dagId: 'd', maxActiveTasks: 16 },
    }); // prettier-ignore
    expect(build(one).graph).not.toHaveProperty('dagrunTimeoutMs');
  });

  test('what is said is taken over', () => {
    const params = z.object({ bucket: z.string().default('sparkify') });
    const built = dag(
      'd',
      {
        description: 'loads',
        schedule: cron('@daily'),
        startDate: '2018-11-01',
        endDate: '2018-12-01T00:00:00+01:00',
        params,
        maxActiveTasks: 500,
        dagrunTimeout: '2h',
        jitter: '5m',
        tags: ['a'],
      },
      ({ task }) =>
        void task('a', noop, { from: ({ params }: RunContext<{ bucket: string }>) => params.bucket }),
    );
    expect(built).toMatchObject({
      description: 'loads',
      schedule: cron('@daily'),
      startDate: new Date('2018-11-01T00:00:00Z'),
      endDate: new Date('2018-11-30T23:00:00Z'),
      jitterMs: 300_000,
      tags: ['a'],
      graph: { maxActiveTasks: 500, dagrunTimeoutMs: 7_200_000 },
    });
    expect(built.params).toBe(params);
  });

  test('dates without a zone are in the zone of the schedule', () => {
    const options = { schedule: cron('@daily', { timezone: 'America/New_York' }), catchup: true };
    const dates = { startDate: '2018-11-04', endDate: '2018-11-05T02:00' }; // the day on which clocks go back
    expect(dag('d', { ...options, ...dates }, one)).toMatchObject({
      startDate: new Date('2018-11-04T04:00:00Z'),
      endDate: new Date('2018-11-05T07:00:00Z'),
      catchup: true,
    });
    const zoned = { startDate: '2018-11-04T00:00Z', endDate: '2018-11-05T00:00+01:00' };
    expect(dag('d', { ...options, ...zoned }, one)).toMatchObject({
      startDate: new Date('2018-11-04T00:00:00Z'),
      endDate: new Date('2018-11-04T23:00:00Z'),
    });
  });

  test('periods begin at the start date', () => {
    const { schedule } = dag('d', { schedule: every('1d'), startDate: '2018-11-04T06:00' }, one);
    expect(schedule).toEqual(every('1d', { offset: '6h' }));
  });

  test('a DAG of one interval, and one without a schedule that would catch up, are fine', () => {
    expect(() =>
      dag('d', { schedule: cron('@daily'), startDate: '2018-11-04', endDate: '2018-11-04' }, one),
    ).not.toThrow();
    expect(() => dag('d', { schedule: null, catchup: true }, one)).not.toThrow();
  });

  test.each<[unknown, string]>([
    [undefined, 'DAG d: the options are undefined, not an object. Known options: description, schedule'],
    [null, 'the options are null, not an object'],
    ['@daily', 'the options are "@daily", not an object'],
    [() => undefined, 'the options are a function, not an object'],
    [{ shedule: null }, 'option shedule is unknown. Did you mean "schedule"? Known options:'],
    [{ start_date: '2018-11-01' }, 'option start_date is unknown. Did you mean "startDate"?'],
    [{ retries: 3 }, 'option retries is unknown'],
    [{ description: 5 }, 'option description is 5. Use a text that is not empty.'],
    [
      { schedule: '0 2 * * *' },
      'DAG d: option schedule is "0 2 * * *". Write cron("0 2 * * *"), cronTrigger("0 2 * * *"), every("30m"), once(), continuous() or null.',
    ],
    [{ schedule: {} }, 'option schedule is {}. Write cron'],
    [
      { schedule: { kind: 'every', expression: '5m' } },
      'option schedule has a period of undefined ms. Use whole seconds',
    ],
    [{ schedule: { kind: 'hourly' } }, 'option schedule is {"kind":"hourly"}. Write cron'],
    [
      { schedule: { kind: 'cron_trigger', expressions: [], timezone: 'UTC' } },
      'option schedule has the expressions []. Write at least one',
    ],
    [
      { schedule: { kind: 'cron', expression: '61 * * * *', timezone: 'UTC' } },
      'DAG d: option schedule is not valid: the minute 61 is not between 0 and 59',
    ],
    [
      { schedule: { kind: 'cron', expression: '@daily' } },
      'DAG d: option schedule has the timezone undefined',
    ],
    [
      { startDate: 'yesterday' },
      'DAG d: option startDate is "yesterday", which is not a date. Write "2018-11-01" or "2018-11-01T00:00:00Z".',
    ],
    [{ startDate: '2018-02-30' }, 'option startDate is "2018-02-30", which is not a date'],
    [{ startDate: new Date(0) }, 'option startDate is "1970-01-01T00:00:00.000Z", which is not a date'],
    [{ startDate: null }, 'option startDate is null, which is not a date'],
    [{ endDate: 5 }, 'option endDate is 5, which is not a date'],
    [
      { startDate: '2018-11-02', endDate: '2018-11-01' },
      'option endDate is "2018-11-01", which is before startDate, "2018-11-02". Use a later date',
    ],
    [{ startDate: '2018-11-02', endDate: '2018-11-01T23:59Z' }, 'which is before startDate'],
    [{ catchup: 'yes' }, 'option catchup is "yes". Use true or false.'],
    [{ jitter: 'much', schedule: cron('@daily') }, 'option jitter is "much", which is not a duration'],
    [{ jitter: '10ms', schedule: cron('@daily') }, 'option jitter is "10ms". Use one second at least'],
    [{ jitter: '5m' }, 'option jitter is "5m" on a DAG without ticks. Leave it out, or give the DAG a cron'],
    [
      { catchup: true, schedule: cron('@daily') },
      'option catchup is true without a startDate. Say since when',
    ],
    [{ defaultArgs: null }, 'DAG d, defaultArgs: the options are null, not an object'],
    [
      { defaultArgs: { retires: 3 } },
      'DAG d, defaultArgs: option retires is unknown. Did you mean "retries"?',
    ],
    [
      { defaultArgs: { retryDelay: 'soon' } },
      'DAG d, defaultArgs: option retryDelay is "soon", which is not a duration',
    ],
    [
      { params: { bucket: 'sparkify' } },
      'option params is {"bucket":"sparkify"}, which has no parse function. Use a schema such as z.object(',
    ],
    [{ params: null }, 'option params is null, which has no parse function'],
    [{ maxActiveRuns: 0 }, 'option maxActiveRuns is 0. Use a whole number from 1 to 500.'],
    [{ maxActiveRuns: 501 }, 'option maxActiveRuns is 501. Use'],
    [{ maxActiveRuns: '1' }, 'option maxActiveRuns is "1". Use'],
    [{ maxActiveTasks: 0 }, 'option maxActiveTasks is 0. Use a whole number from 1 to 500.'],
    [{ maxActiveTasks: 501 }, 'option maxActiveTasks is 501. Use'],
    [{ maxActiveTasks: 1.5 }, 'option maxActiveTasks is 1.5. Use'],
    [{ maxActiveTasks: Number.NaN }, 'option maxActiveTasks is NaN. Use'],
    [{ maxActiveTasks: '16' }, 'option maxActiveTasks is "16". Use'],
    [{ dagrunTimeout: '2 hours' }, 'DAG d: option dagrunTimeout is "2 hours", which is not a duration'],
    [{ dagrunTimeout: 0 }, 'option dagrunTimeout is 0. Use a duration above zero, such as "2h".'],
    [{ tags: 'sparkify' }, 'option tags is "sparkify". Use a list of texts, such as ["sparkify"].'],
    [{ tags: [1] }, 'option tags is [1]. Use a list of texts'],
    [{ tags: ['a', 1] }, 'option tags is ["a",1]. Use a list of texts'],
  ])('%j is refused', (options, text) => {
    expect(refusal(() => dag('d', options as never, one))).toMatchObject({
      code: expect.stringMatching(/^INVALID_(OPTION|SCHEDULE)$/),
      ...message(text),
    });
  });

  test.each<DagOptions<unknown>>([
    { maxActiveRuns: 1, maxActiveTasks: 1 },
    { maxActiveRuns: 500, maxActiveTasks: 500 },
    { jitter: '1s', schedule: cron('@daily') },
    { startDate: '2018-11-01', endDate: '2018-11-01' },
  ])('%j is just within the limits', (options) => {
    expect(() => dag('d', options, ({ task }) => void task('a', noop))).not.toThrow();
  });

  test.each<unknown>([undefined, null, {}, 'x'])('the build function %p is refused', (body) => {
    expect(refusal(() => build(body as Build))).toMatchObject({
      code: 'INVALID_DAG',
      ...message('DAG d: its build function is'),
    });
  });

  test('a DAG without a task is refused', () => {
    expect(refused(() => undefined)).toMatchObject({
      code: 'INVALID_DAG',
      message: 'DAG d has no task. Add one in its build function.',
    });
  });

  test('what a build function throws is thrown as it is', () => {
    const error = new Error('no such file');
    expect(refused(() => { throw error; })).toBe(error); // prettier-ignore
  });
});

describe('big DAGs are built in time that grows with their size', () => {
  const SIZE = 10_000;

  test('a chain of 10,000 tasks', () => {
    const built = build(({ task }) => {
      let last: Tasks = task('t0', noop);
      for (let index = 1; index < SIZE; index += 1) last = last.then(task(`t${index}`, noop, { index }));
    });
    expect(edges(built)).toHaveLength(SIZE - 1);
  });

  test('10,000 tasks side by side in a group, between two others', () => {
    const built = build(({ task, group }) => {
      const all = group('g', ({ task }) =>
        Array.from({ length: SIZE }, (_, index) => task(`t${index}`, noop)),
      );
      task('begin', noop).then(all).then(task('end', noop));
    });
    expect(edges(built)).toHaveLength(2 * SIZE);
  });

  test('2,500 groups of four in a chain', () => {
    const built = build(({ task, group }) => {
      let last: Tasks = task('begin', noop);
      for (let index = 0; index < SIZE / 4; index += 1) {
        last = last.then(group(`g${index}`, ({ task }) => { task('a', noop).then(task('b', noop), task('c', noop)).then(task('d', noop)); })); // prettier-ignore
      }
    });
    expect(edges(built)).toHaveLength(SIZE + SIZE / 4);
  });

  test('the ends of a group are asked for once an edge, not once a leaf', () => {
    let asked = 0;
    build(({ group }) => {
      const left = group('left', ({ task }) =>
        Array.from({ length: 100 }, (_, index) => task(`t${index}`, noop)),
      );
      const right = group('right', ({ task }) =>
        Array.from({ length: 100 }, (_, index) => task(`t${index}`, noop)),
      );
      const { rootIds } = right;
      Object.defineProperty(right, 'rootIds', { get: () => ((asked += 1), rootIds) });
      left.then(right);
    });
    expect(asked).toBe(1);
  });
});
