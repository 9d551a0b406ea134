import { describe, expect, test } from '@jest/globals';
import { describeStrangers } from '../../core/branch.js';
import type { RunGraph, RunGraphTask } from '../../core/graph.js';
import { createRun, type Run } from '../../core/run.js';
import { forgetTasks } from '../../core/run-snapshot.js';
import { refusal } from './support/refusal.js';

/** `a > b > c` as a graph; `{c: {...}}` for more. */
function chain(ids: string, extras: Readonly<Record<string, Partial<RunGraphTask>>> = {}): RunGraph {
  const tasks = ids.split(' > ').map((id, index, all) => {
    const before = all[index - 1];
    return { id, upstream: before === undefined ? [] : [before], ...extras[id] };
  });
  return { tasks };
}

function graphOf(edges: Readonly<Record<string, readonly string[]>>): RunGraph {
  return { tasks: Object.entries(edges).map(([id, upstream]) => ({ id, upstream })) };
}

/** Starts whatever may start and ends it; `failing` fail. */
function finishAll(run: Run, failing: readonly string[] = []): readonly string[] {
  const started: string[] = [];
  for (let ids = run.takeReady(); ids.length > 0; ids = run.takeReady()) {
    for (const id of ids) run.finish(id, failing.includes(id) ? 'failed' : 'success');
    started.push(...ids);
  }
  return started;
}

function statesOf(run: Run, graph: RunGraph): Readonly<Record<string, string>> {
  return Object.fromEntries(graph.tasks.map(({ id }) => [id, run.stateOf(id)]));
}

describe('a branch', () => {
  const graph = graphOf({ pick: [], full: ['pick'], day: ['pick'], after: ['day'], join: ['full', 'after'] });

  test('follows what it names and skips the rest of its direct downstream', () => {
    const run = createRun(graph);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: ['day'], reach: 'direct' });
    finishAll(run);
    expect(statesOf(run, graph)).toEqual({
      pick: 'success',
      full: 'skipped',
      day: 'success',
      after: 'success',
      join: 'skipped', // all_success: one skipped upstream
    });
  });

  test('does not skip a task that the followed one leads to', () => {
    const diamond = graphOf({ pick: [], long: ['pick'], end: ['pick', 'long'] });
    const run = createRun(diamond);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: ['long'], reach: 'direct' });
    finishAll(run);
    expect(statesOf(run, diamond)).toEqual({ pick: 'success', long: 'success', end: 'success' });
  });

  test('that names nothing skips all', () => {
    const run = createRun(graph);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: [], reach: 'direct' });
    expect(run.done).toBe(true);
    expect(run.counts).toMatchObject({ success: 1, skipped: 4 });
  });

  test('may name a group by its id', () => {
    const groups = graphOf({ pick: [], 'g.a': ['pick'], 'g.b': ['pick'], other: ['pick'] });
    const run = createRun(groups);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: ['g'], reach: 'direct' });
    expect(run.takeReady()).toEqual(['g.a', 'g.b']);
    expect(run.stateOf('other')).toBe('skipped');
  });

  test('knows which names are strangers', () => {
    const run = createRun(graph);
    expect(run.findStrangers('pick', { follow: ['day', 'join', 'x'], reach: 'direct' })).toEqual([
      'join',
      'x',
    ]);
    expect(describeStrangers(['join', 'x'])).toBe(
      'it follows "join", "x", which is not directly downstream of it. ' +
        'Return ids of tasks that come right after it, or of their groups.',
    );
  });

  test('skips again what it skipped when only that is cleared, and asks anew when it is cleared itself', () => {
    const run = createRun(graph);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: ['day'], reach: 'direct' });
    finishAll(run);
    run.clear(['full']);
    expect(run.stateOf('full')).toBe('skipped');
    run.clear(['pick', 'full', 'day', 'after', 'join']);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: ['full'], reach: 'direct' });
    expect(run.takeReady()).toEqual(['full']);
  });
});

describe('a short circuit', () => {
  const graph: RunGraph = {
    tasks: [
      { id: 'check', upstream: [] },
      { id: 'work', upstream: ['check'] },
      { id: 'always', upstream: ['work'], triggerRule: 'all_done' },
    ],
  };

  test('skips everything below, whatever the trigger rules', () => {
    const run = createRun(graph);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: [], reach: 'all' });
    expect(statesOf(run, graph)).toEqual({ check: 'success', work: 'skipped', always: 'skipped' });
  });

  test('leaves it to the trigger rules when it only skips its direct downstream', () => {
    const run = createRun(graph);
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: [], reach: 'direct' });
    expect(run.takeReady()).toEqual(['always']);
  });

  test('never skips a teardown', () => {
    const guarded: RunGraph = {
      tasks: [
        { id: 'create', upstream: [], setup: true },
        { id: 'check', upstream: ['create'] },
        { id: 'work', upstream: ['check'] },
        { id: 'delete', upstream: ['create', 'work'], teardown: true },
      ],
    };
    const run = createRun(guarded);
    run.finish(run.takeReady()[0] ?? '', 'success');
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: [], reach: 'all' });
    expect(run.takeReady()).toEqual(['delete']);
  });
});

describe('clearing', () => {
  test('a failed task with what it failed runs these again and nothing else', () => {
    const graph = chain('extract > load > check');
    const run = createRun(graph);
    finishAll(run, ['load']);
    expect(run.result).toBe('failed');
    run.clear(['load', 'check']);
    expect(run.result).toBe('running');
    expect(finishAll(run)).toEqual(['load', 'check']);
    expect(run.result).toBe('success');
  });

  test('a task that has not started changes nothing', () => {
    const run = createRun(chain('a > b'));
    run.drainChanges();
    run.clear(['b']);
    expect(run.drainChanges()).toEqual([]);
  });

  test('a task alone leaves those below it as they are', () => {
    const graph = chain('extract > load > check');
    const run = createRun(graph);
    finishAll(run);
    run.clear(['load']);
    expect(finishAll(run)).toEqual(['load']);
  });

  test('a task whose upstream is cleared with it waits for that', () => {
    const run = createRun(chain('a > b > c'));
    finishAll(run);
    run.clear(['c', 'a']);
    expect(run.stateOf('c')).toBe('scheduled'); // b, its only upstream, is a success
    run.clear(['b']);
    expect(run.stateOf('c')).toBe('none');
    expect(finishAll(run)).toEqual(['a', 'b', 'c']);
  });

  test('a running task starts again once it has ended, however it ended', () => {
    const run = createRun(chain('a > b'));
    run.takeReady();
    expect(run.clear(['a'])).toEqual(['a']);
    expect(run.stateOf('a')).toBe('running');
    run.finish('a', 'failed');
    expect(finishAll(run)).toEqual(['a', 'b']);
  });

  test('an unknown task is refused, and so is a run that is being stopped', () => {
    const run = createRun(chain('a > b'));
    run.takeReady();
    expect(() => run.clear(['c'])).toThrow('names task "c"');
    run.cancel();
    expect(() => run.clear(['b'])).toThrow('The run is being stopped');
  });

  test('a stopped run that has ended may be cleared: it is a run like others again', () => {
    const run = createRun(chain('a > b'));
    run.takeReady();
    run.cancel();
    run.finish('a', 'success');
    run.clear(['b']);
    expect(finishAll(run)).toEqual(['b']);
    expect(run.result).toBe('success');
  });

  test('that is refused says what to do', () => {
    const run = createRun(chain('a > b'));
    run.takeReady();
    run.cancel();
    expect(refusal(() => run.clear(['a']))).toMatchObject({
      code: 'INVALID_RUN_INPUT',
      message:
        'The run is being stopped, so its tasks cannot be cleared now. Wait for its end, and clear them then.',
    });
  });

  test('is forgotten where running tasks start again anyway, and for tasks that do not run', () => {
    const graph = chain('a > b');
    const run = createRun(graph);
    run.takeReady();
    run.clear(['a']);
    const restored = createRun(graph, run.snapshot(), { runningTasks: 'start_again' });
    expect(restored.takeReady()).toEqual(['a']);
    restored.finish('a', 'success');
    expect(restored.stateOf('a')).toBe('success');
    const ended = createRun(graph, { states: { a: 'success' }, restarting: ['a'] });
    expect(ended.snapshot()).not.toHaveProperty('restarting');
  });

  test('survives a snapshot', () => {
    const graph = chain('a > b');
    const run = createRun(graph);
    run.takeReady();
    run.clear(['a']);
    const restored = createRun(graph, run.snapshot());
    restored.finish('a', 'success');
    expect(restored.stateOf('a')).toBe('scheduled');
  });
});

describe('marking', () => {
  test('a failed task as success lets those go on that wait for it', () => {
    const graph = graphOf({ a: [], b: [], join: ['a', 'b'] });
    const run = createRun(graph);
    run.takeReady();
    run.mark('a', 'success');
    run.finish('b', 'success');
    expect(run.takeReady()).toEqual(['join']);
  });

  test('a running task ends it, and says that its work is to be stopped', () => {
    const run = createRun(chain('a > b'));
    run.takeReady();
    expect(run.mark('a', 'failed')).toBe(true);
    expect(run.stateOf('b')).toBe('upstream_failed');
  });

  test('a task with the state that it has changes nothing', () => {
    const run = createRun(chain('a > b'));
    finishAll(run, ['a']);
    run.drainChanges();
    expect(run.mark('a', 'failed')).toBe(false);
    expect(run.drainChanges()).toEqual([]);
  });

  test('a running task is one change of its state, and takes back that it was cleared', () => {
    const run = createRun(chain('a > b'));
    run.takeReady();
    run.clear(['a']);
    run.drainChanges();
    run.mark('a', 'success');
    expect(run.drainChanges()).toEqual([
      { taskId: 'a', state: 'success' },
      { taskId: 'b', state: 'scheduled' },
    ]);
    expect(run.snapshot()).not.toHaveProperty('restarting');
  });

  test('a task that a branch skipped frees it from the branch', () => {
    const run = createRun(graphOf({ pick: [], day: ['pick'], night: ['pick'] }));
    run.finish(run.takeReady()[0] ?? '', 'success', { follow: ['day'], reach: 'direct' });
    expect(run.skippedBy('night')).toBe('pick');
    run.mark('night', 'success');
    expect(run.skippedBy('night')).toBeUndefined();
    expect(run.explain('night')).toBe('is success');
  });

  test('a run leaves a teardown that is running to its end', () => {
    const graph: RunGraph = {
      tasks: [
        { id: 'create', upstream: [], setup: true },
        { id: 'delete', upstream: ['create'], teardown: true },
        { id: 'other', upstream: [] },
      ],
    };
    const run = createRun(graph);
    run.takeReady();
    run.finish('create', 'success');
    run.takeReady();
    expect(run.markRun('failed')).toEqual(['other']);
    expect(run.stateOf('delete')).toBe('running');
  });

  test('a finished task changes what its downstream will see when cleared', () => {
    const run = createRun(chain('a > b'));
    finishAll(run, ['a']);
    expect(run.mark('a', 'success')).toBe(false);
    expect(run.stateOf('b')).toBe('upstream_failed');
    run.clear(['b']);
    expect(finishAll(run)).toEqual(['b']);
    expect(run.result).toBe('success');
  });

  test('a run ends what runs, skips the rest, and still tears down', () => {
    const graph: RunGraph = {
      tasks: [
        { id: 'create', upstream: [], setup: true },
        { id: 'work', upstream: ['create'] },
        { id: 'more', upstream: ['work'] },
        { id: 'delete', upstream: ['create', 'more'], teardown: true },
      ],
    };
    const run = createRun(graph);
    run.finish(run.takeReady()[0] ?? '', 'success');
    run.takeReady();
    expect(run.markRun('success')).toEqual(['work']);
    expect(finishAll(run)).toEqual(['delete']);
    expect(run.result).toBe('success');
    expect(createRun(graph, run.snapshot()).result).toBe('success');
  });

  test('a run that is done changes its result alone', () => {
    const run = createRun({ tasks: [{ id: 'a', upstream: [] }] });
    run.takeReady();
    run.finish('a', 'failed');
    expect(run.markRun('success')).toEqual([]);
    expect([run.stateOf('a'), run.result]).toEqual(['failed', 'success']);
    run.clear(['a']);
    expect(run.result).toBe('running');
  });
});

test('a snapshot forgets tasks wherever it names them', () => {
  const snapshot = {
    states: { a: 'success', b: 'skipped', c: 'running', d: 'scheduled' },
    ready: ['d'],
    skips: { a: ['b', 'd'], d: ['b'] },
    restarting: ['c', 'd'],
    cancelled: true,
  } as const;
  expect(forgetTasks(snapshot, new Set(['d']))).toEqual({
    states: { a: 'success', b: 'skipped', c: 'running' },
    ready: [],
    skips: { a: ['b'] },
    restarting: ['c'],
    cancelled: true,
  });
});
