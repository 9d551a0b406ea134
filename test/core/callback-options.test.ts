/** Callback options: what is recorded, what is refused, and how layers of options override each other. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { refusal } from './support/refusal.js';
import {
  dag,
  logNotice,
  mail,
  notifier,
  webhook,
  type CallbackInput,
  type TaskOptions,
} from '../../index.js';
import { deserializeGraph, serializeGraph, type JsonValue } from '../../core/index.js';

const note = (): void => undefined;
const build = (options: object, taskOptions: TaskOptions = {}) =>
  dag('d', options, ({ task }) => {
    task('a', () => 1, {}, taskOptions);
  });

describe('a graph', () => {
  test('records which events have callbacks, by name; a retry is none of its business', () => {
    const { graph } = build(
      { onFailure: [mail({ to: 'a@example.com' }), note], defaultArgs: { onRetry: note } },
      { onSuccess: webhook({ connId: 'slack' }), deadline: '1h', onDeadlineMissed: logNotice() },
    );
    expect(graph.callbacks).toEqual({ on_failure: ['mail', 'inline'] });
    expect(graph.tasks[0]?.execution).toMatchObject({
      callbacks: { on_success: ['webhook'], on_deadline_missed: ['log_notice'] },
      deadlineMs: 3_600_000,
    });
  });

  test('without callbacks has no trace of them', () => {
    expect(JSON.stringify(serializeGraph(build({}).graph))).not.toMatch(/callback|deadline/);
    expect(build({ defaultArgs: { onRetry: note } }, {}).graph.tasks[0]?.execution.callbacks).toBeUndefined();
  });

  test('comes back from its wire form with them', () => {
    const { graph } = build(
      { onSuccess: note, deadline: { from: 'interval_end', within: '2h' }, onDeadlineMissed: note },
      { onSkipped: note, deadline: '5m', onDeadlineMissed: note },
    );
    const wire = JSON.parse(JSON.stringify(serializeGraph(graph))) as JsonValue;
    expect(deserializeGraph(wire)).toEqual(JSON.parse(JSON.stringify(graph)));
    expect(graph.deadline).toEqual({ from: 'interval_end', withinMs: 7_200_000 });
  });

  test.each<[string, Record<string, JsonValue>, string]>([
    ['callbacks', { callbacks: { on_failure: 'mail' } }, 'callbacks are'],
    ['a deadline', { deadline: { from: 'now' } }, 'deadline is'],
  ])('with bad %s is refused', (_, change, message) => {
    const wire = serializeGraph(build({}).graph) as Readonly<Record<string, JsonValue>>;
    expect(() => deserializeGraph({ ...wire, ...change })).toThrow(message);
  });
});

describe('the options of a task', () => {
  test('override those of its group and DAG; an empty list is nobody', () => {
    const other = (): void => undefined;
    const { code } = dag('d', { defaultArgs: { onFailure: note, onSuccess: note } }, ({ task, group }) => {
      task('inherits', () => 1);
      task('silent', () => 1, {}, { onFailure: [] });
      group('g', ({ task }) => void task('a', () => 1), { defaultArgs: { onFailure: [other, note] } });
    });
    expect(code.get('inherits')?.callbacks).toEqual({ on_success: [note], on_failure: [note] });
    expect(code.get('silent')?.callbacks).toEqual({ on_success: [note] });
    expect(code.get('g.a')?.callbacks.on_failure).toEqual([other, note]);
  });
});

test.each(['2h', { within: '2h' }] as const)(
  'a deadline of %j counts from the start of the run',
  (deadline) => {
    const { graph } = build({ deadline, onDeadlineMissed: note }, {});
    expect(graph.deadline).toEqual({ from: 'run_start', withinMs: 7_200_000 });
  },
);

describe('refuses', () => {
  test.each<[string, object, TaskOptions, string]>([
    ['a notifier without its arguments', { onFailure: mail }, {}, 'onFailure is the notifier mail without its arguments. Call it: mail({ … }).'],
    ['what is no function', { onSuccess: 'mail' }, {}, 'option onSuccess is "mail". Use a notifier'],
    ['what is no function, of a task', {}, { onRetry: [3] as never }, 'DAG d, task a: option onRetry is 3'],
    ['a retry of a DAG', { onRetry: note }, {}, 'option onRetry is unknown'],
    ['a deadline that nobody hears of', { deadline: '2h' }, {}, 'option deadline has nobody to tell'],
    ['the same of a task', {}, { deadline: '2h' }, 'DAG d, task a: option deadline has nobody to tell'],
    ['a missed deadline without a deadline', { onDeadlineMissed: note }, {}, 'DAG d: option onDeadlineMissed has no deadline to miss. Add one: deadline: "2h".'],
    ['no time at all', { deadline: 0, onDeadlineMissed: note }, {}, 'DAG d: option deadline is 0. Use a duration above zero'],
    ['no duration', { deadline: 'soon', onDeadlineMissed: note }, {}, 'DAG d: option deadline is "soon", which is not a duration'],
    ['an unknown origin', { deadline: { from: 'start', within: '1h' }, onDeadlineMissed: note }, {}, 'DAG d: option deadline counts from "start". Use one of run_start, logical_date, interval_end.'],
    ['an unknown key', { deadline: { form: 'run_start', within: '1h' }, onDeadlineMissed: note }, {}, 'DAG d: option deadline: option form is unknown. Did you mean "from"?'],
  ])('%s', (_, options, taskOptions, message) => {
    expect(refusal(() => build(options, taskOptions))).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(message),
    });
  }); // prettier-ignore
});

describe('a notifier', () => {
  const event = { dagId: 'd', taskId: 'a' } as CallbackInput['event'];
  const ctx = { ds: '2018-11-02' } as CallbackInput['ctx'];

  test('gets its arguments, those that are functions called with the event, checked and with defaults', async () => {
    const heard: unknown[] = [];
    const page = notifier('page', ({ args }) => void heard.push(args), {
      args: z.strictObject({ text: z.string(), level: z.int().default(1), day: z.string() }),
    });
    const call = page({
      text: ({ event }) => `${event.dagId}.${event.taskId ?? ''}`,
      day: async ({ ctx }) => ctx.ds,
    });
    await call({ event, ctx });
    expect(heard).toEqual([{ text: 'd.a', level: 1, day: '2018-11-02' }]);
    await expect(page({ text: 'x', day: 3 as never })({ event, ctx })).rejects.toThrow('expected string');
  });

  test('without a schema gets its arguments as they are', async () => {
    const heard: unknown[] = [];
    const page = notifier<{ text: string; level?: number }>('page', ({ args }) => void heard.push(args), {
      defaults: { level: 1 },
    });
    await page({ text: 'x' })({ event, ctx });
    await page({ text: 'y', level: 2 })({ event, ctx });
    expect(heard).toEqual([
      { text: 'x', level: 1 },
      { text: 'y', level: 2 },
    ]);
  });

  test.each<[string, () => unknown, string]>([
    ['name', () => notifier('Page me', note), 'Notifier name "Page me" is not snake_case'],
    ['name of 1', () => notifier(1 as never, note), 'Notifier name 1 is not snake_case'],
    ['handler', () => notifier('page', 'x' as never), 'Notifier page: its handler is "x", not a function'],
    ['option', () => notifier('page', note, { arg: 1 } as never), 'Did you mean "args"?'],
    [
      'schema',
      () => notifier('page', note, { args: {} as never }),
      'Notifier page: option args is {}, which has no parse function. A zod schema fits.',
    ],
    ['schema of null', () => notifier('page', note, { args: null as never }), 'option args is null'],
  ])('with a bad %s is refused', (_, define, message) => {
    expect(refusal(define)).toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(message),
    });
  });
});
