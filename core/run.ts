/**
 * The run state machine: says which tasks of a run may start, from how the others ended. It knows no
 * clock, I/O or Temporal; a shell starts what `takeReady` names and reports back through `finish`.
 * A whole run costs O(tasks + edges), and no call recurses, however long the chains are.
 */
import { AirtempoError } from './errors.js';
import { checkGraph } from './graph-checks.js';
import type { RunGraph } from './graph.js';
import { isCount, showValue } from './outside-value.js';
import { ReadyQueue } from './ready-queue.js';
import { computeEffectiveLeaves, computeRunResult } from './run-result.js';
import { countEnd, createRunNodes, decideTask, explainTask } from './run-node.js';
import type { RunNode } from './run-node.js';
import { parseSnapshot, unknownTask } from './run-snapshot.js';
import type { RunSnapshot } from './run-snapshot.js';
import { isFinal } from './states.js';
import type { FinalTaskState, RunState, TaskState } from './states.js';

/** Airflow's default for the tasks of one run that may run at once. */
export const DEFAULT_MAX_ACTIVE_TASKS = 16;

/** How a started task can end. The other final states are the machine's to give. */
export const TASK_OUTCOMES = ['success', 'failed', 'skipped'] as const;
export type TaskOutcome = (typeof TASK_OUTCOMES)[number];

/** One step of one task. */
export interface StateChange {
  readonly taskId: string;
  readonly state: TaskState;
}

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
export function createRun(graph: RunGraph, snapshot?: RunSnapshot, options: RunOptions = {}): Run {
  checkGraph(graph);
  return new Run(graph, snapshot, options);
}

/** A run in flight. Made by `createRun`. */
export class Run {
  readonly #graph: RunGraph;
  readonly #maxActiveTasks: number;
  readonly #nodes: ReadonlyMap<string, RunNode>;
  readonly #ready = new ReadyQueue<RunNode>();
  readonly #counts: Record<TaskState, number>;
  #changes: StateChange[] = [];
  #cancelled = false;
  /** Running tasks that are no teardowns. */
  #activeWork = 0;
  #evaluations = 0;

  /** @internal Use `createRun`, which checks the graph. */
  constructor(graph: RunGraph, snapshot: RunSnapshot | undefined, options: RunOptions) {
    this.#graph = graph;
    this.#maxActiveTasks = graph.maxActiveTasks ?? DEFAULT_MAX_ACTIVE_TASKS;
    this.#nodes = createRunNodes(graph);
    this.#counts = { ...NO_STATES, none: this.#nodes.size };
    if (snapshot !== undefined) this.#restore(snapshot, options.runningTasks ?? 'keep');
    this.#settle(this.#decideAll(this.#nodes.values()));
  }

  /**
   * Marks the next tasks `running` and returns their ids, the most urgent first: at most `limit`, and
   * no more than `maxActiveTasks` at once. Each task is returned once in a run.
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
    while (taken.length < limit && this.activeCount < this.#maxActiveTasks) {
      const node = this.#ready.take();
      if (node === undefined) break;
      // a cancel leaves the tasks that it skipped in the queue
      if (node.state !== 'scheduled') continue;
      this.#setState(node, 'running');
      taken.push(node.task.id);
    }
    return taken;
  }

  /** Reports how a running task ended. Throws UNKNOWN_ID, or INVALID_RUN_INPUT when it is not running. */
  finish(taskId: string, outcome: TaskOutcome): void {
    const node = this.#find(taskId);
    if (!TASK_OUTCOMES.includes(outcome)) {
      throw new AirtempoError(
        'INVALID_RUN_INPUT',
        `Task ${JSON.stringify(taskId)} cannot finish as ${showValue(outcome)}. Use one of: ${TASK_OUTCOMES.join(', ')}.`,
      );
    }
    if (node.state !== 'running') {
      throw new AirtempoError(
        'INVALID_RUN_INPUT',
        `Task ${JSON.stringify(taskId)} cannot finish as ${outcome}: its state is ${node.state}, not running. ` +
          `Report the end of a started task, once.`,
      );
    }
    this.#end([node], outcome);
  }

  /**
   * Starts nothing any more but teardowns: whatever has not started is skipped, what runs is the shell's
   * to finish, and then teardowns follow their rule, so those whose setups succeeded still run. The run
   * ends as failed. Does nothing when the run is done or already cancelled.
   */
  cancel(): void {
    if (this.done || this.#cancelled) return;
    this.#cancelled = true;
    this.#skipUnstarted();
  }

  stateOf(taskId: string): TaskState {
    return this.#find(taskId).state;
  }

  /** Why a task is where it is, in a few words: `waits for 2 of 3 upstream tasks; …`. */
  explain(taskId: string): string {
    const node = this.#find(taskId);
    if (node.state === 'none') return explainTask(node);
    if (node.state !== 'scheduled') return `is ${node.state}`;
    if (this.#isWindingDown) return `waits for ${this.#activeWork} running tasks of the cancelled run to end`;
    return `may run and waits for a slot: ${this.activeCount} of ${this.#maxActiveTasks} active tasks`;
  }

  /** How many tasks are in each state. */
  get counts(): Readonly<Record<TaskState, number>> {
    return { ...this.#counts };
  }

  /** How many tasks are running. */
  get activeCount(): number {
    return this.#counts.running;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** Whether every task has its final state. */
  get done(): boolean {
    return this.#counts.none + this.#counts.scheduled + this.#counts.running === 0;
  }

  /** `running` until every task is done; then what the effective leaves say, or failed if cancelled. */
  get result(): RunState {
    if (!this.done) return 'running';
    if (this.#cancelled) return 'failed';
    return computeRunResult(computeEffectiveLeaves(this.#graph).map((taskId) => this.stateOf(taskId)));
  }

  /** How often the machine has decided about a task: at most tasks + edges (+ guarded tasks of setups). */
  get evaluationCount(): number {
    return this.#evaluations;
  }

  /** The state changes since the last call, in order. Those restored from a snapshot are not news. */
  drainChanges(): readonly StateChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  /**
   * The run as plain JSON, for `createRun`. Running tasks are in it as `running`: on restoring, say with
   * `runningTasks` whether they still run or must start again.
   */
  snapshot(): RunSnapshot {
    const nodes = [...this.#nodes.values()].filter((node) => node.state !== 'none');
    const ready = this.#ready.toArray().filter((node) => node.state === 'scheduled');
    return {
      states: Object.fromEntries(nodes.map((node) => [node.task.id, node.state])),
      ready: ready.map((node) => node.task.id),
      cancelled: this.#cancelled,
    };
  }

  /** After a cancel no teardown may pull a resource from under a task that is still being stopped. */
  get #isWindingDown(): boolean {
    return this.#cancelled && this.#activeWork > 0;
  }

  #restore(snapshot: RunSnapshot, runningTasks: 'keep' | 'start_again'): void {
    const { states, ready, cancelled } = parseSnapshot(snapshot, this.#nodes);
    const waiting: RunNode[] = [];
    for (const node of this.#nodes.values()) {
      const stored = states.get(node.task.id) ?? 'none';
      const isRestarted = stored === 'running' && runningTasks === 'start_again';
      if (isRestarted) this.#enqueue(node);
      else if (stored === 'scheduled') waiting.push(node);
      else this.#moveTo(node, stored);
      if (isFinal(stored)) countEnd(node, stored);
    }
    for (const taskId of ready) this.#enqueue(this.#find(taskId));
    for (const node of waiting) if (node.state === 'none') this.#enqueue(node);
    this.#changes = [];
    this.#cancelled = cancelled;
    if (cancelled) this.#skipUnstarted();
  }

  /** Puts a task into the queue when it may run. Returns the state that it must take instead, if any. */
  #decide(node: RunNode): FinalTaskState | undefined {
    if (node.state !== 'none') return undefined;
    this.#evaluations += 1;
    const verdict = decideTask(node);
    if (verdict === 'wait') return undefined;
    if (verdict !== 'run') return verdict;
    this.#enqueue(node);
    return undefined;
  }

  /** Ends tasks, then in waves all that follows: chains are longer than any call stack. */
  #end(nodes: readonly RunNode[], outcome: FinalTaskState): void {
    const ended = nodes.map((node): End => ({ node, state: outcome }));
    for (const { node, state } of ended) this.#setState(node, state);
    this.#settle(ended);
  }

  #settle(ended: readonly End[]): void {
    let wave = ended;
    while (wave.length > 0) wave = this.#decideAll(countWave(wave));
  }

  /**
   * Decides about tasks that heard of the same wave. Each sees the whole wave, as in a pass of Airflow's
   * scheduler, so a failure beats a skip that came with it. Returns the next wave.
   */
  #decideAll(nodes: Iterable<RunNode>): End[] {
    const wave: End[] = [];
    for (const node of nodes) {
      const state = this.#decide(node);
      if (state === undefined) continue;
      this.#setState(node, state);
      wave.push({ node, state });
    }
    return wave;
  }

  #skipUnstarted(): void {
    const unstarted = [...this.#nodes.values()].filter(
      ({ task, state }) => task.teardown !== true && (state === 'none' || state === 'scheduled'),
    );
    this.#end(unstarted, 'skipped');
  }

  #enqueue(node: RunNode): void {
    this.#setState(node, 'scheduled');
    this.#ready.push(node, node.priority);
  }

  #setState(node: RunNode, state: TaskState): void {
    this.#moveTo(node, state);
    this.#changes.push({ taskId: node.task.id, state });
  }

  #moveTo(node: RunNode, state: TaskState): void {
    this.#counts[node.state] -= 1;
    this.#counts[state] += 1;
    if (node.task.teardown !== true)
      this.#activeWork += Number(state === 'running') - Number(node.state === 'running');
    node.state = state;
  }

  #find(taskId: string): RunNode {
    const node = this.#nodes.get(taskId);
    if (node === undefined) throw unknownTask(taskId, this.#nodes.keys(), 'The run');
    return node;
  }
}

interface End {
  readonly node: RunNode;
  readonly state: FinalTaskState;
}

/** Counts what ended in one wave. Returns the tasks that heard of it, each once. */
function countWave(wave: readonly End[]): ReadonlySet<RunNode> {
  return new Set(wave.flatMap(({ node, state }) => countEnd(node, state)));
}

const NO_STATES: Readonly<Record<TaskState, number>> = {
  none: 0,
  scheduled: 0,
  running: 0,
  success: 0,
  failed: 0,
  skipped: 0,
  upstream_failed: 0,
  removed: 0,
};
