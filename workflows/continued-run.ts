/** What a run takes along into a new history, and how it is read there. Pure. */
import type { Expansion } from '../core/expand-graph.js';
import type { Graph } from '../core/graph.js';
import type { Run } from '../core/run.js';
import type { RunSnapshot } from '../core/run-snapshot.js';
import type { TaskState } from '../core/states.js';
import type { CallbacksSnapshot } from './callbacks.js';
import type { RunPlan } from './contract.js';
import type { TaskRecord } from './run-report.js';
import type { CarriedSlot } from './run-slot.js';

/** A run between two histories. Only ever made while no task is running. */
export interface ContinuedRun {
  readonly plan: RunPlan;
  readonly startedAtMs: number;
  /** When it was taken up again after its end: `dagrunTimeout` counts from here. Absent: never. */
  readonly resumedAtMs?: number;
  /** One letter a task, in graph order. */
  readonly states: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Positions of the tasks whose outputs are gone; absent: none. */
  readonly lost?: readonly number[];
  /** The tasks that each branch or short circuit skipped; absent: none did. */
  readonly skips?: Readonly<Record<string, readonly string[]>>;
  /** The mapped groups that have been taken apart; absent: none. Positions count their instances. */
  readonly expansions?: readonly Expansion[];
  /** Whether nothing new is started until somebody resumes the run. */
  readonly paused?: true;
  /** How the run stands with the run slots of its DAG; absent: it has none, or had none yet. */
  readonly slot?: CarriedSlot;
  /** Start and end of each task in graph order, ms after `startedAtMs`; -1 for none. */
  readonly times: readonly number[];
  readonly messages: Readonly<Record<string, string>>;
  /** When each task could run, as in `times`, its tries (0: unknown), and its wait for a worker. Not in runs of early versions. */
  readonly waits?: readonly number[];
  /** Of callbacks; absent when there is nothing to know. */
  readonly callbacks?: CallbacksSnapshot;
}

const LETTERS = {
  none: 'n',
  scheduled: 'q',
  running: 'r',
  success: 's',
  failed: 'f',
  skipped: 'k',
  upstream_failed: 'u',
  removed: 'x',
} as const satisfies Record<TaskState, string>;
const STATES = new Map(
  Object.entries(LETTERS).map(([state, letter]) => [letter as string, state as TaskState]),
);

/** The part of a ContinuedRun that is about the tasks. */
export function describeTasks(
  { tasks }: Graph,
  run: Run,
  records: ReadonlyMap<string, TaskRecord>,
  startedAtMs: number,
): Pick<ContinuedRun, 'states' | 'times' | 'messages' | 'waits' | 'skips' | 'expansions'> {
  const offset = (ms: number | undefined): number => (ms === undefined ? -1 : ms - startedAtMs);
  const messages = tasks.flatMap(({ id }): [string, string][] => {
    const message = records.get(id)?.message;
    return message === undefined ? [] : [[id, message]];
  });
  const { skips } = run.snapshot();
  const { expansions } = run;
  return {
    ...(expansions.length === 0 ? {} : { expansions }),
    ...(skips === undefined ? {} : { skips }),
    states: tasks.map(({ id }) => LETTERS[run.stateOf(id)]).join(''),
    times: tasks.flatMap(({ id }) => {
      const record = records.get(id);
      return [offset(record?.startedAtMs), offset(record?.endedAtMs)];
    }),
    messages: Object.fromEntries(messages),
    waits: tasks.flatMap(({ id }) => {
      const { scheduledAtMs, tries = 0, queuedMs = 0 } = records.get(id) ?? {};
      return [offset(scheduledAtMs), tries, queuedMs];
    }),
  };
}

/** The states for the state machine. */
export function restoreSnapshot(graph: Graph, continued: ContinuedRun): RunSnapshot {
  const states = graph.tasks.map(({ id }, index): [string, TaskState] => {
    return [id, STATES.get(continued.states.charAt(index)) ?? 'none'];
  });
  return {
    states: Object.fromEntries(states),
    ...(continued.skips === undefined ? {} : { skips: continued.skips }),
    ...(continued.expansions === undefined ? {} : { expansions: continued.expansions }),
  };
}

/** Ids of the tasks whose outputs are gone. */
export function restoreLost({ tasks }: Graph, { lost = [] }: ContinuedRun): readonly string[] {
  return lost.flatMap((position) => tasks[position]?.id ?? []);
}

/** Tasks by their positions in the graph. */
export function describeLost({ tasks }: Graph, lost: readonly string[]): Pick<ContinuedRun, 'lost'> {
  if (lost.length === 0) return {};
  const ids = new Set(lost);
  return { lost: tasks.flatMap(({ id }, position) => (ids.has(id) ? [position] : [])) };
}

/** Times and messages for the report. */
export function restoreRecords(graph: Graph, continued: ContinuedRun): Map<string, TaskRecord> {
  const { times, messages, waits = [], startedAtMs } = continued;
  const records = new Map<string, TaskRecord>();
  graph.tasks.forEach(({ id }, index) => {
    const [start = -1, end = -1] = [times[2 * index], times[2 * index + 1]];
    const message = messages[id];
    const [able = -1, tries = 0, queuedMs = 0] = waits.slice(3 * index, 3 * index + 3);
    if (start < 0 && end < 0 && able < 0 && message === undefined) return;
    records.set(id, {
      ...(able < 0 ? {} : { scheduledAtMs: startedAtMs + able }),
      ...(tries === 0 ? {} : { tries }),
      ...(queuedMs === 0 ? {} : { queuedMs }),
      ...(start < 0 ? {} : { startedAtMs: startedAtMs + start }),
      ...(end < 0 ? {} : { endedAtMs: startedAtMs + end }),
      ...(message === undefined ? {} : { message }),
    });
  });
  return records;
}
