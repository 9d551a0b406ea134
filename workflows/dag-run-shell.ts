/**
 * A DAG run in one history: starts the activities that the state machine names and reports their ends
 * to it. One `.then` per task and no polling: the cost of a run is linear in its tasks.
 */
import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import type { Graph, GraphTask } from '../core/graph.js';
import type { RunFacts } from '../core/run-facts.js';
import { createRun, type Run, type TaskOutcome } from '../core/run.js';
import type { RunSnapshot } from '../core/run-snapshot.js';
import { deserializeGraph } from '../core/serialize-graph.js';
import type { TaskState } from '../core/states.js';
import { Continuation, DRAIN_PATIENCE_MS } from './continuation.js';
import type { RunPlan, TaskCall, TaskResult } from './contract.js';
import { Outputs } from './outputs.js';
import {
  createRunReport,
  formatRunTable,
  NotableTasks,
  TABLE_ROWS,
  type RunReport,
  type TaskRecord,
} from './run-report.js';
import { describeFailure, startTaskActivity } from './task-activity.js';

/** Operator whose tasks are settled by the workflow itself, at no cost. */
const EMPTY_OPERATOR = 'empty';

/** What a run takes along into a new history. Only ever made while no task is running. */
export interface ContinuedRun {
  readonly plan: RunPlan;
  readonly startedAtMs: number;
  /** One letter a task, in graph order. */
  readonly states: string;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Start and end of each task in graph order, ms after `startedAtMs`; -1 for none. */
  readonly times: readonly number[];
  readonly messages: Readonly<Record<string, string>>;
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

/** At most so many failed tasks are named in the run's own failure. */
const NAMED_FAILURES = 5;

export class DagRun {
  readonly facts: RunFacts;
  readonly #plan: RunPlan;
  readonly #graph: Graph;
  readonly #tasks: ReadonlyMap<string, GraphTask>;
  readonly #run: Run;
  readonly #outputs: Outputs;
  readonly #records: Map<string, TaskRecord>;
  readonly #startedAtMs: number;
  readonly #showDetails: (markdown: string) => void;
  readonly #continuation = new Continuation();
  readonly #notable = new NotableTasks();
  #cancelReason: string | undefined;
  #work: CancellationScope | undefined;
  #end: (outcome: 'done' | 'continue') => void = () => undefined;

  constructor(
    plan: RunPlan,
    startedAtMs: number,
    showDetails: (markdown: string) => void,
    continued: ContinuedRun | undefined,
  ) {
    this.#plan = plan;
    this.facts = plan.facts;
    this.#graph = deserializeGraph(plan.graph);
    this.#tasks = new Map(this.#graph.tasks.map((task) => [task.id, task]));
    this.#startedAtMs = startedAtMs;
    this.#showDetails = showDetails;
    this.#run = createRun(this.#graph, continued && restoreSnapshot(this.#graph, continued));
    this.#outputs = new Outputs(this.#graph, continued?.outputs);
    this.#records = continued === undefined ? new Map() : restoreRecords(this.#graph, continued);
  }

  /** Milliseconds left of dagrunTimeout, if there is one. */
  remainingMs(): number | undefined {
    const { dagrunTimeoutMs } = this.#graph;
    return dagrunTimeoutMs === undefined ? undefined : this.#startedAtMs + dagrunTimeoutMs - Date.now();
  }

  /** Runs tasks in `work` until all have ended, or until nothing runs and the history should be continued. */
  execute(work: CancellationScope): Promise<'done' | 'continue'> {
    this.#work = work;
    return new Promise((resolve) => {
      this.#end = resolve;
      this.#pump();
    });
  }

  /** Starts nothing any more but teardowns. */
  cancel(reason: string): void {
    this.#cancelReason ??= reason;
    this.#run.cancel();
    this.#continuation.forbid(); // a new history would not know of the cancel
    this.#pump();
  }

  /** The answer to the `state` query. */
  report(): RunReport {
    return createRunReport(this.#graph, this.#run, this.facts, this.#records);
  }

  /** Why the run failed, in one message. */
  summary(): string {
    const failed = this.#graph.tasks.filter(({ id }) => this.#run.stateOf(id) === 'failed');
    const named = failed
      .slice(0, NAMED_FAILURES)
      .map(({ id }) => `${id} (${this.#records.get(id)?.message ?? 'no message'})`);
    const more = failed.length > NAMED_FAILURES ? `, and ${String(failed.length - NAMED_FAILURES)} more` : '';
    const why = this.#cancelReason === undefined ? '' : ` The run was stopped: ${this.#cancelReason}.`;
    const what = failed.length === 0 ? '' : ` Failed: ${named.join(', ')}${more}.`;
    return `DAG ${this.facts.dagId}, run ${this.facts.runId}: ${String(failed.length)} of ${String(this.#graph.tasks.length)} tasks failed.${why}${what}`;
  }

  toContinued(): ContinuedRun {
    const { tasks } = this.#graph;
    const offset = (ms: number | undefined): number => (ms === undefined ? -1 : ms - this.#startedAtMs);
    const records = tasks.map(({ id }) => this.#records.get(id));
    return {
      plan: this.#plan,
      startedAtMs: this.#startedAtMs,
      states: tasks.map(({ id }) => LETTERS[this.#run.stateOf(id)]).join(''),
      outputs: this.#outputs.toJSON(),
      times: records.flatMap((record) => [offset(record?.startedAtMs), offset(record?.endedAtMs)]),
      messages: Object.fromEntries(
        tasks.flatMap(({ id }) => {
          const message = this.#records.get(id)?.message;
          return message === undefined ? [] : [[id, message]];
        }),
      ),
    };
  }

  /** Starts whatever may start; ends the execution when there is nothing left to do here. */
  #pump(): void {
    while (!this.#continuation.draining) {
      const ready = this.#run.takeReady();
      if (ready.length === 0) break;
      for (const id of ready) this.#start(this.#task(id));
    }
    this.#record();
    if (this.#run.done) this.#end('done');
    else if (this.#continuation.draining && this.#run.activeCount === 0) this.#end('continue');
  }

  #start(task: GraphTask): void {
    if (task.operator === EMPTY_OPERATOR) {
      this.#run.finish(task.id, 'success');
      return;
    }
    this.#scopeOfNewTasks()
      .run(() => startTaskActivity(task, this.#callOf(task)))
      .then(
        (result) => this.#settle(task, result),
        (error: unknown) => this.#fail(task, describeFailure(error, task)),
      );
  }

  /** After a cancel only teardowns start, and nothing may cancel those. */
  #scopeOfNewTasks(): CancellationScope {
    const work = this.#work;
    return work === undefined || this.#run.cancelled ? new CancellationScope({ cancellable: false }) : work;
  }

  #callOf(task: GraphTask): TaskCall {
    const inputs = this.#outputs.for(task);
    return {
      taskId: task.id,
      run: this.facts,
      ...(task.args === undefined ? {} : { args: task.args }),
      ...(inputs === undefined ? {} : { inputs }),
    };
  }

  #settle(task: GraphTask, result: TaskResult): void {
    if (result.state === 'success') this.#outputs.keep(task.id, result.output);
    else this.#recordOf(task.id).message = result.reason;
    this.#finish(task, result.state);
  }

  #fail(task: GraphTask, message: string): void {
    this.#recordOf(task.id).message = message;
    this.#finish(task, 'failed');
  }

  #finish(task: GraphTask, outcome: TaskOutcome): void {
    this.#outputs.release(task);
    this.#run.finish(task.id, outcome);
    this.#watchHistory();
    this.#pump();
  }

  #watchHistory(): void {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    if (!this.#continuation.observe(historyLength, continueAsNewSuggested)) return;
    const lift = (): void => {
      this.#continuation.lift(workflowInfo().historyLength);
      this.#pump();
    };
    sleep(DRAIN_PATIENCE_MS).then(lift, () => undefined); // cancelled: forbid() has lifted it
  }

  /** Notes the times of state changes and shows them. */
  #record(): void {
    const changes = this.#run.drainChanges();
    const now = Date.now();
    for (const { taskId, state } of changes) {
      if (state === 'running') this.#recordOf(taskId).startedAtMs = now;
      else if (state !== 'scheduled') this.#recordOf(taskId).endedAtMs = now;
      this.#notable.note(taskId, state);
    }
    if (changes.length > 0) this.#showDetails(this.#table());
  }

  #table(): string {
    const { tasks } = this.#graph;
    const shown = tasks.length <= TABLE_ROWS ? tasks : this.#notable.ids().map((id) => this.#task(id));
    return formatRunTable(shown, this.#run, this.facts, this.#records);
  }

  #recordOf(id: string): TaskRecord {
    const known = this.#records.get(id);
    if (known !== undefined) return known;
    const record: TaskRecord = {};
    this.#records.set(id, record);
    return record;
  }

  #task(id: string): GraphTask {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new Error(`the graph lost its task ${id}`);
    return task;
  }
}

function restoreSnapshot(graph: Graph, continued: ContinuedRun): RunSnapshot {
  const states = graph.tasks.map(({ id }, index): [string, TaskState] => {
    return [id, STATES.get(continued.states.charAt(index)) ?? 'none'];
  });
  return { states: Object.fromEntries(states) };
}

function restoreRecords(graph: Graph, continued: ContinuedRun): Map<string, TaskRecord> {
  const { times, messages, startedAtMs } = continued;
  const records = new Map<string, TaskRecord>();
  graph.tasks.forEach(({ id }, index) => {
    const [start = -1, end = -1] = [times[2 * index], times[2 * index + 1]];
    const message = messages[id];
    if (start < 0 && end < 0 && message === undefined) return;
    records.set(id, {
      ...(start < 0 ? {} : { startedAtMs: startedAtMs + start }),
      ...(end < 0 ? {} : { endedAtMs: startedAtMs + end }),
      ...(message === undefined ? {} : { message }),
    });
  });
  return records;
}
