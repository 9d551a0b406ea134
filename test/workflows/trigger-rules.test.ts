/** Every trigger rule below every mixture of upstream ends, on the real engine. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { reduceRun, type RunEvent, type RunReduction, type TaskOutcome } from '../../core/index.js';
import { dag, fail, skip, type Dag, type TriggerRule } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';

const boom = (): void => fail('disk full');
const ok = (): number => 1;
const pass = (): void => skip('nothing to do');

/** How each task that runs ends. */
const ENDS: Readonly<Record<string, TaskOutcome>> = {
  f: 'failed',
  s1: 'success',
  s2: 'success',
  k: 'skipped',
};
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  successes: ['s1', 's2'],
  mixed: ['s1', 'f', 'k'],
  no_failure: ['s1', 'k'],
  failed_only: ['f'],
  skipped_only: ['k'],
  below_failure: ['uf', 's1'],
};
const RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'all_done_min_one_success',
  'always',
] as const satisfies readonly TriggerRule[];

/** Every rule below every mixture of upstream states, and a second row of rules below some of those. */
const everyRule = dag('every_rule', { maxActiveTasks: 50 }, ({ task }) => {
  const upstream = {
    s1: task('s1', ok),
    s2: task('s2', ok),
    f: task('f', boom),
    k: task('k', pass, {}, { triggerRule: 'all_done' }),
  };
  const all = new Map(Object.entries({ ...upstream, uf: task('uf', ok) }));
  upstream.f.then(all.get('uf') ?? upstream.f);
  // As in Airflow, all_success below a failure and a skip goes by what came first: here the failure.
  upstream.f.then(upstream.k);
  for (const [name, ids] of Object.entries(GROUPS)) {
    for (const rule of RULES) {
      const below = task(`${name}-${rule}`, ok, {}, { triggerRule: rule });
      for (const id of ids) all.get(id)?.then(below);
      below.then(task(`${name}-${rule}-below`, ok, {}, { triggerRule: 'none_failed' }));
    }
  }
});

const failedLeaf = dag('failed_leaf', {}, ({ task }) => {
  const load = task('load', ok);
  load.then(task('side', boom));
  load.then(task('report', ok, {}, { triggerRule: 'all_done' }));
});

const leakyTeardown = (id: string, onFailureFailDagrun: boolean): Dag =>
  dag(id, {}, ({ task }) => {
    const create = task('create_cluster', ok);
    const drop = task('drop_cluster', boom);
    create.then(task('load', ok)).then(drop);
    drop.asTeardown({ setups: [create], onFailureFailDagrun });
  });
const toleratedTeardown = leakyTeardown('tolerated_teardown', false);
const strictTeardown = leakyTeardown('strict_teardown', true);

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([everyRule, failedLeaf, toleratedTeardown, strictTeardown]);
});
afterAll(() => engine.stop());

describe('the result of a run', () => {
  test('by every trigger rule is what the pure state machine says', async () => {
    const run = await engine.run(everyRule);
    const expected = computeRun(everyRule);
    expect(run.states).toEqual(expected.snapshot.states);
    expect(run.report.state).toBe(expected.state);
    expect(new Set(Object.values(run.states))).toEqual(
      new Set(['success', 'failed', 'skipped', 'upstream_failed']),
    );
  });

  test('is failed when one leaf is', async () => {
    const run = await engine.run(failedLeaf);
    expect(run.states).toEqual({ load: 'success', side: 'failed', report: 'success' });
    expect(run.status).toBe('FAILED');
  });

  test('is failed by a teardown only when it was told so', async () => {
    expect((await engine.run(toleratedTeardown)).status).toBe('COMPLETED');
    expect((await engine.run(strictTeardown)).status).toBe('FAILED');
  });
});

/** The run as core sees it: every task that starts ends at once, as ENDS says. */
function computeRun({ graph }: Dag): RunReduction {
  let reduction = reduceRun(graph, undefined);
  while (reduction.start.length > 0) {
    const events = reduction.start.map((taskId): RunEvent => ({
      type: 'task_finished',
      taskId,
      state: ENDS[taskId] ?? 'success',
    }));
    reduction = reduceRun(graph, reduction.snapshot, events);
  }
  return reduction;
}
