/** How a sensor waits on a real server: by the time of its next poke alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { dag, fail, notYet, sensor, skip, type TaskContext } from '../../index.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { fetchEvents } from './support/history.js';

type Poke = (ctx: TaskContext) => unknown;

/** What each poke answers: the next entry, and the last one again and again. */
let script: readonly Poke[] = [];
let pokes: { readonly tryNumber: number; readonly lastHeartbeat: unknown }[] = [];
let cancelled: string[] = [];

const watch = sensor('watch', ({ ctx }): unknown => {
  const { tryNumber, lastHeartbeat } = ctx;
  pokes.push({ tryNumber, lastHeartbeat });
  return script[Math.min(pokes.length, script.length) - 1]?.(ctx);
});

const watchAndClean = sensor('watch_and_clean', ({ ctx }): unknown => watch({ args: {}, ctx }), {
  onCancel: ({ ctx }) => void cancelled.push(`${ctx.taskId} ${String(ctx.signal.aborted)}`),
});

const waits = dag('waits', {}, ({ task }) => {
  const found = task('wait', watch, {}, { pokeInterval: '1ms' });
  task('use', ({ args }) => args.found, { found });
});

const retries = dag('retries', {}, ({ task }) => {
  task('wait', watch, {}, { pokeInterval: '1ms', retries: 2, retryDelay: '1ms' });
});

const short = dag('short', {}, ({ task }) => {
  task('wait', watch, {}, { pokeInterval: '1h', timeout: '300ms' });
});

const soft = dag('soft', {}, ({ task }) => {
  task('wait', watch, {}, { pokeInterval: '10ms', timeout: '50ms', softFail: true });
});

const slowPoke = dag('slow_poke', {}, ({ task }) => {
  task('wait', watch, {}, { executionTimeout: '100ms', retries: 1, retryDelay: '1ms' });
});

const narrow = dag('narrow', { maxActiveTasks: 1 }, ({ task }) => {
  task('s1', watch, {}, { pokeInterval: '1h' });
  task('s2', watch, {}, { pokeInterval: '1h' });
  task('first', () => 1).then(task('second', () => 2));
});

const cleans = dag('cleans', {}, ({ task }) => {
  task('wait', watchAndClean, {}, { pokeInterval: '1h' });
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([waits, retries, short, soft, slowPoke, narrow, cleans]);
});
afterAll(() => engine.stop());
beforeEach(() => {
  script = [];
  pokes = [];
  cancelled = [];
});

const messageOf = async (handle: WorkflowHandle): Promise<string | undefined> =>
  (await finishRun(handle)).report.tasks[0]?.message;

async function lastFailure(handle: WorkflowHandle): Promise<string | undefined> {
  const { raw } = await handle.describe();
  return raw.pendingActivities?.[0]?.lastFailure?.message ?? undefined;
}

describe('a sensor', () => {
  test('is asked until it has what it waits for, and gives it to the tasks below', async () => {
    script = [() => false, () => notYet('2 of 3 files'), () => ({ keys: ['a'] })];
    const run = await engine.run(waits);
    expect(run.states).toEqual({ wait: 'success', use: 'success' });
    expect(pokes).toHaveLength(3);
    // one try, whose log is that of its last poke
    const logs = await engine.taskLogs.list(run.handle.workflowId, 'wait');
    expect(logs.map(({ tryNumber }) => tryNumber)).toEqual([1]);
    expect(run.report.tasks[0]?.tries).toBeUndefined(); // told only when there was more than one
  });

  test('that answers true has no output', async () => {
    script = [() => true];
    const run = await engine.run(waits);
    expect(run.states).toEqual({ wait: 'success', use: 'success' });
  });

  test('leaves as much in the history after five pokes as after one', async () => {
    script = [() => true];
    const once = await fetchEvents((await engine.run(waits)).handle);
    pokes = [];
    script = [...Array.from({ length: 4 }, () => () => notYet('nothing there')), () => true];
    const often = await fetchEvents((await engine.run(waits)).handle);
    expect(pokes).toHaveLength(5);
    expect(often.map(({ eventType }) => eventType)).toEqual(once.map(({ eventType }) => eventType));
  });

  test('says why it waits, for whoever asks', async () => {
    script = [() => notYet('s3://plays/2018-11-01/_SUCCESS is missing')];
    const handle = await engine.start(short);
    await until(async () => (await lastFailure(handle))?.includes('_SUCCESS is missing'));
    expect(await messageOf(handle)).toBe(
      'timed out after 300 ms; last poke: s3://plays/2018-11-01/_SUCCESS is missing',
    );
  });

  test('pokes a last time when its time is up, however long the interval', async () => {
    script = [() => false, () => true];
    expect((await engine.run(short)).states).toEqual({ wait: 'success' });
  });

  test('ends with its run when that is cancelled between two pokes', async () => {
    script = [() => false];
    const handle = await engine.start(narrow);
    await until(() => pokes.length === 2);
    await handle.cancel();
    expect((await finishRun(handle)).status).toBe('CANCELLED');
  });

  test('takes no slot from the tasks that work', async () => {
    script = [() => false];
    const handle = await engine.start(narrow);
    await until(async () => {
      const { tasks } = await handle.query<{ tasks: { id: string; state: string }[] }>('state');
      return tasks.find(({ id }) => id === 'second')?.state === 'success';
    });
    await until(() => pokes.length === 2);
    await handle.terminate();
  });

  test('takes back what it has begun when it is cancelled', async () => {
    script = [() => false];
    const handle = await engine.start(cleans);
    await until(() => lastFailure(handle));
    await handle.cancel();
    expect(await messageOf(handle)).toBe('cancelled');
    expect(cancelled).toEqual(['wait false']);
  });
});

describe('an error of a poke', () => {
  const broken: Poke = () => {
    throw new Error('connection reset');
  };

  test('is a failed try; a poke that says "not yet" is none', async () => {
    script = [() => false, broken, () => false, broken, () => false, () => true];
    expect((await engine.run(retries)).states).toEqual({ wait: 'success' });
    expect(pokes.map(({ tryNumber }) => tryNumber)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  test('fails the task when its retries are spent', async () => {
    script = [broken, () => false, broken, broken];
    const run = await engine.run(retries);
    expect(run.states).toEqual({ wait: 'failed' });
    expect(run.report.tasks[0]?.message).toBe('connection reset');
    expect(pokes).toHaveLength(4);
  });

  test('that is not worth a retry fails it at once', async () => {
    script = [() => false, () => fail('the bucket is gone')];
    const run = await engine.run(retries);
    expect(run.report.tasks[0]).toMatchObject({ state: 'failed', message: 'the bucket is gone' });
    expect(pokes).toHaveLength(2);
  });

  test('keeps what the handler has reported', async () => {
    const report: Poke = (ctx) => {
      ctx.heartbeat({ offset: 7 });
      throw new Error('lost');
    };
    script = [report, broken, () => true];
    expect((await engine.run(retries)).states).toEqual({ wait: 'success' });
    expect(pokes.map(({ lastHeartbeat }) => lastHeartbeat)).toEqual([
      undefined,
      { offset: 7 },
      { offset: 7 },
    ]);
  });

  test('is also a poke that takes too long', async () => {
    script = [(ctx) => new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error)))]; // prettier-ignore
    const run = await engine.run(slowPoke);
    expect(run.report.tasks[0]).toMatchObject({
      state: 'failed',
      message: 'the poke took longer than executionTimeout, 100 ms',
    });
    expect(pokes).toHaveLength(2);
  });

  test('is a poke that returns nothing', async () => {
    script = [() => undefined];
    expect((await engine.run(retries)).report.tasks[0]?.message).toMatch(
      /^The poke of sensor watch returned nothing/,
    );
  });
});

describe('softFail', () => {
  test('skips a sensor whose time is up', async () => {
    script = [() => notYet('no file')];
    const run = await engine.run(soft);
    expect(run.report.tasks[0]).toMatchObject({
      state: 'skipped',
      message: 'timed out after 50 ms; last poke: no file',
    });
  });

  test('skips a sensor that failed', async () => {
    script = [() => fail('gone')];
    expect((await engine.run(soft)).report.tasks[0]).toMatchObject({ state: 'skipped', message: 'gone' });
  });
});

test('a sensor may skip itself', async () => {
  script = [() => skip('a holiday')];
  expect((await engine.run(waits)).report.tasks[0]).toMatchObject({ state: 'skipped', message: 'a holiday' });
});

test('a sensor goes on waiting when the worker is replaced', async () => {
  script = [() => notYet('nothing')];
  const handle = await engine.start(retries);
  await until(() => pokes.length > 3);
  await engine.redeploy([waits, retries, short, soft, slowPoke, narrow, cleans]);
  const before = pokes.length;
  script = [...Array.from({ length: before + 2 }, () => () => false), () => true];
  expect((await finishRun(handle)).states).toEqual({ wait: 'success' });
});
