/**
 * Properties of the run state machine over random DAGs, outcomes and orders of completion, beside an
 * oracle that is slow and plain: it looks at every task again and again, as Airflow's scheduler does.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  checkGraph,
  createRun,
  evaluateTriggerRule,
  isFinal,
  reduceRun,
  TRIGGER_RULES,
} from '../../core/index.js';
import type {
  Priority,
  RunEvent,
  RunGraph,
  RunGraphTask,
  RunSnapshot,
  TaskOutcome,
  TaskState,
  TriggerRule,
  UpstreamCounts,
} from '../../core/index.js';

/** A run to play: the graph, how each task ends if it runs, and which of the running ones ends next. */
interface Play {
  readonly graph: RunGraph;
  readonly outcomes: readonly TaskOutcome[];
  readonly order: readonly number[];
}

interface Choice {
  readonly rules?: readonly TriggerRule[];
  readonly outcomes?: readonly TaskOutcome[];
  readonly withSetups?: boolean;
}

const MAX_TASKS = 14;

function plays({
  rules = TRIGGER_RULES,
  outcomes = ['success', 'failed', 'skipped'],
  withSetups = true,
}: Choice): fc.Arbitrary<Play> {
  const draft = fc.record({
    edges: fc.array(fc.nat(), { maxLength: 4 }),
    rule: fc.constantFrom(...rules),
    role: fc.constantFrom('work', 'work', 'work', ...(withSetups ? ['setup', 'teardown'] : [])),
    priority: fc.option(fc.constantFrom<Priority>(1, 2, 3, 4, 5), { nil: undefined }),
    flag: fc.boolean(),
  });
  return fc.record({
    graph: fc
      .record({
        drafts: fc.array(draft, { maxLength: MAX_TASKS }),
        maxActiveTasks: fc.constantFrom(1, 2, 16),
      })
      .map(({ drafts, maxActiveTasks }) => {
        const tasks: RunGraphTask[] = [];
        for (const [position, { edges, rule, role, priority, flag }] of drafts.entries()) {
          const upstream = position === 0 ? [] : [...new Set(edges.map((edge) => `t${edge % position}`))];
          const isBelowSetup = tasks.some(({ id, setup }) => setup === true && upstream.includes(id));
          tasks.push({
            id: `t${position}`,
            upstream,
            ...(priority === undefined ? {} : { priority }),
            ...(role === 'setup' ? { setup: true } : {}),
            ...(role === 'teardown'
              ? { teardown: true, onFailureFailDagrun: flag }
              : { triggerRule: isBelowSetup ? 'all_success' : rule }),
          });
        }
        return { tasks, maxActiveTasks };
      }),
    outcomes: fc.array(fc.constantFrom(...outcomes), { minLength: MAX_TASKS, maxLength: MAX_TASKS }),
    order: fc.array(fc.nat(), { minLength: MAX_TASKS, maxLength: MAX_TASKS }),
  });
}

const outcomeOf = (play: Play, taskId: string): TaskOutcome =>
  play.outcomes[Number(taskId.slice(1))] ?? 'success';

/** Takes one of the running tasks out, as the play's order says. */
function pickNext(play: Play, running: string[], step: number): string {
  const [taskId] = running.splice((play.order[step] ?? 0) % running.length, 1);
  return taskId ?? '';
}

interface Ending {
  readonly states: RunSnapshot['states'];
  readonly result: string;
  readonly started: readonly string[];
  readonly ends: readonly string[];
}

/** Plays a run to its end, or fails when it gets stuck. */
function playRun(play: Play, order: readonly number[] = play.order): Ending {
  const run = createRun(play.graph);
  const running: string[] = [];
  const started: string[] = [];
  const ends: string[] = [];
  for (let step = 0; ; step += 1) {
    const taken = run.takeReady();
    running.push(...taken);
    started.push(...taken);
    if (running.length === 0) break;
    const taskId = pickNext({ ...play, order }, running, step);
    ends.push(taskId);
    run.finish(taskId, outcomeOf(play, taskId));
  }
  return { states: run.snapshot().states, result: run.result, started, ends };
}

function countStates(ids: readonly string[], states: ReadonlyMap<string, TaskState>): UpstreamCounts {
  const of = (wanted: TaskState): number => ids.filter((id) => states.get(id) === wanted).length;
  return {
    total: ids.length,
    success: of('success'),
    skipped: of('skipped'),
    failed: of('failed'),
    upstreamFailed: of('upstream_failed'),
    removed: of('removed'),
  };
}

/** Airflow's rule from its definition: setups above a task with no teardown, or with one below the task. */
function findFarSetups(task: RunGraphTask, tasks: readonly RunGraphTask[]): readonly string[] {
  const isAbove = (id: string, other: RunGraphTask): boolean =>
    other.upstream.includes(id) || tasks.some((mid) => other.upstream.includes(mid.id) && isAbove(id, mid));
  return tasks
    .filter(({ id, setup }) => setup === true && isAbove(id, task) && !task.upstream.includes(id))
    .filter(({ id }) => {
      const teardowns = tasks.filter((other) => other.teardown === true && other.upstream.includes(id));
      return teardowns.length === 0 || teardowns.some((teardown) => isAbove(task.id, teardown));
    })
    .map(({ id }) => id);
}

function decideSlowly(
  task: RunGraphTask,
  graph: RunGraph,
  states: ReadonlyMap<string, TaskState>,
): TaskState {
  const rule = task.triggerRule ?? (task.teardown === true ? 'all_done_setup_success' : 'all_success');
  const setupIds = new Set(graph.tasks.filter(({ setup }) => setup === true).map(({ id }) => id));
  const byRule = evaluateTriggerRule({
    rule,
    upstream: countStates(task.upstream, states),
    setups: countStates(
      task.upstream.filter((id) => setupIds.has(id)),
      states,
    ),
  });
  const far = task.teardown === true || rule === 'always' ? [] : findFarSetups(task, graph.tasks);
  const bySetups = evaluateTriggerRule({ rule: 'all_success', upstream: countStates(far, states) });
  if (bySetups.decision === 'force') return bySetups.state;
  if (byRule.decision === 'force') return byRule.state;
  return bySetups.decision === 'run' && byRule.decision === 'run' ? 'scheduled' : 'none';
}

/** Passes over all waiting tasks, each pass seeing what the last one left, until nothing changes. */
function settleSlowly(graph: RunGraph, states: Map<string, TaskState>): void {
  for (;;) {
    const waiting = graph.tasks.filter(({ id }) => states.get(id) === 'none');
    const decided = waiting.map((task) => [task.id, decideSlowly(task, graph, states)] as const);
    const changed = decided.filter(([, state]) => state !== 'none');
    if (changed.length === 0) return;
    for (const [id, state] of changed) states.set(id, state);
  }
}

/** What every state must be once these tasks have ended, in this order. */
function playSlowly(play: Play, ends: readonly string[]): Readonly<Record<string, TaskState>> {
  const states = new Map<string, TaskState>(play.graph.tasks.map(({ id }) => [id, 'none']));
  settleSlowly(play.graph, states);
  for (const taskId of ends) {
    expect(states.get(taskId)).toBe('scheduled');
    states.set(taskId, outcomeOf(play, taskId));
    settleSlowly(play.graph, states);
  }
  return Object.fromEntries(states);
}

test('the random DAGs are good ones', () => {
  fc.assert(fc.property(plays({}), ({ graph }) => expect(() => checkGraph(graph)).not.toThrow()));
});

test('no run gets stuck: every task reaches a final state', () => {
  fc.assert(
    fc.property(plays({}), (play) => {
      const { states, result } = playRun(play);
      expect(Object.keys(states)).toHaveLength(play.graph.tasks.length);
      expect(Object.values(states).every(isFinal)).toBe(true);
      expect(result).not.toBe('running');
    }),
    { numRuns: 500 },
  );
});

test('no task starts twice, and those that end by themselves are those that started', () => {
  fc.assert(
    fc.property(plays({}), (play) => {
      const { states, started } = playRun(play);
      expect(new Set(started).size).toBe(started.length);
      for (const taskId of started) expect(states[taskId]).toBe(outcomeOf(play, taskId));
      const successes = Object.keys(states).filter(
        (taskId) => states[taskId] === 'success' || states[taskId] === 'failed',
      );
      expect(started).toEqual(expect.arrayContaining(successes));
    }),
    { numRuns: 300 },
  );
});

test('the states are those that looking at every task again and again gives', () => {
  fc.assert(
    fc.property(plays({}), (play) => {
      const { states, ends } = playRun(play);
      expect(playSlowly(play, ends)).toEqual(states);
    }),
    { numRuns: 500 },
  );
});

test('the result is that of the effective leaves', () => {
  fc.assert(
    fc.property(plays({}), (play) => {
      const { tasks } = play.graph;
      const { states, result } = playRun(play);
      const ignorable = tasks.filter((task) => task.teardown === true && task.onFailureFailDagrun !== true);
      const counting = tasks.filter((task) => !ignorable.includes(task));
      const deciding = counting.length > 0 ? counting : tasks;
      const leaves = deciding.filter(({ id }) => !deciding.some(({ upstream }) => upstream.includes(id)));
      const failed = leaves.some(({ id }) => states[id] === 'failed' || states[id] === 'upstream_failed');
      expect(result).toBe(failed ? 'failed' : 'success');
    }),
    { numRuns: 300 },
  );
});

/**
 * Where the order of completion matters, and where it does not. A rule is order-independent when what it
 * forces early follows from any one of the states that can still come. `all_success` is the exception: a
 * skip and a failure force different states, and the first one wins. So do the setups further up.
 */
describe('the order of completion does not change the end', () => {
  const orders = fc.array(fc.nat(), { minLength: MAX_TASKS, maxLength: MAX_TASKS });
  const expectSame = (choice: Choice): void =>
    fc.assert(
      fc.property(plays(choice), orders, (play, other) => {
        const one = playRun(play);
        const two = playRun(play, other);
        expect([two.states, two.result]).toEqual([one.states, one.result]);
      }),
      { numRuns: 500 },
    );

  test('of tasks with any rule but all_success', () => {
    expectSame({ rules: TRIGGER_RULES.filter((rule) => rule !== 'all_success'), withSetups: false });
  });

  test('of tasks that take no skips for failures: nothing is skipped', () => {
    expectSame({
      rules: ['all_success', 'all_done', 'none_failed', 'one_success', 'always'],
      outcomes: ['success', 'failed'],
    });
  });

  test('nor when nothing fails', () => {
    expectSame({
      rules: [
        'all_success',
        'all_done',
        'none_failed',
        'none_skipped',
        'none_failed_min_one_success',
        'always',
      ],
      outcomes: ['success', 'skipped'],
    });
  });
});

/** Plays a run through `reduceRun`, `perCall` events a call, and checks each step against the last. */
function playReduced(play: Play, ends: readonly string[], perCall: number): Ending {
  let reduction = reduceRun(play.graph, undefined, []);
  const started = [...reduction.start];
  for (let at = 0; at < ends.length; at += perCall) {
    const events = ends
      .slice(at, at + perCall)
      .map((taskId): RunEvent => ({ type: 'task_finished', taskId, state: outcomeOf(play, taskId) }));
    const snapshot = JSON.parse(JSON.stringify(reduction.snapshot)) as RunSnapshot;
    reduction = reduceRun(play.graph, snapshot, events);
    started.push(...reduction.changes.filter(({ state }) => state === 'running').map(({ taskId }) => taskId));
  }
  return { states: reduction.snapshot.states, result: reduction.state, started, ends };
}

test('a run taken up from snapshots at every step, or every few, is the same run', () => {
  fc.assert(
    fc.property(plays({}), fc.integer({ min: 1, max: 4 }), (play, perCall) => {
      const whole = playRun(play);
      expect(playReduced(play, whole.ends, perCall)).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test('a run whose running tasks start again after a snapshot ends the same', () => {
  const rules = TRIGGER_RULES.filter((rule) => rule !== 'all_success');
  fc.assert(
    fc.property(plays({ rules, withSetups: false }), fc.nat(MAX_TASKS), (play, steps) => {
      const whole = playRun(play);
      let run = createRun(play.graph);
      const running: string[] = [];
      for (let step = 0; ; step += 1) {
        if (step === steps) {
          run = createRun(play.graph, run.snapshot(), { runningTasks: 'start_again' });
          running.length = 0;
        }
        running.push(...run.takeReady());
        if (running.length === 0) break;
        const taskId = pickNext(play, running, step);
        run.finish(taskId, outcomeOf(play, taskId));
      }
      expect([run.snapshot().states, run.result]).toEqual([whole.states, whole.result]);
    }),
  );
});

test('a run cancelled at any moment ends, as failed, and starts nothing more but teardowns', () => {
  fc.assert(
    fc.property(plays({}), fc.nat(MAX_TASKS), (play, steps) => {
      const run = createRun(play.graph);
      const teardowns = play.graph.tasks.filter(({ teardown }) => teardown === true).map(({ id }) => id);
      const running: string[] = [];
      for (let step = 0; ; step += 1) {
        if (step === steps) run.cancel();
        const taken = run.takeReady();
        if (run.cancelled) {
          expect(teardowns).toEqual(expect.arrayContaining([...taken]));
          expect(taken.length === 0 || running.every((taskId) => teardowns.includes(taskId))).toBe(true);
        }
        running.push(...taken);
        if (running.length === 0) break;
        const taskId = pickNext(play, running, step);
        run.finish(taskId, outcomeOf(play, taskId));
      }
      expect(run.done).toBe(true);
      expect(run.result).toBe(run.cancelled ? 'failed' : playRun(play).result);
    }),
    { numRuns: 300 },
  );
});

test('a whole run costs at most one decision a task, an edge and a guarded task', () => {
  fc.assert(
    fc.property(plays({}), (play) => {
      const { tasks } = play.graph;
      const { ends } = playRun(play);
      const run = createRun(play.graph);
      const pending = new Set(run.takeReady());
      for (const taskId of ends) {
        expect(pending.delete(taskId)).toBe(true);
        run.finish(taskId, outcomeOf(play, taskId));
        for (const next of run.takeReady()) pending.add(next);
      }
      const edges = tasks.reduce((sum, task) => sum + task.upstream.length, 0);
      const guarded = tasks.reduce((sum, task) => sum + findFarSetups(task, tasks).length, 0);
      expect(run.evaluationCount).toBeLessThanOrEqual(tasks.length + edges + guarded);
    }),
  );
});
