/**
 * A DAG run in one history: starts the activities that the state machine names and reports their ends
 * to it. One `.then` per task and no polling: the cost of a run is linear in its tasks.
 */
import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { describeStrangers } from '../core/branch.js';
import { AirtempoError } from '../core/errors.js';
import type { Graph, GraphTask } from '../core/graph.js';
import type { RunFacts } from '../core/run-facts.js';
import { createRun, type Branch, type Run, type TaskOutcome } from '../core/run.js';
import { selectTasks } from '../core/select-tasks.js';
import { withSetups } from '../core/setup-scope.js';
import { deserializeGraph } from '../core/serialize-graph.js';
import { isFinal, type TaskState } from '../core/states.js';
import { suggest } from '../core/suggest.js';
import { Approvals, isApproval } from './approvals.js';
import { Attempts } from './attempts.js';
import { RunCallbacks } from './callbacks.js';
import { Continuation, DRAIN_PATIENCE_MS } from './continuation.js';
import {
  describeLost,
  describeTasks,
  restoreLost,
  restoreRecords,
  restoreSnapshot,
  type ContinuedRun,
} from './continued-run.js';
import type { RunPlan, TaskCall, TaskResult, TryFacts } from './contract.js';
import { explainRun, explainTask, type TaskExplanation } from './explain.js';
import { Outputs } from './outputs.js';
import { PastGate } from './past-gate.js';
import { RunSlot } from './run-slot.js';
import { describeOversizedCall, jsonBytes, MAX_PAYLOAD_BYTES, StartBudget } from './payload-limits.js';
import type { ApproveRequest, ClearRequest, MarkRunRequest, MarkTaskRequest, Repair } from './repairs.js';
import {
  createRunReport,
  formatRunTable,
  NotableTasks,
  summarizeFailure,
  TABLE_ROWS,
  type RunReport,
  type TaskRecord,
} from './run-report.js';
import { describeFailure, readTryFacts, startTaskActivity } from './task-activity.js';

/** Operator whose tasks are settled by the workflow itself, at no cost. */
const EMPTY_OPERATOR = 'empty';

/** What all messages of a run may take; with 1,000 failures, the later ones are cut short. */
const MESSAGES_CHARACTERS = 100_000;
const SHORTEST_MESSAGE = 40;

export class DagRun {
  readonly facts: RunFacts;
  readonly callbacks: RunCallbacks;
  /** Whether somebody gave the run its result: nobody is told of that, as in Airflow. */
  markedByHand = false;
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
  readonly #past: PastGate;
  readonly #slot: RunSlot | undefined;
  readonly #budget = new StartBudget();
  readonly #attempts = new Attempts();
  readonly #approvals = new Approvals();
  #resumedAtMs: number;
  #paused: boolean;
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
    this.#resumedAtMs = continued?.resumedAtMs ?? startedAtMs;
    this.#paused = continued?.paused ?? false;
    // only a run that was terminated has running tasks here, and nobody runs them any more
    this.#run = createRun(this.#graph, snapshot, { runningTasks: 'start_again' });
    this.#past = new PastGate(this.#graph, this.#run, this.facts, () => this.#pump());
    this.#slot =
      plan.maxActiveRuns === undefined
        ? undefined
        : new RunSlot(plan.facts, plan.maxActiveRuns, continued?.slot);
    this.#outputs = new Outputs(this.#graph, {
      outputs: continued?.outputs,
      lost: continued && restoreLost(this.#graph, continued),
      states: snapshot?.states,
    });
    this.#records = continued === undefined ? new Map() : restoreRecords(this.#graph, continued);
    this.callbacks = new RunCallbacks(this.#graph, this.facts, startedAtMs, this.#run, continued?.callbacks);
  }

  /** Milliseconds left of dagrunTimeout, if there is one. */
  remainingMs(): number | undefined {
    const { dagrunTimeoutMs } = this.#graph;
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
    return this.#run.cancelled;
  }

  /** Whether every task has its final state; a repair may take that back until the history closes. */
  get done(): boolean {
    return this.#run.done && !this.#attempts.active;
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
    this.#run.cancel();
    this.#continuation.forbid(); // a new history would not know of the cancel
    this.#pump();
  }

  /** The answer to the `state` query. */
  report(): RunReport {
    const report = createRunReport(this.#graph, this.#run, this.facts, this.#records);
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
    const { tasks } = this.#graph;
    for (const id of request.tasks ?? []) this.#run.stateOf(id); // refuses unknown ids
    const chosen = request.tasks ?? selectTasks(tasks, request);
    const isFailed = (id: string): boolean => ['failed', 'upstream_failed'].includes(this.#run.stateOf(id));
    const wanted = request.onlyFailed === true ? chosen.filter(isFailed) : chosen;
    const ids = withSetups(this.#graph, wanted).filter((id) => this.#run.stateOf(id) !== 'none');
    if (ids.length === 0) {
      const what = request.onlyFailed === true ? 'failed' : 'started or ended';
      throw new AirtempoError(
        'INVALID_ARGUMENT',
        `There is nothing to clear: none of the chosen tasks has ${what}. See "airtempo runs show" for their states.`,
      );
    }
    this.#refuseLostInputs(ids);
    return ids;
  }

  /** Takes tasks back, to run again; the rest keep their states and outputs. Returns their ids. */
  clear(request: ClearRequest): readonly string[] {
    const ids = this.selectForClear(request);
    const running = new Set(this.#run.clear(ids));
    for (const id of ids) {
      this.#outputs.forget(id);
      this.#records.delete(id);
    }
    for (const id of running) this.#attempts.stop(id);
    this.#record();
    this.#pump();
    return ids;
  }

  /** Gives a task a state by hand; its work, if any, is cancelled. */
  markTask({ task: id, state, note }: MarkTaskRequest): void {
    const before = this.#run.stateOf(id);
    if (this.#run.mark(id, state)) this.#attempts.discard(id);
    this.#note(
      this.#task(id),
      `marked ${state} by hand, was ${before}${note === undefined ? '' : `: ${note}`}`,
    );
    this.#pump();
  }

  /** Gives the run a result by hand: what runs takes it, what has not started is skipped, teardowns still run. */
  markRun({ state, note }: MarkRunRequest): void {
    this.markedByHand = true;
    this.#cancelReason ??= `marked ${state} by hand${note === undefined ? '' : `: ${note}`}`;
    for (const id of this.#run.markRun(state)) {
      this.#attempts.discard(id);
      this.#note(this.#task(id), this.#cancelReason);
    }
    this.#continuation.forbid();
    this.#pump();
  }

  /** Throws UNKNOWN_ID for a task that the graph does not have. */
  stateOf(id: string): TaskState {
    return this.#run.stateOf(id);
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
    const view = { graph: this.#graph, run: this.#run, records: this.#records, queued };
    if (taskId === undefined) return explainRun(view);
    const task = this.#tasks.get(taskId);
    if (task !== undefined) return [explainTask(task, view)];
    const problem = `The run has no task ${JSON.stringify(taskId)}.${suggest(taskId, this.#tasks.keys())}`;
    throw new AirtempoError('UNKNOWN_ID', `${problem} Use the id of one of its tasks, or none.`);
  }

  /** Why the run failed, in one message. */
  summary(): string {
    const view = { graph: this.#graph, run: this.#run, records: this.#records };
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
      outputs: this.#outputs.toJSON(),
      ...describeLost(this.#graph, this.#outputs.lost),
      ...describeTasks(this.#graph, this.#run, this.#records, this.#startedAtMs),
    };
  }

  /** Starts whatever may start; ends the execution when there is nothing left to do here. */
  #pump(): void {
    const work = this.#work;
    if (work === undefined) return; // repairs that come before the run goes on
    while (this.#mayStart()) {
      const [id] = this.#run.takeReady(1);
      if (id === undefined) break;
      this.#start(this.#task(id), work);
    }
    const isIdle = !this.#attempts.active && !this.#paused && !this.#continuation.draining;
    if (isIdle) this.#slot?.takeTurn(this.#run, () => this.#pump());
    this.#record();
    if (this.#attempts.active) return;
    if (this.#run.done) this.#end('done');
    else if (this.#continuation.draining && this.#run.activeCount === 0) this.#continue();
  }

  #mayStart(): boolean {
    if (this.#continuation.draining || this.#paused) return false;
    if (this.#slot?.held === false && !this.stopped) return false; // cleaning up needs no turn
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

  #start(task: GraphTask, work: CancellationScope): void {
    if (task.operator === EMPTY_OPERATOR) {
      this.#run.finish(task.id, 'success');
      this.callbacks.taskEnded(task.id, 'success');
      return;
    }
    const call = this.#callOf(task);
    const bytes = jsonBytes(call);
    if (bytes > MAX_PAYLOAD_BYTES) {
      this.#note(task, describeOversizedCall(bytes));
      this.#run.finish(task.id, 'failed');
      this.callbacks.taskEnded(task.id, 'failed', this.#recordOf(task.id));
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

  #refuseLostInputs(ids: readonly string[]): void {
    const cleared = new Set(ids);
    for (const id of ids) {
      const lost = this.#outputs.lostFor(this.#task(id)).find((input) => !cleared.has(input));
      if (lost === undefined) continue;
      throw new AirtempoError(
        'INVALID_ARGUMENT',
        `Task ${id} cannot be cleared alone: it needs the output of ${lost}, which the run no longer holds. ` +
          `Clear ${lost} too, for example with "upstream".`,
      );
    }
  }

  #callOf(task: GraphTask): TaskCall {
    const inputs = this.#outputs.for(task);
    const inlineBytes = this.#outputs.inlineBytes(task.id);
    const { runId, firstExecutionRunId } = workflowInfo();
    return {
      taskId: task.id,
      run: this.facts,
      maxTries: task.execution.retries + 1,
      ...(runId === firstExecutionRunId ? {} : { firstRunId: firstExecutionRunId }),
      ...(task.args === undefined ? {} : { args: task.args }),
      ...(inputs === undefined ? {} : { inputs }),
      ...(inlineBytes === undefined ? {} : { inlineBytes }),
    };
  }

  #settle(task: GraphTask, result: TaskResult): void {
    this.#noteTry(task, result);
    if (result.state === 'skipped') {
      this.#note(task, result.reason);
      return this.#finish(task, 'skipped');
    }
    const strangers = result.branch === undefined ? [] : this.#run.findStrangers(task.id, result.branch);
    if (strangers.length > 0) return this.#fail(task, describeStrangers(strangers), result);
    this.#outputs.keep(task.id, result.output);
    this.#finish(task, 'success', result.branch);
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

  #finish(task: GraphTask, outcome: TaskOutcome, branch?: Branch): void {
    this.#run.finish(task.id, outcome, branch);
    if (isFinal(this.#run.stateOf(task.id)))
      this.callbacks.taskEnded(task.id, outcome, this.#recordOf(task.id));
    else this.#records.delete(task.id); // cleared meanwhile: it starts again
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
      else if (isFinal(state)) this.#recordOf(taskId).endedAtMs = now;
      if (isFinal(state)) this.#outputs.release(this.#task(taskId));
      else if (state === 'none') this.#outputs.claim(this.#task(taskId));
      this.#notable.note(taskId, state);
    }
    // a task that was cleared waits for the past anew
    if (this.#work !== undefined && changes.some(({ state }) => state === 'none'))
      this.#past.watch(this.#work);
    if (changes.length > 0) this.#showDetails(this.#table());
  }

  #table(): string {
    const { tasks } = this.#graph;
    const shown = tasks.length <= TABLE_ROWS ? tasks : this.#notable.ids().map((id) => this.#task(id));
    const table = formatRunTable(shown, this.#run, this.facts, this.#records);
    const queued = this.#slot?.reason;
    return queued === undefined ? table : `**Queued**: ${queued}\n\n${table}`;
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
