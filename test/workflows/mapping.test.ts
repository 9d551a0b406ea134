import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { dag, each, operator, skip, zip } from '../../index.js';
import type { RunReport } from '../../workflows/run-report.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';

const double = operator('double', async ({ args }: { args: { readonly n: number } }) => args.n * 2);

interface Conf {
  readonly list?: readonly unknown[];
  readonly failing?: readonly unknown[];
}

let broken = new Set<unknown>();
let active = 0;
let most = 0;

const mapped = dag('mapped', { maxActiveTasks: 20 }, ({ task, map }) => {
  const list = task('list', ({ ctx }) => (ctx.conf as Conf).list as readonly number[]);
  const doubled = map('doubled', double, { n: each(list) });
  const odd = map('odd', ({ args }) => (args.n % 4 === 0 ? skip('even') : args.n), { n: each(doubled) });
  task('sum', ({ args }) => args.all.reduce((a, b) => a + b, 0), { all: doubled });
  task('odd_ones', ({ args }) => args.odd, { odd }, { triggerRule: 'none_failed' });
});

const combined = dag('combined', {}, ({ task, map, mapGroup }) => {
  const names = task('names', () => ['a', 'b']);
  const sizes = task('sizes', () => [1, 2, 3]);
  const cross = map('cross', ({ args }) => `${args.name}${String(args.size)}`, {
    name: each(names),
    size: each(sizes),
  });
  const zipped = map('zipped', ({ args }) => args.pair, { pair: each(zip(names, sizes)) });
  const group = mapGroup('per_name', { name: each(names), n: each([10, 20]) }, ({ task, item }) => {
    const first = task('first', ({ args, ctx }) => `${String(ctx.mapIndex)}:${args.name}`, {
      name: item.name,
    });
    const second = task('second', ({ args }) => `${args.first}-${String(args.n)}`, { first, n: item.n });
    return { second };
  });
  task('all', ({ args }) => args, { cross, zipped, group: group.result.second });
});

const careful = dag('careful', { defaultArgs: { retries: 0 } }, ({ task, map }) => {
  const list = task('list', () => [0, 1, 2, 3, 4, 5]);
  const work = map(
    'work',
    async ({ args }) => {
      active += 1;
      most = Math.max(most, active);
      await new Promise((resolve) => setTimeout(resolve, 30));
      active -= 1;
      if (broken.has(args.n)) throw new Error(`${String(args.n)} is broken`);
      return args.n;
    },
    { n: each(list) },
    { maxActive: 2 },
  );
  task('collect', ({ args }) => args.work, { work });
});

/** What the callback of a mapped task was told. */
const told: string[] = [];
let held = true;

const stored = dag('mapped_stored', {}, ({ task, map }) => {
  const list = task('list', async () => {
    while (held) await new Promise((resolve) => setTimeout(resolve, 20));
    return Array.from({ length: 100 }, (_, n) => n); // too large to be given to many: it goes to the XCom store
  });
  const onFailure = ({ event }: { readonly event: { readonly taskId?: string } }): void =>
    void told.push(event.taskId ?? '');
  const load = map('load', ({ args }) => args.n, { n: each(list) }, { onFailure });
  load.then(task('end', () => null));
});

const wide = dag('mapped_wide', { maxActiveTasks: 200 }, ({ task, map }) => {
  const list = task('list', ({ ctx }) =>
    Array.from({ length: Number(ctx.conf['length']) }, (_, n) => ({
      n,
      path: `s3://bucket/${'x'.repeat(40)}/${String(n)}`,
    })),
  );
  const work = map('work', ({ args }) => `${args.item.path} is number ${String(args.item.n)}`, {
    item: each(list),
  });
  task('check', ({ args }) => ({ count: args.work.length, last: args.work.at(-1)?.slice(-13) }), { work });
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([mapped, combined, careful, stored, wide]);
});
afterAll(() => engine.stop());

/** The output of a task, as those after it would be given it. */
async function outputOf(finished: Awaited<ReturnType<typeof finishRun>>, taskId: string): Promise<unknown> {
  const { events } = await finished.handle.fetchHistory();
  const scheduled = events?.find(({ activityTaskScheduledEventAttributes: a }) => a?.activityId === taskId);
  const end = events?.find(
    ({ activityTaskCompletedEventAttributes: a }) =>
      String(a?.scheduledEventId) === String(scheduled?.eventId),
  );
  const data = end?.activityTaskCompletedEventAttributes?.result?.payloads?.[0]?.data;
  return (JSON.parse(Buffer.from(data ?? []).toString()) as { readonly output: unknown }).output;
}

describe('a mapped task', () => {
  test('runs once for each element of an output, and a reduce gets all results in order', async () => {
    const run = await engine.run(mapped, { conf: { list: [1, 2, 3] } });
    expect(run.states).toEqual({
      list: 'success',
      'doubled[0]': 'success',
      'doubled[1]': 'success',
      'doubled[2]': 'success',
      'odd[0]': 'success',
      'odd[1]': 'skipped',
      'odd[2]': 'success',
      sum: 'success',
      odd_ones: 'success',
    });
    expect(await outputOf(run, 'sum')).toBe(12);
    expect(await outputOf(run, 'odd_ones')).toEqual([2, 6]); // a skipped instance has no result
  });

  test('is skipped for an empty list', async () => {
    const { states, status } = await engine.run(mapped, { conf: { list: [] } });
    expect(states).toEqual({
      list: 'success',
      doubled: 'skipped',
      odd: 'skipped',
      sum: 'skipped',
      odd_ones: 'success',
    });
    expect(status).toBe('COMPLETED');
  });

  test('fails, with the reason, for what is no list', async () => {
    const { states, failure } = await engine.run(mapped, { conf: { list: 'abc' } });
    expect(states).toMatchObject({ doubled: 'failed', sum: 'upstream_failed' });
    expect(failure).toContain('Task list returned "abc", and a task maps over it. Return a list.');
  });

  test('has at most maxActive instances at once', async () => {
    most = 0;
    const run = await engine.run(careful);
    expect(await outputOf(run, 'collect')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  test('can be repaired where it failed: the other instances keep their results', async () => {
    broken = new Set([3]);
    const failed = await engine.run(careful);
    expect(failed.states).toMatchObject({
      'work[2]': 'success',
      'work[3]': 'failed',
      collect: 'upstream_failed',
    });
    broken = new Set();
    const restore = await failed.handle.query('snapshot');
    const handle = await engine.client.workflow.start(careful.id, {
      taskQueue: engine.taskQueue,
      workflowId: failed.handle.workflowId,
      args: [{}, { $airtempo: 'launch', restore, repairs: [{ kind: 'clear', onlyFailed: true }] }],
    });
    const again = await finishRun(handle);
    expect(await outputOf(again, 'collect')).toEqual([0, 1, 2, 3, 4, 5]);
    const { events = [] } = (await handle.fetchHistory()) as { events?: readonly object[] };
    const started = events.filter(
      (event) =>
        'activityTaskScheduledEventAttributes' in event &&
        event.activityTaskScheduledEventAttributes !== null,
    );
    expect(started).toHaveLength(2); // work[3] and collect
  });

  test('that is cleared whole counts its list anew', async () => {
    const first = await engine.run(mapped, { conf: { list: [1, 2] } });
    const restore = await first.handle.query('snapshot');
    const handle = await engine.client.workflow.start(mapped.id, {
      taskQueue: engine.taskQueue,
      workflowId: first.handle.workflowId,
      args: [
        {},
        {
          $airtempo: 'launch',
          restore,
          repairs: [{ kind: 'clear', tasks: ['doubled', 'odd', 'sum', 'odd_ones'] }],
        },
      ],
    });
    expect(await outputOf(await finishRun(handle), 'sum')).toBe(6);
  });
});

describe('a mapped task whose list cannot be read', () => {
  /** Starts a run and takes the stored list away before anybody counts it. */
  async function startWithoutList(): Promise<WorkflowHandle> {
    held = true;
    const handle = await engine.start(stored);
    const update = (name: string): Promise<unknown> => handle.executeUpdate(name);
    const stateOfList = async (): Promise<string | undefined> =>
      (await handle.query<RunReport, []>('state')).tasks.find(({ id }) => id === 'list')?.state;
    await until(async () => (await stateOfList()) === 'running');
    await update('pause');
    held = false;
    await until(async () => (await stateOfList()) === 'success');
    await rm(path.join(engine.xcomFolder, handle.workflowId), { recursive: true });
    await update('resume');
    return handle;
  }

  test('fails in the end, and its callback is told', async () => {
    told.length = 0;
    const { states } = await finishRun(await startWithoutList());
    expect(states).toEqual({ list: 'success', load: 'failed', end: 'upstream_failed' });
    expect(told).toEqual(['load']);
  });
});

describe('mapping over several lists', () => {
  test('gives products, zips and groups with edges of their own', async () => {
    const run = await engine.run(combined);
    expect(run.states['per_name.second[3]']).toBe('success');
    expect(await outputOf(run, 'all')).toEqual({
      cross: ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'],
      zipped: [
        ['a', 1],
        ['b', 2],
      ],
      group: ['0:a-10', '1:a-20', '2:b-10', '3:b-20'],
    });
  });
});

describe('many instances', () => {
  test('a thousand: results too large for a history go to the XCom store, and arrive whole', async () => {
    const run = await engine.run(wide, { conf: { length: 1_000 } });
    expect(await outputOf(run, 'check')).toEqual({
      count: 1_000,
      last: 'is number 999',
    });
    expect(run.report.counts).toEqual({ success: 1_002 });
  });

  test('while they run, the state says how many are done', async () => {
    const handle = await engine.start(wide, { conf: { length: 300 } });
    await until(async () => {
      const { counts } = await handle.query<RunReport, []>('state');
      return (counts.success ?? 0) > 50;
    });
    expect((await finishRun(handle)).report.counts).toEqual({ success: 302 });
    expect((await readdir(engine.xcomFolder)).length).toBeGreaterThan(0);
  });
});
