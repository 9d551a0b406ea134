/** Callbacks of tasks and runs: whom they tell of what, and that they change nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallbackEvent } from '../../index.js';
import {
  dag,
  empty,
  fail,
  logNotice,
  mail,
  notifier,
  notYet,
  sensor,
  skip,
  webhook,
  type Callback,
} from '../../index.js';
import { finishRun, startEngine, until, type Engine } from '../support/engine.js';
import { startHttpReceiver, type HttpReceiver } from '../support/http-receiver.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';
import { fetchEvents, scheduledActivities } from './support/history.js';
import { createGate, untilAborted } from './support/gate.js';

const events: CallbackEvent[] = [];
const note: Callback = ({ event }) => void events.push(event);
const all = { onSuccess: note, onFailure: note, onRetry: note, onSkipped: note } as const;

/** What has been told of a run's DAG, as `task:event`. */
function toldOf(dagId: string): readonly string[] {
  return events
    .filter((event) => event.dagId === dagId)
    .map(({ taskId = '', event }) => `${taskId}:${event}`);
}

const boom = (): never => {
  throw new Error('no luck');
};

const mixed = dag('mixed', { defaultArgs: { ...all }, onSuccess: note, onFailure: note }, ({ task }) => {
  const fails = task('fails', boom);
  fails.then(task('below', () => 1)).then(task('unconcerned', () => 1, {}, { triggerRule: 'all_success' }));
  fails.then(task('on_the_way', () => 1, {}, { triggerRule: 'all_done' }));
  const skips = task('skips', () => skip('no data'));
  skips.then(task('skipped_by_rule', () => 1));
  task('joint', empty);
  task('silent', () => 1, {}, { onSuccess: [] });
});
const good = dag('good', { onSuccess: note, onFailure: note }, ({ task }) => {
  task('only', () => 1);
});
let tries = 0;
const retried = dag('retried', { defaultArgs: { ...all, retries: 2, retryDelay: '50ms' } }, ({ task }) => {
  task('load', () => ((tries += 1) < 3 ? boom() : 1));
});

let pages = 0;
const broken = dag('broken', { onFailure: [() => { pages += 1;
        throw new Error('the pager is down'); }, note] }, ({ task }) => {
  task('only', () => 1, {}, { onSuccess: [() => fail('not like this'), note] });
  task('fails', boom);
}); // prettier-ignore

let pokes = 0;
const poll = sensor('poll_for_callbacks', () => {
  pokes += 1;
  if (pokes === 2) return boom();
  return pokes < 5 ? notYet('still nothing') : 'there';
});
const sensing = dag('sensing', { defaultArgs: { ...all } }, ({ task }) => {
  task('wait', poll, {}, { pokeInterval: '20ms', retries: 2, retryDelay: '20ms' });
});

const repaired = dag('repaired', { defaultArgs: { onFailure: note }, onSuccess: note, onFailure: note }, ({ task }) => {
  task('fails', boom);
  task('waits', ({ ctx }) => untilAborted(ctx.signal), {}, { heartbeatTimeout: '1s' });
}); // prettier-ignore
const slowPager = createGate();
let onlyRuns = 0;
const reopened = dag('reopened', {}, ({ task }) => {
  task('only', () => (onlyRuns += 1), {}, { onSuccess: () => slowPager.pass() });
});

const stopped = dag('stopped', { onFailure: note, onSuccess: note, dagrunTimeout: '1s' }, ({ task }) => {
  task('wait', ({ ctx }) => untilAborted(ctx.signal), {}, { heartbeatTimeout: '1s' });
});
const cancelled = dag('cancelled', { onFailure: note, onSuccess: note }, ({ task }) => {
  task('wait', ({ ctx }) => untilAborted(ctx.signal), {}, { heartbeatTimeout: '1s', onFailure: note });
});

const gate = createGate();
const late = dag('late', { deadline: '300ms', onDeadlineMissed: note, onSuccess: note }, ({ task }) => {
  const deadline = { deadline: '300ms', onDeadlineMissed: note } as const;
  task('quick', () => 1, {}, deadline).then(
    task('slow', () => gate.pass(), {}, deadline),
    task('free', () => 1),
  );
});
const inTime = dag('in_time', { deadline: '1h', onDeadlineMissed: note }, ({ task }) => {
  task('only', () => 1);
});
const byDate = dag(
  'by_date',
  { deadline: { from: 'interval_end', within: '2h' }, onDeadlineMissed: note },
  ({ task }) => {
    task('only', () => 1);
  },
);

const told = dag(
  'told',
  {
    onFailure: [
      mail({ connId: 'smtp', to: ['night@example.com', 'data@example.com'] }),
      webhook({
        connId: 'slack',
        text: ({ event }) => `${event.dagId} is ${event.state}`,
        body: { channel: '#data' },
      }),
      logNotice(),
    ],
  },
  ({ task }) => {
    task('load', async ({ ctx }) => {
      const { password } = await ctx.connection('smtp');
      throw new Error(`the password ${password ?? ''} is wrong`);
    }, {}, { onFailure: webhook({ connId: 'slack' }) }); // prettier-ignore
  },
);

const secretive = notifier('leaks', async ({ ctx }) => {
  const { password } = await ctx.connection('smtp');
  fail(`cannot sign in with ${password ?? ''}`); // no further try: the test would wait for it
});
const leaking = dag('leaking', { onSuccess: secretive() }, ({ task }) => {
  task('only', () => 1);
});

let engine: Engine;
let smtp: MailServer;
let hook: HttpReceiver;
beforeAll(async () => {
  smtp = await startMailServer();
  hook = await startHttpReceiver();
  const { hostname, port } = new URL(hook.url);
  engine = await startEngine(
    [mixed, good, retried, sensing, broken, repaired, reopened, stopped, cancelled, late, inTime, byDate, told, leaking],
    [
      smtp.connection('smtp'),
      { id: 'slack', type: 'slackwebhook', host: `http://${hostname}`, port: Number(port), password: 'T0/B0/secret-token', extra: {} },
    ],
  ); // prettier-ignore
});
afterAll(async () => {
  await engine.stop();
  await smtp.stop();
  await hook.stop();
});

describe('callbacks', () => {
  test('are called for what a task did itself, and for the run', async () => {
    const run = await engine.run(mixed);
    expect(run.status).toBe('FAILED');
    expect(toldOf('mixed').toSorted()).toEqual([
      ':on_failure',
      'fails:on_failure',
      'joint:on_success',
      'on_the_way:on_success',
      'skips:on_skipped',
    ]);
    const { runId } = run.report.run ?? {};
    const failure = events.find(({ dagId, taskId }) => dagId === 'mixed' && taskId === 'fails');
    expect(failure).toMatchObject({ kind: 'task', runId, state: 'failed', reason: 'no luck', tryNumber: 1 });
    expect(failure?.dataInterval.start).toBeInstanceOf(Date);
    expect(events.find(({ dagId, kind }) => dagId === 'mixed' && kind === 'dag')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('fails (no luck)'),
    });
    expect(events.find(({ taskId }) => taskId === 'skips')).toMatchObject({
      state: 'skipped',
      reason: 'no data',
    });
  });

  test('of a run that succeeds are those of success', async () => {
    expect(await engine.run(good)).toMatchObject({ status: 'COMPLETED' });
    expect(toldOf('good')).toEqual([':on_success']);
  });

  test('are activities with an id, a type and a summary that say what they are', async () => {
    const { handle } = await engine.run(good);
    const activities = scheduledActivities(await fetchEvents(handle));
    expect(activities.find(({ activityType }) => activityType === 'notify')).toMatchObject({
      activityId: ':on_success',
      summary: 'good · on_success · inline',
    });
  });

  test('tell before each further try why the former one failed', async () => {
    expect(await engine.run(retried)).toMatchObject({ states: { load: 'success' } });
    expect(toldOf('retried')).toEqual(['load:on_retry', 'load:on_retry', 'load:on_success']);
    expect(events.filter(({ dagId }) => dagId === 'retried')).toEqual([
      expect.objectContaining({ state: 'up_for_retry', tryNumber: 1, reason: 'no luck' }),
      expect.objectContaining({ state: 'up_for_retry', tryNumber: 2, reason: 'no luck' }),
      expect.objectContaining({ state: 'success', tryNumber: 3 }),
    ]);
  });

  test('tell of an error of a sensor, and not of each poke that finds nothing', async () => {
    expect(await engine.run(sensing)).toMatchObject({ states: { wait: 'success' } });
    expect(pokes).toBe(5);
    expect(toldOf('sensing')).toEqual(['wait:on_retry', 'wait:on_success']);
    expect(events.find(({ dagId }) => dagId === 'sensing')).toMatchObject({
      tryNumber: 1,
      reason: 'no luck',
    });
  });

  test('that fail change nothing but a note in the report, and do not keep the others from being called', async () => {
    const run = await engine.run(broken);
    expect(run.states).toEqual({ only: 'success', fails: 'failed' });
    expect(run.failure).toContain('1 of 2 tasks failed');
    expect(pages).toBe(4); // three further tries
    expect(toldOf('broken').toSorted()).toEqual([':on_failure', 'only:on_success']);
    expect(run.report.callbackFailures).toEqual([
      { callback: 'only:on_success (inline)', message: 'not like this' },
      { callback: ':on_failure (inline)', message: 'the pager is down' },
    ]);
  });

  test('tell of a run that took too long, and of one that was cancelled, as failed', async () => {
    await engine.run(stopped);
    expect(toldOf('stopped')).toEqual([':on_failure']);
    expect(events.find(({ dagId }) => dagId === 'stopped')?.reason).toContain(
      'took longer than dagrunTimeout',
    );
    const handle = await engine.start(cancelled);
    await until(
      async () => (await handle.query<{ counts: { running?: number } }, []>('state')).counts.running === 1,
    );
    await handle.cancel();
    expect(await finishRun(handle)).toMatchObject({ status: 'CANCELLED' });
    expect(toldOf('cancelled').toSorted()).toEqual([':on_failure', 'wait:on_failure']);
  });
});

describe('what a person decides', () => {
  test('is told to nobody; a task that is cleared and fails again is told of again', async () => {
    const handle = await engine.start(repaired);
    await until(() => toldOf('repaired').length === 1);
    await handle.executeUpdate('clear', { args: [{ tasks: ['fails'] }] });
    await until(() => toldOf('repaired').length === 2);
    await handle.executeUpdate('mark_task', { args: [{ task: 'waits', state: 'failed' }] });
    await handle.executeUpdate('mark_run', { args: [{ state: 'success' }] });
    await finishRun(handle);
    expect(toldOf('repaired')).toEqual(['fails:on_failure', 'fails:on_failure']);
    const ids = scheduledActivities(await fetchEvents(handle)).map(({ activityId }) => activityId);
    expect(ids).toEqual(expect.arrayContaining(['fails:on_failure', 'fails:on_failure#2']));
  });

  test('while callbacks of the last task are called takes the run up again', async () => {
    const handle = await engine.start(reopened);
    await slowPager.reached;
    await handle.executeUpdate('clear', { args: [{ tasks: ['only'] }] });
    slowPager.open();
    expect(await finishRun(handle)).toMatchObject({ status: 'COMPLETED', states: { only: 'success' } });
    expect(onlyRuns).toBe(2);
  });
});

describe('a deadline', () => {
  test('that is missed is told once, for the run and for the tasks that are not done; the run goes on', async () => {
    const handle = await engine.start(late);
    await until(() => toldOf('late').length === 2);
    gate.open();
    expect(await finishRun(handle)).toMatchObject({
      states: { quick: 'success', slow: 'success', free: 'success' },
    });
    expect(toldOf('late').toSorted()).toEqual([
      ':on_deadline_missed',
      ':on_success',
      'slow:on_deadline_missed',
    ]);
    expect(events.find(({ taskId }) => taskId === 'slow')).toMatchObject({ kind: 'task', state: 'running' });
  });

  test('that is kept leaves no timer behind', async () => {
    expect(await engine.run(inTime)).toMatchObject({ status: 'COMPLETED' });
    expect(toldOf('in_time')).toEqual([]);
  });

  test('that counts from a date is missed at once by a run that starts after it', async () => {
    await engine.run(byDate, { logicalDate: '2018-11-01' });
    expect(toldOf('by_date')).toEqual([':on_deadline_missed']);
    await engine.run(byDate, { logicalDate: '2999-11-01' });
    expect(toldOf('by_date')).toHaveLength(1);
  });
});

describe('the shipped notifiers', () => {
  test('send a mail, a message to a webhook and a line to the log', async () => {
    const run = await engine.run(told);
    expect(run.report.callbackFailures).toBeUndefined();
    const [message, ...more] = smtp.received;
    expect(more).toEqual([]);
    expect(message?.subject).toBe('[airtempo] told failed');
    expect(message?.text).toContain('Failed: load (the password *** is wrong)');
    expect([message?.to].flat().map((to) => to?.text)).toEqual(['night@example.com, data@example.com']);
    expect(message?.from?.text).toBe('airtempo@example.com');
    expect(hook.received.map(({ path }) => path)).toEqual(['/T0/B0/secret-token', '/T0/B0/secret-token']);
    expect(hook.received.map(({ body }) => body)).toEqual([
      { text: expect.stringMatching(/^told\.load failed\nthe password \*\*\* is wrong\nRun manual__/) },
      { text: 'told is failed', channel: '#data' },
    ]);
    expect(engine.logLines.filter((line) => line.includes('"told failed"'))).toHaveLength(1);
  });

  test('and others leave no secret in the history or the log', async () => {
    const { handle, report } = await engine.run(leaking);
    expect(report.callbackFailures).toEqual([
      { callback: ':on_success (leaks)', message: 'cannot sign in with ***' },
    ]);
    const history = JSON.stringify(await fetchEvents(handle));
    const payloads = [...history.matchAll(/"data":"([^"]*)"/g)].map(([, data = '']) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(`${history}${payloads.join()}${engine.logLines.join()}`).not.toMatch(
      /the-mail-password|secret-token/,
    );
  });
});
