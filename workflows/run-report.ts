/** What a run tells about itself: the `state` query's JSON and the table in the Web UI. Pure. */
import type { Graph, GraphTask } from '../core/graph.js';
import type { Run } from '../core/run.js';
import type { RunFacts } from '../core/run-facts.js';
import type { RunState, TaskState } from '../core/states.js';
import type { CallbackFailure } from './callbacks.js';

/** One task in the answer of the `state` query. Instants are ISO, UTC, by the workflow's clock. */
export interface TaskReport {
  readonly id: string;
  readonly operator: string;
  readonly state: TaskState;
  /** Since when it waits for a slot; absent once it has started. */
  readonly scheduledAt?: string;
  /** When it was handed to the workers. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** From `startedAt` to the end: all tries, and the time between them. */
  readonly durationMs?: number;
  /** How long it waited for a slot of the run (`maxActiveTasks`) before `startedAt`, if worth telling. */
  readonly waitedMs?: number;
  /** How much of the duration its last try waited for a worker with a free slot, if worth telling. */
  readonly queuedMs?: number;
  /** How many tries it took, if more than one; absent while it runs. */
  readonly tries?: number;
  /** Why it failed or was skipped. */
  readonly message?: string;
}

/** The answer of the `state` query. */
export interface RunReport {
  readonly dagId: string;
  /** Absent until the run has been planned, and when planning failed. */
  readonly run?: RunFacts;
  readonly state: RunState;
  readonly cancelled: boolean;
  /** Whether nothing new is started until somebody resumes the run. */
  readonly paused?: true;
  /** Whether it waits until fewer runs of the DAG are active (`maxActiveRuns`). */
  readonly queued?: true;
  readonly counts: Readonly<Partial<Record<TaskState, number>>>;
  readonly tasks: readonly TaskReport[];
  /** Callbacks that could not be called, the first few; absent when there are none. They change no state. */
  readonly callbackFailures?: readonly CallbackFailure[];
}

/** What is kept of a task besides its state. Milliseconds since the epoch. */
export interface TaskRecord {
  scheduledAtMs?: number;
  startedAtMs?: number;
  endedAtMs?: number;
  message?: string;
  tries?: number;
  /** Waiting for a worker, within the duration. */
  queuedMs?: number;
}

/** Above so many tasks the table shows only what failed and what runs. */
export const TABLE_ROWS = 200;
/** … and at most so many of those that failed. */
const FAILED_ROWS = 50;

/** The run as JSON. */
export function createRunReport(
  graph: Graph,
  run: Run,
  facts: RunFacts,
  records: ReadonlyMap<string, TaskRecord>,
): RunReport {
  return {
    dagId: graph.dagId,
    run: facts,
    state: run.result,
    cancelled: run.cancelled,
    counts: presentCounts(run),
    tasks: graph.tasks.map((task) => ({
      id: task.id,
      operator: task.operator,
      state: run.stateOf(task.id),
      ...formatRecord(records.get(task.id), graph.tasks.length <= TASKS_WITH_WAITS),
    })),
  };
}

/** With 10,000 tasks the answer is close to the 2 MiB that Temporal lets pass: each field has to be worth its bytes. */
const SHORTEST_WAIT_MS = 100;
/** Above so many tasks the report leaves out how long they waited. */
const TASKS_WITH_WAITS = 5_000;

function formatRecord(record: TaskRecord | undefined, waits: boolean): Partial<TaskReport> {
  if (record === undefined) return {};
  const { scheduledAtMs, startedAtMs, endedAtMs, message, tries = 1, queuedMs = 0 } = record;
  const waitedMs = scheduledAtMs === undefined || startedAtMs === undefined ? 0 : startedAtMs - scheduledAtMs;
  return {
    ...(scheduledAtMs === undefined || startedAtMs !== undefined || endedAtMs !== undefined
      ? {}
      : { scheduledAt: new Date(scheduledAtMs).toISOString() }),
    ...(startedAtMs === undefined ? {} : { startedAt: new Date(startedAtMs).toISOString() }),
    ...(endedAtMs === undefined ? {} : { endedAt: new Date(endedAtMs).toISOString() }),
    ...(startedAtMs === undefined || endedAtMs === undefined ? {} : { durationMs: endedAtMs - startedAtMs }),
    ...(!waits || waitedMs < SHORTEST_WAIT_MS ? {} : { waitedMs }),
    ...(!waits || queuedMs < SHORTEST_WAIT_MS ? {} : { queuedMs }),
    ...(tries <= 1 ? {} : { tries }),
    ...(message === undefined ? {} : { message }),
  };
}

function presentCounts(run: Run): Readonly<Partial<Record<TaskState, number>>> {
  return Object.fromEntries(Object.entries(run.counts).filter(([, count]) => count > 0));
}

/** At most so many failed tasks are named in the run's own failure. */
const NAMED_FAILURES = 5;

/** Why a run failed, in one message. */
export function summarizeFailure(
  {
    graph,
    run,
    records,
  }: { readonly graph: Graph; readonly run: Run; readonly records: ReadonlyMap<string, TaskRecord> },
  { dagId, runId }: RunFacts,
  cancelReason: string | undefined,
): string {
  const failed = graph.tasks.filter(({ id }) => run.stateOf(id) === 'failed');
  const named = failed
    .slice(0, NAMED_FAILURES)
    .map(({ id }) => `${id} (${records.get(id)?.message ?? 'no message'})`);
  const more = failed.length > NAMED_FAILURES ? `, and ${String(failed.length - NAMED_FAILURES)} more` : '';
  const why = cancelReason === undefined ? '' : ` The run was stopped: ${cancelReason}.`;
  const what = failed.length === 0 ? '' : ` Failed: ${named.join(', ')}${more}.`;
  return `DAG ${dagId}, run ${runId}: ${String(failed.length)} of ${String(graph.tasks.length)} tasks failed.${why}${what}`;
}

const ICONS: Readonly<Record<TaskState, string>> = {
  none: '·',
  scheduled: '◦',
  running: '▶',
  success: '✔',
  failed: '✘',
  skipped: '↷',
  upstream_failed: '⊘',
  removed: '–',
};

/** In a large run, the tasks worth a row: those that failed first, and those that run. */
export class NotableTasks {
  readonly #failed = new Set<string>();
  readonly #running = new Set<string>();

  note(taskId: string, state: TaskState): void {
    if (state === 'running') this.#running.add(taskId);
    else this.#running.delete(taskId);
    if (state !== 'failed') this.#failed.delete(taskId);
    else if (this.#failed.size < FAILED_ROWS) this.#failed.add(taskId);
  }

  ids(): readonly string[] {
    return [...this.#failed, ...this.#running].slice(0, TABLE_ROWS);
  }
}

/** The run as Markdown, for the current details in the Web UI (at most 20,000 bytes). */
export function formatRunTable(
  tasks: readonly GraphTask[],
  run: Run,
  facts: RunFacts,
  records: ReadonlyMap<string, TaskRecord>,
): string {
  const counts = Object.entries(presentCounts(run)).map(([state, count]) => `${String(count)} ${state}`);
  const [start, end] = facts.dataInterval;
  const head = [
    `**${facts.runId}** · ${run.result} · ${counts.join(', ')}`,
    `Data interval \`${start}\` to \`${end}\``,
  ];
  const rows = tasks.map(({ id, operator }) => formatRow(id, operator, run, records.get(id)));
  const table = ['| task | operator | state | duration |', '|---|---|---|---|', ...rows];
  return cut([...head, '', ...table].join('\n'));
}

function formatRow(id: string, operator: string, run: Run, record: TaskRecord | undefined): string {
  const state = run.stateOf(id);
  const { startedAtMs, endedAtMs, message } = record ?? {};
  const duration =
    startedAtMs === undefined || endedAtMs === undefined
      ? ''
      : `${((endedAtMs - startedAtMs) / 1000).toFixed(1)} s`;
  const note = message === undefined ? '' : `: ${message.replaceAll(/[|\n]/g, ' ').slice(0, 120)}`;
  return `| ${id} | ${operator} | ${ICONS[state]} ${state}${note} | ${duration} |`;
}

const DETAILS_CHARACTERS = 15_000; // the server's limit is 20,000 bytes, and a character may take several

function cut(text: string): string {
  return text.length <= DETAILS_CHARACTERS
    ? text
    : `${text.slice(0, text.lastIndexOf('\n', DETAILS_CHARACTERS))}\n\n… cut`;
}
