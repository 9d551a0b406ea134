/** Upgrade safety: runs in flight while a new version of the engine, another bundle, takes over. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { computeWorkflowId } from '../../core/run-ids.js';
import { cron, dag } from '../../index.js';
import { finishRun, startEngine, until, type Engine, type Release } from '../support/engine.js';
import { createDeployment, type Deployment } from './support/deployment.js';
import { fetchEvents } from './support/history.js';

type Variant = 'compatible' | 'incompatible';

function bundle(variant: Variant): Promise<WorkflowBundleOption> {
  const workflowsPath = path.join(import.meta.dirname, 'support/next-version', `${variant}.ts`);
  return bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}

let next: Readonly<Record<Variant, WorkflowBundleOption>>;
beforeAll(async () => {
  next = { compatible: await bundle('compatible'), incompatible: await bundle('incompatible') };
});

let open = false;
/** Fails until the test opens it, so that a run is in flight for as long as the test needs. */
const HOLD = { retries: 1000, retryDelay: '50ms' } as const;
function hold(): string {
  if (!open) throw new Error('not open yet');
  return 'open';
}

const held = dag('held', {}, ({ task }) => {
  task('before', () => 'before')
    .then(task('hold', hold, {}, HOLD))
    .then(task('after', () => 'after'));
});
const daily = dag(`daily_${randomUUID().slice(0, 8)}`, { schedule: cron('0 0 * * *') }, ({ task }) => {
  task('hold', hold, {}, HOLD);
});
const free = dag('free', {}, ({ task }) => task('only', () => 'done'));
const ALL_DONE = { before: 'success', hold: 'success', after: 'success' };

let engine: Engine;
let deployment: Deployment;
beforeEach(async () => {
  open = false;
  engine = await startEngine([held, free, daily]);
  deployment = createDeployment(engine.client);
});
afterEach(() => engine.stop());

/** Makes the version current, and waits until the task queue has heard of it. */
async function makeCurrent(buildId: string): Promise<void> {
  await deployment.setCurrent(buildId);
  await until(async () => {
    const { handle } = await engine.run(free);
    return (await deployment.buildsOf(handle)).at(-1) === buildId;
  });
}

/** A run that waits in its second task. */
async function startHeld(): Promise<WorkflowHandle> {
  const handle = await engine.start(held);
  await until(async () =>
    (await handle.describe()).raw.pendingActivities?.some(({ lastFailure }) => lastFailure),
  );
  return handle;
}

async function failedSteps(handle: WorkflowHandle): Promise<readonly string[]> {
  const events = await fetchEvents(handle);
  return events.flatMap(({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? []);
}

/** Whether the run did what only the next version does. */
async function rested(handle: WorkflowHandle): Promise<boolean> {
  return (await fetchEvents(handle)).some(({ timerStartedEventAttributes: timer }) => timer);
}

describe('workers without versions', () => {
  test('a compatible version takes over a run in flight, and does the new thing in new runs only', async () => {
    const begun = await startHeld();
    await engine.redeploy([held], { workflowBundle: next.compatible });
    open = true;
    expect((await finishRun(begun)).states).toEqual(ALL_DONE);
    expect(await rested(begun)).toBe(false);
    expect(await failedSteps(begun)).toEqual([]);
    const fresh = await engine.run(held);
    expect(fresh.states).toEqual(ALL_DONE);
    expect(await rested(fresh.handle)).toBe(true);
  });

  test('an incompatible one fails no run: it waits for a version that knows it', async () => {
    const begun = await startHeld();
    await engine.redeploy([held], { workflowBundle: next.incompatible });
    open = true;
    await until(async () => (await failedSteps(begun)).some((message) => /nondetermini/i.test(message)));
    expect((await begun.describe()).status.name).toBe('RUNNING');
    await engine.redeploy([held]);
    const ended = await finishRun(begun);
    expect(ended.status).toBe('COMPLETED');
    expect(ended.states).toEqual(ALL_DONE);
  });
});

describe('workers with versions', () => {
  const release = (buildId: string, pinRuns: boolean, variant?: Variant): Release => ({
    version: { deployment: deployment.name, buildId, pinRuns },
    ...(variant === undefined ? {} : { workflowBundle: next[variant] }),
  });

  test('runs go on with the version that is made the current one, which also answers for closed ones', async () => {
    const first = await engine.startRelease([held, free], release('1', false));
    await makeCurrent('1');
    const closed = await engine.run(free);
    const begun = await startHeld();
    await engine.startRelease([held, free], release('2', false, 'compatible'));
    await makeCurrent('2');
    const fresh = await startHeld();
    await first.stop();
    open = true;
    expect((await finishRun(begun)).states).toEqual(ALL_DONE);
    expect((await finishRun(fresh)).states).toEqual(ALL_DONE);
    expect(await deployment.buildsOf(begun)).toEqual(['1', '2']);
    expect(await deployment.buildsOf(fresh)).toEqual(['2']);
    expect([...(await failedSteps(begun)), ...(await failedSteps(fresh))]).toEqual([]);
    expect(await deployment.buildsOf(closed.handle)).toEqual(['1']);
    expect((await finishRun(closed.handle)).states).toEqual({ only: 'success' });
  });

  test('pinned runs end on the version they began on, even beside an incompatible one', async () => {
    await engine.startRelease([held, free], release('1', true));
    await makeCurrent('1');
    const begun = await startHeld();
    await engine.startRelease([held, free], release('2', true, 'incompatible'));
    await makeCurrent('2');
    const fresh = await startHeld();
    open = true;
    expect((await finishRun(begun)).states).toEqual(ALL_DONE);
    expect((await finishRun(fresh)).states).toEqual(ALL_DONE);
    expect(await deployment.buildsOf(begun)).toEqual(['1']);
    expect(await deployment.buildsOf(fresh)).toEqual(['2']);
    expect([...(await failedSteps(begun)), ...(await failedSteps(fresh))]).toEqual([]);
  });

  test('a backfill is not pinned: it goes on with the current version, and its next runs are of that', async () => {
    await engine.startRelease([daily, free], release('1', true));
    await makeCurrent('1');
    const backfill = await engine.client.workflow.start('backfill', {
      taskQueue: engine.taskQueue,
      workflowId: `backfill-${deployment.name}`,
      args: [{ dagId: daily.id, from: '2018-11-01', to: '2018-11-02', maxActiveRuns: 1 }],
    });
    const isStepped = (handle: WorkflowHandle): Promise<boolean> =>
      deployment.buildsOf(handle).then(
        (builds) => builds.length > 0,
        () => false, // not started yet
      );
    const day = (ds: string): WorkflowHandle =>
      engine.client.workflow.getHandle(computeWorkflowId(daily, new Date(ds)));
    await until(() => isStepped(day('2018-11-01')));
    await engine.startRelease([daily, free], release('2', true));
    await makeCurrent('2');
    open = true;
    await backfill.result();
    expect(await deployment.buildsOf(backfill)).toEqual(['1', '2']);
    expect(await deployment.buildsOf(day('2018-11-01'))).toEqual(['1']);
    expect(await deployment.buildsOf(day('2018-11-02'))).toEqual(['2']);
  });
});
