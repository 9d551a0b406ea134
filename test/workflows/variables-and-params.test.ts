/** Variables and params where DAGs use them: in handlers, argument functions and callbacks, and from every entry point. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { z } from 'zod';
import { dag } from '../../index.js';
import { callSchedule } from '../../schedules/temporal-schedules.js';
import { startEngine, until, type Engine } from '../support/engine.js';
import { fetchEvents } from './support/history.js';

const seen: unknown[] = [];
let ran = 0;

const reading = dag('reading', { onSuccess: async ({ ctx }) => void seen.push(await ctx.variable('region')) }, ({ task }) => {
  const copy = task('copy', ({ args }) => args.bucket, {
    bucket: async ({ variable }: { variable(name: string): Promise<string> }) => `data-${await variable('region')}`,
  });
  task('use', async ({ args, ctx }) => {
    seen.push(args.bucket, await ctx.variable('limits', { json: true }), await ctx.variable('nowhere', { fallback: 'none' }));
    const token = await ctx.variable('api_token');
    ctx.log.info({ said: token }, `the token is ${token}`);
    throw new Error(`refused: ${token}`);
  }, { bucket: copy }, { onFailure: ({ event }) => void seen.push(event.reason) });
}); // prettier-ignore
const asking = dag('asking', {}, ({ task }) => {
  task('read', ({ ctx }) => ctx.variable('regoin'));
  task('parse', ({ ctx }) => ctx.variable('region', { json: true }));
});
const strict = dag('strict_params', { params: z.object({ day: z.string(), mode: z.enum(['a', 'b']).default('a') }) }, ({ task }) => {
  task('count', ({ ctx }) => { ran += 1; return ctx.params.mode; });
}); // prettier-ignore

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([reading, asking, strict], [], [], {
    AIRTEMPO_VAR_REGION: 'eu',
    AIRFLOW_VAR_LIMITS: '{"rows":3}',
    AIRTEMPO_VAR_API_TOKEN: 'a-very-secret-token',
  });
});
afterAll(() => engine.stop());

describe('variables', () => {
  test('are read in handlers, argument functions and callbacks; secrets stay out of history and log', async () => {
    const { handle, report } = await engine.run(reading);
    expect(report.tasks.find(({ id }) => id === 'use')?.message).toBe('refused: ***');
    expect(seen).toEqual(['data-eu', { rows: 3 }, 'none', 'refused: ***']);
    const history = JSON.stringify(await fetchEvents(handle));
    const payloads = [...history.matchAll(/"data":"([^"]*)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(`${history}${payloads.join()}${engine.logLines.join()}`).not.toContain('a-very-secret-token');
  });

  test('that are missing or no JSON fail the task with the reason', async () => {
    const { report } = await engine.run(asking);
    expect(report.tasks.map(({ message }) => message)).toEqual([
      expect.stringContaining('There is no variable "regoin". Did you mean "region"?'),
      'Variable "region" (variable AIRTEMPO_VAR_REGION) is read as JSON, and is none.',
    ]);
  });
});

describe('params are checked before the first task', () => {
  test.each<[string, unknown, RegExp]>([
    ['without the one that has no default', undefined, /does not fit the params.*day/],
    ['with one of another type', { conf: { day: 3 } }, /does not fit the params.*day/],
    ['with one that is unknown', { conf: { day: 'x', mod: 'a' } }, /no param "mod"\. Did you mean "mode"/],
  ])('of a run that any client starts %s', async (_, input, message) => {
    const run = await engine.run(strict, input);
    expect(run).toMatchObject({ status: 'FAILED', failure: expect.stringMatching(message) });
    expect(run.report.tasks).toEqual([]);
    expect(ran).toBe(0);
  });

  test('of a run that a schedule starts', async () => {
    const scheduleId = `strict-${engine.taskQueue}`;
    const schedule = await engine.client.schedule.create({
      scheduleId,
      spec: {},
      policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL },
      action: { type: 'startWorkflow', workflowType: strict.id, taskQueue: engine.taskQueue, workflowId: scheduleId, args: [{ conf: { mode: 'c' } }] },
    }); // prettier-ignore
    try {
      await schedule.trigger();
      const started = await until(
        async () =>
          (await callSchedule(engine.client, () => schedule.describe())).info.recentActions[0]?.action
            .workflow,
      );
      const handle = engine.client.workflow.getHandle(started.workflowId);
      await expect(handle.result()).rejects.toMatchObject({
        cause: { message: expect.stringContaining('does not fit the params') },
      });
    } finally {
      await schedule.delete();
    }
    expect(ran).toBe(0);
  });

  test('and those that fit reach the task with their defaults', async () => {
    expect(await engine.run(strict, { conf: { day: '2018-11-02' } })).toMatchObject({ status: 'COMPLETED' });
    expect(ran).toBe(1);
  });
});
