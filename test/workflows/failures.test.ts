import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { reduceRun } from '../../core/reduce-run.js';
import { dag } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { fetchEvents, scheduledActivities } from './support/history.js';

const boom = (): never => {
  throw new Error('the warehouse is closed');
};

const failing = dag('failing', {}, ({ task }) => {
  const extract = task('extract', boom);
  extract.then(task('transform', () => 1)).then(task('load', () => 1));
});

const hidden = dag('hidden_failure', {}, ({ task }) => {
  task('extract', boom).then(task('notify', () => 1, {}, { triggerRule: 'all_done' }));
});

const rules = dag('many_rules', {}, ({ task }) => {
  const good = task('good', () => 1);
  const bad = task('bad', boom);
  const late = good.then(task('late', () => 1));
  for (const triggerRule of [
    'all_done',
    'all_failed',
    'one_success',
    'one_failed',
    'none_failed',
    'none_skipped',
    'always',
  ] as const) {
    const join = task(`join_${triggerRule}`, () => 1, {}, { triggerRule });
    late.then(join);
    bad.then(join);
  }
});

const cluster = dag('cluster', {}, ({ task }) => {
  const create = task('create', () => 1);
  const work = task('work', boom);
  const remove = task('remove', () => 1).asTeardown({ setups: [create] });
  create.then(work).then(remove);
});

const noCluster = dag('no_cluster', {}, ({ task }) => {
  const create = task('create', boom);
  const work = task('work', () => 1);
  const remove = task('remove', () => 1).asTeardown({ setups: [create] });
  create.then(work).then(remove);
});

const withParams = dag(
  'with_params',
  { params: z.object({ bucket: z.string().default('sparkify'), limit: z.int().default(3) }) },
  ({ task }) => {
    task('report', ({ ctx }) => `${ctx.params.bucket} ${String(ctx.params.limit)}`);
  },
);

const notJson = dag('not_json', {}, ({ task }) => {
  task('big', () => ({ rows: 10n }) as unknown as number, {}, { retries: 3 });
});

const large = 'x'.repeat(3_000_000);
const oversized = dag('oversized', {}, ({ task }) => {
  const make = task('make', () => ({ text: large }));
  task('use', ({ args }) => args.made.text.length, { made: make });
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([failing, hidden, rules, cluster, noCluster, withParams, notJson, oversized]);
});
afterAll(() => engine.stop());

describe('a failed task', () => {
  test('fails the run, which names it and its message, and what is downstream is upstream_failed', async () => {
    const run = await engine.run(failing);
    expect(run.status).toBe('FAILED');
    expect(run.failure).toMatch(
      /^DAG failing, run manual__\S+: 1 of 3 tasks failed\. Failed: extract \(the warehouse is closed\)\.$/,
    );
    expect(run.states).toEqual({ extract: 'failed', transform: 'upstream_failed', load: 'upstream_failed' });
  });

  test('does not fail the run when every leaf succeeds', async () => {
    const run = await engine.run(hidden);
    expect(run).toMatchObject({ status: 'COMPLETED', states: { extract: 'failed', notify: 'success' } });
  });

  test('is weighed by each trigger rule as the pure state machine weighs it', async () => {
    const run = await engine.run(rules);
    let { start, snapshot } = reduceRun(rules.graph, undefined);
    while (start.length > 0) {
      const events = start.map((taskId) => ({
        type: 'task_finished' as const,
        taskId,
        state: taskId === 'bad' ? ('failed' as const) : ('success' as const),
      }));
      ({ start, snapshot } = reduceRun(rules.graph, snapshot, events));
    }
    expect(run.states).toEqual(snapshot.states);
    expect(new Set(Object.values(run.states)).size).toBeGreaterThan(2);
  });

  test('between setup and teardown does not keep the teardown from running', async () => {
    const run = await engine.run(cluster);
    expect(run).toMatchObject({
      status: 'FAILED',
      states: { create: 'success', work: 'failed', remove: 'success' },
    });
  });

  test('that is a setup fails its scope, and there is nothing to tear down', async () => {
    const run = await engine.run(noCluster);
    expect(run.states).toEqual({ create: 'failed', work: 'upstream_failed', remove: 'upstream_failed' });
  });
});

describe('a run that cannot begin', () => {
  test.each([
    ['an unknown DAG id', 'failling', undefined, /There is no DAG "failling".*Did you mean "failing"/],
    ['an unknown key', 'with_params', { config: {} }, /unknown key "config".*\{"logicalDate"/],
    ['an input that is no object', 'with_params', 'today', /is "today", not an object/],
    ['a day that does not exist', 'with_params', { logicalDate: '2018-02-30' }, /"2018-02-30"/],
    [
      'a param of the wrong type',
      'with_params',
      { conf: { limit: 'many' } },
      /params of DAG with_params: limit: /,
    ],
    [
      'a param that does not exist',
      'with_params',
      { conf: { buket: 'x' } },
      /no param "buket".*Did you mean "bucket"/,
    ],
  ])('fails at once and clearly for %s', async (_, id, input, message) => {
    const run = await engine.run({ id }, input);
    expect(run.status).toBe('FAILED');
    expect(run.failure).toMatch(message);
    expect(scheduledActivities(await fetchEvents(run.handle))).toEqual([]);
  });
});

describe('an output', () => {
  test('that is not JSON fails the task without another try', async () => {
    const run = await engine.run(notJson);
    expect(run.failure).toMatch(/Task big returned a value that is not JSON/);
  });

  test('that is too large for a history goes to the XCom store, and arrives whole', async () => {
    const run = await engine.run(oversized);
    expect(run).toMatchObject({ failure: undefined, status: 'COMPLETED' });
    const text = JSON.stringify(await run.handle.fetchHistory());
    expect(text.length).toBeLessThan(50_000);
    expect(
      Buffer.from(
        /"data":"(eyJzdGF0ZSI6InN1Y2Nlc3MiLCJvdXRwdXQiOjMwMDA[^"]*)"/.exec(text)?.[1] ?? '',
        'base64',
      ).toString(),
    ).toContain('{"state":"success","output":3000000');
  });
});
