/** The outputs that tasks still to come will need, and no others: a history is not a database. */
import type { Graph, GraphTask } from '../core/graph.js';
import { isFinal, type TaskState } from '../core/states.js';
import { INLINE_OUTPUT_BYTES } from './contract.js';

/** What one task may be given inline, or one output may cost by being given to many. */
const SHARED_BYTES = 256 * 1024;
/** About the size of a reference: a smaller output is cheaper inline. */
const REFERENCE_BYTES = 256;

/** Holds each output until the last task that uses it has ended. */
export class Outputs {
  readonly #values: Map<string, unknown>;
  /** Tasks that use an output and have not ended, by the id of the task that made it. */
  readonly #waiting = new Map<string, number>();
  /** Between how many outputs or uses the inline bytes of an output are shared. */
  readonly #sharing: ReadonlyMap<string, number>;

  /** `restored`: outputs and states of a run that goes on. */
  constructor(
    graph: Graph,
    restored: {
      readonly outputs?: Readonly<Record<string, unknown>> | undefined;
      readonly states?: Readonly<Record<string, TaskState>> | undefined;
    } = {},
  ) {
    this.#values = new Map(Object.entries(restored.outputs ?? {}));
    this.#sharing = computeSharing(graph);
    for (const { id, inputs = [] } of graph.tasks) {
      if (isFinal(restored.states?.[id] ?? 'none')) continue;
      for (const input of inputs) this.#waiting.set(input, (this.#waiting.get(input) ?? 0) + 1);
    }
  }

  keep(taskId: string, output: unknown): void {
    if (output !== undefined && (this.#waiting.get(taskId) ?? 0) > 0) this.#values.set(taskId, output);
  }

  /** What a task's arguments use. A task that was skipped has no output: its users see `undefined`. */
  for(task: GraphTask): Readonly<Record<string, unknown>> | undefined {
    const present = (task.inputs ?? []).filter((id) => this.#values.has(id));
    return present.length === 0
      ? undefined
      : Object.fromEntries(present.map((id) => [id, this.#values.get(id)]));
  }

  /** How long an output of this task may be and still travel inline; undefined: as long as any. */
  inlineBytes(taskId: string): number | undefined {
    const share = Math.floor(SHARED_BYTES / (this.#sharing.get(taskId) ?? 1));
    return share >= INLINE_OUTPUT_BYTES ? undefined : Math.max(share, REFERENCE_BYTES);
  }

  /** A task has its final state: its inputs have one user less. */
  release(task: GraphTask): void {
    for (const input of task.inputs ?? []) {
      const left = (this.#waiting.get(input) ?? 0) - 1;
      this.#waiting.set(input, left);
      if (left <= 0) this.#values.delete(input);
    }
  }

  /** What a continued run needs. */
  toJSON(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#values);
  }
}

/** For each output: how many tasks use it, or how many outputs one of them uses, whichever is more. */
function computeSharing(graph: Graph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const widest = new Map<string, number>();
  for (const { inputs = [] } of graph.tasks) {
    for (const input of inputs) {
      uses.set(input, (uses.get(input) ?? 0) + 1);
      widest.set(input, Math.max(widest.get(input) ?? 0, inputs.length));
    }
  }
  return new Map([...uses].map(([id, count]) => [id, Math.max(count, widest.get(id) ?? 0)]));
}
