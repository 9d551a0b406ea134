/** What a run on the real engine says of its tasks' waiting, tries and reasons. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { dag, fail, skip } from '../../index.js';
import type { TaskExplanation } from '../../workflows/explain.js';
import type { RunReport } from '../../workflows/run-report.js';
import { startEngine, until, type Engine } from '../support/engine.js';
import { createGate } from './support/gate.js';

const failing = dag('failing', {}, ({ task }) => {
  const extract = task('extract', () => fail('no such file: day.json'));
  const optional = task('optional', () => skip('nothing today'));
  extract.then(task('load', () => 1)).then(task('report', () => 1));
  optional.then(task('optional_report', () => 1));
});

const gate = createGate();
const narrow = dag('narrow', { maxActiveTasks: 1 }, ({ task }) => {
  const first = task('first', () => gate.pass());
  const second = task('second', () => 1);
  first.then(task('third', () => 1));
  second.then(task('fourth', () => 1, {}, { triggerRule: 'all_done' }));
});

const tried = dag('tried', {}, ({ task }) => {
  const twice = { retries: 2, retryDelay: '1ms' } as const;
  task(
    'recovers',
    ({ ctx }) => {
      if (ctx.tryNumber < 3) throw new Error('not yet');
    },
    {},
    twice,
  );
  task(
    'gives_up',
    () => {
      throw new Error('never');
    },
    {},
    twice,
  );
  task('no_retry', () => fail('wrong'), {}, twice);
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([failing, narrow, tried]);
});
afterAll(() => engine.stop());

const explain = (handle: WorkflowHandle, taskId?: string): Promise<TaskExplanation[]> =>
  taskId === undefined ? handle.query('explain') : handle.query('explain', taskId);

describe('the explain query', () => {
  test('follows upstream_failed and skipped to the task they come from', async () => {
    const { handle } = await engine.run(failing);
    expect(await explain(handle, 'report')).toEqual([
      {
        taskId: 'report',
        operator: 'inline',
        state: 'upstream_failed',
        reason:
          'is upstream_failed: trigger rule all_success needs all of them to succeed; upstream: 1 upstream_failed',
        triggerRule: 'all_success',
        maxTries: 1,
        upstream: [{ taskId: 'load', state: 'upstream_failed' }],
        upstreamCount: 1,
        causes: [{ taskId: 'extract', state: 'failed', via: ['load'], message: 'no such file: day.json' }],
        causeCount: 1,
      },
    ]);
    const [skipped] = await explain(handle, 'optional_report');
    expect(skipped?.causes).toEqual([
      { taskId: 'optional', state: 'skipped', via: [], message: 'nothing today' },
    ]);
    expect((await explain(handle)).map(({ taskId }) => taskId)).toEqual([
      'extract',
      'load',
      'report',
      'optional',
      'optional_report',
    ]);
  });

  test('says which slot a task waits for, and what a waiting task waits for in the end', async () => {
    const handle = await engine.start(narrow);
    await gate.reached;
    const [second] = await until(async () => {
      const found = await explain(handle, 'second');
      return found[0]?.state === 'scheduled' ? found : undefined;
    });
    expect(second?.reason).toBe('may run and waits for a slot: 1 of 1 active tasks');
    const [fourth] = await explain(handle, 'fourth');
    expect(fourth).toMatchObject({
      state: 'none',
      reason: expect.stringContaining(
        'trigger rule all_done needs all of them to be done; upstream: 1 not done',
      ),
      causes: [{ taskId: 'second', state: 'scheduled', via: [] }],
    });
    const scheduledAt = await until(async () => {
      const { tasks } = await handle.query<RunReport, []>('state');
      const since = Date.parse(tasks.find(({ id }) => id === 'second')?.scheduledAt ?? '');
      return Date.now() - since > 300 ? since : undefined; // so long that the wait is worth telling
    });
    gate.open();
    await handle.result();
    const { tasks } = await handle.query<RunReport, []>('state');
    const ended = tasks.find(({ id }) => id === 'second');
    expect(ended?.waitedMs).toBeGreaterThan(250);
    expect(Date.parse(ended?.startedAt ?? '')).toBeGreaterThan(scheduledAt);
    expect(tasks.find(({ id }) => id === 'first')?.waitedMs).toBeUndefined();
  });

  test('refuses a task that the run does not have', async () => {
    const { handle } = await engine.run(failing);
    await expect(explain(handle, 'extarct')).rejects.toThrow('extarct');
  });
});

test('the report counts the tries of each task, however it ended', async () => {
  const { report } = await engine.run(tried);
  expect(report.tasks.map(({ id, state, tries }) => [id, state, tries])).toEqual([
    ['recovers', 'success', 3],
    ['gives_up', 'failed', 3],
    ['no_retry', 'failed', undefined],
  ]);
});
