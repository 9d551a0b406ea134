import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { dag } from '../../index.js';
import type { RunReport } from '../../workflows/run-report.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { createSteeredWork } from '../support/steered-work.js';

const steered = createSteeredWork();
const { calls, failing, holding, work } = steered;

const defaultArgs = { heartbeatTimeout: '2s' } as const;

/** extract → load → check, and apart from it: other */
const nightly = dag('repair_nightly', { defaultArgs }, ({ task }) => {
  const extract = task('extract', work);
  const load = task('load', ({ args, ctx }) => work({ ctx }).then((text) => `${args.rows}, ${text}`), {
    rows: extract,
  });
  load.then(task('check', work));
  task('other', work);
});

const slow = dag(
  'repair_slow',
  { defaultArgs: { ...defaultArgs, retries: 1, retryDelay: '1h' } },
  ({ task }) => {
    task('load', work).then(task('check', work));
  },
);

const guarded = dag('repair_guarded', { defaultArgs }, ({ task }) => {
  const create = task('create', work).asSetup();
  const use = task('use', work);
  create.then(use).then(task('report', work));
  use.then(task('delete', work).asTeardown({ setups: [create] }));
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([nightly, slow, guarded]);
});
afterAll(() => engine.stop());
beforeEach(() => {
  steered.reset();
});

const stateOf = (handle: WorkflowHandle): Promise<RunReport> => handle.query<RunReport, []>('state');

async function untilTask(handle: WorkflowHandle, id: string, state: string): Promise<void> {
  await until(async () =>
    (await stateOf(handle)).tasks.some((task) => task.id === id && task.state === state),
  );
}

const update = (handle: WorkflowHandle, name: string, input?: unknown): Promise<{ done: string }> =>
  handle.executeUpdate<{ done: string }, [unknown]>(name, { args: [input] });

/** What an update was refused with. */
async function refusalOf(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof Error)) throw new Error('nothing was refused');
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Takes a closed run up again, as the commands do. */
async function takeUp(closed: WorkflowHandle, ...repairs: readonly object[]): ReturnType<typeof finishRun> {
  const restore = await closed.query('snapshot');
  const handle = await engine.client.workflow.start(nightly.id, {
    taskQueue: engine.taskQueue,
    workflowId: closed.workflowId,
    args: [{}, { $airtempo: 'launch', restore, repairs }],
  });
  return finishRun(handle);
}

describe('clearing tasks of a running run', () => {
  test('runs them and what is downstream again, with the outputs of the others', async () => {
    holding.add('other');
    failing.add('load');
    const handle = await engine.start(nightly);
    await untilTask(handle, 'load', 'failed');
    failing.clear();
    expect(await update(handle, 'clear', { taskRegex: '^load$', downstream: true })).toEqual({
      done: 'cleared 2 tasks',
      tasks: ['load', 'check'],
    });
    await untilTask(handle, 'check', 'success');
    holding.clear();
    const { states } = await finishRun(handle);
    expect(states).toEqual({ extract: 'success', load: 'success', check: 'success', other: 'success' });
    expect(Object.fromEntries(calls)).toEqual({ extract: 1, load: 2, check: 1, other: 1 });
  });

  test('stops a running task and starts it again', async () => {
    holding.add('extract');
    const handle = await engine.start(nightly);
    await until(() => calls.get('extract') === 1);
    await update(handle, 'clear', { tasks: ['extract'] });
    await until(() => calls.get('extract') === 2);
    holding.clear();
    expect((await finishRun(handle)).states).toMatchObject({ extract: 'success', check: 'success' });
  });

  test('clears a setup and a teardown with the work between them', async () => {
    holding.add('report');
    const handle = await engine.start(guarded);
    await untilTask(handle, 'use', 'success');
    await untilTask(handle, 'delete', 'success');
    await update(handle, 'clear', { tasks: ['use'] });
    await untilTask(handle, 'delete', 'success');
    holding.clear();
    await finishRun(handle);
    expect(Object.fromEntries(calls)).toEqual({ create: 2, use: 2, report: 1, delete: 2 });
  });

  test('is refused, and leaves no event, when it makes no sense', async () => {
    holding.add('extract');
    const handle = await engine.start(nightly);
    await untilTask(handle, 'extract', 'running');
    const events = (await handle.fetchHistory()).events?.length;
    expect(await refusalOf(update(handle, 'clear', { taskRegex: 'lod' }))).toContain('No task matches "lod"');
    expect(await refusalOf(update(handle, 'clear', { tasks: ['lod'] }))).toContain('names task "lod"');
    expect(await refusalOf(update(handle, 'clear', { onlyFailed: true }))).toContain('nothing to clear');
    expect(await refusalOf(update(handle, 'clear', { regex: 'x' }))).toContain('unknown key "regex"');
    expect(await refusalOf(update(handle, 'clear', 'load'))).toContain('not an object');
    const after = (await handle.fetchHistory()).events ?? [];
    expect(after.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes != null)).toBe(false);
    expect(events).toBeDefined();
    holding.clear();
    await finishRun(handle);
  });
});

describe('marking', () => {
  test('a failed task as success lets the run go on from there once its downstream is cleared', async () => {
    holding.add('other');
    failing.add('load');
    const handle = await engine.start(nightly);
    await untilTask(handle, 'check', 'upstream_failed');
    await update(handle, 'mark_task', { task: 'load', state: 'success', note: 'loaded by hand' });
    await update(handle, 'clear', { tasks: ['check'] });
    holding.clear();
    const { states, report, status } = await finishRun(handle);
    expect(states['check']).toBe('success');
    expect(status).toBe('COMPLETED');
    expect(report.tasks.find(({ id }) => id === 'load')?.message).toBe(
      'marked success by hand, was failed: loaded by hand',
    );
  });

  test('a running task stops its work', async () => {
    holding.add('extract');
    const handle = await engine.start(nightly);
    await until(() => calls.get('extract') === 1);
    await update(handle, 'mark_task', { task: 'extract', state: 'failed' });
    const { states } = await finishRun(handle);
    expect(states).toMatchObject({ extract: 'failed', load: 'upstream_failed', other: 'success' });
  });

  test('a marked task may be cleared at once, while its former work is still being stopped', async () => {
    holding.add('extract');
    const handle = await engine.start(nightly);
    await until(() => calls.get('extract') === 1);
    await update(handle, 'mark_task', { task: 'extract', state: 'failed' });
    await update(handle, 'clear', { tasks: ['extract', 'load', 'check'] });
    await until(() => calls.get('extract') === 2);
    holding.clear();
    expect((await finishRun(handle)).states).toMatchObject({ extract: 'success', check: 'success' });
  });

  test('a run ends it, with its teardowns', async () => {
    holding.add('use');
    const handle = await engine.start(guarded);
    await until(() => calls.get('use') === 1);
    await update(handle, 'mark_run', { state: 'success' });
    const { states, status } = await finishRun(handle);
    expect(states).toEqual({ create: 'success', use: 'success', report: 'skipped', delete: 'success' });
    expect(status).toBe('COMPLETED');
  });

  test('a run as failed fails it, and says who is to blame', async () => {
    holding.add('extract');
    const handle = await engine.start(nightly);
    await untilTask(handle, 'extract', 'running');
    await update(handle, 'mark_run', { state: 'failed', note: 'wrong input' });
    const { failure, status } = await finishRun(handle);
    expect(status).toBe('FAILED');
    expect(failure).toContain('marked failed by hand: wrong input');
  });
});

describe('a paused run', () => {
  test('starts nothing until it is resumed; what runs goes on', async () => {
    holding.add('extract');
    const handle = await engine.start(nightly);
    await untilTask(handle, 'extract', 'running');
    await update(handle, 'pause');
    holding.clear();
    await untilTask(handle, 'extract', 'success');
    expect(await stateOf(handle)).toMatchObject({ paused: true, state: 'running' });
    expect(calls.has('load')).toBe(false);
    await update(handle, 'resume');
    expect((await finishRun(handle)).states).toMatchObject({ check: 'success' });
  });
});

describe('retry now', () => {
  test('starts the next try of a task that would wait for an hour', async () => {
    failing.add('load');
    const handle = await engine.start(slow);
    await until(async () => {
      const { raw } = await handle.describe();
      return raw.pendingActivities?.some((pending) => pending.attempt === 2);
    });
    failing.clear();
    expect((await update(handle, 'retry_now', { task: 'load' })).done).toContain('load is tried again now');
    expect((await finishRun(handle)).states).toEqual({ load: 'success', check: 'success' });
  });

  test('is refused for a task that has no next try', async () => {
    holding.add('load');
    const handle = await engine.start(slow);
    await untilTask(handle, 'load', 'running');
    expect(await refusalOf(update(handle, 'retry_now', { task: 'check' }))).toContain('check is none');
    holding.clear();
    await finishRun(handle);
  });
});

describe('a closed run', () => {
  test('is taken up again where it failed, keeping outputs and the workflow id', async () => {
    failing.add('load');
    const first = await engine.run(nightly);
    expect(first.status).toBe('FAILED');
    failing.clear();
    const again = await takeUp(first.handle, { kind: 'clear', onlyFailed: true });
    expect(again.states).toEqual({ extract: 'success', load: 'success', check: 'success', other: 'success' });
    expect(Object.fromEntries(calls)).toEqual({ extract: 1, load: 2, check: 1, other: 1 });
    expect(again.report.run?.runId).toBe(first.report.run?.runId);
    const { memo } = await again.handle.describe();
    expect(memo?.['airtempo']).toMatchObject({ runId: first.report.run?.runId });
  });

  test('with a task marked by hand ends with the result that follows', async () => {
    failing.add('check');
    const first = await engine.run(nightly);
    const again = await takeUp(first.handle, { kind: 'mark_task', task: 'check', state: 'success' });
    expect(again.status).toBe('COMPLETED');
    expect(calls.get('check')).toBe(1);
  });

  test('that was cancelled or terminated goes on as well', async () => {
    holding.add('load');
    const handle = await engine.start(nightly);
    await untilTask(handle, 'load', 'running');
    await handle.terminate('pulled the plug');
    holding.clear();
    const again = await takeUp(handle, { kind: 'clear', tasks: ['load', 'check'] });
    expect(again.states).toMatchObject({ load: 'success', check: 'success' });
    expect(calls.get('extract')).toBe(1);
  });

  test('cannot be repaired in a way that makes no sense', async () => {
    const first = await engine.run(nightly);
    const restore = await first.handle.query('snapshot');
    const handle = await engine.client.workflow.start(nightly.id, {
      taskQueue: engine.taskQueue,
      workflowId: `${nightly.id}-${randomUUID()}`,
      args: [{}, { $airtempo: 'launch', restore, repairs: [{ kind: 'clear', tasks: ['nope'] }] }],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('names task "nope"') },
    });
  });
});
