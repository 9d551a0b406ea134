/** From a state to what it comes from, along every kind of edge. */
import { describe, expect, test } from '@jest/globals';
import { createRun, type Run } from '../../core/run.js';
import type { RunGraph, RunGraphTask } from '../../core/graph.js';
import type { TaskState } from '../../core/states.js';
import type { TriggerRule } from '../../core/trigger-rule.js';
import { createCauseTracer, type Cause } from '../../core/trace-causes.js';

type Details = Readonly<Record<string, Partial<RunGraphTask>>>;

/** `{ c: 'a b' }`: c is below a and b. */
function graphOf(upstream: Readonly<Record<string, string>>, details: Details = {}): RunGraph {
  const tasks = Object.entries(upstream).map(([id, above]) => ({
    id,
    upstream: above.split(' ').filter((name) => name !== ''),
    ...details[id],
  }));
  return { tasks };
}

/** Runs to the end; what is not named succeeds. */
function drive(run: Run, ends: Readonly<Record<string, 'failed' | 'skipped'>>, stopAt?: string): void {
  for (;;) {
    const ready = run.takeReady();
    if (ready.length === 0) return;
    for (const id of ready) if (id !== stopAt) run.finish(id, ends[id] ?? 'success');
  }
}

function traceIn(
  graph: RunGraph,
  ends: Readonly<Record<string, 'failed' | 'skipped'>>,
  asked: string,
  stopAt?: string,
): readonly Cause[] {
  const run = createRun(graph);
  drive(run, ends, stopAt);
  return createCauseTracer(graph).trace(asked, run);
}

/** A failure and a skip that came with the same event. */
const STATES: Readonly<Record<string, TaskState>> = {
  first: 'success', a: 'failed', s: 'skipped', ok: 'success', d: 'upstream_failed',
}; // prettier-ignore

describe('the cause of an upstream_failed task', () => {
  test('is the task that failed, however far up', () => {
    const chain = graphOf({ a: '', b: 'a', c: 'b', d: 'c' });
    expect(traceIn(chain, { a: 'failed' }, 'd')).toEqual([{ taskId: 'a', state: 'failed', via: ['b', 'c'] }]);
  });

  test('is every task that failed, the nearest first, each once', () => {
    const graph = graphOf({ a: '', b: 'a', c: 'a', x: '', d: 'b c x' });
    expect(traceIn(graph, { a: 'failed', x: 'failed' }, 'd').map(({ taskId }) => taskId)).toEqual(['x', 'a']);
  });

  test('is neither what succeeded nor what was skipped beside it', () => {
    const graph = graphOf({ first: '', a: 'first', s: 'first', ok: 'first', d: 'a s ok' });
    expect(traceIn(graph, { a: 'failed' }, 'd')).toEqual([{ taskId: 'a', state: 'failed', via: [] }]);
    const run = {
      stateOf: (id: string) => STATES[id] ?? 'none',
      isForced: (id: string) => id === 'd',
      skippedBy: () => undefined,
    };
    expect(
      createCauseTracer(graph)
        .trace('d', run)
        .map(({ taskId }) => taskId),
    ).toEqual(['a']);
  });

  test('is the setup that failed further up', () => {
    const graph = graphOf({ s: '', a: 's', b: 'a' }, { s: { setup: true }, b: { triggerRule: 'all_done' } });
    expect(traceIn(graph, { s: 'failed' }, 'b')).toEqual([{ taskId: 's', state: 'failed', via: [] }]);
  });
});

describe('the cause of a skipped task', () => {
  test('is the task that skipped itself', () => {
    const graph = graphOf({ a: '', b: 'a', c: 'b' });
    expect(traceIn(graph, { a: 'skipped' }, 'c')).toEqual([{ taskId: 'a', state: 'skipped', via: ['b'] }]);
  });

  test('is nothing else when it skipped itself', () => {
    expect(traceIn(graphOf({ a: '', b: 'a' }), { b: 'skipped' }, 'b')).toEqual([]);
  });

  test('is a success where the rule waits for failures', () => {
    const graph = graphOf({ a: '', b: 'a' }, { b: { triggerRule: 'all_failed' } });
    expect(traceIn(graph, {}, 'b')).toEqual([{ taskId: 'a', state: 'success', via: [] }]);
  });

  test.each([
    ['all_skipped', 'success'],
    ['all_skipped', 'failed'],
    ['one_failed', 'success'],
    ['one_failed', 'skipped'],
  ] as const)('is, with %s, the task above that is %s', (triggerRule, state) => {
    const graph = graphOf({ a: '', b: 'a' }, { b: { triggerRule } });
    const ends: Readonly<Record<string, 'failed' | 'skipped'>> = state === 'success' ? {} : { a: state };
    expect(traceIn(graph, ends, 'b')).toEqual([{ taskId: 'a', state, via: [] }]);
  });

  test('is what failed further up, when its rule waits for one to be done and none ran', () => {
    const graph = graphOf({ a: '', b: 'a', ok: '', c: 'b' }, { c: { triggerRule: 'one_done' } });
    expect(traceIn(graph, { a: 'failed' }, 'c')).toEqual([{ taskId: 'a', state: 'failed', via: ['b'] }]);
  });

  test('is the branch that chose another way', () => {
    const graph = graphOf({ choose: '', a: 'choose', b: 'choose', c: 'b' });
    const run = createRun(graph);
    run.takeReady();
    run.finish('choose', 'success', { follow: ['a'], reach: 'direct' });
    expect(createCauseTracer(graph).trace('c', run)).toEqual([
      { taskId: 'choose', state: 'success', via: ['b'] },
    ]);
    expect(run.explain('b')).toBe('is skipped: choose chose another way');
  });

  test('is nothing upstream when the run was cancelled', () => {
    const graph = graphOf({ a: '', b: 'a' });
    const run = createRun(graph);
    run.takeReady();
    run.cancel();
    expect(createCauseTracer(graph).trace('b', run)).toEqual([]);
  });
});

test.each<[TriggerRule, readonly [TaskState, TaskState, TaskState]]>([
  ['all_success', ['skipped', 'success', 'none']],
  ['all_failed', ['success', 'failed', 'none']],
  ['all_failed', ['skipped', 'failed', 'none']],
  ['all_skipped', ['success', 'skipped', 'none']],
  ['all_skipped', ['failed', 'skipped', 'none']],
  ['all_skipped', ['upstream_failed', 'skipped', 'none']],
  ['one_failed', ['success', 'upstream_failed', 'none']],
  ['one_failed', ['skipped', 'upstream_failed', 'none']],
  ['one_done', ['upstream_failed', 'success', 'success']],
])('what made %s skip a task, of upstream that is %p, is the first', (triggerRule, states) => {
  const graph = graphOf({ a: '', b: '', c: '', d: 'a b c' }, { d: { triggerRule } });
  const known = new Map(['a', 'b', 'c'].map((id, place) => [id, states[place] ?? 'none']));
  const run = {
    stateOf: (id: string) => known.get(id) ?? 'skipped',
    isForced: (id: string) => id === 'd',
    skippedBy: () => undefined,
  };
  expect(
    createCauseTracer(graph)
      .trace('d', run)
      .map(({ taskId }) => taskId),
  ).toEqual(['a']);
});

test('a task that the graph does not have has no cause', () => {
  expect(traceIn(graphOf({ a: '' }), { a: 'failed' }, 'load[3]')).toEqual([]);
});

test('a waiting task waits for what runs, not for what lies between', () => {
  const graph = graphOf({ a: '', b: 'a', c: 'b', x: '', d: 'c x' });
  expect(traceIn(graph, {}, 'd', 'a')).toEqual([{ taskId: 'a', state: 'running', via: ['b', 'c'] }]);
});

test('a chain of twenty thousand tasks is traced without exhausting the stack', () => {
  const upstream = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`t${index}`, index === 0 ? '' : `t${index - 1}`]),
  );
  const [cause] = traceIn(graphOf(upstream), { t0: 'failed' }, 't19999');
  expect(cause).toMatchObject({ taskId: 't0', state: 'failed' });
  expect(cause?.via).toHaveLength(19_998);
});
