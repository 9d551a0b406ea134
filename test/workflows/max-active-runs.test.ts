/** `maxActiveRuns`: no more runs of a DAG than that are active, the earliest date next, whatever ends the others. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { dag, type Dag } from '../../core/dag.js';
import type { SlotState } from '../../core/slot-ledger.js';
import { cron } from '../../core/timetable.js';
import type { TaskExplanation } from '../../workflows/explain.js';
import type { RunReport } from '../../workflows/run-report.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { startDay } from './support/start-day.js';
import { createGate, untilAborted, type Gate } from './support/gate.js';
import { fetchEvents, scheduledActivities } from './support/history.js';

const NIGHTLY = { schedule: cron('0 0 * * *') };
const DAYS = Array.from({ length: 12 }, (_, index) => `2018-11-${String(index + 1).padStart(2, '0')}`);

/** Runs of a DAG that are in a task, the most there were at once, and the days in the order of their first task. */
class Activity {
  active = 0;
  most = 0;
  readonly days: string[] = [];
  readonly #wanted: number;
  readonly #crowd = createGate();

  /** Nobody leaves before so many have been in it together. */
  constructor(wanted: number) {
    this.#wanted = wanted;
  }

  async in(day: string, work: () => Promise<unknown>): Promise<void> {
    this.active += 1;
    this.most = Math.max(this.most, this.active);
    this.days.push(day);
    if (this.active >= this.#wanted) this.#crowd.open();
    await this.#crowd.pass();
    await work();
    this.active -= 1;
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

function counted(id: string, maxActiveRuns: number, activity: Activity, gate?: Gate): Dag {
  return dag(id, { ...NIGHTLY, maxActiveRuns }, ({ task }) => {
    const first = task('first', ({ ctx }) =>
      activity.in(ctx.ds, () => (gate !== undefined && ctx.ds === DAYS[0] ? gate.pass() : pause())),
    );
    first.then(task('second', ({ ctx }) => activity.in(ctx.ds, pause)));
  });
}

const alone = new Activity(1);
const aloneGate = createGate();
const one = counted('slots_one', 1, alone, aloneGate);
const together = new Activity(3);
const three = counted('slots_three', 3, together);
const unlimited = dag('slots_none', NIGHTLY, ({ task }) => {
  task('load', () => null);
});

const holderGate = createGate();
const held = dag('slots_held', { ...NIGHTLY, maxActiveRuns: 1 }, ({ task }) => {
  task('load', ({ ctx }) => {
    if (ctx.ds !== DAYS[0]) return Promise.resolve();
    void holderGate.pass();
    return untilAborted(ctx.signal);
  });
});
const failing = dag('slots_failing', { ...NIGHTLY, maxActiveRuns: 1 }, ({ task }) => {
  task('load', () => {
    throw new Error('no');
  });
});
const hurried = dag('slots_hurried', { ...NIGHTLY, maxActiveRuns: 1, dagrunTimeout: '3s' }, ({ task }) => {
  task('load', () => new Promise((resolve) => setTimeout(resolve, 2000)));
});
const chained: string[] = [];
const badDays = new Set<string>();
const past = dag('slots_past', { ...NIGHTLY, maxActiveRuns: 1 }, ({ task }) => {
  const load = ({ ctx }: { readonly ctx: { readonly ds: string } }): void => {
    if (badDays.has(ctx.ds)) throw new Error('bad day');
    chained.push(ctx.ds);
  };
  task('extract', () => null).then(task('load', load, {}, { dependsOnPast: true }));
});

const DAGS = [one, three, unlimited, held, failing, hurried, past];
let engine: Engine;
beforeAll(async () => {
  engine = await startEngine(DAGS);
});
afterAll(() => engine.stop());

function ledgerOf(of: Dag): WorkflowHandle {
  return engine.client.workflow.getHandle(`airtempo-run-slots/${of.id}`);
}

async function waitingIn(of: Dag): Promise<readonly string[]> {
  const { waiting } = await ledgerOf(of).query<SlotState, []>('slots');
  return waiting.map(({ logicalDate }) => logicalDate.slice(0, 10));
}

async function untilWaiting(of: Dag, count: number): Promise<void> {
  await until(async () => {
    const waiting = await waitingIn(of).catch(() => []); // nobody has asked yet
    return waiting.length === count;
  });
}

function isQueued(handle: WorkflowHandle): Promise<boolean> {
  return handle.query<RunReport, []>('state').then(({ queued }) => queued === true);
}

test('with 1, twelve runs go one after the other, by logical date, also over a change of workers', async () => {
  const [first, ...others] = [DAYS[0] ?? '', ...DAYS.slice(1).toReversed()];
  const holder = await startDay(engine, one, first ?? '');
  await aloneGate.reached;
  const handles = await Promise.all(others.map((day) => startDay(engine, one, day)));
  await untilWaiting(one, 11);
  const [queued] = handles as [WorkflowHandle];
  const report = await queued.query<RunReport, []>('state');
  expect(report).toMatchObject({ state: 'running', queued: true });
  expect(report.tasks.map(({ state }) => state)).toEqual(['scheduled', 'none']);
  const [explained] = await queued.query<readonly TaskExplanation[], [string]>('explain', 'first');
  expect(explained?.reason).toMatch(/^waits for the turn of the run: 1 of slots_one may be active at once/);
  const restarted = engine.redeploy(DAGS);
  aloneGate.open();
  await restarted;
  for (const handle of [holder, ...handles]) expect((await finishRun(handle)).failure).toBeUndefined();
  expect(alone.most).toBe(1);
  expect(alone.days).toEqual(DAYS.flatMap((day) => [day, day]));
  expect(await isQueued(queued)).toBe(false);
});

test('with 3, twelve runs started at once never are more than three, and the ledger ends with them', async () => {
  const handles = await Promise.all(DAYS.map((day) => startDay(engine, three, day)));
  for (const handle of handles) expect((await finishRun(handle)).failure).toBeUndefined();
  expect(together.most).toBe(3);
  expect(together.days).toHaveLength(24);
  await ledgerOf(three).result();
  const { historyLength } = await ledgerOf(three).describe();
  expect(historyLength).toBeLessThan(12 * 40);
});

describe('a slot is free again', () => {
  test('when its run was terminated, and a run that is cancelled stops waiting', async () => {
    const holder = await startDay(engine, held, DAYS[0] ?? '');
    await holderGate.reached;
    const waiting = await startDay(engine, held, DAYS[1] ?? '');
    await untilWaiting(held, 1);
    const cancelled = await startDay(engine, held, DAYS[2] ?? '');
    await untilWaiting(held, 2);
    await cancelled.cancel();
    expect((await finishRun(cancelled)).states).toEqual({ load: 'skipped' });
    await untilWaiting(held, 1);
    await holder.terminate();
    expect((await finishRun(waiting)).failure).toBeUndefined();
  });

  test('when its run has failed', async () => {
    for (const day of DAYS.slice(0, 2)) {
      expect((await finishRun(await startDay(engine, failing, day))).states).toEqual({ load: 'failed' });
    }
  });
});

test('a run that only waits for its past gives up its turn, so that the run before it can be repaired', async () => {
  badDays.add(DAYS[0] ?? '');
  await finishRun(await startDay(engine, past, DAYS[0] ?? ''));
  const [second, third] = [
    await startDay(engine, past, DAYS[1] ?? ''),
    await startDay(engine, past, DAYS[2] ?? ''),
  ];
  await until(async () => {
    const reports = await Promise.all([second, third].map((handle) => handle.query<RunReport, []>('state')));
    return reports.every(({ tasks }) => tasks[0]?.state === 'success' && tasks[1]?.state === 'none');
  });
  badDays.clear();
  expect((await finishRun(await startDay(engine, past, DAYS[0] ?? ''))).failure).toBeUndefined();
  for (const handle of [second, third]) expect((await finishRun(handle)).failure).toBeUndefined();
  expect(chained).toEqual(DAYS.slice(0, 3));
});

test('waiting for a turn does not count for dagrunTimeout', async () => {
  const handles = await Promise.all(DAYS.slice(0, 3).map((day) => startDay(engine, hurried, day)));
  for (const handle of handles) expect((await finishRun(handle)).failure).toBeUndefined();
});

test('runs of a backfill ask for no slot, nor do those of a DAG without a limit', async () => {
  const handles = [
    await startDay(engine, failing, DAYS[5] ?? '', { runType: 'backfill' }),
    await startDay(engine, unlimited, DAYS[0] ?? ''),
  ];
  for (const handle of handles) {
    await finishRun(handle);
    expect(scheduledActivities(await fetchEvents(handle)).map(({ activityId }) => activityId)).toEqual([
      'load',
    ]);
  }
});
