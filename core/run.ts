/**
 * The run state machine: says which tasks of a run may start, from how the others ended. It knows no
 * clock, I/O or Temporal; a shell starts what `takeReady` names and reports back through `finish`.
 * A whole run costs O(tasks + edges), and no call recurses, however long the chains are.
 */
import { collectBelow, computeSkipped, findStrangers } from './branch.js';
import type { Branch } from './branch.js';
import { AirtempoError } from './errors.js';
import { expandGraph, templateIdOf, type Expansion } from './expand-graph.js';
import { checkGraph } from './graph-checks.js';
import type { RunGraph } from './graph.js';
import { isCount, showValue } from './outside-value.js';
import { RunBoard } from './run-board.js';
import type { End, StateChange } from './run-board.js';
import { computeEffectiveLeaves, computeRunResult } from './run-result.js';
import { countEnd, decideTask, explainEnd, explainTask, isForced, isHeldByPast } from './run-node.js';
import type { RunNode } from './run-node.js';
import { forgetTasks, parseSnapshot, unknownTask } from './run-snapshot.js';
import type { RunSnapshot } from './run-snapshot.js';
import { isFinal } from './states.js';
import type { RunState, TaskState } from './states.js';

export type { Branch } from './branch.js';
export type { StateChange } from './run-board.js';

/** Airflow's default for the tasks of one run that may run at once. */
export const DEFAULT_MAX_ACTIVE_TASKS = 16;
/** Deferred tasks take no slot, but the server ends a run with 2,000 pending activities; 500 are kept for work. */
const MAX_DEFERRED_TASKS = 1_000;

/** How a started task can end. The other final states are the machine's to give. */
export const TASK_OUTCOMES = ['success', 'failed', 'skipped'] as const;
export type TaskOutcome = (typeof TASK_OUTCOMES)[number];

export interface RunOptions {
  /**
   * What to make of tasks that are `running` in the snapshot. `keep` (default): they still run, and
   * someone will report their end. `start_again`: nobody will; they are ready again, before all others.
   */
  readonly runningTasks?: 'keep' | 'start_again';
}

/**
 * Starts a run of a graph, or takes one up again where a snapshot left it. Every check of `checkGraph`
 * applies. Throws INVALID_RUN_INPUT or UNKNOWN_ID for a snapshot that does not fit.
 */
export function createRun<Graph extends RunGraph>(
  graph: Graph,
  snapshot?: RunSnapshot,
  options: RunOptions = {},
): Run<Graph> {
  checkGraph(graph);
  return new Run(graph, snapshot, options);
}

/** A run in flight. Made by `createRun`. */
export class Run<Graph extends RunGraph = RunGraph> {
  /** With an instance for each element of the mapped groups that have been taken apart. */
  readonly graph: Graph;
  /** The mapped groups that have been taken apart, in that order. */
  readonly expansions: readonly Expansion[];
  /** As the DAG file has it, with its mapped groups in one piece. */
  readonly #base: Graph;
  readonly #maxActiveTasks: number;
  readonly #board: RunBoard;
  /** Set when the run was stopped before its end: what it will have been. */
  #stoppedAs: Exclude<RunState, 'running'> | undefined;

  /** @internal Use `createRun`, which checks the graph. */
  constructor(base: Graph, snapshot: RunSnapshot | undefined, options: RunOptions) {
    this.#base = base;
    this.expansions = snapshot?.expansions ?? [];
    this.graph = expandGraph(base, this.expansions);
    this.#maxActiveTasks = base.maxActiveTasks ?? DEFAULT_MAX_ACTIVE_TASKS;
    this.#board = new RunBoard(this.graph);
    if (snapshot !== undefined) this.#restore(snapshot, options.runningTasks);
    this.#board.decide(this.#board.nodes.values());
  }

  /**
   * Marks the next tasks `running` and returns their ids, the most urgent first: at most `limit`, and
   * no more than `maxActiveTasks` at once, beside deferred tasks, which take no slot. A task is returned once in a run, and once more each time it is cleared.
   */
  takeReady(limit = Number.POSITIVE_INFINITY): readonly string[] {
    if (limit !== Number.POSITIVE_INFINITY && !isCount(limit)) {
      throw new AirtempoError(
        'INVALID_ARGUMENT',
        `takeReady got the limit ${showValue(limit)}. Use a whole number from 0, or none.`,
      );
    }
    const taken: string[] = [];
    if (this.#isWindingDown) return taken;
    while (taken.length < limit) {
      const node = this.#board.takeReady({
        work: this.#slotsTaken < this.#maxActiveTasks,
        deferred: this.#board.deferredCount < MAX_DEFERRED_TASKS,
      });
      if (node === undefined) break;
      this.#board.setState(node, 'running');
      taken.push(node.task.id);
    }
    return taken;
  }

  /**
   * Reports how a running task ended; `branch` says what a successful branch or short circuit skips. A task that was
   * cleared while it ran starts again instead. Throws UNKNOWN_ID, or INVALID_RUN_INPUT when it is not running.
   */
  finish(taskId: string, outcome: TaskOutcome, branch?: Branch): void {
    const node = this.#find(taskId);
    checkOutcome(taskId, outcome);
    if (node.state !== 'running') {
      throw new AirtempoError(
        'INVALID_RUN_INPUT',
        `Task ${JSON.stringify(taskId)} cannot finish as ${outcome}: its state is ${node.state}, not running. ` +
          `Report the end of a started task, once.`,
      );
    }
    if (node.restarts) return this.#restart([node]);
    const skipped = branch === undefined ? [] : this.#takeBranch(node, branch);
    this.#board.end([{ node, state: outcome }, ...skipped]);
  }

  /** The ids that a branch of this task cannot follow: they are no direct downstream task or group of it. */
  findStrangers(taskId: string, branch: Branch): readonly string[] {
    return findStrangers(this.#find(taskId), branch);
  }

  /**
   * Starts nothing any more but teardowns: whatever has not started is skipped, what runs is the shell's
   * to finish, and then teardowns follow their rule, so those whose setups succeeded still run. The run
   * ends as failed. Does nothing when the run is done or already cancelled.
   */
  cancel(): void {
    this.#stop('failed');
  }

  /**
   * Sets the run's result by hand: what runs takes it, what has not started is skipped, teardowns follow their rule.
   * Returns the tasks that were running: the shell stops their work and reports no end. As Airflow's "mark run".
   */
  markRun(result: Exclude<RunState, 'running'>): readonly string[] {
    if (this.done) {
      this.#stoppedAs = result; // taken up again for this alone: its tasks keep their states
      return [];
    }
    this.#stop(result);
    const running = [...this.#board.nodes.values()].filter(
      ({ state, task }) => state === 'running' && task.teardown !== true,
    );
    this.#board.end(running.map((node): End => ({ node, state: result })));
    return running.map(({ task }) => task.id);
  }

  /**
   * Sets the state of a task by hand, whatever it is now; those below that have not started hear of it. Returns whether
   * it was running: the shell stops its work and reports no end. Throws UNKNOWN_ID.
   */
  mark(taskId: string, outcome: TaskOutcome): boolean {
    const node = this.#find(taskId);
    checkOutcome(taskId, outcome);
    const wasRunning = node.state === 'running';
    node.restarts = false;
    if (node.state === outcome) return false;
    if (isFinal(node.state)) this.#board.reset(node);
    this.#board.end([{ node, state: outcome }]);
    return wasRunning;
  }

  /**
   * Takes tasks back, to run again when their rule says so; all others keep their states. Returns those that are
   * running: they start again once the shell has stopped them and reported their end. Throws UNKNOWN_ID, or
   * INVALID_RUN_INPUT for a run that is being stopped.
   */
  clear(taskIds: readonly string[]): readonly string[] {
    const chosen = taskIds.map((id) => this.#find(id));
    if (this.#stoppedAs !== undefined && !this.done) {
      throw new AirtempoError(
        'INVALID_RUN_INPUT',
        'The run is being stopped, so its tasks cannot be cleared now. Wait for its end, and clear them then.',
      );
    }
    this.#stoppedAs = undefined;
    const running = chosen.filter(({ state }) => state === 'running');
    for (const node of running) node.restarts = true;
    this.#reopen(chosen.filter(({ state }) => state !== 'running'));
    return running.map(({ task }) => task.id);
  }

  /**
   * Unstarted tasks that depend on the past and have not been let go, those that wait for nothing else first. Only
   * whoever knows other runs can say when they may start; a task that is cleared waits anew.
   */
  get tasksAwaitingPast(): readonly string[] {
    const waiting = [...this.#board.nodes.values()].filter(
      ({ state, awaitsPast }) => awaitsPast && state === 'none',
    );
    const isHeld = (node: RunNode): boolean => isHeldByPast(node, decideTask(node));
    return [...waiting.filter(isHeld), ...waiting.filter((node) => !isHeld(node))].map(({ task }) => task.id);
  }

  /** The previous run lets these tasks start: from now on only their upstream counts. Throws UNKNOWN_ID. */
  releaseFromPast(taskIds: readonly string[]): void {
    const nodes = taskIds.map((id) => this.#find(id));
    for (const node of nodes) node.awaitsPast = false;
    this.#board.decide(nodes);
  }

  /**
   * The run with a mapped group taken apart into instances; this one is of no use afterwards. Call it when `takeReady`
   * has named a task of the group. Without elements its tasks are skipped, as in Airflow; if one was cleared meanwhile,
   * those that run start again instead.
   */
  expanded(groupId: string, length: number): Run<Graph> {
    const members = this.#membersOf(groupId);
    if (members.some(({ restarts }) => restarts)) {
      this.#restart(members.filter(({ state }) => state === 'running'));
      return this;
    }
    if (length === 0) {
      this.#board.end(
        members.filter(({ state }) => !isFinal(state)).map((node): End => ({ node, state: 'skipped' })),
      );
      return this;
    }
    return this.#withExpansions([...this.expansions, [groupId, length]], members);
  }

  /** The run with a mapped group in one piece again, to be taken apart anew; this one is of no use afterwards. */
  collapsed(groupId: string): Run<Graph> {
    const others = this.expansions.filter(([id]) => id !== groupId);
    return this.#withExpansions(others, this.#membersOf(groupId));
  }

  #withExpansions(expansions: readonly Expansion[], forgotten: readonly RunNode[]): Run<Graph> {
    const gone = new Set(forgotten.map(({ task }) => task.id));
    return new Run(this.#base, { ...forgetTasks(this.snapshot(), gone), expansions }, {});
  }

  /** The tasks of a mapped group, or their instances once it has been taken apart. */
  #membersOf(groupId: string): readonly RunNode[] {
    const ids = new Set(this.#base.tasks.filter(({ mapGroup }) => mapGroup === groupId).map(({ id }) => id));
    return [...this.#board.nodes.values()].filter(({ task }) => ids.has(templateIdOf(task)));
  }

  stateOf(taskId: string): TaskState {
    return this.#find(taskId).state;
  }

  /** Why a task is where it is, in a few words: `waits for 2 of 3 upstream tasks; …`. */
  explain(taskId: string): string {
    const node = this.#find(taskId);
    if (node.state === 'none') return explainTask(node);
    const brancher = this.skippedBy(taskId);
    if (brancher !== undefined) return `is skipped: ${brancher} chose another way`;
    if (node.state !== 'scheduled') return explainEnd(node);
    if (this.#isWindingDown)
      return `waits for ${this.#board.activeWork} running tasks of the cancelled run to end`;
    return node.task.deferred === true
      ? `may run: ${this.#board.deferredCount} of ${MAX_DEFERRED_TASKS} waiting tasks`
      : `may run and waits for a slot: ${this.#slotsTaken} of ${this.#maxActiveTasks} active tasks`;
  }

  /** Whether its upstream gave the task its final state, so that it never started. */
  isForced(taskId: string): boolean {
    return isForced(this.#find(taskId));
  }

  /** The branch or short circuit that skipped this task, if one did. */
  skippedBy(taskId: string): string | undefined {
    const node = this.#find(taskId);
    if (node.state !== 'skipped') return undefined;
    return [...this.#board.nodes.values()].find(({ skips }) => skips?.includes(node))?.task.id;
  }

  /** How many tasks are in each state. */
  get counts(): Readonly<Record<TaskState, number>> {
    return { ...this.#board.counts };
  }

  /** Running tasks that take a slot. */
  get #slotsTaken(): number {
    return this.activeCount - this.#board.deferredCount;
  }

  /** How many tasks are running, deferred ones included. */
  get activeCount(): number {
    return this.#board.counts.running;
  }

  /** Whether the run was cancelled or marked by hand, so that only teardowns start any more. */
  get cancelled(): boolean {
    return this.#stoppedAs !== undefined;
  }

  /** Whether every task has its final state. */
  get done(): boolean {
    const { none, scheduled, running } = this.#board.counts;
    return none + scheduled + running === 0;
  }

  /** `running` until every task is done; then what the effective leaves say, unless it was stopped. */
  get result(): RunState {
    if (!this.done) return 'running';
    if (this.#stoppedAs !== undefined) return this.#stoppedAs;
    return computeRunResult(computeEffectiveLeaves(this.graph).map((taskId) => this.stateOf(taskId)));
  }

  /** How often the machine has decided about a task: at most tasks + edges (+ guarded tasks of setups). */
  get evaluationCount(): number {
    return this.#board.evaluationCount;
  }

  /** The state changes since the last call, in order. Those restored from a snapshot are not news. */
  drainChanges(): readonly StateChange[] {
    return this.#board.drainChanges();
  }

  /**
   * The run as plain JSON, for `createRun`. Running tasks are in it as `running`: on restoring, say with
   * `runningTasks` whether they still run or must start again.
   */
  snapshot(): RunSnapshot {
    const nodes = [...this.#board.nodes.values()];
    const idsOf = (some: readonly RunNode[]): readonly string[] => some.map(({ task }) => task.id);
    const skips = nodes.flatMap((node) =>
      node.skips === undefined ? [] : [[node.task.id, idsOf(node.skips)] as const],
    );
    const restarting = nodes.filter(({ restarts }) => restarts);
    return {
      states: Object.fromEntries(
        nodes.filter(({ state }) => state !== 'none').map((node) => [node.task.id, node.state]),
      ),
      ready: idsOf(this.#board.readyNodes()),
      cancelled: this.cancelled,
      ...(this.expansions.length === 0 ? {} : { expansions: this.expansions }),
      ...(this.#stoppedAs === 'success' ? { markedAs: 'success' as const } : {}),
      ...(skips.length === 0 ? {} : { skips: Object.fromEntries(skips) }),
      ...(restarting.length === 0 ? {} : { restarting: idsOf(restarting) }),
    };
  }

  /** After a cancel no teardown may pull a resource from under a task that is still being stopped. */
  get #isWindingDown(): boolean {
    return this.cancelled && this.#board.activeWork > 0;
  }

  #restore(snapshot: RunSnapshot, runningTasks: RunOptions['runningTasks']): void {
    const parsed = parseSnapshot(snapshot, this.#board.nodes);
    const board = this.#board;
    const waiting: RunNode[] = [];
    for (const node of board.nodes.values()) {
      const stored = parsed.states.get(node.task.id) ?? 'none';
      const isRestarted = stored === 'running' && runningTasks === 'start_again';
      if (isRestarted) board.enqueue(node);
      else if (stored === 'scheduled') waiting.push(node);
      else board.moveTo(node, stored);
      node.restarts = stored === 'running' && !isRestarted && parsed.restarting.has(node.task.id);
      node.skips = parsed.skips.get(node.task.id)?.map((id) => this.#find(id));
      if (isFinal(stored)) countEnd(node, stored);
    }
    for (const taskId of parsed.ready) board.enqueue(this.#find(taskId));
    for (const node of waiting) if (node.state === 'none') board.enqueue(node);
    board.drainChanges();
    this.#stoppedAs = parsed.stoppedAs;
    if (this.cancelled) this.#skipUnstarted();
  }

  #takeBranch(node: RunNode, branch: Branch): readonly End[] {
    const skips = computeSkipped(node, branch);
    node.skips = skips;
    return skips.filter(isUnstarted).map((skipped): End => ({ node: skipped, state: 'skipped' }));
  }

  #restart(nodes: readonly RunNode[]): void {
    for (const node of nodes) node.restarts = false;
    this.#reopen(nodes);
  }

  /** Takes tasks back, and those below that had only been queued; then decides about all of them anew. */
  #reopen(nodes: readonly RunNode[]): void {
    const queued = [...collectBelow(nodes)].filter(({ state }) => state === 'scheduled');
    const open = new Set([...nodes, ...queued]);
    for (const node of open) this.#board.reset(node);
    // a task that a branch skipped is skipped again unless the branch itself is asked again
    const skippedAgain = [...this.#board.nodes.values()].flatMap(({ skips = [] }) =>
      skips.filter((node) => open.has(node)),
    );
    this.#board.end([...new Set(skippedAgain)].map((node): End => ({ node, state: 'skipped' })));
    this.#board.decide(open);
  }

  #stop(result: Exclude<RunState, 'running'>): void {
    if (this.done || this.cancelled) return;
    this.#stoppedAs = result;
    this.#skipUnstarted();
  }

  #skipUnstarted(): void {
    const unstarted = [...this.#board.nodes.values()].filter(
      (node) => node.task.teardown !== true && isUnstarted(node),
    );
    this.#board.end(unstarted.map((node): End => ({ node, state: 'skipped' })));
    this.releaseFromPast(this.tasksAwaitingPast); // teardowns: cleaning up waits for no other run
  }

  #find(taskId: string): RunNode {
    const node = this.#board.nodes.get(taskId);
    if (node === undefined) throw unknownTask(taskId, this.#board.nodes.keys(), 'The run');
    return node;
  }
}

function isUnstarted({ state }: RunNode): boolean {
  return state === 'none' || state === 'scheduled';
}

function checkOutcome(taskId: string, outcome: TaskOutcome): void {
  if (TASK_OUTCOMES.includes(outcome)) return;
  throw new AirtempoError(
    'INVALID_RUN_INPUT',
    `Task ${JSON.stringify(taskId)} cannot finish as ${showValue(outcome)}. Use one of: ${TASK_OUTCOMES.join(', ')}.`,
  );
}
