/** Runs that start runs of other DAGs, or wait for them, on a real server. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { computeWorkflowId } from '../../core/run-ids.js';
import { cron, dag, triggerDag, waitForDag, type Dag } from '../../index.js';
import { finishRun, startEngine, until, type Engine, type FinishedRun } from '../support/engine.js';
import { createGate, untilAborted, type Gate } from './support/gate.js';

/** Ids of DAGs are unique in the server, which other suites use too. */
const suffix = Math.random().toString(36).slice(2, 8);
const POKE = { pokeInterval: '100ms' } as const;
let gate: Gate = createGate();
let seen: unknown[] = [];
let broken = false;

const worker = dag(`worker_${suffix}`, {}, ({ task }) => {
  task('work', async ({ ctx }) => {
    seen.push(ctx.conf);
    if (ctx.conf['fail'] === true) throw new Error('no space left');
    if (ctx.conf['wait'] === true) await Promise.race([gate.pass(), untilAborted(ctx.signal)]);
  }, {}, { heartbeatTimeout: '1s' }); // prettier-ignore
});

const hourly = dag(`hourly_${suffix}`, { schedule: cron('@hourly') }, ({ task }) => {
  task('extract', () => 1).then(
    task('load', () => {
      if (broken) throw new Error('broken');
    }),
  );
});

const starts = dag(`starts_${suffix}`, {}, ({ task }) => {
  task('go', triggerDag, { dagId: worker.id, conf: ({ conf }) => conf });
});

const runs = dag(`runs_${suffix}`, {}, ({ task }) => {
  const args = { dagId: worker.id, conf: ({ conf }: { conf: object }) => ({ ...conf }), wait: true };
  task('go', triggerDag, args, { ...POKE, heartbeatTimeout: '1s' });
});

const dated = dag(`dated_${suffix}`, {}, ({ task }) => {
  task('go', triggerDag, {
    dagId: hourly.id,
    logicalDate: '2018-11-01T05:00:00Z',
    wait: true,
    resetDagRun: ({ conf }) => conf['reset'] === true,
  }, POKE); // prettier-ignore
});

const unknown = dag(`unknown_${suffix}`, {}, ({ task }) => {
  task('go', triggerDag, { dagId: `workr_${suffix}` });
});

const daily = dag(`daily_${suffix}`, { schedule: cron('0 3 * * *') }, ({ task }) => {
  task('wait', waitForDag, {
    dagId: hourly.id,
    interval: ({ logicalDate }) => [logicalDate.toISOString(), new Date(logicalDate.getTime() + 3 * 3_600_000).toISOString()] as const,
    failedStates: ({ conf }) => (conf['strict'] === true ? ['failed'] : []),
  }, POKE); // prettier-ignore
  task('wait_task', waitForDag, { dagId: hourly.id, taskId: 'extract', interval: ['2018-11-05T00:00:00Z', '2018-11-05T01:00:00Z'] }, { ...POKE, timeout: '2s', softFail: true }); // prettier-ignore
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([worker, hourly, starts, runs, dated, unknown, daily]);
});
afterAll(() => engine.stop());
beforeEach(() => {
  gate = createGate();
  seen = [];
  broken = false;
});

const outputOf = async (run: FinishedRun): Promise<Readonly<Record<string, unknown>>> => {
  const events = (await run.handle.fetchHistory()).events ?? [];
  const payload = events
    .flatMap((event) => event.activityTaskCompletedEventAttributes?.result?.payloads ?? [])
    .at(-1);
  return (JSON.parse(Buffer.from(payload?.data ?? []).toString()) as { output: Record<string, unknown> })
    .output;
};

const messageOf = (run: FinishedRun): string | undefined => run.report.tasks[0]?.message;

async function lastFailure(handle: WorkflowHandle): Promise<string | undefined> {
  return (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure?.message ?? undefined;
}

/** Runs the hourly DAG for an hour, as its schedule would. */
async function runHour(hour: string, each: Dag = hourly): Promise<FinishedRun> {
  const logicalDate = `${hour}:00:00Z`;
  const handle = await engine.client.workflow.start(each.id, {
    taskQueue: engine.taskQueue,
    workflowId: computeWorkflowId(each, new Date(logicalDate)),
    args: [{ logicalDate }],
  });
  return finishRun(handle);
}

describe('triggering a DAG', () => {
  test('starts a run with its conf, and does not wait for it', async () => {
    const run = await engine.run(starts, { conf: { wait: true, day: 1 } });
    expect(run.states).toEqual({ go: 'success' });
    const { workflowId, state } = await outputOf(run);
    expect(state).toBe('running');
    expect(workflowId).toMatch(new RegExp(`^worker_${suffix}-manual-\\d{4}-.*Z-[0-9a-f]{12}$`));
    await until(() => seen.length === 1);
    gate.open();
    expect(await finishRun(engine.client.workflow.getHandle(String(workflowId)))).toMatchObject({
      status: 'COMPLETED',
    });
    expect(seen).toEqual([{ wait: true, day: 1 }]);
  });

  test('waits for its end, over as many pokes as it takes, and starts it once', async () => {
    const handle = await engine.start(runs, { conf: { wait: true } });
    await until(async () => (await lastFailure(handle))?.endsWith('is running'));
    gate.open();
    const run = await finishRun(handle);
    expect(run.states).toEqual({ go: 'success' });
    expect(await outputOf(run)).toMatchObject({
      state: 'success',
      runId: expect.stringMatching(/^manual__/),
    });
    expect(seen).toHaveLength(1);
  });

  test('fails with the words of the run that failed', async () => {
    const run = await engine.run(runs, { conf: { fail: true } });
    expect(messageOf(run)).toMatch(
      /^run worker_.* ended as failed: DAG worker_.* Failed: work \(no space left\)/,
    );
    expect(seen).toHaveLength(1);
  });

  test('cancels the run that it waits for when it is cancelled itself', async () => {
    const handle = await engine.start(runs, { conf: { wait: true } });
    const failure = await until(() => lastFailure(handle));
    const [, workflowId = ''] = /^run (\S+) of DAG/.exec(failure) ?? [];
    await handle.cancel();
    expect(await finishRun(handle)).toMatchObject({ status: 'CANCELLED', states: { go: 'failed' } });
    const other = engine.client.workflow.getHandle(workflowId);
    expect((await finishRun(other)).status).toBe('CANCELLED');
  });

  test('runs a date once, unless told to run it again', async () => {
    expect((await engine.run(dated)).states).toEqual({ go: 'success' });
    const again = await engine.run(dated);
    expect(messageOf(again)).toMatch(
      /has a run for 2018-11-01T05:00:00.000Z already: hourly_.*-2018-11-01T06:00:00Z, which is success\. Say resetDagRun: true/,
    );
    expect((await engine.run(dated, { conf: { reset: true } })).states).toEqual({ go: 'success' });
  });

  test('names the DAG that there is not, and one like it', async () => {
    expect(messageOf(await engine.run(unknown))).toMatch(
      new RegExp(`There is no DAG "workr_${suffix}".*worker_${suffix}`),
    );
  });
});

describe('waiting for a DAG', () => {
  test('ends once its runs cover the interval together, and says which part is missing', async () => {
    await runHour('2018-11-03T03');
    const handle = await engine.start(daily, { logicalDate: '2018-11-03T03:00:00Z' });
    await until(async () =>
      (await lastFailure(handle))?.includes(
        'has not covered 2018-11-03T04:00:00Z to 2018-11-03T06:00:00Z: no run of it is known there',
      ),
    );
    broken = true;
    await runHour('2018-11-03T04');
    await until(async () =>
      (await lastFailure(handle))?.includes('hourly_' + suffix + '-2018-11-03T05:00:00Z is failed'),
    );
    broken = false;
    await runHour('2018-11-03T05');
    await runHour('2018-11-03T04'); // repaired
    expect((await finishRun(handle)).states).toMatchObject({ wait: 'success' });
  });

  test('fails at once for a state that failedStates names', async () => {
    broken = true;
    await runHour('2018-11-04T03');
    const run = await engine.run(daily, { logicalDate: '2018-11-04T03:00:00Z', conf: { strict: true } });
    expect(messageOf(run)).toMatch(
      /^DAG hourly_.* is failed in run hourly_.*-2018-11-04T04:00:00Z, and failedStates says so$/,
    );
  });

  test('may be for one task, whatever becomes of the run', async () => {
    broken = true;
    await runHour('2018-11-05T00');
    const run = await engine.run(daily, { logicalDate: '2018-11-04T03:00:00Z', conf: { strict: true } });
    expect(run.states).toMatchObject({ wait_task: 'success' });
  });
});
