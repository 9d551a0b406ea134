import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import { approval, cron, dag, latestOnly } from '../../index.js';
import type { RunReport } from '../../workflows/run-report.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';

const branching = dag('shape_branch', {}, ({ task, branch, group }) => {
  const pick = branch('pick', ({ ctx }) => {
    const { to } = ctx.conf as { readonly to: string | string[] | null };
    return to === 'by reference' ? weekly.id : to;
  });
  const daily = task('daily', () => 'daily');
  const weekly = task('weekly', () => 'weekly');
  const extras = group('extras', ({ task }) => {
    task('one', () => null);
    task('two', () => null);
  });
  const join = task('join', () => null, {}, { triggerRule: 'none_failed_min_one_success' });
  pick.then(daily, weekly, extras).then(join);
  join.then(task('followed', ({ args }) => args.ids, { ids: pick }));
});

const circuits = dag('shape_circuit', {}, ({ task, shortCircuit }) => {
  const all = shortCircuit('all', ({ ctx }) => ctx.conf['rows']);
  all.then(task('work', () => null)).then(task('report', () => null, {}, { triggerRule: 'all_done' }));
  const direct = shortCircuit(
    'direct',
    ({ ctx }) => ctx.conf['rows'],
    {},
    { ignoreDownstreamTriggerRules: false },
  );
  direct.then(task('work_2', () => null)).then(task('report_2', () => null, {}, { triggerRule: 'all_done' }));
});

const latest = dag('shape_latest', { schedule: cron('@daily') }, ({ task }) => {
  task('only', latestOnly).then(task('publish', () => null));
});

const publish = dag('shape_approval', { maxActiveTasks: 1 }, ({ task }) => {
  const ask = task('ask', approval, { message: 'Publish the report?' });
  const report = task('publish', ({ args }) => `published, says ${args.decision.by}`, { decision: ask });
  report.then(task('end', () => null));
  const strict = task('strict', approval, { onReject: 'fail' });
  strict.then(task('never', () => null));
  task('meanwhile', () => null);
});

const impatient = dag('shape_impatient', {}, ({ task }) => {
  task('ask', approval, {}, { executionTimeout: '1s' });
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([branching, circuits, latest, publish, impatient]);
});
afterAll(() => engine.stop());

describe('a branch', () => {
  const runTo = (to: unknown): ReturnType<Engine['run']> => engine.run(branching, { conf: { to } });

  test('runs the task that it names and skips the others', async () => {
    const { states } = await runTo('daily');
    expect(states).toEqual({
      pick: 'success',
      daily: 'success',
      weekly: 'skipped',
      'extras.one': 'skipped',
      'extras.two': 'skipped',
      join: 'success',
      followed: 'success',
    });
  });

  test('may name several, a group, or a task by its reference', async () => {
    expect((await runTo(['daily', 'extras'])).states).toMatchObject({
      daily: 'success',
      weekly: 'skipped',
      'extras.one': 'success',
    });
    expect((await runTo('by reference')).states).toMatchObject({ daily: 'skipped', weekly: 'success' });
  });

  test('that follows nothing skips all', async () => {
    expect((await runTo(null)).states).toMatchObject({
      daily: 'skipped',
      join: 'skipped',
      followed: 'skipped',
    });
  });

  test('to a task that is not right after it fails, and says so', async () => {
    const { states, failure } = await runTo('join');
    expect(states['pick']).toBe('failed');
    expect(failure).toContain('it follows "join", which is not directly downstream of it');
  });

  test('that returns something else fails', async () => {
    const { failure } = await runTo([7]);
    expect(failure).toContain('The branch returned 7');
  });
});

describe('a short circuit', () => {
  test('lets the run go on when its handler returns something', async () => {
    const { states } = await engine.run(circuits, { conf: { rows: [1] } });
    expect(Object.values(states)).toEqual(Array.from({ length: 6 }, () => 'success'));
  });

  test('skips all that is below, or leaves that to the trigger rules', async () => {
    const { states } = await engine.run(circuits, { conf: { rows: [] } }); // an empty list is false, as in Python
    expect(states).toEqual({
      all: 'success',
      work: 'skipped',
      report: 'skipped',
      direct: 'success',
      work_2: 'skipped',
      report_2: 'success',
    });
  });
});

describe('latestOnly', () => {
  const statesOf = async (
    logicalDate: string,
    launch?: object,
  ): Promise<Readonly<Record<string, string>>> => {
    const handle = await engine.client.workflow.start(latest.id, {
      taskQueue: engine.taskQueue,
      workflowId: `${latest.id}-${logicalDate}-${launch === undefined ? 'manual' : 'backfill'}`,
      args: launch === undefined ? [{ logicalDate }] : [{ logicalDate }, launch],
    });
    return (await finishRun(handle)).states;
  };
  const backfill = { $airtempo: 'launch', runType: 'backfill' };

  test('skips what follows in a run of the past', async () => {
    expect(await statesOf('2018-11-01', backfill)).toEqual({ only: 'success', publish: 'skipped' });
  });

  test('lets the latest run go on', async () => {
    const yesterday = new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
    expect(await statesOf(yesterday, backfill)).toEqual({ only: 'success', publish: 'success' });
  });

  test('lets a run go on that was started by hand', async () => {
    expect(await statesOf('2018-11-01')).toEqual({ only: 'success', publish: 'success' });
  });
});

/** What a run's history keeps of its approvals: who decided, and why. */
async function decisionsIn(handle: WorkflowHandle): Promise<readonly unknown[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).flatMap((event) => {
    const request = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest;
    const payloads = request?.input?.args?.payloads ?? [];
    return payloads.map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()) as unknown);
  });
}

describe('an approval', () => {
  const decide = (
    handle: WorkflowHandle,
    task: string,
    approved: boolean,
    comment?: string,
  ): Promise<unknown> =>
    handle.executeUpdate<unknown, [object]>('approve', {
      args: [{ task, approved, by: 'Ada', ...(comment === undefined ? {} : { comment }) }],
    });
  const untilAsked = (handle: WorkflowHandle): Promise<unknown> =>
    until(async () => {
      const { tasks } = await handle.query<RunReport, []>('state');
      const waiting = tasks.filter(({ operator, state }) => operator === 'approval' && state === 'running');
      return waiting.length === 2 && tasks.find(({ id }) => id === 'meanwhile')?.state === 'success';
    });

  test('waits without a slot, and hands the decision on', async () => {
    const handle = await engine.start(publish);
    await untilAsked(handle); // with one slot, and "meanwhile" done
    await decide(handle, 'ask', true, 'looks right');
    await decide(handle, 'strict', true);
    const { states } = await finishRun(handle);
    expect(states).toMatchObject({ ask: 'success', publish: 'success', end: 'success', never: 'success' });
    expect(await decisionsIn(handle)).toContainEqual({
      task: 'ask',
      approved: true,
      by: 'Ada',
      comment: 'looks right',
    });
  });

  test('that is rejected skips what follows, or fails', async () => {
    const handle = await engine.start(publish);
    await untilAsked(handle);
    await decide(handle, 'ask', false);
    await decide(handle, 'strict', false, 'too early');
    const { states, failure } = await finishRun(handle);
    expect(states).toMatchObject({
      ask: 'success',
      publish: 'skipped',
      strict: 'failed',
      never: 'upstream_failed',
    });
    expect(failure).toContain('rejected by Ada: too early');
  });

  test('can be given once, and only to a task that waits for it', async () => {
    const handle = await engine.start(publish);
    await untilAsked(handle);
    await decide(handle, 'ask', true);
    await expect(decide(handle, 'ask', false)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Task ask waits for no decision: it is success') },
    });
    await handle.cancel();
    expect((await finishRun(handle)).states['strict']).toBe('failed');
  });

  test('fails when nobody decides in time', async () => {
    expect((await engine.run(impatient)).failure).toContain('nobody decided within executionTimeout');
  });
});
