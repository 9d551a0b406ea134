import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dag, fail } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { attemptsOf, fetchEvents } from './support/history.js';

/** The server times the delay, the test measures it: their clocks may round differently. */
const CLOCK_MS = 5;

/** When each try of a task began, on the test's own clock, by run. */
const tries = new Map<string, number[]>();

function noteTry(key: string): number {
  const times = tries.get(key) ?? [];
  tries.set(key, [...times, performance.now()]);
  return times.length + 1;
}

function delaysOf(key: string): number[] {
  const times = tries.get(key) ?? [];
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

const alwaysFailing = dag('always_failing', {}, ({ task }) => {
  task(
    'load',
    () => {
      noteTry('always_failing');
      throw new Error('the warehouse is closed');
    },
    {},
    { retries: 3, retryDelay: 200 },
  );
});

const keysOfTries = new Set<string>();
const failingOnce = dag('failing_once', { defaultArgs: { retries: 3, retryDelay: 50 } }, ({ task }) => {
  const load = task('load', ({ ctx }) => {
    keysOfTries.add(ctx.taskKey);
    if (ctx.tryNumber === 1) throw new Error('first try');
    return { try: ctx.tryNumber };
  });
  task('report', ({ args }) => args.load, { load });
});

const giveUp = dag('give_up', { defaultArgs: { retries: 3, retryDelay: 50 } }, ({ task }) => {
  task('load', () => {
    noteTry('give_up');
    fail('the file has no header');
  });
});

const withoutRetries = dag('without_retries', {}, ({ task }) => {
  task('load', () => {
    noteTry('without_retries');
    throw new Error('no');
  });
});

const backingOff = dag('backing_off', {}, ({ task }) => {
  task(
    'load',
    () => {
      noteTry('backing_off');
      throw new Error('busy');
    },
    {},
    { retries: 2, retryDelay: 200, retryBackoff: 2 },
  );
});

const progressing = dag('progressing', {}, ({ task }) => {
  task(
    'load',
    ({ ctx }) => {
      if (ctx.tryNumber > 1) return ctx.lastHeartbeat;
      ctx.heartbeat({ loaded: 41 });
      ctx.heartbeat({ loaded: 42 });
      throw new Error('lost the connection');
    },
    {},
    { retries: 1, retryDelay: 50 },
  );
});

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([alwaysFailing, failingOnce, giveUp, withoutRetries, backingOff, progressing]);
});
afterAll(() => engine.stop());

describe('retries', () => {
  test('retries: 3 is four tries, each after the delay', async () => {
    const run = await engine.run(alwaysFailing);
    expect(run.states).toEqual({ load: 'failed' });
    const delays = delaysOf('always_failing');
    expect(delays).toHaveLength(3);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(200 - CLOCK_MS);
    expect(attemptsOf(await fetchEvents(run.handle), 'load')).toBe(4);
  });

  test('a retry that succeeds hands its own output on', async () => {
    const run = await engine.run(failingOnce);
    expect(run.states).toEqual({ load: 'success', report: 'success' });
    const events = await fetchEvents(run.handle);
    expect(attemptsOf(events, 'load')).toBe(2);
    expect(attemptsOf(events, 'report')).toBe(1);
    expect(keysOfTries.size).toBe(1);
  });

  test('fail() is not tried again', async () => {
    const run = await engine.run(giveUp);
    expect(run.states).toEqual({ load: 'failed' });
    expect(run.report.tasks[0]?.message).toBe('the file has no header');
    expect(tries.get('give_up')).toHaveLength(1);
  });

  test('a task without retries is tried once', async () => {
    await engine.run(withoutRetries);
    expect(tries.get('without_retries')).toHaveLength(1);
  });

  test('retryBackoff lets the delay grow', async () => {
    await engine.run(backingOff);
    const [first = 0, second = 0] = delaysOf('backing_off');
    expect(first).toBeGreaterThanOrEqual(200 - CLOCK_MS);
    expect(second).toBeGreaterThanOrEqual(400 - CLOCK_MS);
  });

  test('a retry sees what the former try reported last', async () => {
    const run = await engine.run(progressing);
    expect(run.states).toEqual({ load: 'success' });
    const end = (await fetchEvents(run.handle)).find((event) => event.activityTaskCompletedEventAttributes);
    const data = end?.activityTaskCompletedEventAttributes?.result?.payloads?.[0]?.data;
    expect(JSON.parse(Buffer.from(data ?? []).toString('utf8'))).toMatchObject({
      state: 'success',
      output: { loaded: 42 },
    });
  });
});
