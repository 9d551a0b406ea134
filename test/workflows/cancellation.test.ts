import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dag } from '../../index.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { untilAborted } from './support/gate.js';

const seen = new Set<string>();
let tries = 0;

const waiting = dag('waiting', {}, ({ task }) => {
  const create = task('create', () => 1);
  const wait = task('wait', async ({ ctx }) => {
    seen.add('waiting');
    await untilAborted(ctx.signal).finally(() => seen.add('aborted'));
  }, {}, { heartbeatTimeout: '1s' }); // prettier-ignore
  const after = task('after', () => 1);
  const remove = task('remove', () => seen.add('removed').size).asTeardown({ setups: [create] });
  create.then(wait).then(after).then(remove);
});

const retrying = dag('retrying', {}, ({ task }) => {
  task('load', () => { tries += 1; throw new Error('not yet'); }, {}, { retries: 3, retryDelay: '1h' }); // prettier-ignore
});

const slow = dag('slow', { dagrunTimeout: '1s' }, ({ task }) => {
  const wait = task('wait', ({ ctx }) => untilAborted(ctx.signal), {}, { heartbeatTimeout: '1s' });
  wait.then(task('after', () => 1));
});

const slowTask = dag('slow_task', {}, ({ task }) => {
  task(
    'wait',
    ({ ctx }) => untilAborted(ctx.signal),
    {},
    { executionTimeout: '500ms', heartbeatTimeout: '10s' },
  );
});

const quick = dag('quick', { dagrunTimeout: '1h' }, ({ task }) => {
  task('now', () => 1);
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([waiting, retrying, slow, slowTask, quick]);
});
afterAll(() => engine.stop());
beforeEach(() => {
  seen.clear();
  tries = 0;
});

describe('cancelling a run', () => {
  test('aborts the running task, skips what has not started, and still tears down', async () => {
    const handle = await engine.start(waiting);
    await until(() => seen.has('waiting'));
    await handle.cancel();
    const run = await finishRun(handle);
    expect(run.status).toBe('CANCELLED');
    expect(run.states).toEqual({ create: 'success', wait: 'failed', after: 'skipped', remove: 'success' });
    expect(run.report.tasks.find(({ id }) => id === 'wait')?.message).toBe('cancelled');
    expect([...seen]).toEqual(['waiting', 'aborted', 'removed']);
  });

  test('ends a task that waits for its next try', async () => {
    const handle = await engine.start(retrying);
    await until(() => tries === 1);
    await handle.cancel();
    expect(await finishRun(handle)).toMatchObject({ status: 'CANCELLED', states: { load: 'failed' } });
    expect(tries).toBe(1);
  });
});

describe('a time-out', () => {
  test('of the run stops its tasks, skips the rest and fails the run', async () => {
    const run = await engine.run(slow);
    expect(run.status).toBe('FAILED');
    expect(run.failure).toContain('took longer than dagrunTimeout');
    expect(run.states).toEqual({ wait: 'failed', after: 'skipped' });
  });

  test('of a task fails it with the limit in the message', async () => {
    const run = await engine.run(slowTask);
    expect(run.failure).toContain('took longer than executionTimeout, 0.5 s');
  });

  test('that is not reached leaves no timer behind', async () => {
    expect(await engine.run(quick)).toMatchObject({ status: 'COMPLETED' });
  });
});
