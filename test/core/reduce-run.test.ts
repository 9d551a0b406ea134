/** `reduceRun`: plain JSON in, plain JSON out. */
import { describe, expect, test } from '@jest/globals';
import { reduceRun } from '../../core/index.js';
import type { RunEvent, RunGraph, RunSnapshot } from '../../core/index.js';

const graph: RunGraph = {
  tasks: [
    { id: 'extract', upstream: [] },
    { id: 'transform', upstream: ['extract'] },
    { id: 'load', upstream: ['transform'] },
    { id: 'report', upstream: ['extract'], triggerRule: 'all_done' },
  ],
};
const finished = (taskId: string, state: 'success' | 'failed' | 'skipped' = 'success'): RunEvent => ({
  type: 'task_finished',
  taskId,
  state,
});

test('a call without events starts the run', () => {
  expect(reduceRun(graph, undefined, [])).toEqual({
    snapshot: { states: { extract: 'running' }, ready: [], cancelled: false },
    start: ['extract'],
    changes: [
      { taskId: 'extract', state: 'scheduled' },
      { taskId: 'extract', state: 'running' },
    ],
    state: 'running',
  });
  expect(reduceRun(graph, undefined)).toEqual(reduceRun(graph, undefined, []));
});

test('each call takes up where the snapshot left it', () => {
  const first = reduceRun(graph, undefined, []);
  const second = reduceRun(graph, first.snapshot, [finished('extract')]);
  expect(second.start).toEqual(['transform', 'report']);
  const third = reduceRun(graph, second.snapshot, [finished('transform', 'failed')]);
  expect([third.start, third.state]).toEqual([[], 'running']);
  expect(third.changes).toEqual([
    { taskId: 'transform', state: 'failed' },
    { taskId: 'load', state: 'upstream_failed' },
  ]);
  expect(reduceRun(graph, third.snapshot, [finished('report')]).state).toBe('failed');
});

test('a whole run can be replayed in one call', () => {
  const events = [finished('extract'), finished('report'), finished('transform'), finished('load')];
  expect(reduceRun(graph, undefined, events)).toMatchObject({ start: [], state: 'success' });
  const half = reduceRun(graph, undefined, events.slice(0, 2));
  expect([half.start, half.state]).toEqual([['transform'], 'running']);
});

test('nothing starts after a cancel, not even what a finish in the same call made ready', () => {
  const { snapshot } = reduceRun(graph, undefined, []);
  const cancelled = reduceRun(graph, snapshot, [finished('extract'), { type: 'cancel_requested' }]);
  expect(cancelled).toMatchObject({ start: [], state: 'failed', snapshot: { cancelled: true } });
  const waiting = reduceRun(graph, snapshot, [{ type: 'cancel_requested' }]);
  expect([waiting.start, waiting.state]).toEqual([[], 'running']);
  expect(reduceRun(graph, waiting.snapshot, [finished('extract')]).state).toBe('failed');
});

test('neither the graph, the snapshot nor the events change', () => {
  const frozen = <T>(value: T): T => {
    if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
    return value;
  };
  const { snapshot } = reduceRun(frozen(graph), undefined, []);
  const events = frozen([finished('extract'), finished('report')]);
  const once = reduceRun(graph, frozen(snapshot), events);
  expect(reduceRun(graph, snapshot, events)).toEqual(once);
  expect(JSON.parse(JSON.stringify(once))).toEqual(once);
});

describe('refuses', () => {
  const { snapshot } = reduceRun(graph, undefined, []);

  test.each<[string, unknown, string, string]>([
    ['events that are no list', {}, 'INVALID_RUN_INPUT', 'The events of a run are {}'],
    [
      'an event that is no object',
      ['cancel'],
      'INVALID_RUN_INPUT',
      'Event 0 of the run is malformed. It is "cancel"',
    ],
    [
      'an unknown event',
      [{ type: 'toString' }],
      'INVALID_RUN_INPUT',
      'Its type is "toString". Use one of: task_finished, cancel_requested.',
    ],
    [
      'a type in a list',
      [{ type: ['cancel_requested'] }],
      'INVALID_RUN_INPUT',
      'Its type is ["cancel_requested"]',
    ],
    [
      'an unknown field',
      [{ type: 'task_finished', task: 'a' }],
      'INVALID_RUN_INPUT',
      '"task" is not a field of task_finished.',
    ],
    [
      'a field too many',
      [{ type: 'cancel_requested', taskId: 'a' }],
      'INVALID_RUN_INPUT',
      '"taskId" is not a field of cancel_requested',
    ],
    [
      'an end without a task',
      [{ type: 'task_finished', state: 'success' }],
      'INVALID_RUN_INPUT',
      'Its taskId is undefined',
    ],
    [
      'a state that is no outcome',
      [{ type: 'task_finished', taskId: 'extract', state: 'done' }],
      'INVALID_RUN_INPUT',
      'Its state is "done". Use one of: success, failed, skipped.',
    ],
    ['an unknown task', [finished('extrac')], 'UNKNOWN_ID', 'Did you mean "extract"?'],
    [
      'a task that has not started',
      [finished('load')],
      'INVALID_RUN_INPUT',
      'its state is none, not running',
    ],
    [
      'an end that came before',
      [finished('extract'), finished('extract')],
      'INVALID_RUN_INPUT',
      'its state is success, not running',
    ],
  ])('%s', (_, events, code, message) => {
    const call = (): unknown => reduceRun(graph, snapshot, events as readonly RunEvent[]);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code }));
  });

  test('a graph or a snapshot that is malformed', () => {
    expect(() => reduceRun({} as RunGraph, undefined, [])).toThrow('not an object with a list of tasks');
    expect(() => reduceRun(graph, { states: [] } as unknown as RunSnapshot, [])).toThrow('states is []');
    expect(() => reduceRun(graph, null as unknown as RunSnapshot, [])).toThrow('It is null');
  });
});
