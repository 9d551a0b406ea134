/** Pools under load: slots are never exceeded, and what waits is taken by priority. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dag, type Dag, type Priority } from '../../index.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { createGate } from './support/gate.js';

const NARROW = `narrow-${randomUUID()}`;
const SINGLE = `single-${randomUUID()}`;
const SLOTS = 4;

let running = 0;
let most = 0;
let served = 0;

/** Ten tasks at once, each long enough to meet the others. */
const crowd = dag('crowd', { defaultArgs: { pool: NARROW } }, ({ task }) => {
  for (let i = 0; i < 10; i += 1) {
    task(`work_${String(i)}`, async () => {
      running += 1;
      served += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running -= 1;
    });
  }
});

const gate = createGate();
const order: string[] = [];

const blocker = dag('blocker', { defaultArgs: { pool: SINGLE } }, ({ task }) => {
  task('block', () => gate.pass());
});

function queueOf(id: string, priority: Priority): Dag {
  return dag(id, { defaultArgs: { pool: SINGLE, priority } }, ({ task }) => {
    for (let i = 0; i < 4; i += 1) task(`t${String(i)}`, ({ ctx }) => void order.push(ctx.dagId));
  });
}
const late = queueOf('patient', 5);
const urgent = queueOf('urgent', 1);

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([crowd, blocker, late, urgent]);
  await engine.servePool(NARROW, SLOTS);
  await engine.servePool(SINGLE, 1);
});
afterAll(() => engine.stop());

describe('a pool', () => {
  test('runs no more tasks at once than it has slots, however many runs press', async () => {
    const handles = await Promise.all(Array.from({ length: 4 }, () => engine.start(crowd)));
    const runs = await Promise.all(handles.map(finishRun));
    expect(runs.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(served).toBe(40);
    expect(most).toBe(SLOTS);
  });

  test('takes what waits by priority, also from different runs', async () => {
    const first = await engine.start(blocker);
    await gate.reached;
    const waiting = await engine.start(late);
    await until(() => isScheduled(waiting.workflowId, 4));
    const pressing = await engine.start(urgent);
    await until(() => isScheduled(pressing.workflowId, 4));
    gate.open();
    await Promise.all([first, waiting, pressing].map(finishRun));
    expect(order).toHaveLength(8);
    // one of the patient may be handed out before the urgent ones have reached the queue
    expect(order.lastIndexOf('urgent')).toBeLessThanOrEqual(4);
  });
});

async function isScheduled(workflowId: string, count: number): Promise<boolean> {
  const { raw } = await engine.client.workflow.getHandle(workflowId).describe();
  return (raw.pendingActivities ?? []).length === count;
}
