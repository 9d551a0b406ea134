/**
 * A DAG run in one history: starts the activities that the state machine names and reports their ends
 * to it. One `.then` per task and no polling: the cost of a run is linear in its tasks.
 */
import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { describeStrangers } from '../core/branch.js';
import { AirtempoError } from '../core/errors.js';
import type { GraphTask } from '../core/graph.js';
import type { RunFacts } from '../core/run-facts.js';
import type { Branch, TaskOutcome } from '../core/run.js';
import { deserializeGraph } from '../core/serialize-graph.js';
import { isFinal, type TaskState } from '../core/states.js';
import { suggest } from '../core/suggest.js';
import { Approvals, isApproval } from './approvals.js';
import { Attempts } from './attempts.js';
import { RunCallbacks } from './callbacks.js';
import { Continuation, DRAIN_PATIENCE_MS } from './continuation.js';
import { describeLost, describeTasks, restoreRecords, type ContinuedRun } from './continued-run.js';
import type { RunPlan, TaskCall, TaskResult, TryFacts } from './contract.js';
import { explainRun, explainTask, type TaskExplanation } from './explain.js';
import { selectForClear } from './clear-selection.js';
import { countElements, MapExpansions } from './map-expansions.js';
import { restoreShape, type RunShape } from './run-shape.js';
import { PastGate } from './past-gate.js';
import { RunSlot } from './run-slot.js';
import { describeOversizedCall, jsonBytes, MAX_PAYLOAD_BYTES, StartBudget } from './payload-limits.js';
import type { ApproveRequest, ClearRequest, MarkRunRequest, MarkTaskRequest, Repair } from './repairs.js';
import {
  createRunReport,
  formatRunTable,
  summarizeFailure,
  TABLE_ROWS,
  type RunReport,
} from './run-report.js';
import { TaskRecords } from './task-records.js';
import { describeFailure, readTryFacts, startTaskActivity } from './task-activity.js';

/** Operator whose tasks are settled by the workflow itself, at no cost. */
const EMPTY_OPERATOR = 'empty';

export class DagRun {
  readonly facts: RunFacts;
  readonly callbacks: RunCallbacks;
  /** Whether somebody gave the run its result: nobody is told of that, as in Airflow. */
  markedByHand = false;
  readonly #plan: RunPlan;
  readonly #shape: RunShape;
  readonly #expansions: MapExpansions;
  readonly #records: TaskRecords;
  readonly #startedAtMs: number;
  readonly #showDetails: (markdown: string) => void;
  readonly #continuation = new Continuation();
  readonly #past: PastGate;
  readonly #slot: RunSlot | undefined;
  readonly #budget = new StartBudget();
  readonly #attempts = new Attempts();
  readonly #approvals = new Approvals();
  #resumedAtMs: number;
  #paused: boolean;
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
    this.#shape = restoreShape(deserializeGraph(plan.graph), continued);
    this.#expansions = new MapExpansions(this.#shape);
    this.#startedAtMs = startedAtMs;
    this.#showDetails = showDetails;
    this.#resumedAtMs = continued?.resumedAtMs ?? startedAtMs;
    this.#paused = continued?.paused ?? false;
    this.#past = new PastGate(
      this.#shape.base,
      () => this.#shape.run,
      this.facts,
      () => this.#pump(),
    );
    this.#slot =
      plan.maxActiveRuns === undefined
        ? undefined
        : new RunSlot(plan.facts, plan.maxActiveRuns, continued?.slot);
    this.#records = new TaskRecords(continued && restoreRecords(this.#shape.graph, continued));
    this.callbacks = new RunCallbacks(
      this.#shape.base,
      this.facts,
      startedAtMs,
      this.#shape,
      continued?.callbacks,
    );
  }

  /** Milliseconds left of dagrunTimeout, if there is one. */
  remainingMs(): number | undefined {
    const { dagrunTimeoutMs } = this.#shape.graph;
    return dagrunTimeoutMs === undefined ? undefined : this.#resumedAtMs + dagrunTimeoutMs - Date.now();
  }

  /** Settles when the run, which has had to wait for its turn, begins. Undefined for one that need not wait. */
  get turn(): Promise<void> | undefined {
    return this.#slot?.turn?.then(() => {
      this.#resumedAtMs = Date.now(); // dagrunTimeout is not for waiting
    });
  }

  /** Lets another run of the DAG have its turn, unless this one goes on in a new history. */
  leaveTurn(outcome: 'done' | 'continue'): Promise<void> | undefined {
    return outcome === 'done' ? this.#slot?.release() : this.#slot?.settled;
  }

  /** Whether only teardowns start any more. */
  get stopped(): boolean {
    return this.#shape.run.cancelled;
  }

  /** Whether every task has its final state; a repair may take that back until the history closes. */
  get done(): boolean {
    return this.#shape.run.done && !this.#attempts.active;
  }

  /** Runs tasks in `work` until all have ended, or until nothing runs and the history should be continued. */
  execute(work: CancellationScope): Promise<'done' | 'continue'> {
    this.#work = work;
    return new Promise((resolve) => {
      this.#end = resolve;
      this.#past.watch(work);
      this.#pump();
    });
  }

  /** Starts nothing any more but teardowns. */
  cancel(reason: string): void {
    this.#cancelReason ??= reason;
    this.#shape.run.cancel();
    this.#continuation.forbid(); // a new history would not know of the cancel
    this.#pump();
  }

  /** The answer to the `state` query. */
  report(): RunReport {
    const report = createRunReport(this.#shape.graph, this.#shape.run, this.facts, this.#records.all);
    const isRunning = report.state === 'running';
    return {
      ...report,
      ...(isRunning && this.#paused ? { paused: true } : {}),
      ...(isRunning && this.#slot?.waiting === true ? { queued: true } : {}),
      ...this.callbacks.toReport(),
    };
  }

  /** Starts nothing new until `resume`; what runs goes on. */
  pause(): void {
    this.#paused = true;
    this.#showDetails(this.#table());
  }

  resume(): void {
    this.#paused = false;
    this.#showDetails(this.#table());
    this.#pump();
  }

  /** Ids of the tasks that a request to clear means and that have something to clear. Throws when there is none. */
  selectForClear(request: ClearRequest): readonly string[] {
    return selectForClear(this.#shape, request);
  }

  /** Takes tasks back, to run again; the rest keep their states and outputs. Returns their ids. */
  clear(request: ClearRequest): readonly string[] {
    const ids = this.selectForClear(request);
    const left = this.#shape.collapse(ids);
    this.#records.keepOnly((id) => this.#shape.has(id));
    const running = new Set(this.#shape.run.clear(left));
    for (const id of left) {
      this.#shape.outputs.forget(id);
      this.#records.forget(id);
    }
    for (const id of running) this.#attempts.stop(id);
    this.#record();
    this.#pump();
    return ids;
  }

  /** Gives a task a state by hand; its work, if any, is cancelled. */
  markTask({ task, state, note }: MarkTaskRequest): void {
    for (const id of this.#shape.resolve(task)) this.#markOne(id, state, note);
    this.#pump();
  }

  #markOne(id: string, state: TaskOutcome, note: string | undefined): void {
    const before = this.#shape.run.stateOf(id);
    if (this.#shape.run.mark(id, state)) this.#attempts.discard(id);
    this.#records.noteMessage(
      id,
      `marked ${state} by hand, was ${before}${note === undefined ? '' : `: ${note}`}`,
    );
  }

  /** Gives the run a result by hand: what runs takes it, what has not started is skipped, teardowns still run. */
  markRun({ state, note }: MarkRunRequest): void {
    this.markedByHand = true;
    this.#cancelReason ??= `marked ${state} by hand${note === undefined ? '' : `: ${note}`}`;
    for (const id of this.#shape.run.markRun(state)) {
      this.#attempts.discard(id);
      this.#records.noteMessage(id, this.#cancelReason);
    }
    this.#continuation.forbid();
    this.#pump();
  }

  /** Throws UNKNOWN_ID for a task that the graph does not have. */
  stateOf(id: string): TaskState {
    return this.#shape.stateOf(id);
  }

  /** Whether a task waits for somebody's decision. */
  isAwaitingApproval(id: string): boolean {
    return this.#approvals.has(id);
  }

  approve(request: ApproveRequest): void {
    this.#approvals.decide(request, new Date(Date.now()).toISOString());
  }

  /** Changes a run that had ended, before it goes on. */
  repair(repair: Repair): void {
    if (repair.kind === 'clear') this.clear(repair);
    else if (repair.kind === 'mark_task') this.markTask(repair);
    else this.markRun(repair);
  }

  /** The answer to the `explain` query: for one task, or for those that wait, failed or were skipped. */
  explain(taskId?: string): readonly TaskExplanation[] {
    const queued = this.#slot?.reason;
    const view = { graph: this.#shape.graph, run: this.#shape.run, records: this.#records.all, queued };
    if (taskId === undefined) return explainRun(view);
    if (this.#shape.has(taskId)) return [explainTask(this.#shape.task(taskId), view)];
    const problem = `The run has no task ${JSON.stringify(taskId)}.${suggest(taskId, this.#shape.ids())}`;
    throw new AirtempoError('UNKNOWN_ID', `${problem} Use the id of one of its tasks, or none.`);
  }

  /** Why the run failed, in one message. */
  summary(): string {
    const view = { graph: this.#shape.graph, run: this.#shape.run, records: this.#records.all };
    return summarizeFailure(view, this.facts, this.#cancelReason);
  }

  toContinued(): ContinuedRun {
    return {
      ...this.callbacks.toContinued(),
      plan: this.#plan,
      startedAtMs: this.#startedAtMs,
      ...(this.#resumedAtMs === this.#startedAtMs ? {} : { resumedAtMs: this.#resumedAtMs }),
      ...(this.#paused ? { paused: true } : {}),
      ...(this.#slot === undefined ? {} : { slot: this.#slot.toJSON() }),
      outputs: this.#shape.outputs.toJSON(),
      ...describeLost(this.#shape.graph, this.#shape.outputs.lost),
      ...describeTasks(this.#shape.graph, this.#shape.run, this.#records.all, this.#startedAtMs),
    };
  }

  /** Starts whatever may start; ends the execution when there is nothing left to do here. */
  #pump(): void {
    const work = this.#work;
    if (work === undefined) return; // repairs that come before the run goes on
    while (this.#mayStart()) {
      const [id] = this.#shape.run.takeReady(1);
      if (id === undefined) break;
      this.#start(this.#shape.task(id), work);
    }
    const isIdle = !this.#attempts.active && !this.#paused && !this.#continuation.draining;
    if (isIdle) this.#slot?.takeTurn(this.#shape.run, () => this.#pump());
    this.#record();
    if (this.#attempts.active) return;
    if (this.#shape.run.done) this.#end('done');
    else if (this.#continuation.draining && this.#shape.run.activeCount === 0) this.#continue();
  }

  #mayStart(): boolean {
    if (this.#continuation.draining || this.#paused) return false;
    if (this.#slot?.held === false && !this.stopped) return false; // cleaning up needs no turn
    if (!this.#budget.isSpent(workflowInfo().historyLength)) return true;
    this.#resumeInNextWorkflowTask();
    return false;
  }

  #resumeInNextWorkflowTask(): void {
    if (this.#resuming || this.#shape.run.counts.scheduled === 0) return;
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

  #start(task: GraphTask, work: CancellationScope): void {
    if (task.mapGroup !== undefined) return this.#expand(task, task.mapGroup, work);
    if (task.operator === EMPTY_OPERATOR) {
      this.#shape.run.finish(task.id, 'success');
      this.callbacks.taskEnded(task.id, 'success');
      return;
    }
    const call = { ...this.#shape.callOf(task, this.facts), ...nameFirstExecution() };
    const bytes = jsonBytes(call);
    if (bytes > MAX_PAYLOAD_BYTES) {
      this.#records.noteMessage(task.id, describeOversizedCall(bytes));
      this.#shape.run.finish(task.id, 'failed');
      this.callbacks.taskEnded(task.id, 'failed', this.#records.of(task.id));
      return;
    }
    this.#budget.spend(bytes);
    const begin = (): Promise<TaskResult> =>
      isApproval(task) ? this.#approvals.wait(task) : startTaskActivity(task, call);
    this.#attempts.start(task, work, begin, {
      succeeded: (result) => this.#settle(task, result),
      failed: (error) => this.#fail(task, describeFailure(error, task), readTryFacts(error, task)),
      discarded: () => this.#pump(),
    });
  }

  /** Takes a mapped group apart, once its elements are counted. */
  #expand(task: GraphTask, groupId: string, work: CancellationScope): void {
    const request = this.#expansions.begin(groupId);
    if (request === undefined) return;
    this.#attempts.start(task, work, () => countElements(request), {
      succeeded: (length) => {
        this.#record();
        this.#expansions.end(groupId, length);
        this.#records.keepOnly((id) => this.#shape.has(id));
        this.#pump();
      },
      failed: (error) => {
        const message = describeFailure(error, task);
        for (const started of this.#expansions.abandon(groupId)) this.#fail(started, message, {});
      },
      discarded: () => {
        const [waiting] = this.#expansions.abandon(groupId);
        if (waiting === undefined) this.#pump();
        else this.#expand(waiting, groupId, work);
      },
    });
  }

  #settle(task: GraphTask, result: TaskResult): void {
    this.#records.noteTry(task.id, result);
    if (result.state === 'skipped') {
      this.#records.noteMessage(task.id, result.reason);
      return this.#finish(task, 'skipped');
    }
    const strangers =
      result.branch === undefined ? [] : this.#shape.run.findStrangers(task.id, result.branch);
    if (strangers.length > 0) return this.#fail(task, describeStrangers(strangers), result);
    this.#shape.outputs.keep(task.id, result.output);
    this.#finish(task, 'success', result.branch);
  }

  #fail(task: GraphTask, message: string, facts: TryFacts): void {
    this.#records.noteTry(task.id, facts);
    this.#records.noteMessage(task.id, message);
    this.#finish(task, 'failed');
  }

  #finish(task: GraphTask, outcome: TaskOutcome, branch?: Branch): void {
    this.#shape.run.finish(task.id, outcome, branch);
    if (isFinal(this.#shape.run.stateOf(task.id)))
      this.callbacks.taskEnded(task.id, outcome, this.#records.of(task.id));
    else this.#records.forget(task.id); // cleared meanwhile: it starts again
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
    const changes = this.#shape.run.drainChanges();
    const now = Date.now();
    for (const { taskId, state } of changes) {
      this.#records.noteState(taskId, state, now);
      if (isFinal(state)) this.#shape.outputs.release(this.#shape.task(taskId));
      else if (state === 'none') this.#shape.outputs.claim(this.#shape.task(taskId));
    }
    // a task that was cleared waits for the past anew
    if (this.#work !== undefined && changes.some(({ state }) => state === 'none'))
      this.#past.watch(this.#work);
    if (changes.length > 0) this.#showDetails(this.#table());
  }

  #table(): string {
    const { tasks } = this.#shape.graph;
    const shown =
      tasks.length <= TABLE_ROWS
        ? tasks
        : this.#records.notableIds.filter((id) => this.#shape.has(id)).map((id) => this.#shape.task(id));
    const table = formatRunTable(shown, this.#shape.run, this.facts, this.#records.all);
    const queued = this.#slot?.reason;
    return queued === undefined ? table : `**Queued**: ${queued}\n\n${table}`;
  }
}

/** A run is one trace, however many histories it has. */
function nameFirstExecution(): Pick<TaskCall, 'firstRunId'> {
  const { runId, firstExecutionRunId } = workflowInfo();
  return runId === firstExecutionRunId ? {} : { firstRunId: firstExecutionRunId };
}
