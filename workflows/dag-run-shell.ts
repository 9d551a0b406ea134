/**
 * A DAG run in one history: starts the activities that the state machine names and reports their ends
 * to it. One `.then` per task and no polling: the cost of a run is linear in its tasks.
 */
import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { AirtempoError } from '../core/errors.js';
import type { Graph, GraphTask } from '../core/graph.js';
import type { RunFacts } from '../core/run-facts.js';
import { createRun, type Run, type TaskOutcome } from '../core/run.js';
import { deserializeGraph } from '../core/serialize-graph.js';
import { isFinal } from '../core/states.js';
import { suggest } from '../core/suggest.js';
import { Continuation, DRAIN_PATIENCE_MS } from './continuation.js';
import { describeTasks, restoreRecords, restoreSnapshot, type ContinuedRun } from './continued-run.js';
import type { RunPlan, TaskCall, TaskResult, TryFacts } from './contract.js';
import { explainRun, explainTask, type TaskExplanation } from './explain.js';
import { Outputs } from './outputs.js';
import { jsonBytes, MAX_PAYLOAD_BYTES, StartBudget } from './payload-limits.js';
import {
  createRunReport,
  formatRunTable,
  NotableTasks,
  TABLE_ROWS,
  type RunReport,
  type TaskRecord,
} from './run-report.js';
import { describeFailure, readTryFacts, startTaskActivity } from './task-activity.js';

/** Operator whose tasks are settled by the workflow itself, at no cost. */
const EMPTY_OPERATOR = 'empty';

/** At most so many failed tasks are named in the run's own failure. */
const NAMED_FAILURES = 5;
/** What all messages of a run may take; with 1,000 failures, the later ones are cut short. */
const MESSAGES_CHARACTERS = 100_000;
const SHORTEST_MESSAGE = 40;

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
  readonly #budget = new StartBudget();
  #messageRoom = MESSAGES_CHARACTERS;
  #resuming = false;
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
    const snapshot = continued && restoreSnapshot(this.#graph, continued);
    this.#run = createRun(this.#graph, snapshot);
    this.#outputs = new Outputs(this.#graph, { outputs: continued?.outputs, states: snapshot?.states });
    this.#records = continued === undefined ? new Map() : restoreRecords(this.#graph, continued);
  }

  /** Milliseconds left of dagrunTimeout, if there is one. */
  remainingMs(): number | undefined {
    const { dagrunTimeoutMs } = this.#graph;
    return dagrunTimeoutMs === undefined ? undefined : this.#startedAtMs + dagrunTimeoutMs - Date.now();
  }

  /** Whether only teardowns start any more. */
  get stopped(): boolean {
    return this.#run.cancelled;
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

  /** The answer to the `explain` query: for one task, or for those that wait, failed or were skipped. */
  explain(taskId?: string): readonly TaskExplanation[] {
    const view = { graph: this.#graph, run: this.#run, records: this.#records };
    if (taskId === undefined) return explainRun(view);
    const task = this.#tasks.get(taskId);
    if (task !== undefined) return [explainTask(task, view)];
    const problem = `The run has no task ${JSON.stringify(taskId)}.${suggest(taskId, this.#tasks.keys())}`;
    throw new AirtempoError('UNKNOWN_ID', `${problem} Use the id of one of its tasks, or none.`);
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
    return {
      plan: this.#plan,
      startedAtMs: this.#startedAtMs,
      outputs: this.#outputs.toJSON(),
      ...describeTasks(this.#graph, this.#run, this.#records, this.#startedAtMs),
    };
  }

  /** Starts whatever may start; ends the execution when there is nothing left to do here. */
  #pump(): void {
    while (this.#mayStart()) {
      const [id] = this.#run.takeReady(1);
      if (id === undefined) break;
      this.#start(this.#task(id));
    }
    this.#record();
    if (this.#run.done) this.#end('done');
    else if (this.#continuation.draining && this.#run.activeCount === 0) this.#continue();
  }

  #mayStart(): boolean {
    if (this.#continuation.draining) return false;
    if (!this.#budget.isSpent(workflowInfo().historyLength)) return true;
    this.#resumeInNextWorkflowTask();
    return false;
  }

  #resumeInNextWorkflowTask(): void {
    if (this.#resuming || this.#run.counts.scheduled === 0) return;
    this.#resuming = true;
    void CancellationScope.nonCancellable(() => sleep(1)).then(() => {
      this.#resuming = false;
      this.#pump();
    });
  }

  #continue(): void {
    if (jsonBytes(this.toContinued()) <= MAX_PAYLOAD_BYTES) return this.#end('continue');
    this.#continuation.postpone(workflowInfo());
    this.#pump();
  }

  #start(task: GraphTask): void {
    if (task.operator === EMPTY_OPERATOR) {
      this.#run.finish(task.id, 'success');
      return;
    }
    const call = this.#callOf(task);
    const bytes = jsonBytes(call);
    if (bytes > MAX_PAYLOAD_BYTES) {
      this.#note(task, describeOversizedCall(bytes));
      this.#run.finish(task.id, 'failed');
      return;
    }
    this.#budget.spend(bytes);
    this.#scopeOf(task)
      .run(() => startTaskActivity(task, call))
      .then(
        (result) => this.#settle(task, result),
        (error: unknown) => this.#fail(task, describeFailure(error, task), readTryFacts(error, task)),
      );
  }

  /** Nothing may cancel a teardown, whether the run is cancelled before it starts or while it runs. */
  #scopeOf(task: GraphTask): CancellationScope {
    const work = this.#work;
    return work === undefined || task.teardown === true
      ? new CancellationScope({ cancellable: false })
      : work;
  }

  #callOf(task: GraphTask): TaskCall {
    const inputs = this.#outputs.for(task);
    const inlineBytes = this.#outputs.inlineBytes(task.id);
    return {
      taskId: task.id,
      run: this.facts,
      maxTries: task.execution.retries + 1,
      ...(task.args === undefined ? {} : { args: task.args }),
      ...(inputs === undefined ? {} : { inputs }),
      ...(inlineBytes === undefined ? {} : { inlineBytes }),
    };
  }

  #settle(task: GraphTask, result: TaskResult): void {
    this.#noteTry(task, result);
    if (result.state === 'success') this.#outputs.keep(task.id, result.output);
    else this.#note(task, result.reason);
    this.#finish(task, result.state);
  }

  #fail(task: GraphTask, message: string, facts: TryFacts): void {
    this.#noteTry(task, facts);
    this.#note(task, message);
    this.#finish(task, 'failed');
  }

  #noteTry(task: GraphTask, { tryNumber, queuedMs }: TryFacts): void {
    const record = this.#recordOf(task.id);
    if (tryNumber !== undefined) record.tries = tryNumber;
    if (queuedMs !== undefined) record.queuedMs = queuedMs;
  }

  /** Keeps why a task failed or was skipped, as far as there is room. */
  #note(task: GraphTask, message: string): void {
    const kept = message.slice(0, Math.max(SHORTEST_MESSAGE, Math.floor(this.#messageRoom / 10)));
    this.#messageRoom -= kept.length;
    this.#recordOf(task.id).message = kept === message ? message : `${kept}…`;
  }

  #finish(task: GraphTask, outcome: TaskOutcome): void {
    this.#run.finish(task.id, outcome);
    this.#watchHistory();
    this.#pump();
  }

  #watchHistory(): void {
    if (!this.#continuation.observe(workflowInfo())) return;
    const lift = (): void => {
      this.#continuation.lift(workflowInfo());
      this.#pump();
    };
    sleep(DRAIN_PATIENCE_MS).then(lift, () => undefined); // cancelled: forbid() has lifted it
  }

  /** Follows up on state changes: notes their times, drops outputs of no further use, shows them. */
  #record(): void {
    const changes = this.#run.drainChanges();
    const now = Date.now();
    for (const { taskId, state } of changes) {
      if (state === 'running') this.#recordOf(taskId).startedAtMs = now;
      else if (state === 'scheduled') this.#recordOf(taskId).scheduledAtMs = now;
      else this.#recordOf(taskId).endedAtMs = now;
      if (isFinal(state)) this.#outputs.release(this.#task(taskId));
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

function describeOversizedCall(bytes: number): string {
  const size = (length: number): string => `${(length / 1_000_000).toFixed(1)} MB`;
  return (
    `its arguments and the outputs that they use are ${size(bytes)} together, and a task can be given ${size(MAX_PAYLOAD_BYTES)}: ` +
    `let the tasks above return less, or merge their outputs in several steps`
  );
}
