/**
 * `reduceRun`: the run state machine as one pure function on plain JSON, for scripts and for tests.
 * Nothing is remembered between calls: the snapshot carries all.
 */
import { AirtempoError } from './errors.js';
import type { RunGraph } from './graph.js';
import { isRecord, showValue } from './outside-value.js';
import { createRun, TASK_OUTCOMES } from './run.js';
import type { Run, StateChange, TaskOutcome } from './run.js';
import type { RunSnapshot } from './run-snapshot.js';
import type { RunState } from './states.js';
import { suggest } from './suggest.js';

/** What can happen to a run from outside. */
export type RunEvent =
  | { readonly type: 'task_finished'; readonly taskId: string; readonly state: TaskOutcome }
  | { readonly type: 'cancel_requested' };

/** What follows from the events. Plain JSON. */
export interface RunReduction {
  /** For the next call. Tasks in `start` are `running` in it. */
  readonly snapshot: RunSnapshot;
  /** Ids of the tasks to start now, the most urgent first. */
  readonly start: readonly string[];
  /** Every state change of this call, in order. */
  readonly changes: readonly StateChange[];
  /** The state of the run. */
  readonly state: RunState;
}

const EVENT_KEYS: Readonly<Record<RunEvent['type'], readonly string[]>> = {
  task_finished: ['type', 'taskId', 'state'],
  cancel_requested: ['type'],
};

/**
 * Applies events to a run. Without a snapshot the run begins, so a call without events starts it, and a
 * call with the events of a whole run replays it. Deterministic; changes neither argument. Slots are
 * filled before each `task_finished` and after the last event, so splitting the finishes of one call
 * over several makes no difference; tasks that were not started before a cancel stay unstarted.
 * Throws for an unknown task (UNKNOWN_ID), an end that was not awaited, or a malformed value
 * (INVALID_RUN_INPUT); no event is ever dropped silently. It knows no other runs: past dependencies count as met.
 */
export function reduceRun(
  graph: RunGraph,
  snapshot: RunSnapshot | undefined,
  events: readonly RunEvent[] = [],
): RunReduction {
  const parsed = parseEvents(events);
  const run = createRun(graph, snapshot);
  run.releaseFromPast(run.tasksAwaitingPast);
  const started: string[] = [];
  for (const event of parsed) applyEvent(run, event, started);
  started.push(...run.takeReady());
  return {
    snapshot: run.snapshot(),
    start: started.filter((taskId) => run.stateOf(taskId) === 'running'),
    changes: run.drainChanges(),
    state: run.result,
  };
}

function applyEvent(run: Run, event: RunEvent, started: string[]): void {
  switch (event.type) {
    case 'task_finished':
      started.push(...run.takeReady());
      return run.finish(event.taskId, event.state);
    case 'cancel_requested':
      return run.cancel();
  }
}

function parseEvents(events: unknown): readonly RunEvent[] {
  if (!Array.isArray(events)) {
    throw new AirtempoError(
      'INVALID_RUN_INPUT',
      `The events of a run are ${showValue(events)}. Give a list, for example ` +
        `[{"type": "task_finished", "taskId": "extract", "state": "success"}].`,
    );
  }
  return events.map((event: unknown, position) => parseEvent(event, position));
}

function parseEvent(event: unknown, position: number): RunEvent {
  const invalid = (problem: string): AirtempoError =>
    new AirtempoError('INVALID_RUN_INPUT', `Event ${position} of the run is malformed. ${problem}`);
  if (!isRecord(event)) throw invalid(`It is ${showValue(event)}, not an object with a type.`);
  const { type, taskId, state } = event;
  const types = Object.keys(EVENT_KEYS);
  if (!isEventType(type)) throw invalid(`Its type is ${showValue(type)}. Use one of: ${types.join(', ')}.`);
  const unknownKey = Object.keys(event).find((key) => !EVENT_KEYS[type].includes(key));
  if (unknownKey !== undefined) {
    const hint = suggest(unknownKey, EVENT_KEYS[type]);
    throw invalid(`${JSON.stringify(unknownKey)} is not a field of ${type}.${hint}`);
  }
  if (type === 'cancel_requested') return { type };
  if (typeof taskId !== 'string') throw invalid(`Its taskId is ${showValue(taskId)}, not a task id.`);
  const outcome = TASK_OUTCOMES.find((known) => known === state);
  if (outcome === undefined) {
    throw invalid(`Its state is ${showValue(state)}. Use one of: ${TASK_OUTCOMES.join(', ')}.`);
  }
  return { type, taskId, state: outcome };
}

function isEventType(value: unknown): value is RunEvent['type'] {
  return typeof value === 'string' && Object.hasOwn(EVENT_KEYS, value);
}
