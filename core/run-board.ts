/**
 * The tasks of a run with their states, counts and queue: what the run state machine moves about. Knows how the end
 * of a task reaches those below it, and nothing of slots, cancels or repairs. Internal; every call is iterative.
 */
import type { RunGraph } from './graph.js';
import { ReadyQueue, type Room } from './ready-queue.js';
import { countEnd, createRunNodes, decideTask, isHeldByPast, uncountEnd } from './run-node.js';
import type { RunNode } from './run-node.js';
import { InstanceLimits } from './instance-limits.js';
import { isFinal } from './states.js';
import type { FinalTaskState, TaskState } from './states.js';

/** One step of one task. */
export interface StateChange {
  readonly taskId: string;
  readonly state: TaskState;
}

export class RunBoard {
  readonly nodes: ReadonlyMap<string, RunNode>;
  readonly #ready = new ReadyQueue<RunNode>();
  readonly #limits = new InstanceLimits();
  readonly #counts: Record<TaskState, number>;
  #changes: StateChange[] = [];
  /** Running tasks that are no teardowns. */
  #activeWork = 0;
  /** Running tasks that only wait. */
  #deferredCount = 0;
  #evaluations = 0;

  constructor(graph: RunGraph) {
    this.nodes = createRunNodes(graph);
    this.#counts = { ...NO_STATES, none: this.nodes.size };
  }

  get counts(): Readonly<Record<TaskState, number>> {
    return this.#counts;
  }

  get activeWork(): number {
    return this.#activeWork;
  }

  get deferredCount(): number {
    return this.#deferredCount;
  }

  get evaluationCount(): number {
    return this.#evaluations;
  }

  /** The first task in the queue for which there is room, which leaves it; nothing when there is none. */
  takeReady(room: Room): RunNode | undefined {
    for (;;) {
      const node = this.#ready.take(room);
      // a task that was skipped or cleared while it waited is still in the queue
      if (node === undefined || node.state === 'scheduled') return node;
    }
  }

  /** What waits in the queue, in its order, each task once. */
  readyNodes(): readonly RunNode[] {
    const queued = [...this.#ready.toArray(), ...this.#limits.waiting()];
    return [...new Set(queued.filter((node) => node.state === 'scheduled'))];
  }

  enqueue(node: RunNode): void {
    this.setState(node, 'scheduled');
    if (this.#limits.admit(node)) this.#ready.push(node, node.priority, node.task.deferred);
  }

  setState(node: RunNode, state: TaskState): void {
    this.moveTo(node, state);
    this.#changes.push({ taskId: node.task.id, state });
  }

  /** As `setState`, but no news: for restoring a snapshot. */
  moveTo(node: RunNode, state: TaskState): void {
    this.#counts[node.state] -= 1;
    this.#counts[state] += 1;
    const started = Number(state === 'running') - Number(node.state === 'running');
    if (node.task.teardown !== true) this.#activeWork += started;
    if (node.task.deferred === true) this.#deferredCount += started;
    node.state = state;
    if (state === 'running') this.#limits.enter(node);
    if (state === 'scheduled' || state === 'running') return;
    const next = this.#limits.leave(node);
    if (next !== undefined) this.#ready.push(next, next.priority, next.task.deferred);
  }

  /** The state changes since the last call, in order. */
  drainChanges(): readonly StateChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  /** Ends tasks, then in waves all that follows: chains are longer than any call stack. */
  end(ends: readonly End[]): void {
    for (const { node, state } of ends) this.setState(node, state);
    this.#settle(ends);
  }

  /** Decides about these tasks, and about all that follows from it. */
  decide(nodes: Iterable<RunNode>): void {
    this.#settle(this.#decideAll(nodes));
  }

  /** Takes a task back to where it has not started; those below hear of it. Decide about it afterwards. */
  reset(node: RunNode): void {
    if (isFinal(node.state)) uncountEnd(node, node.state);
    node.skips = undefined;
    node.awaitsPast = node.task.dependsOnPast === true;
    if (node.state !== 'none') this.setState(node, 'none');
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
      this.setState(node, state);
      wave.push({ node, state });
    }
    return wave;
  }

  /** Puts a task into the queue when it may run. Returns the state that it must take instead, if any. */
  #decide(node: RunNode): FinalTaskState | undefined {
    if (node.state !== 'none') return undefined;
    this.#evaluations += 1;
    const verdict = decideTask(node);
    if (verdict === 'wait' || isHeldByPast(node, verdict)) return undefined;
    if (verdict !== 'run') return verdict;
    this.enqueue(node);
    return undefined;
  }
}

/** A task and the state with which it ends. */
export interface End {
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
