/** What becomes of tasks that do not simply stop when their run is cancelled. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dag } from '../../index.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { createGate, untilAborted } from './support/gate.js';
import { fetchEvents } from './support/history.js';

const ran: string[] = [];
const note = (id: string) => (): void => void ran.push(id);

const cleaning = createGate();
const finished = createGate();
const inTeardown = dag('in_teardown', {}, ({ task }) => {
  const create = task('create_cluster', note('create_cluster'));
  const drop = task('drop_cluster', async ({ ctx }) => {
    void cleaning.pass();
    await Promise.race([finished.pass(), untilAborted(ctx.signal)]);
    ran.push('cluster dropped');
  });
  create.then(task('load', note('load'))).then(drop);
  drop.asTeardown({ setups: [create] });
});

const closing = createGate();
const driverError = dag('driver_error', {}, ({ task }) => {
  task('load', async ({ ctx }) => {
    void closing.pass();
    await untilAborted(ctx.signal).catch(() => {
      throw new Error('socket closed'); // what a driver makes of an abort
    });
  });
});

const stubborn = createGate();
const released = createGate();
const ignoresCancel = dag('ignores_cancel', {}, ({ task }) => {
  const load = task('load', () => stubborn.pass().then(() => 'loaded'), {}, {});
  load.then(task('report', note('report')));
  task('side', () => released.pass());
});

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([inTeardown, driverError, ignoresCancel]);
});
afterAll(() => engine.stop());

describe('cancelling a run', () => {
  test('lets a teardown that is already running come to its end', async () => {
    const handle = await engine.start(inTeardown);
    await cleaning.reached;
    await handle.cancel();
    await until(async () => (await handle.query<{ cancelled: boolean }, []>('state')).cancelled || undefined);
    const events = await fetchEvents(handle);
    expect(events.filter((event) => event.activityTaskCancelRequestedEventAttributes)).toEqual([]);
    finished.open();
    const run = await finishRun(handle);
    expect(run.status).toBe('CANCELLED');
    expect(run.states).toEqual({ create_cluster: 'success', drop_cluster: 'success', load: 'success' });
    expect(ran).toContain('cluster dropped');
  });

  test('is a cancellation whatever a driver makes of the abort', async () => {
    const handle = await engine.start(driverError);
    await closing.reached;
    await handle.cancel();
    const run = await finishRun(handle);
    expect(run.status).toBe('CANCELLED');
    expect(run.report.tasks[0]?.message).toBe('cancelled');
  });

  test('keeps the outcome of a task that ends in spite of it', async () => {
    const handle = await engine.start(ignoresCancel);
    await stubborn.reached;
    await released.reached;
    await handle.cancel();
    await until(async () => (await handle.query<{ cancelled: boolean }, []>('state')).cancelled || undefined);
    stubborn.open();
    released.open();
    const run = await finishRun(handle);
    expect(run.status).toBe('CANCELLED');
    expect(run.states).toEqual({ load: 'success', report: 'skipped', side: 'success' });
  });
});
