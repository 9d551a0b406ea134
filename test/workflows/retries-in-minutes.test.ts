/**
 * Retries with delays of minutes, on Temporal's time-skipping server: what retries.test.ts shows with
 * short delays, with Airflow's own. All times are the server's; none is the wall's.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dag, type Dag, type TaskOptions } from '../../index.js';
import { startSkippingEngine, type SkippingEngine } from '../support/time-skipping/engine.js';
import { ensureTimeSkippingServer } from '../support/time-skipping/ensure-time-skipping-server.js';

const MINUTE_MS = 60_000;

/** The server's time at which each try began, by DAG. */
const begunAt = new Map<string, number[]>();
let engine: SkippingEngine;

function failing(id: string, defaultArgs: TaskOptions): Dag {
  return dag(id, { defaultArgs }, ({ task }) => {
    task('load', async ({ ctx }) => {
      begunAt.set(id, [...(begunAt.get(id) ?? []), await engine.currentTimeMs()]);
      throw new Error(`try ${String(ctx.tryNumber)}`);
    });
  });
}

const nightly = failing('nightly', { retries: 3, retryDelay: '5m' });
const byDefault = failing('by_default', { retries: 1 });
const backingOff = failing('backing_off', {
  retries: 4,
  retryDelay: '1m',
  retryBackoff: 2,
  maxRetryDelay: '5m',
});

function delaysInMinutes(id: string): number[] {
  const times = begunAt.get(id) ?? [];
  return times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) / MINUTE_MS));
}

const server = await ensureTimeSkippingServer();
if (server === undefined)
  console.warn('Java (17 or later, with javac) or Maven is missing: these rules are skipped');

(server === undefined ? describe.skip : describe)('retries, in minutes (needs Java and Maven)', () => {
  beforeAll(async () => {
    engine = await startSkippingEngine(server ?? '', [nightly, byDefault, backingOff]);
  });
  afterAll(() => engine.stop());

  test('retries: 3 with retryDelay 5m is four tries in fifteen minutes', async () => {
    const { states, report } = await engine.run(nightly);
    expect(states).toEqual({ load: 'failed' });
    expect(report.tasks[0]?.message).toBe('try 4');
    expect(delaysInMinutes('nightly')).toEqual([5, 5, 5]);
    expect(Math.floor((report.tasks[0]?.durationMs ?? 0) / MINUTE_MS)).toBe(15);
  });

  test('the delay is five minutes unless the task says otherwise', async () => {
    await engine.run(byDefault);
    expect(delaysInMinutes('by_default')).toEqual([5]);
  });

  test('retryBackoff doubles the delay up to maxRetryDelay', async () => {
    await engine.run(backingOff);
    expect(delaysInMinutes('backing_off')).toEqual([1, 2, 4, 5]);
  });
});
