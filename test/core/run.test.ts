/** The run state machine, rule by rule. Graphs are written `a > b` lines; see `graph`. */
import { describe, expect, test } from '@jest/globals';
import { createRun } from '../../core/index.js';
import type { Run, RunGraph, RunGraphTask, RunSnapshot, TaskOutcome } from '../../core/index.js';

type Details = Readonly<Record<string, Omit<RunGraphTask, 'id' | 'upstream'>>>;

/** `graph('a > b, b > c, d')`: tasks in order of appearance, with more about some of them. */
function graph(edges: string, details: Details = {}, maxActiveTasks?: number): RunGraph {
  const upstream = new Map<string, string[]>();
  for (const chain of edges.split(', ')) {
    const ids = chain.split(' > ');
    for (const [position, id] of ids.entries()) {
      const above = upstream.get(id) ?? [];
      upstream.set(id, position === 0 ? above : [...above, ids[position - 1] ?? '']);
    }
  }
  const tasks = [...upstream].map(([id, above]) => ({ id, upstream: above, ...details[id] }));
  return maxActiveTasks === undefined ? { tasks } : { tasks, maxActiveTasks };
}

/** Runs to the end; tasks succeed unless told otherwise. Returns the tasks in the order of their start. */
function drive(run: Run, outcomes: Readonly<Record<string, TaskOutcome>> = {}): readonly string[] {
  const started: string[] = [];
  for (let batch = run.takeReady(); batch.length > 0; batch = run.takeReady()) {
    started.push(...batch);
    for (const taskId of batch) run.finish(taskId, outcomes[taskId] ?? 'success');
  }
  return started;
}

function statesOf(run: Run): Readonly<Record<string, string>> {
  return run.snapshot().states;
}

function refusal(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}

describe('starting tasks', () => {
  test('a chain runs one after the other', () => {
    const run = createRun(graph('a > b > c'));
    expect(run.takeReady()).toEqual(['a']);
    expect(run.takeReady()).toEqual([]);
    expect(run.stateOf('b')).toBe('none');
    run.finish('a', 'success');
    expect(run.stateOf('b')).toBe('scheduled');
    expect(drive(run)).toEqual(['b', 'c']);
    expect(run.done).toBe(true);
    expect(run.result).toBe('success');
  });

  test('deferred tasks take no slot: they start when all slots are taken, and keep none from others', () => {
    const details = {
      s1: { deferred: true },
      s2: { deferred: true },
      s3: { deferred: true, priority: 1 as const },
    };
    const run = createRun(graph('a > s2, b, s1, c, s3', details, 2));
    expect(run.takeReady()).toEqual(['s3', 's1', 'a', 'b']);
    expect(run.explain('c')).toBe('may run and waits for a slot: 2 of 2 active tasks');
    expect(run.activeCount).toBe(4);
    run.finish('a', 'success');
    expect(run.takeReady()).toEqual(['s2', 'c']);
    run.finish('s1', 'failed');
    expect(run.takeReady()).toEqual([]);
  });

  test('a restored run knows which of its running tasks take no slot', () => {
    const description = graph('a, s, b', { s: { deferred: true } }, 1);
    const run = createRun(description);
    expect(run.takeReady()).toEqual(['s', 'a']);
    const restored = createRun(description, run.snapshot());
    expect(restored.takeReady()).toEqual([]);
    restored.finish('a', 'success');
    expect(restored.takeReady()).toEqual(['b']);
  });

  test('no more than 1,000 deferred tasks wait at once', () => {
    const tasks = Array.from({ length: 1_001 }, (_, i) => ({ id: `s${i}`, upstream: [], deferred: true }));
    const run = createRun({ tasks });
    expect(run.takeReady()).toHaveLength(1_000);
    expect(run.explain('s1000')).toBe('may run: 1000 of 1000 waiting tasks');
    run.finish('s0', 'success');
    expect(run.takeReady()).toEqual(['s1000']);
  });

  test('no more than 16 tasks run at once by default', () => {
    const tasks = Array.from({ length: 20 }, (_, i) => ({ id: `t${i}`, upstream: [] }));
    const run = createRun({ tasks });
    expect(run.takeReady()).toHaveLength(16);
    expect(run.activeCount).toBe(16);
    expect(run.takeReady()).toEqual([]);
    run.finish('t3', 'success');
    expect(run.takeReady()).toEqual(['t16']);
    expect(run.counts).toMatchObject({ running: 16, scheduled: 3, success: 1, none: 0 });
  });

  test('no more than maxActiveTasks run at once, and no more than asked for are taken', () => {
    const run = createRun(graph('a, b, c, d', {}, 3));
    expect(run.takeReady(0)).toEqual([]);
    expect(run.takeReady(2)).toEqual(['a', 'b']);
    expect(run.takeReady()).toEqual(['c']);
    run.finish('b', 'failed');
    expect(run.takeReady()).toEqual(['d']);
  });

  test('priority 1 starts first, 3 is the default, and equals start in order of arrival', () => {
    const details: Details = {
      e: { priority: 1 },
      c: { priority: 2 },
      a: { priority: 5 },
      b: { priority: 4 },
      x: { priority: 3 },
    };
    expect(createRun(graph('a, b, c, d, e, x, y', details)).takeReady()).toEqual([
      'e',
      'c',
      'd',
      'x',
      'y',
      'b',
      'a',
    ]);
    const run = createRun(graph('a > z, b > y, c', {}, 1));
    expect(drive(run)).toEqual(['a', 'b', 'c', 'z', 'y']);
  });

  test.each([-1, 1.5, Number.NaN, '2'])('takeReady refuses the limit %p', (limit) => {
    const run = createRun(graph('a'));
    expect(refusal(() => run.takeReady(limit as number))).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^takeReady got the limit .+\. Use a whole number from 0, or none\.$/),
    });
  });

  test('a run without tasks is done and has succeeded', () => {
    const run = createRun({ tasks: [] });
    expect([run.done, run.result, run.takeReady()]).toEqual([true, 'success', []]);
  });

  test('the graph is checked', () => {
    expect(refusal(() => createRun(graph('a > b > a')))).toMatchObject({ code: 'CYCLE' });
  });
});

describe('propagation', () => {
  test('a failure fails what is below, through all rules that need success', () => {
    const run = createRun(graph('a > b > c > d', { c: { triggerRule: 'none_failed' } }));
    drive(run, { a: 'failed' });
    expect(statesOf(run)).toEqual({
      a: 'failed',
      b: 'upstream_failed',
      c: 'upstream_failed',
      d: 'upstream_failed',
    });
    expect(run.result).toBe('failed');
  });

  test('a skip skips what is below, until a rule that takes skips', () => {
    const run = createRun(graph('a > b > c > d', { c: { triggerRule: 'none_failed' } }));
    expect(drive(run, { a: 'skipped' })).toEqual(['a', 'c', 'd']);
    expect(statesOf(run)).toEqual({ a: 'skipped', b: 'skipped', c: 'success', d: 'success' });
    expect(run.result).toBe('success');
  });

  test('downstream is given up without waiting for the rest of the upstream', () => {
    const run = createRun(graph('a > c, b > c'));
    run.takeReady();
    run.finish('a', 'failed');
    expect(run.stateOf('c')).toBe('upstream_failed');
    expect(run.done).toBe(false);
    run.finish('b', 'success');
    expect(run.done).toBe(true);
  });

  test('a branch that joins with none_failed_min_one_success', () => {
    const edges = 'branch > left > join, branch > right > join';
    const join: Details = { join: { triggerRule: 'none_failed_min_one_success' } };
    const taken = createRun(graph(edges, join));
    expect(drive(taken, { left: 'skipped' })).toEqual(['branch', 'left', 'right', 'join']);
    const none = createRun(graph(edges, join));
    drive(none, { left: 'skipped', right: 'skipped' });
    expect([none.stateOf('join'), none.result]).toEqual(['skipped', 'success']);
  });

  test('one_success and one_failed start before the rest is done', () => {
    const details: Details = { first: { triggerRule: 'one_success' }, alarm: { triggerRule: 'one_failed' } };
    const run = createRun(graph('a > first, b > first, a > alarm, b > alarm', details));
    run.takeReady();
    run.finish('a', 'success');
    expect(run.takeReady()).toEqual(['first']);
    run.finish('b', 'failed');
    expect(run.takeReady()).toEqual(['alarm']);
  });

  test('always starts with the run', () => {
    expect(createRun(graph('a > b', { b: { triggerRule: 'always' } })).takeReady()).toEqual(['a', 'b']);
  });

  test('a failure beats a skip that the same event brings', () => {
    // one end of `a` skips `s` and fails `f`; `join` sees both
    const details: Details = { s: { triggerRule: 'all_skipped' } };
    const run = createRun(graph('a > s > join, a > f > join', details));
    drive(run, { a: 'failed' });
    expect(statesOf(run)).toEqual({
      a: 'failed',
      s: 'skipped',
      f: 'upstream_failed',
      join: 'upstream_failed',
    });
  });

  test('with all_success, the first of a failure and a skip decides: Airflow does not wait for the other', () => {
    const edges = 'a > c, b > c';
    const failedFirst = createRun(graph(edges));
    failedFirst.takeReady();
    failedFirst.finish('a', 'failed');
    failedFirst.finish('b', 'skipped');
    const skippedFirst = createRun(graph(edges));
    skippedFirst.takeReady();
    skippedFirst.finish('b', 'skipped');
    skippedFirst.finish('a', 'failed');
    expect([failedFirst.stateOf('c'), failedFirst.result]).toEqual(['upstream_failed', 'failed']);
    expect([skippedFirst.stateOf('c'), skippedFirst.result]).toEqual(['skipped', 'success']);
  });
});

describe('results', () => {
  test.each<[string, string, Details, Readonly<Record<string, TaskOutcome>>, string]>([
    ['a failed leaf fails the run', 'a > b, a > c', {}, { c: 'failed' }, 'failed'],
    ['a skipped leaf does not', 'a > b, a > c', {}, { c: 'skipped' }, 'success'],
    [
      'an all_done leaf hides a failure above',
      'a > b',
      { b: { triggerRule: 'all_done' } },
      { a: 'failed' },
      'success',
    ],
    ['a failed teardown does not count', 'a > t', { t: { teardown: true } }, { t: 'failed' }, 'success'],
    ['nor does its success hide a failure', 'a > t', { t: { teardown: true } }, { a: 'failed' }, 'failed'],
    [
      'a teardown counts when told to',
      'a > t',
      { t: { teardown: true, onFailureFailDagrun: true } },
      { t: 'failed' },
      'failed',
    ],
    [
      'and is then the leaf',
      'a > t',
      { t: { teardown: true, onFailureFailDagrun: true } },
      { a: 'failed' },
      'success',
    ],
    [
      'teardowns alone: the last decides',
      't > u',
      { t: { teardown: true }, u: { teardown: true } },
      { u: 'failed' },
      'failed',
    ],
    [
      'teardowns alone: the others do not',
      't > u',
      { t: { teardown: true }, u: { teardown: true } },
      { t: 'failed' },
      'success',
    ],
  ])('%s', (_, edges, details, outcomes, result) => {
    const run = createRun(graph(edges, details));
    expect(run.result).toBe('running');
    drive(run, outcomes);
    expect([run.done, run.result]).toEqual([true, result]);
  });
});

describe('setup and teardown', () => {
  const details: Details = { s: { setup: true }, t: { teardown: true } };
  const edges = 's > a > b > t, s > t';

  test('the teardown runs after everything, also after failures', () => {
    const run = createRun(graph(edges, details));
    expect(drive(run, { a: 'failed' })).toEqual(['s', 'a', 't']);
    expect(statesOf(run)).toEqual({ s: 'success', a: 'failed', b: 'upstream_failed', t: 'success' });
    expect(run.result).toBe('failed');
  });

  test('a failed setup fails its scope and its teardown', () => {
    const run = createRun(graph(edges, details));
    expect(drive(run, { s: 'failed' })).toEqual(['s']);
    expect(statesOf(run)).toEqual({
      s: 'failed',
      a: 'upstream_failed',
      b: 'upstream_failed',
      t: 'upstream_failed',
    });
  });

  test('a skipped setup skips its scope and its teardown', () => {
    const run = createRun(graph(edges, details));
    drive(run, { s: 'skipped' });
    expect(statesOf(run)).toEqual({ s: 'skipped', a: 'skipped', b: 'skipped', t: 'skipped' });
    expect(run.result).toBe('success');
  });

  test('one of two setups is enough for the teardown', () => {
    const run = createRun(graph('s > a > t, r > a, s > t, r > t', { ...details, r: { setup: true } }));
    expect(drive(run, { s: 'failed' })).toEqual(['s', 'r', 't']);
  });

  test('a failed setup holds back tasks in its scope whatever their rule', () => {
    const run = createRun(graph(edges, { ...details, b: { triggerRule: 'all_done' } }));
    drive(run, { s: 'failed' });
    expect(run.stateOf('b')).toBe('upstream_failed');
    expect(run.explain('b')).toBe('is upstream_failed: 1 of 1 setups further upstream did not succeed');
  });

  test('how many setups did not succeed is told apart from how many there are', () => {
    const two = graph('s > a > b > t, r > a, s > t, r > t', {
      ...details,
      r: { setup: true },
      b: { triggerRule: 'all_done' },
    });
    const run = createRun(two);
    expect(run.takeReady()).toEqual(['s', 'r']);
    run.finish('s', 'success');
    expect(run.explain('b')).toContain('waits for 1 of 2 setups further upstream to succeed');
    run.finish('r', 'failed');
    expect(run.explain('b')).toBe('is upstream_failed: 1 of 2 setups further upstream did not succeed');
    expect(run.explain('a')).toBe(
      'is upstream_failed: trigger rule all_success needs all of them to succeed; upstream: 1 success, 1 failed',
    );
  });

  test('a skipped setup skips tasks in its scope whatever their rule', () => {
    const run = createRun(graph(edges, { ...details, b: { triggerRule: 'none_failed' } }));
    drive(run, { s: 'skipped' });
    expect(run.stateOf('b')).toBe('skipped');
  });

  test('always asks no setup', () => {
    const run = createRun(graph(edges, { ...details, b: { triggerRule: 'always' } }));
    expect(run.takeReady()).toEqual(['s', 'b']);
  });

  test('what is below the teardown is out of scope', () => {
    const run = createRun(graph(`${edges}, a > z`, { ...details, z: { triggerRule: 'all_done' } }));
    expect(drive(run, { s: 'failed' })).toEqual(['s', 'z']);
  });

  test('a setup without teardown guards everything below it', () => {
    const run = createRun(graph('s > a > z', { s: { setup: true }, z: { triggerRule: 'all_done' } }));
    drive(run, { s: 'failed' });
    expect(run.stateOf('z')).toBe('upstream_failed');
  });

  test('a task waits for all setups in whose scope it is, and says so', () => {
    // `late` guards `z` through `y`; `z` could start on `x` alone
    const run = createRun(
      graph('late > y > z > t, late > t, x > z', {
        late: { setup: true },
        t: { teardown: true },
        z: { triggerRule: 'one_success' },
      }),
    );
    expect(run.takeReady()).toEqual(['late', 'x']);
    run.finish('x', 'success');
    expect(run.takeReady()).toEqual([]);
    expect(run.explain('z')).toBe(
      'waits for 1 of 1 setups further upstream to succeed; may run: trigger rule one_success needs one of them to succeed; upstream: 1 success, 1 not done',
    );
    run.finish('late', 'success');
    expect(run.takeReady()).toEqual(['y', 'z']);
  });

  test('a setup below a setup is guarded by it', () => {
    const nested = graph('s > a > r > b > u > t, s > t, r > u', {
      ...details,
      r: { setup: true },
      u: { teardown: true },
    });
    const run = createRun(nested);
    expect(drive(run, { a: 'failed' })).toEqual(['s', 'a', 't']);
    expect(run.stateOf('u')).toBe('upstream_failed');
  });
});

describe('cancelling', () => {
  const details: Details = { s: { setup: true }, t: { teardown: true } };

  test('nothing more starts, and what runs is awaited', () => {
    const run = createRun(graph('a > c, b > c, d', {}, 2));
    run.takeReady();
    run.cancel();
    expect(run.cancelled).toBe(true);
    expect(statesOf(run)).toEqual({ a: 'running', b: 'running', c: 'skipped', d: 'skipped' });
    expect([run.takeReady(), run.done]).toEqual([[], false]);
    run.finish('a', 'failed');
    run.finish('b', 'success');
    expect([run.done, run.result]).toEqual([true, 'failed']);
  });

  test('a cancelled run has failed even if all its leaves are skipped', () => {
    const run = createRun(graph('a'));
    run.cancel();
    expect([run.done, run.result]).toEqual([true, 'failed']);
  });

  test('the teardown of a setup that succeeded still runs, after what is running', () => {
    const run = createRun(graph('s > a > b > t, s > t', details));
    run.takeReady();
    run.finish('s', 'success');
    run.takeReady();
    run.cancel();
    expect(statesOf(run)).toEqual({ s: 'success', a: 'running', b: 'skipped', t: 'scheduled' });
    expect(run.takeReady()).toEqual([]);
    expect(run.explain('t')).toBe('waits for 1 running tasks of the cancelled run to end');
    run.finish('a', 'failed');
    expect(drive(run)).toEqual(['t']);
    expect(run.done).toBe(true);
  });

  test('a teardown that runs keeps no other teardown waiting', () => {
    const run = createRun(
      graph('s > t, r > a > u, r > u', { ...details, r: { setup: true }, u: { teardown: true } }),
    );
    run.takeReady();
    run.finish('s', 'success');
    run.finish('r', 'success');
    expect(run.takeReady()).toEqual(['t', 'a']);
    run.cancel();
    run.finish('a', 'success');
    expect(run.takeReady()).toEqual(['u']);
  });

  test('a teardown that has come up already still runs', () => {
    const run = createRun(graph('s > t, x, y', { ...details, t: { teardown: true, priority: 5 } }, 1));
    run.takeReady();
    run.finish('s', 'success');
    run.takeReady();
    run.cancel();
    expect(run.takeReady()).toEqual([]);
    run.finish('x', 'success');
    expect(drive(run)).toEqual(['t']);
  });

  test('the teardown of a setup that never ran is skipped', () => {
    const run = createRun(graph('x > s > a > t, s > t', details));
    run.takeReady();
    run.cancel();
    run.finish('x', 'success');
    expect([run.done, run.stateOf('t')]).toEqual([true, 'skipped']);
  });

  test('twice is once, and a run that is done stays as it is', () => {
    const run = createRun(graph('a'));
    drive(run);
    run.cancel();
    expect([run.cancelled, run.result]).toEqual([false, 'success']);
    const other = createRun(graph('a > b'));
    other.takeReady();
    other.cancel();
    other.drainChanges();
    other.cancel();
    expect(other.drainChanges()).toEqual([]);
  });
});

describe('reports', () => {
  test('changes come in order, each once', () => {
    const run = createRun(graph('a > b'));
    run.takeReady();
    expect(run.drainChanges()).toEqual([
      { taskId: 'a', state: 'scheduled' },
      { taskId: 'a', state: 'running' },
    ]);
    run.finish('a', 'failed');
    expect(run.drainChanges()).toEqual([
      { taskId: 'a', state: 'failed' },
      { taskId: 'b', state: 'upstream_failed' },
    ]);
    expect(run.drainChanges()).toEqual([]);
  });

  test('why a task is not running', () => {
    const run = createRun(graph('a > c, b > c', {}, 1));
    run.takeReady();
    expect(run.explain('a')).toBe('is running');
    expect(run.explain('b')).toBe('may run and waits for a slot: 1 of 1 active tasks');
    run.finish('a', 'success');
    expect(run.explain('c')).toBe(
      'waits for 1 of 2 upstream tasks; trigger rule all_success needs all of them to succeed; upstream: 1 success, 1 not done',
    );
  });

  test.each<[string, (run: Run) => unknown, string, string]>([
    ['an unknown task', (run) => run.finish('extrat', 'success'), 'UNKNOWN_ID', 'Did you mean "extract"?'],
    ['the state of an unknown task', (run) => run.stateOf('x'), 'UNKNOWN_ID', 'The run names task "x"'],
    [
      'the end of a task that has not started',
      (run) => run.finish('load', 'success'),
      'INVALID_RUN_INPUT',
      'its state is none, not running',
    ],
    [
      'an end that is none',
      (run) => run.finish('extract', 'removed' as TaskOutcome),
      'INVALID_RUN_INPUT',
      'cannot finish as "removed". Use one of: success, failed, skipped.',
    ],
  ])('refuses %s', (_, action, code, message) => {
    const run = createRun(graph('extract > load'));
    run.takeReady();
    expect(refusal(() => action(run))).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('refuses a second end', () => {
    const run = createRun(graph('a'));
    drive(run);
    expect(refusal(() => run.finish('a', 'failed'))).toMatchObject({
      message:
        'Task "a" cannot finish as failed: its state is success, not running. Report the end of a started task, once.',
    });
    expect(run.stateOf('a')).toBe('success');
  });
});

describe('snapshots', () => {
  const edges = graph('a > c, b > c, d, e', { e: { priority: 1 } }, 2);

  test('hold the states, the order of arrival and the cancel', () => {
    const run = createRun(edges);
    run.takeReady();
    expect(run.snapshot()).toEqual({
      states: { a: 'running', b: 'scheduled', d: 'scheduled', e: 'running' },
      ready: ['b', 'd'],
      cancelled: false,
    });
  });

  test('running tasks are kept, or start again before all others', () => {
    const run = createRun(edges);
    run.takeReady();
    const kept = createRun(edges, run.snapshot());
    expect([kept.activeCount, kept.takeReady(), kept.drainChanges()]).toEqual([2, [], []]);
    kept.finish('a', 'success');
    expect(kept.takeReady()).toEqual(['b']);
    const again = createRun(edges, run.snapshot(), { runningTasks: 'start_again' });
    expect([again.activeCount, again.takeReady()]).toEqual([0, ['e', 'a']]);
  });

  test('a cancelled run stays cancelled: tasks that would start again are skipped', () => {
    const run = createRun(edges);
    run.takeReady();
    run.cancel();
    const again = createRun(edges, run.snapshot(), { runningTasks: 'start_again' });
    expect([again.cancelled, again.done, again.result]).toEqual([true, true, 'failed']);
  });

  test('tasks that the snapshot does not know wait for their upstream as usual', () => {
    const run = createRun(graph('a > b > c'), { states: { a: 'success' } });
    expect(drive(run)).toEqual(['b', 'c']);
    const late = createRun(graph('a > b > c'), { states: { a: 'failed', b: 'none' } });
    expect([late.done, late.result]).toEqual([true, 'failed']);
  });

  test('scheduled tasks without an order come in graph order', () => {
    const run = createRun(graph('a, b, c'), {
      states: { c: 'scheduled', a: 'scheduled', b: 'scheduled' },
      ready: ['b'],
    });
    expect(run.takeReady()).toEqual(['b', 'a', 'c']);
  });

  test('a scheduled task has been let go by the past, also without an order', () => {
    const held = graph('a', { a: { dependsOnPast: true } });
    expect(createRun(held).takeReady()).toEqual([]);
    expect(createRun(held, { states: { a: 'scheduled' } }).takeReady()).toEqual(['a']);
  });

  test.each<[string, string, Details]>([
    ['a task', 'a > c, b > c', {}],
    ['a setup', 'a > b > c', { a: { setup: true }, c: { triggerRule: 'none_failed' } }],
  ])('removing %s leaves nobody waiting for ever', (_, removed, details) => {
    const run = createRun(graph(removed, details), { states: { a: 'removed', b: 'success' } });
    expect([run.done, run.stateOf('c')]).toEqual([true, 'upstream_failed']);
  });

  test.each<[unknown, string, string]>([
    [3, 'INVALID_RUN_INPUT', 'It is 3'],
    [{}, 'INVALID_RUN_INPUT', 'states is undefined'],
    [
      { states: {}, state: 1 },
      'INVALID_RUN_INPUT',
      '"state" is unknown. Did you mean "states"? Known: states, ready, cancelled,',
    ],
    [{ states: {}, restarting: 1 }, 'INVALID_RUN_INPUT', 'restarting is 1, not a list of task ids'],
    [{ states: {}, cancelled: 'no' }, 'INVALID_RUN_INPUT', 'cancelled is "no"'],
    [
      { states: {}, markedAs: 'success' },
      'INVALID_RUN_INPUT',
      'markedAs is "success". Use "success", in a run that is cancelled',
    ],
    [{ states: {}, cancelled: true, markedAs: 'failed' }, 'INVALID_RUN_INPUT', 'markedAs is "failed"'],
    [{ states: {}, skips: [] }, 'INVALID_RUN_INPUT', 'skips is [], not an object of task ids'],
    [{ states: {}, skips: { x: [] } }, 'UNKNOWN_ID', 'names task "x"'],
    [{ states: {}, skips: { a: 'b' } }, 'INVALID_RUN_INPUT', 'skips of "a" is "b", not a list of task ids'],
    [
      { states: {}, skips: { a: [1] } },
      'UNKNOWN_ID',
      'The snapshot of the run names task 1, which the graph does not have. Use',
    ],
    [{ states: {}, restarting: ['b'] }, 'UNKNOWN_ID', 'names task "b"'],
    [{ states: { x: 'success' } }, 'UNKNOWN_ID', 'The snapshot of the run names task "x"'],
    [{ states: { a: 'done' } }, 'INVALID_RUN_INPUT', 'The state of task "a" is "done"'],
    [{ states: { a: 1 } }, 'INVALID_RUN_INPUT', 'The state of task "a" is 1'],
    [{ states: {}, ready: 'a' }, 'INVALID_RUN_INPUT', 'ready is "a"'],
    [{ states: {}, ready: [1] }, 'INVALID_RUN_INPUT', 'ready holds 1'],
    [{ states: {}, ready: ['x'] }, 'UNKNOWN_ID', 'The snapshot of the run names task "x"'],
    [{ states: {}, ready: ['a'] }, 'INVALID_RUN_INPUT', 'whose state is not "scheduled"'],
    [{ states: { a: 'scheduled' }, ready: ['a', 'a'] }, 'INVALID_RUN_INPUT', 'names "a" twice'],
  ])('refuses %j', (snapshot, code, message) => {
    const restore = (): unknown => createRun(graph('a'), snapshot as RunSnapshot);
    expect(refusal(restore)).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('work is linear', () => {
  test('a chain of 10,000 tasks: one decision a task, no recursion', () => {
    const tasks = Array.from({ length: 10_000 }, (_, i) => ({
      id: `t${i}`,
      upstream: i === 0 ? [] : [`t${i - 1}`],
    }));
    const run = createRun({ tasks });
    expect(drive(run)).toHaveLength(10_000);
    expect(run.evaluationCount).toBeLessThanOrEqual(2 * 10_000);
    const failing = createRun({ tasks });
    drive(failing, { t0: 'failed' });
    expect(failing.counts.upstream_failed).toBe(9_999);
    expect(failing.evaluationCount).toBeLessThanOrEqual(2 * 10_000);
  });

  test('1 → 10,000 → 1: one decision a task and an edge', () => {
    const middle = Array.from({ length: 10_000 }, (_, i) => ({ id: `t${i}`, upstream: ['first'] }));
    const last = { id: 'last', upstream: middle.map(({ id }) => id) };
    const run = createRun({ tasks: [{ id: 'first', upstream: [] }, ...middle, last], maxActiveTasks: 100 });
    expect(drive(run)).toHaveLength(10_002);
    expect(run.evaluationCount).toBeLessThanOrEqual(10_002 + 20_000);
  });
});
