/** Tasks of a run that depend on the past: the machine holds them until it is told that they may start. */
import { describe, expect, test } from '@jest/globals';
import { createRun, reduceRun } from '../../core/index.js';
import type { Run, RunGraph, RunGraphTask } from '../../core/index.js';

/** `b` is downstream of `a`; `c` stands alone. */
function graph(details: Partial<RunGraphTask>, ofA: Partial<RunGraphTask> = {}): RunGraph {
  return {
    tasks: [
      { id: 'a', upstream: [], ...ofA },
      { id: 'b', upstream: ['a'], ...details },
      { id: 'c', upstream: [] },
    ],
  };
}

const PAST = { dependsOnPast: true } as const;

function finishAll(run: Run, outcome: 'success' | 'failed' | 'skipped' = 'success'): readonly string[] {
  const taken = run.takeReady();
  for (const id of taken) run.finish(id, outcome);
  return taken;
}

describe('a task that depends on the past', () => {
  test('does not start before it is let go, and takes no slot', () => {
    const run = createRun({ ...graph({}, PAST), maxActiveTasks: 1 });
    expect(run.tasksAwaitingPast).toEqual(['a']);
    expect(run.takeReady()).toEqual(['c']);
    run.finish('c', 'success');
    expect(run.takeReady()).toEqual([]);
    expect(run.stateOf('a')).toBe('none');
    expect(run.done).toBe(false);
    run.releaseFromPast(['a']);
    expect(run.takeReady()).toEqual(['a']);
    expect(run.tasksAwaitingPast).toEqual([]);
  });

  test('starts when both its upstream and the past let it, whichever comes first', () => {
    const pastFirst = createRun(graph(PAST));
    pastFirst.releaseFromPast(['b']);
    expect([finishAll(pastFirst), finishAll(pastFirst)]).toEqual([['a', 'c'], ['b']]);

    const pastLast = createRun(graph(PAST));
    expect([finishAll(pastLast), finishAll(pastLast)]).toEqual([['a', 'c'], []]);
    pastLast.releaseFromPast(['b']);
    expect(finishAll(pastLast)).toEqual(['b']);
  });

  test('is upstream_failed at once', () => {
    const run = createRun(graph(PAST));
    finishAll(run, 'failed');
    expect(run.stateOf('b')).toBe('upstream_failed');
    expect(run.done).toBe(true);
  });

  test('is skipped by its rule at once', () => {
    const run = createRun(graph(PAST));
    finishAll(run, 'skipped');
    expect(run.stateOf('b')).toBe('skipped');
  });

  test('is skipped by its rule only once it is let go, if it says so', () => {
    const run = createRun(graph({ ...PAST, waitForPastDependsBeforeSkipping: true }));
    finishAll(run, 'skipped');
    expect(run.stateOf('b')).toBe('none');
    run.releaseFromPast(['b']);
    expect(run.stateOf('b')).toBe('skipped');
  });

  test('is upstream_failed at once, even if it waits before skipping', () => {
    const run = createRun(graph({ ...PAST, waitForPastDependsBeforeSkipping: true }));
    finishAll(run, 'failed');
    expect(run.stateOf('b')).toBe('upstream_failed');
  });

  test('is skipped when the run is cancelled, and a teardown then waits for no past', () => {
    const run = createRun({
      tasks: [
        { id: 'make', upstream: [], setup: true },
        { id: 'work', upstream: ['make'], ...PAST },
        { id: 'clean', upstream: ['make', 'work'], teardown: true, ...PAST },
      ],
    });
    expect(finishAll(run)).toEqual(['make']);
    run.cancel();
    expect(run.stateOf('work')).toBe('skipped');
    expect(run.takeReady()).toEqual(['clean']);
  });

  test('waits anew once it is cleared', () => {
    const run = createRun(graph({}, PAST));
    run.releaseFromPast(['a']);
    expect(finishAll(run)).toEqual(['c', 'a']);
    run.clear(['a']);
    expect(run.tasksAwaitingPast).toEqual(['a']);
    expect(finishAll(run)).toEqual([]);
    run.releaseFromPast(['a']);
    expect([finishAll(run), finishAll(run)]).toEqual([['a'], ['b']]);
  });

  test('is asked for first when it waits for nothing else', () => {
    const run = createRun({
      tasks: [
        { id: 'a', upstream: [] },
        { id: 'b', upstream: ['a'], ...PAST },
        { id: 'c', upstream: [], ...PAST },
      ],
    });
    expect(run.tasksAwaitingPast).toEqual(['c', 'b']);
  });

  test('is let go anew after a snapshot', () => {
    const run = createRun(graph({}, PAST));
    run.releaseFromPast(['a']);
    run.takeReady();
    const restored = createRun(graph({}, PAST), run.snapshot());
    expect(restored.stateOf('a')).toBe('running');
    expect(restored.tasksAwaitingPast).toEqual([]);
  });

  test('says so', () => {
    const run = createRun(graph({ ...PAST, waitForDownstream: true }, PAST));
    expect(run.explain('a')).toBe('waits for its success in the previous run (dependsOnPast)');
    expect(run.explain('b')).toMatch(/upstream.*; waits for its success in the previous run, and for that/);
    run.releaseFromPast(['a', 'b']);
    expect(run.explain('b')).not.toContain('previous');
  });
});

test('reduceRun knows no other runs: the past counts as met', () => {
  expect(reduceRun(graph({}, PAST), undefined).start).toEqual(['c', 'a']);
});
