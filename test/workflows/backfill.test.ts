import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import { dag, type Dag } from '../../core/dag.js';
import type { RunContext } from '../../core/context.js';
import { fail } from '../../core/outcome.js';
import { cron, cronTrigger } from '../../core/timetable.js';
import type { BackfillOutcome } from '../../workflows/backfill.js';
import type { BackfillReport } from '../../workflows/backfill-report.js';
import { startEngine, until, type Engine } from '../support/engine.js';

/** Claims and runs are named after their DAG, and all suites share a namespace. */
const suffix = randomUUID().slice(0, 8);
const NOVEMBER = { from: '2018-11-01', to: '2018-11-06' };

/** What the DAGs of this suite are told by the tests, and tell them. */
const broken = new Set<string>();
const seen: {
  readonly dagId: string;
  readonly ds: string;
  readonly params: unknown;
  readonly type: string;
}[] = [];
let gate: Promise<void> = Promise.resolve();
let openGate: () => void = () => undefined;
let active = 0;
let mostActive = 0;

function closeGate(): void {
  gate = new Promise((resolve) => (openGate = resolve));
}

async function work({ ctx }: { readonly ctx: RunContext }): Promise<string> {
  seen.push({ dagId: ctx.dagId, ds: ctx.ds, params: ctx.params, type: ctx.runType });
  active += 1;
  mostActive = Math.max(mostActive, active);
  await gate;
  active -= 1;
  return broken.has(ctx.ds) ? fail(`no data for ${ctx.ds}`) : ctx.ds;
}

function daily(name: string): Dag {
  const options = {
    schedule: cron('0 0 * * *'),
    startDate: '2018-11-01',
    params: z.object({ mode: z.string().default('full') }),
  };
  return dag(`${name}_${suffix}`, options, ({ task }) => {
    const load = task('load', work);
    load.then(task('report', () => 'x'));
  });
}

const names = 'basic limits flight pause cancel reverse stop conf tasks two range scale queries dry'.split(
  ' ',
);
const dags = new Map(names.map((name) => [name, daily(name)]));
const berlin = dag(
  `berlin_${suffix}`,
  { schedule: cronTrigger('0 0 * * *', { timezone: 'Europe/Berlin' }) },
  ({ task }) => void task('load', work),
);
const ordered = dag(
  `ordered_${suffix}`,
  { schedule: cron('0 0 * * *'), startDate: '2018-10-25' },
  ({ task }) => void task('load', work, {}, { dependsOnPast: true }),
);
const unscheduled = dag(`unscheduled_${suffix}`, {}, ({ task }) => void task('load', work));

const dagOf = (name: string): Dag => {
  const found = dags.get(name);
  if (found === undefined) throw new Error(name);
  return found;
};

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([...dags.values(), berlin, ordered, unscheduled]);
});
afterAll(() => engine.stop());
afterEach(() => {
  openGate(); // a test that fails must not hold up the others
  broken.clear();
});

async function start(input: object, tuning: readonly unknown[] = []): Promise<WorkflowHandle> {
  return engine.client.workflow.start('backfill', {
    taskQueue: engine.taskQueue,
    workflowId: `backfill-${randomUUID()}`,
    args: [input, ...tuning],
  });
}

/** Runs a backfill of a DAG to its end. */
async function run(
  name: string,
  input: object = {},
): Promise<BackfillReport & { readonly failure?: string }> {
  const handle = await start({ dagId: dagOf(name).id, ...NOVEMBER, ...input });
  const failure = await failureOf(handle);
  return { ...(await state(handle)), ...(failure === undefined ? {} : { failure }) };
}

const state = (handle: WorkflowHandle): Promise<BackfillReport> => handle.query<BackfillReport, []>('state');

function failureOf(handle: WorkflowHandle): Promise<string | undefined> {
  return handle.result().then(
    () => undefined,
    (error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return cause instanceof Error ? cause.message : String(cause);
    },
  );
}

const datesSeen = (name: string): readonly string[] =>
  seen.filter(({ dagId }) => dagId === dagOf(name).id).map(({ ds }) => ds);

const counts = (report: BackfillReport): object =>
  Object.fromEntries(Object.entries(report.counts).filter(([, count]) => count > 0));

describe('a backfill', () => {
  test('runs every date of the range, both ends included, oldest first, as runs of their own', async () => {
    const report = await run('basic', { maxActiveRuns: 1 });
    expect(report).toMatchObject({ state: 'success', total: 6 });
    expect(counts(report)).toEqual({ done: 6 });
    expect(datesSeen('basic')).toEqual(['01', '02', '03', '04', '05', '06'].map((day) => `2018-11-${day}`));
    const first = await engine.client.workflow
      .getHandle(`${dagOf('basic').id}-2018-11-02T00:00:00Z`)
      .describe();
    expect(first).toMatchObject({
      type: dagOf('basic').id,
      status: { name: 'COMPLETED' },
      memo: { airtempo: { runId: 'backfill__2018-11-01T00:00:00+00:00', runType: 'backfill' } },
    });
  });

  test('does nothing when it is run again, and runs what failed or everything when told to', async () => {
    seen.length = 0;
    expect(counts(await run('basic'))).toEqual({ skipped: 6 });
    expect(counts(await run('basic', { reprocess: 'failed' }))).toEqual({ skipped: 6 });
    expect(datesSeen('basic')).toEqual([]);
    broken.add('2018-11-03');
    const again = await run('basic', { reprocess: 'completed' });
    broken.clear();
    expect(counts(again)).toEqual({ done: 5, failed: 1 });
    expect(again.state).toBe('failed');
    expect(again.failure).toMatch(
      /2018-11-01 to 2018-11-06: 1 of 6 dates failed\. Failed: 2018-11-03 \(.*no data for 2018-11-03/,
    );
    expect(again.dates[2]).toMatchObject({
      logicalDate: '2018-11-03T00:00:00.000Z',
      state: 'failed',
      existing: 'success',
    });
    seen.length = 0;
    expect(counts(await run('basic'))).toEqual({ skipped: 6 });
    expect(counts(await run('basic', { reprocess: 'failed' }))).toEqual({ done: 1, skipped: 5 });
    expect(datesSeen('basic')).toEqual(['2018-11-03']);
  });

  test('never has more than maxActiveRuns runs at once', async () => {
    closeGate();
    mostActive = 0;
    const handle = await start({ dagId: dagOf('limits').id, ...NOVEMBER, maxActiveRuns: 4 });
    await until(() => active === 4);
    expect(counts(await state(handle))).toEqual({ running: 4, left: 2 });
    openGate();
    await handle.result();
    expect(mostActive).toBe(4);
  });

  test('leaves a run in flight alone', async () => {
    closeGate();
    const id = dagOf('flight').id;
    const mine = await engine.client.workflow.start(id, {
      taskQueue: engine.taskQueue,
      workflowId: `${id}-2018-11-04T00:00:00Z`,
      args: [{ logicalDate: '2018-11-03' }],
    });
    await until(() => active === 1);
    const handle = await start({ dagId: id, ...NOVEMBER, reprocess: 'completed' });
    await until(async () => (await state(handle)).counts.running === 5);
    openGate();
    await handle.result();
    const report = await state(handle);
    expect(counts(report)).toEqual({ done: 5, in_flight: 1 });
    expect(report.dates[2]).toMatchObject({ state: 'in_flight', existing: 'running' });
    expect(await mine.result()).toMatchObject({ runId: 'manual__2018-11-03T00:00:00+00:00' });
    expect(datesSeen('flight').filter((ds) => ds === '2018-11-03')).toHaveLength(1);
  });

  test('starts nothing while it is paused, and goes on when it is resumed', async () => {
    closeGate();
    const handle = await start({ dagId: dagOf('pause').id, ...NOVEMBER, maxActiveRuns: 2 });
    await until(() => active === 2);
    expect(await handle.executeUpdate('pause')).toMatchObject({
      state: 'paused',
      counts: { running: 2, left: 4 },
    });
    openGate();
    await until(async () => (await state(handle)).counts.done === 2);
    expect(await state(handle)).toMatchObject({ state: 'paused', counts: { running: 0, left: 4 } });
    expect(await handle.executeUpdate('resume')).toMatchObject({ state: 'running' });
    expect(await handle.result()).toMatchObject({ state: 'success', counts: { done: 6 } });
  });

  test('when cancelled, starts nothing more, and lets its runs go on', async () => {
    closeGate();
    const { id } = dagOf('cancel');
    const handle = await start({ dagId: id, ...NOVEMBER, maxActiveRuns: 2 });
    await until(() => active === 2);
    await handle.cancel();
    await failureOf(handle);
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    expect(await state(handle)).toMatchObject({ state: 'cancelled', counts: { running: 2, left: 4 } });
    openGate();
    for (const day of ['02', '03']) {
      const child = engine.client.workflow.getHandle(`${id}-2018-11-${day}T00:00:00Z`);
      expect(await child.result()).toMatchObject({ state: 'success' });
    }
    expect(counts(await run('cancel'))).toEqual({ done: 4, skipped: 2 }); // the next one is let in
  });

  test('goes from the newest to the oldest when told to', async () => {
    await run('reverse', { maxActiveRuns: 1, reverse: true });
    expect(datesSeen('reverse')).toEqual(['06', '05', '04', '03', '02', '01'].map((day) => `2018-11-${day}`));
  });

  test('starts nothing after a failure when told to stop', async () => {
    broken.add('2018-11-02');
    const report = await run('stop', { maxActiveRuns: 1, stopOnFailure: true });
    broken.clear();
    expect(counts(report)).toEqual({ done: 1, failed: 1, left: 4 });
    expect(report.failure).toMatch(/1 of 6 dates failed.*4 were not started/);
    expect(counts(await run('stop', { reprocess: 'failed' }))).toEqual({ done: 5, skipped: 1 });
  });

  test('gives its conf to every run', async () => {
    await run('conf', { conf: { mode: 'day' } });
    const params = seen.filter(({ dagId }) => dagId === dagOf('conf').id).map(({ params }) => params);
    expect(params).toEqual(Array.from({ length: 6 }, () => ({ mode: 'day' })));
  });

  test('runs the chosen tasks only, by id or by expression', async () => {
    const report = await run('tasks', { tasks: ['^rep'] });
    expect(report.backfill?.tasks).toEqual(['report']);
    expect(datesSeen('tasks')).toEqual([]);
    const child = engine.client.workflow.getHandle(`${dagOf('tasks').id}-2018-11-02T00:00:00Z`);
    expect(await child.result()).toMatchObject({ tasks: { success: 1 } });
  });

  test('with dependsOnPast: each date waits for the one before, but for the first', async () => {
    broken.add('2018-10-31');
    const before = await start({ dagId: ordered.id, from: '2018-10-31', to: '2018-10-31' });
    expect(await failureOf(before)).toMatch(/no data for 2018-10-31/);
    seen.length = 0;
    const handle = await start({ dagId: ordered.id, ...NOVEMBER, to: '2018-11-03' });
    await handle.result();
    expect(seen.map(({ ds }) => ds)).toEqual(['2018-11-01', '2018-11-02', '2018-11-03']);
    const reversed = await start({ dagId: ordered.id, ...NOVEMBER, reverse: true, reprocess: 'completed' });
    expect(await failureOf(reversed)).toMatch(/dependsOnPast, so its dates cannot be run newest first/);
    const stuck = await start({ dagId: ordered.id, from: '2018-10-30', to: '2018-11-03' });
    expect(await failureOf(stuck)).toMatch(
      /its run of 2018-10-31T00:00:00.000Z has failed.*would wait for ever/,
    );
  });

  test('takes a bare date for that day in the zone of the DAG', async () => {
    const handle = await start({ dagId: berlin.id, from: '2018-10-28', to: '2018-10-29' });
    await handle.result();
    expect((await state(handle)).dates.map(({ logicalDate }) => logicalDate)).toEqual([
      '2018-10-27T22:00:00.000Z',
      '2018-10-28T23:00:00.000Z',
    ]);
  });

  test('leaves out dates before the DAG begins, and those whose interval is not over', async () => {
    const report = await run('range', { from: '2018-10-01', to: '2018-11-02' });
    expect(report.dates.map(({ logicalDate }) => logicalDate.slice(0, 10))).toEqual([
      '2018-11-01',
      '2018-11-02',
    ]);
    const today = new Date();
    const [from, to] = [-1, 1].map((days) =>
      new Date(today.getTime() + days * 86_400_000).toISOString().slice(0, 10),
    );
    const current = await run('range', { from, to });
    expect(current.dates.map(({ logicalDate }) => logicalDate.slice(0, 10))).toEqual([from]);
  });

  test('tells what it would do, and does nothing, in a dry run', async () => {
    await run('dry', { to: '2018-11-02' });
    broken.add('2018-11-03');
    await run('dry', { from: '2018-11-03', to: '2018-11-03' });
    broken.clear();
    seen.length = 0;
    const handle = await start({ dagId: dagOf('dry').id, ...NOVEMBER, reprocess: 'failed', dryRun: true });
    const outcome = (await handle.result()) as BackfillOutcome;
    expect(outcome).toMatchObject({ state: 'success', counts: { skipped: 2, left: 4 } });
    expect(outcome.dates?.map(({ state, existing }) => [state, existing])).toEqual([
      ['skipped', 'success'],
      ['skipped', 'success'],
      ['left', 'failed'],
      ['left', undefined],
      ['left', undefined],
      ['left', undefined],
    ]);
    expect(seen).toEqual([]);
  });
});

describe('a backfill is refused', () => {
  const id = dagOf('basic').id;
  test.each<[string, object, RegExp]>([
    ['without a DAG', { ...NOVEMBER }, /"dagId" of the backfill is missing/],
    ['for a DAG that there is not', { dagId: `basik_${suffix}`, ...NOVEMBER }, /no DAG "basik_.*Did you mean "basic_/s],
    ['with an unknown key', { dagId: id, ...NOVEMBER, maxactive: 3 }, /unknown key "maxactive".*Known keys: dagId/],
    ['with a date that does not exist', { dagId: id, from: '2018-11-31', to: '2018-12-01' }, /"from" of the backfill is "2018-11-31"/],
    ['when it ends before it begins', { dagId: id, from: '2018-11-06', to: '2018-11-01' }, /its end is before its beginning/],
    ['for the future alone', { dagId: id, from: '2999-01-01', to: '2999-02-01' }, /is over yet.*can run from 2999-01-02T00:00:00.000Z/],
    ['for a time before the DAG', { dagId: id, from: '2017-01-01', to: '2017-02-01' }, /has no date from .*The DAG starts 2018-11-01/],
    ['without a timetable', { dagId: unscheduled.id, ...NOVEMBER }, /has no timetable with regular dates/],
    ['with a conf that does not fit the params', { dagId: id, ...NOVEMBER, conf: { mode: 3 } }, /does not fit the params.*mode/],
    ['with an unknown param', { dagId: id, ...NOVEMBER, conf: { mod: 'x' } }, /no param "mod"\. Did you mean "mode"/],
    ['with tasks that there are not', { dagId: id, ...NOVEMBER, tasks: ['lod'] }, /No task matches "lod"\. Did you mean "load"/],
    ['with no run at once', { dagId: id, ...NOVEMBER, maxActiveRuns: 0 }, /"maxActiveRuns" of the backfill is 0/],
    ['with another word for reprocess', { dagId: id, ...NOVEMBER, reprocess: 'all' }, /"reprocess" of the backfill is "all".*none, failed, completed/],
  ])('%s', async (_, input, message) => {
    const handle = await start(input);
    expect(await failureOf(handle)).toMatch(message);
    expect(await state(handle)).toMatchObject({ state: 'failed' });
  }); // prettier-ignore

  test('while another backfill of the DAG is active, whatever its workflow id; once that is gone, it is let in', async () => {
    closeGate();
    const first = await start({ dagId: dagOf('two').id, ...NOVEMBER, maxActiveRuns: 1 });
    await until(() => active === 1);
    const second = await start({ dagId: dagOf('two').id, from: '2018-11-05', to: '2018-11-06' });
    expect(await failureOf(second)).toContain(`has an active backfill, ${first.workflowId}`);
    await first.terminate();
    openGate();
    expect(counts(await run('two', { from: '2018-11-05', to: '2018-11-06' }))).toEqual({ done: 2 });
  });

  test('and a DAG whose id is the type of a backfill cannot be defined', () => {
    expect(() => dag('backfill', {}, ({ task }) => void task('load', work))).toThrow(
      /"backfill" is reserved/,
    );
  });
});

describe('a backfill of many dates', () => {
  test('goes on in new histories, and counts every date once', async () => {
    const { id } = dagOf('scale');
    const input = { dagId: id, from: '2018-11-01', to: '2019-02-28', maxActiveRuns: 10, tasks: ['report'] };
    const handle = await start(input, [{ $airtempo: 'backfill', continueAfterEvents: 300 }]);
    expect(await handle.result()).toMatchObject({ state: 'success', total: 120, counts: { done: 120 } });
    expect((await handle.describe()).raw.workflowExecutionInfo?.firstRunId).not.toBe(
      (await handle.describe()).runId,
    );
  });
});
