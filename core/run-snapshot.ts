/** The snapshot of a run: everything about a run in flight that its graph does not say, as plain JSON. Pure. */
import { AirtempoError } from './errors.js';
import type { Expansion } from './expand-graph.js';
import { isRecord, showValue } from './outside-value.js';
import { isFinal } from './states.js';
import type { TaskState } from './states.js';
import { suggest } from './suggest.js';

/** A run as plain JSON. It grows with the tasks that have a state, not with the time the run takes. */
export interface RunSnapshot {
  /** States by task id. A task that still waits for its upstream (`none`) is left out. */
  readonly states: Readonly<Record<string, TaskState>>;
  /** The `scheduled` tasks in the order in which they came. Absent, or one missing: graph order. */
  readonly ready?: readonly string[];
  /** Whether the run was stopped: cancelled, or marked by hand. Default false. */
  readonly cancelled?: boolean;
  /** What a stopped run was marked as. Default: failed. */
  readonly markedAs?: 'success';
  /** The tasks that each branch or short circuit skipped. */
  readonly skips?: Readonly<Record<string, readonly string[]>>;
  /** Running tasks that were cleared, and start again once they have ended. */
  readonly restarting?: readonly string[];
  /** The mapped groups that have been taken apart, with their lengths, in that order. */
  readonly expansions?: readonly Expansion[];
}

/** A snapshot that fits its graph: every id is known, every state is a state. */
export interface ParsedSnapshot {
  readonly states: ReadonlyMap<string, TaskState>;
  readonly ready: readonly string[];
  readonly stoppedAs: 'failed' | 'success' | undefined;
  readonly skips: ReadonlyMap<string, readonly string[]>;
  readonly restarting: ReadonlySet<string>;
}

/** A snapshot without these tasks: they begin anew. */
export function forgetTasks(snapshot: RunSnapshot, gone: ReadonlySet<string>): RunSnapshot {
  const { states, ready = [], skips = {}, restarting = [], ...rest } = snapshot;
  const isKept = (id: string): boolean => !gone.has(id);
  const keepKeys = <Value>(record: Readonly<Record<string, Value>>): [string, Value][] =>
    Object.entries(record).filter(([id]) => isKept(id));
  return {
    ...rest,
    states: Object.fromEntries(keepKeys(states)),
    ready: ready.filter(isKept),
    skips: Object.fromEntries(keepKeys(skips).map(([id, ids]) => [id, ids.filter(isKept)])),
    restarting: restarting.filter(isKept),
  };
}

const KEYS = ['states', 'ready', 'cancelled', 'markedAs', 'skips', 'restarting', 'expansions'];

/** Checks a snapshot against the task ids of its graph. Throws INVALID_RUN_INPUT or UNKNOWN_ID. */
export function parseSnapshot(value: unknown, isTaskId: ReadonlyMap<string, unknown>): ParsedSnapshot {
  if (!isRecord(value)) throw invalid(`It is ${showValue(value)}, not an object like {"states": {}}.`);
  const unknownKey = Object.keys(value).find((key) => !KEYS.includes(key));
  if (unknownKey !== undefined) {
    throw invalid(
      `${JSON.stringify(unknownKey)} is unknown.${suggest(unknownKey, KEYS)} Known: ${KEYS.join(', ')}.`,
    );
  }
  const states = parseStates(value['states'], isTaskId);
  return {
    states,
    ready: parseReady(value['ready'] ?? [], states, isTaskId),
    stoppedAs: parseStop(value),
    skips: parseSkips(value['skips'] ?? {}, isTaskId),
    restarting: new Set(parseIds('restarting', value['restarting'] ?? [], isTaskId)),
  };
}

function parseStop({
  cancelled = false,
  markedAs,
}: Readonly<Record<string, unknown>>): ParsedSnapshot['stoppedAs'] {
  if (typeof cancelled !== 'boolean')
    throw invalid(`cancelled is ${showValue(cancelled)}. Use true or false.`);
  if (markedAs !== undefined && !(markedAs === 'success' && cancelled)) {
    throw invalid(
      `markedAs is ${showValue(markedAs)}. Use "success", in a run that is cancelled, or leave it out.`,
    );
  }
  return cancelled ? (markedAs ?? 'failed') : undefined;
}

function parseSkips(
  value: unknown,
  isTaskId: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, readonly string[]> {
  if (!isRecord(value)) throw invalid(`skips is ${showValue(value)}, not an object of task ids.`);
  parseIds('skips', Object.keys(value), isTaskId);
  return new Map(
    Object.entries(value).map(([id, ids]) => [id, parseIds(`skips of ${JSON.stringify(id)}`, ids, isTaskId)]),
  );
}

function parseIds(name: string, value: unknown, isTaskId: ReadonlyMap<string, unknown>): readonly string[] {
  if (!Array.isArray(value)) throw invalid(`${name} is ${showValue(value)}, not a list of task ids.`);
  return (value as readonly unknown[]).map((id) => {
    if (typeof id === 'string' && isTaskId.has(id)) return id;
    throw unknownTask(id, isTaskId.keys(), 'The snapshot of the run');
  });
}

function parseStates(value: unknown, isTaskId: ReadonlyMap<string, unknown>): ReadonlyMap<string, TaskState> {
  if (!isRecord(value)) throw invalid(`states is ${showValue(value)}, not an object of states by task id.`);
  const states = new Map<string, TaskState>();
  for (const [taskId, state] of Object.entries(value)) {
    if (!isTaskId.has(taskId)) throw unknownTask(taskId, isTaskId.keys(), 'The snapshot of the run');
    if (!isTaskState(state)) {
      throw invalid(`The state of task ${JSON.stringify(taskId)} is ${showValue(state)}. Use a task state.`);
    }
    states.set(taskId, state);
  }
  return states;
}

function parseReady(
  value: unknown,
  states: ReadonlyMap<string, TaskState>,
  isTaskId: ReadonlyMap<string, unknown>,
): readonly string[] {
  if (!Array.isArray(value)) throw invalid(`ready is ${showValue(value)}, not a list of task ids.`);
  const ready = new Set<string>();
  for (const taskId of value as readonly unknown[]) {
    if (typeof taskId !== 'string') throw invalid(`ready holds ${showValue(taskId)}, not a task id.`);
    if (!isTaskId.has(taskId)) throw unknownTask(taskId, isTaskId.keys(), 'The snapshot of the run');
    if (states.get(taskId) !== 'scheduled') {
      throw invalid(
        `ready names ${JSON.stringify(taskId)}, whose state is not "scheduled". Make the two agree.`,
      );
    }
    if (ready.has(taskId)) throw invalid(`ready names ${JSON.stringify(taskId)} twice. Name it once.`);
    ready.add(taskId);
  }
  return [...ready];
}

function isTaskState(value: unknown): value is TaskState {
  if (value === 'none' || value === 'scheduled' || value === 'running') return true;
  return typeof value === 'string' && isFinal(value as TaskState);
}

/** The error for a task id that the graph does not have. */
export function unknownTask(taskId: unknown, known: Iterable<string>, place: string): AirtempoError {
  const hint = typeof taskId === 'string' ? suggest(taskId, known) : '';
  return new AirtempoError(
    'UNKNOWN_ID',
    `${place} names task ${showValue(taskId)}, which the graph does not have.${hint} Use a task id of this DAG.`,
  );
}

function invalid(problem: string): AirtempoError {
  return new AirtempoError('INVALID_RUN_INPUT', `The snapshot of a run is malformed. ${problem}`);
}
