import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dag } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { createGate, untilAborted } from './support/gate.js';
import { attemptsOf, fetchEvents } from './support/history.js';

const aborts: string[] = [];

const slowTry = dag('slow_try', {}, ({ task }) => {
  task(
    'load',
    async ({ ctx }) => {
      if (ctx.tryNumber === 2) return 'done';
      await untilAborted(ctx.signal).finally(() => aborts.push('slow_try'));
      return 'never';
    },
    {},
    { executionTimeout: 700, retries: 1, retryDelay: 50 },
  );
});

const hangs = createGate();
/** A handler that never comes back and heeds no signal: a bug, or a driver that hangs. */
const deaf = dag('deaf', {}, ({ task }) => {
  task('load', () => hangs.pass(), {}, { executionTimeout: 500 });
});

const ran: string[] = [];
const overdue = dag('overdue', { dagrunTimeout: '1s' }, ({ task }) => {
  const create = task('create_cluster', () => void ran.push('create_cluster'));
  const load = task('load', ({ ctx }) => untilAborted(ctx.signal).finally(() => void aborts.push('overdue')));
  const transform = task('transform', () => void ran.push('transform'));
  const drop = task('drop_cluster', () => void ran.push('drop_cluster'));
  create.then(load).then(transform).then(drop);
  drop.asTeardown({ setups: [create] });
});

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([slowTry, deaf, overdue]);
});
afterAll(async () => {
  hangs.open();
  await engine.stop();
});

describe('executionTimeout', () => {
  test('bounds one try: the handler is told, and the next try may succeed', async () => {
    const run = await engine.run(slowTry);
    expect(run.states).toEqual({ load: 'success' });
    expect(attemptsOf(await fetchEvents(run.handle), 'load')).toBe(2);
    expect(aborts).toContain('slow_try');
  });

  test('does not depend on the handler: one that never returns fails as well', async () => {
    const run = await engine.run(deaf);
    expect(run.states).toEqual({ load: 'failed' });
  });
});

describe('dagrunTimeout', () => {
  test('fails the run, skips what has not started and still runs teardowns', async () => {
    const run = await engine.run(overdue);
    expect(run.status).toBe('FAILED');
    expect(run.states).toEqual({
      create_cluster: 'success',
      load: 'failed',
      transform: 'skipped',
      drop_cluster: 'success',
    });
    expect(run.failure).toContain('took longer than dagrunTimeout');
    expect(ran).toEqual(['create_cluster', 'drop_cluster']);
    expect(aborts).toContain('overdue');
  });
});
