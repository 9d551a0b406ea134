import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { empty } from '../../activities/index.js';
import { dag, skip } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';

const typed = dag('typed_outputs', {}, ({ task }) => {
  const begin = task('begin', empty);
  const extract = task('extract', () => ({ rows: 3 }));
  const double = task('double', ({ args }) => args.input.rows * 2, { input: extract });
  begin.then(extract);
  task('report', ({ args }) => `${String(args.rows)} rows`, { rows: double });
});

const skipping = dag('skipping', {}, ({ task }) => {
  const first = task('first', () => skip('no data today'));
  const second = task('second', () => 1);
  first.then(second);
  second.then(task('join', () => 2, {}, { triggerRule: 'none_failed' }));
});

const dags = [typed, skipping];
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine(dags);
});
afterAll(() => engine.stop());

describe('a run', () => {
  test('hands outputs from task to task and ends as success', async () => {
    const run = await engine.run(typed);
    expect(run.failure).toBeUndefined();
    expect(run.states).toEqual({
      begin: 'success',
      extract: 'success',
      double: 'success',
      report: 'success',
    });
    await expect(run.handle.result()).resolves.toMatchObject({ state: 'success', tasks: { success: 4 } });
  });

  test('skips downstream of a skipped task by its trigger rule, and succeeds', async () => {
    const run = await engine.run(skipping);
    expect(run.states).toEqual({ first: 'skipped', second: 'skipped', join: 'success' });
    expect(run.report.tasks[0]?.message).toBe('no data today');
    expect(run.status).toBe('COMPLETED');
  });
});
