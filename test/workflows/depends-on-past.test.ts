/** Tasks that wait for the previous run, by logical date, however the two runs were started. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ScheduleOverlapPolicy, type WorkflowHandle } from '@temporalio/client';
import { dag } from '../../core/dag.js';
import type { Dag } from '../../core/dag.js';
import { cron } from '../../core/timetable.js';
import { skip } from '../../core/outcome.js';
import type { RunReport } from '../../workflows/run-report.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { startDay } from './support/start-day.js';
import { createGate, type Gate } from './support/gate.js';
import { fetchEvents, scheduledActivities } from './support/history.js';

const NIGHTLY = { schedule: cron('0 0 * * *') };
const PAST = { dependsOnPast: true } as const;

/** Days on which `load` fails, and what was run, as `<dag> <task> <day>`. */
const badDays = new Set<string>();
const journal: string[] = [];
const note = ({ ctx }: { readonly ctx: { readonly dagId: string; taskId: string; ds: string } }): void => {
  journal.push(`${ctx.dagId} ${ctx.taskId} ${ctx.ds}`);
  if (ctx.taskId === 'load' && badDays.has(`${ctx.dagId} ${ctx.ds}`)) throw new Error('bad day');
};

/** extract > load > check; `load` depends on the past. */
function nightly(id: string, options: Partial<Parameters<typeof dag>[1]> = {}): Dag {
  return dag(id, { ...NIGHTLY, ...options }, ({ task }) => {
    const extract = task('extract', note);
    extract.then(task('load', note, {}, PAST)).then(task('check', note));
  });
}

const repaired = nightly('past_repaired');
const hands = nightly('past_hands');
const byHandDag = nightly('past_by_hand');
const catchingUp = nightly('past_catchup', { catchup: true, startDate: '2018-11-01' });
const terminated = nightly('past_terminated');
const cancelled = nightly('past_cancelled');
const scheduled = nightly('past_scheduled');
const skipping = dag('past_skipping', NIGHTLY, ({ task }) => {
  task('load', () => skip('no data'), {}, PAST);
});
const plain = dag('past_plain', NIGHTLY, ({ task }) => {
  task('load', note);
});

let gate: Gate = createGate();
const overlapping = dag('past_overlapping', NIGHTLY, ({ task }) => {
  const first = task(
    'first',
    async (input) => {
      if (input.ctx.ds === '2018-11-01') await gate.pass();
      note(input);
    },
    {},
    PAST,
  );
  first.then(task('second', note, {}, PAST));
});
const downstream = dag('past_downstream', NIGHTLY, ({ task }) => {
  const load = task('load', note, {}, { waitForDownstream: true });
  load.then(
    task('check', async (input) => {
      if (input.ctx.ds === '2018-11-01') await gate.pass();
      note(input);
    }),
  );
});
const grownBefore = dag('past_grown', NIGHTLY, ({ task }) => {
  task('old', note, {}, PAST);
});
const grown = dag('past_grown', NIGHTLY, ({ task }) => {
  task('old', note, {}, PAST);
  task('new', note, {}, PAST);
});
const strict = dag('past_strict', NIGHTLY, ({ task }) => {
  task('new', note, {}, { ...PAST, ignoreFirstDependsOnPast: false });
});
const strictBefore = dag('past_strict', NIGHTLY, ({ task }) => {
  task('old', note);
});

const DAGS = [
  repaired,
  hands,
  byHandDag,
  catchingUp,
  terminated,
  cancelled,
  scheduled,
  skipping,
  plain,
  overlapping,
  downstream,
];

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([...DAGS, grownBefore, strictBefore]);
});
afterAll(() => engine.stop());

async function statesOf(handle: WorkflowHandle): Promise<Readonly<Record<string, string>>> {
  const report = await handle.query<RunReport, []>('state');
  return Object.fromEntries(report.tasks.map(({ id, state }) => [id, state]));
}

/** Waits until the run has been told why it waits; returns what it was told. */
async function waitingReason(handle: WorkflowHandle): Promise<string> {
  return until(async () => {
    const { raw } = await handle.describe();
    const asking = raw.pendingActivities?.find(({ activityId }) => activityId?.startsWith('$past'));
    return asking?.lastFailure?.message ?? undefined;
  });
}

describe('a failed past', () => {
  test('holds the task, and only the task, until the previous run is repaired', async () => {
    badDays.add('past_repaired 2018-11-01');
    const first = await finishRun(await startDay(engine, repaired, '2018-11-01'));
    expect(first.states).toEqual({ extract: 'success', load: 'failed', check: 'upstream_failed' });

    const second = await startDay(engine, repaired, '2018-11-02');
    expect(await waitingReason(second)).toBe(
      'Waits for the previous run, manual__2018-11-01T00:00:00+00:00 (past_repaired-2018-11-02T00:00:00Z): load is failed.',
    );
    expect(await statesOf(second)).toEqual({ extract: 'success', load: 'none', check: 'none' });

    badDays.clear();
    await engine.redeploy([...DAGS, grownBefore, strictBefore]); // a wait outlives its worker
    expect((await finishRun(await startDay(engine, repaired, '2018-11-01'))).failure).toBeUndefined();
    expect((await finishRun(second)).states).toEqual({
      extract: 'success',
      load: 'success',
      check: 'success',
    });
    const loads = journal.filter((entry) => entry.startsWith('past_repaired load'));
    expect(loads.map((entry) => entry.slice(-2))).toEqual(['01', '01', '02']);
  });

  test('leaves no trace in the history of a run that waits, however long it does', async () => {
    badDays.add('past_hands 2018-11-01');
    await finishRun(await startDay(engine, hands, '2018-11-01'));
    const waiting = await startDay(engine, hands, '2018-11-02');
    await waitingReason(waiting);
    const { historyLength } = await waiting.describe();
    await until(async () => {
      const { raw } = await waiting.describe();
      return (raw.pendingActivities?.find(({ activityId }) => activityId === '$past')?.attempt ?? 0) >= 3;
    });
    expect((await waiting.describe()).historyLength).toBe(historyLength);
    expect((await fetchEvents(waiting)).some((event) => event.activityTaskFailedEventAttributes)).toBe(false);
    await waiting.terminate();
  });
});

describe('the previous run', () => {
  test('is not there for the first run, nor does the first of a backfill ask for it', async () => {
    const first = await finishRun(await startDay(engine, skipping, '2018-11-05'));
    expect(first.states).toEqual({ load: 'skipped' });
    badDays.add('past_catchup 2018-11-03');
    await finishRun(await startDay(engine, catchingUp, '2018-11-03', { runType: 'backfill' }));
    const backfill = await startDay(engine, catchingUp, '2018-11-04', {
      runType: 'backfill',
      ignoreFirstDependsOnPast: true,
    });
    expect((await finishRun(backfill)).failure).toBeUndefined();
    expect(
      scheduledActivities(await fetchEvents(backfill)).map(({ activityType }) => activityType),
    ).not.toContain('wait_for_past');
  });

  test('that skipped the task lets it start', async () => {
    const second = await finishRun(await startDay(engine, skipping, '2018-11-06'));
    expect(second.failure).toBeUndefined();
  });

  test('may have been started by hand under any id', async () => {
    badDays.add('past_by_hand 2018-11-11');
    const byHand = await engine.run(byHandDag, { logicalDate: '2018-11-11' });
    expect(byHand.states['load']).toBe('failed');
    const next = await startDay(engine, byHandDag, '2018-11-12');
    expect(await waitingReason(next)).toContain(`(${byHand.handle.workflowId}): load is failed`);
    // whoever repairs the date under another id repairs it all the same
    badDays.delete('past_by_hand 2018-11-11');
    await engine.run(byHandDag, { logicalDate: '2018-11-11' });
    expect((await finishRun(next)).failure).toBeUndefined();
  });

  test('does not count when it was started by hand and the DAG catches up', async () => {
    badDays.add('past_catchup 2018-11-05');
    const byHand = await engine.run(catchingUp, { logicalDate: '2018-11-05' });
    expect(byHand.states['load']).toBe('failed');
    expect((await finishRun(await startDay(engine, catchingUp, '2018-11-06'))).failure).toBeUndefined();
  });

  test('that was terminated holds the task', async () => {
    gate = createGate();
    badDays.add('past_terminated 2018-11-01');
    const first = await startDay(engine, terminated, '2018-11-01');
    await finishRun(first);
    const second = await startDay(engine, terminated, '2018-11-02');
    await waitingReason(second);
    await second.terminate('by an operator');
    const third = await startDay(engine, terminated, '2018-11-03');
    expect(await waitingReason(third)).toMatch(/past_terminated-2018-11-03T00:00:00Z\): load is not started/);
    await third.terminate();
  });

  test('may be running: each task follows its own past, in order', async () => {
    gate = createGate();
    const first = await startDay(engine, overlapping, '2018-11-01');
    await gate.reached;
    const second = await startDay(engine, overlapping, '2018-11-02');
    const third = await startDay(engine, overlapping, '2018-11-03');
    expect(await waitingReason(second)).toMatch(/first is running; second is not started\.$/);
    gate.open();
    for (const handle of [first, second, third]) expect((await finishRun(handle)).failure).toBeUndefined();
    const order = journal.filter((entry) => entry.startsWith('past_overlapping'));
    for (const taskId of ['first', 'second']) {
      expect(order.filter((entry) => entry.includes(` ${taskId} `)).map((entry) => entry.slice(-2))).toEqual([
        '01',
        '02',
        '03',
      ]);
    }
  });

  test('with waitForDownstream: the tasks right below count too', async () => {
    gate = createGate();
    const first = await startDay(engine, downstream, '2018-11-01');
    await gate.reached;
    const second = await startDay(engine, downstream, '2018-11-02');
    expect(await waitingReason(second)).toMatch(/check, right below load, is running\.$/);
    gate.open();
    await finishRun(first);
    expect((await finishRun(second)).failure).toBeUndefined();
  });
});

test('runs that a schedule made wait for one another', async () => {
  badDays.add('past_scheduled 2018-11-01');
  const schedule = await engine.client.schedule.create({
    scheduleId: scheduled.id,
    spec: { cronExpressions: ['0 0 * * *'] },
    state: { paused: true },
    action: {
      type: 'startWorkflow',
      workflowType: scheduled.id,
      workflowId: scheduled.id,
      taskQueue: engine.taskQueue,
    },
  });
  await schedule.backfill({
    start: new Date('2018-11-01T23:30:00Z'),
    end: new Date('2018-11-03T00:30:00Z'),
    overlap: ScheduleOverlapPolicy.ALLOW_ALL,
  });
  const [first, second] = ['2018-11-02', '2018-11-03'].map((day) =>
    engine.client.workflow.getHandle(`past_scheduled-${day}T00:00:00Z`),
  ) as [WorkflowHandle, WorkflowHandle];
  await until(() =>
    second.describe().then(
      () => true,
      () => undefined,
    ),
  );
  expect(await waitingReason(second)).toMatch(
    /scheduled__2018-11-01T00:00:00\+00:00.*load is (running|failed|not started)/,
  );
  badDays.delete('past_scheduled 2018-11-01');
  await first.result().catch(() => undefined);
  await startDay(engine, scheduled, '2018-11-01');
  expect((await finishRun(second)).report.run?.runType).toBe('scheduled');
  await schedule.delete();
});

test('a run that waits can be cancelled', async () => {
  badDays.add('past_cancelled 2018-11-01');
  await finishRun(await startDay(engine, cancelled, '2018-11-01'));
  const waiting = await startDay(engine, cancelled, '2018-11-02');
  await waitingReason(waiting);
  await waiting.cancel();
  const run = await finishRun(waiting);
  expect(run.status).toBe('CANCELLED');
  expect(run.states).toEqual({ extract: 'success', load: 'skipped', check: 'skipped' });
});

test('a task that is new in its DAG starts, unless it is told to wait', async () => {
  await finishRun(await startDay(engine, grownBefore, '2018-11-01'));
  await finishRun(await startDay(engine, strictBefore, '2018-11-01'));
  await engine.redeploy([...DAGS, grown, strict]);
  expect((await finishRun(await startDay(engine, grown, '2018-11-02'))).states).toEqual({
    old: 'success',
    new: 'success',
  });

  const waiting = await startDay(engine, strict, '2018-11-02');
  expect(await waitingReason(waiting)).toMatch(/: new is not part of it\.$/);
  await waiting.terminate();
});

test('a task that the previous run lacks, but an earlier one had, waits', async () => {
  await finishRun(await startDay(engine, grown, '2018-11-03', { tasks: ['old'] }));
  const waiting = await startDay(engine, grown, '2018-11-04');
  expect(await waitingReason(waiting)).toMatch(/: new is not part of it\.$/);
  await until(async () => (await statesOf(waiting))['old'] === 'success');
  await waiting.terminate();
});

test('a DAG without such tasks asks nothing', async () => {
  const { handle } = await engine.run(plain, { logicalDate: '2018-11-01' });
  expect(scheduledActivities(await fetchEvents(handle)).map(({ activityId }) => activityId)).toEqual([
    'load',
  ]);
});
