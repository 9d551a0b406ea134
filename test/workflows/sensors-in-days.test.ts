/** How sensors wait, in minutes and days, on Temporal's time-skipping server. All times are the server's. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dag, notYet, sensor, type TaskOptions } from '../../index.js';
import { startSkippingEngine, type SkippingEngine } from '../support/time-skipping/engine.js';
import { ensureTimeSkippingServer } from '../support/time-skipping/ensure-time-skipping-server.js';
import { fetchEvents, historyBytes } from './support/history.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let engine: SkippingEngine;
/** When each poke came. */
let pokedAt: number[] = [];

const afterPokes = sensor('after_pokes', async ({ args }: { args: { readonly count: number } }) => {
  pokedAt.push(await engine.currentTimeMs());
  return pokedAt.length >= args.count || notYet(`${String(pokedAt.length)} of ${String(args.count)}`);
});

const atHalfPast = sensor('at_half_past', async () => {
  pokedAt.push(await engine.currentTimeMs());
  return pokedAt.length === 2 || notYet('in half an hour', { againIn: '30m' });
});

const failing = sensor('failing', async () => {
  pokedAt.push(await engine.currentTimeMs());
  throw new Error('no route to host');
});

function waiting(id: string, count: number, options: TaskOptions = {}) {
  return dag(id, {}, ({ task }) => {
    task('wait', afterPokes, { count }, options);
  });
}

const once = waiting('once', 1);
const thousand = waiting('thousand', 1000);
const never = waiting('never', Number.MAX_SAFE_INTEGER, { pokeInterval: '1h' });
const neverSoft = waiting('never_soft', Number.MAX_SAFE_INTEGER, {
  pokeInterval: '7h',
  timeout: '1d',
  softFail: true,
});
const backing = waiting('backing', 6, { pokeInterval: '1m', pokeBackoff: 2, maxPokeInterval: '5m' });
const knowing = dag('knowing', {}, ({ task }) => {
  task('wait', atHalfPast);
});
const broken = dag(
  'broken',
  { defaultArgs: { retries: 2, retryDelay: '10m', retryBackoff: 2 } },
  ({ task }) => {
    task('wait', failing);
  },
);

const server = await ensureTimeSkippingServer();
if (server === undefined)
  console.warn('Java (17 or later, with javac) or Maven is missing: these rules are skipped');

(server === undefined ? describe.skip : describe)('sensors, in days (needs Java and Maven)', () => {
  beforeAll(async () => {
    engine = await startSkippingEngine(server ?? '', [
      once,
      thousand,
      never,
      neverSoft,
      backing,
      knowing,
      broken,
    ]);
  });
  afterAll(() => engine.stop());
  beforeEach(() => {
    pokedAt = [];
  });

  const minutesBetween = (): number[] =>
    pokedAt.slice(1).map((time, index) => Math.round((time - (pokedAt[index] ?? 0)) / MINUTE_MS));

  test('a thousand pokes, one a minute, leave the history of one', async () => {
    const short = (await engine.run(once)).handle;
    pokedAt = [];
    const long = (await engine.run(thousand)).handle;
    expect(pokedAt).toHaveLength(1000);
    expect(new Set(minutesBetween())).toEqual(new Set([1]));
    const [eventsOfOne, events] = [await fetchEvents(short), await fetchEvents(long)];
    expect(events.map(({ eventType }) => eventType)).toEqual(eventsOfOne.map(({ eventType }) => eventType));
    expect(await historyBytes(long)).toEqual(await historyBytes(short));
  });

  test('the wait ends after seven days unless the task says otherwise, with the last word of the poke', async () => {
    const { states, report } = await engine.run(never);
    expect(states).toEqual({ wait: 'failed' });
    expect(report.tasks[0]?.message).toMatch(/^timed out after 7 d; last poke: 1(68|69) of \d+$/);
    expect(Math.round((report.tasks[0]?.durationMs ?? 0) / DAY_MS)).toBe(7);
  });

  test('the server ends a wait for which no poke does, and softFail makes it a skip', async () => {
    // this server does not say when an attempt was due, so no poke can tell that it is the last
    const { report } = await engine.run(neverSoft);
    expect(report.tasks[0]).toMatchObject({
      state: 'skipped',
      message: expect.stringMatching(/^timed out after 1 d; last poke: 4 of/),
    });
    expect(minutesBetween()).toEqual([7 * 60, 7 * 60, 7 * 60]);
  });

  test('pokeBackoff widens the interval up to maxPokeInterval', async () => {
    await engine.run(backing);
    expect(minutesBetween()).toEqual([1, 2, 4, 5, 5]);
  });

  test('a poke that knows better says when to look again', async () => {
    await engine.run(knowing);
    expect(minutesBetween()).toEqual([30]);
  });

  test('errors are tried again by retryDelay and retryBackoff, not by pokeInterval', async () => {
    const { report } = await engine.run(broken);
    expect(report.tasks[0]).toMatchObject({ state: 'failed', message: 'no route to host' });
    expect(minutesBetween()).toEqual([10, 20]);
  });
});
