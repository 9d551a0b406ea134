import { describe, expect, test } from '@jest/globals';
import { dag, operator } from '../../index.js';
import { serializeGraph } from '../../core/serialize-graph.js';
import type { ContinuedRun } from '../../workflows/continued-run.js';
import { packRun, unpackRun } from '../../workflows/packed-run.js';

const TASKS = 3_000;
const noop = operator('noop', () => undefined);

const lanes = dag('lanes', {}, ({ task }) => {
  const tasks = Array.from({ length: TASKS }, (_, index) => task(`load_${String(index)}`, noop));
  for (const [index, next] of tasks.entries()) tasks[index - 10]?.then(next);
});

/** Half of the tasks have ended; times as of a machine that is never quite regular. */
const half: ContinuedRun = {
  plan: {
    v: 2,
    graph: serializeGraph(lanes.graph),
    facts: {
      dagId: 'lanes',
      runId: 'manual__2018-11-01T00:00:00Z',
      runType: 'manual',
      logicalDate: '2018-11-01T00:00:00.000Z',
      dataInterval: { start: '2018-11-01T00:00:00.000Z', end: '2018-11-02T00:00:00.000Z' },
      timezone: 'UTC',
      params: { name: 'Björk – Jóga 🎵' },
    },
  } as unknown as ContinuedRun['plan'],
  startedAtMs: 1_541_030_400_000,
  states: 's'.repeat(TASKS / 2) + 'n'.repeat(TASKS / 2),
  outputs: { load_0: { rows: 6_820 } },
  times: Array.from({ length: 2 * TASKS }, (_, index) =>
    index < TASKS ? index * 7 + ((index * 31) % 13) : -1,
  ),
  messages: { load_7: 'no file for 2018-11-07' },
  waits: Array.from({ length: 3 * TASKS }, (_, index) => (index * 17) % 5),
};

describe('a run on its way into a new history', () => {
  test('comes out as it went in', async () => {
    expect(await unpackRun(await packRun(half))).toEqual(half);
  });

  test('takes a fifth of its JSON at most', async () => {
    const packed = await packRun(half);
    expect(packed.length * 5).toBeLessThan(JSON.stringify(half).length);
  });

  test('is read as it is in histories of early releases', async () => {
    expect(await unpackRun(half)).toBe(half);
  });

  test('is read from bytes of another realm, as a sandbox is given them', async () => {
    const packed = await packRun(half);
    expect(await unpackRun(Buffer.from(packed.buffer, packed.byteOffset, packed.length))).toEqual(half);
  });
});
