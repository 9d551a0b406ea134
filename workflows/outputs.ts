/**
 * The outputs that tasks still to come will need, and as many of the others as there is room for: a cleared task needs
 * its inputs again, but a history is not a database.
 */
import type { Graph, GraphTask } from '../core/graph.js';
import { isFinal, type TaskState } from '../core/states.js';
import { INLINE_OUTPUT_BYTES } from './contract.js';

/** What one task may be given inline, or one output may cost by being given to many. */
const SHARED_BYTES = 256 * 1024;
/** About the size of a reference: a smaller output is cheaper inline. */
const REFERENCE_BYTES = 256;
/** Outputs that only a repair would use are kept up to this size together. */
const SPARE_CHARACTERS = 400_000;

/** What a run that goes on knows of outputs. */
export interface RestoredOutputs {
  readonly outputs?: Readonly<Record<string, unknown>> | undefined;
  readonly lost?: readonly string[] | undefined;
  readonly states?: Readonly<Record<string, TaskState>> | undefined;
}

/** Holds each output until the last task that uses it has ended, and longer while there is room. */
export class Outputs {
  readonly #values: Map<string, unknown>;
  /** Tasks that use an output and have not ended, by the id of the task that made it. */
  readonly #waiting = new Map<string, number>();
  /** Tasks that have ended, and so wait for no input. */
  readonly #ended = new Set<string>();
  /** Size of the outputs that nobody waits for, the oldest first. */
  readonly #spare = new Map<string, number>();
  #spareCharacters = 0;
  /** Ids of tasks whose outputs had to go. */
  readonly #lost: Set<string>;
  /** Between how many outputs or uses the inline bytes of an output are shared. */
  readonly #sharing: ReadonlyMap<string, number>;

  /** `restored`: outputs and states of a run that goes on. */
  constructor(graph: Graph, restored: RestoredOutputs = {}) {
    this.#values = new Map(Object.entries(restored.outputs ?? {}));
    this.#lost = new Set(restored.lost);
    this.#sharing = computeSharing(graph);
    for (const { id, inputs = [] } of graph.tasks) {
      const isWaiting = !isFinal(restored.states?.[id] ?? 'none');
      if (!isWaiting) this.#ended.add(id);
      for (const input of inputs) this.#waiting.set(input, this.#waitingFor(input) + Number(isWaiting));
    }
    for (const id of this.#values.keys()) if (this.#waitingFor(id) === 0) this.#spareOne(id);
  }

  keep(taskId: string, output: unknown): void {
    this.forget(taskId);
    if (output === undefined || !this.#waiting.has(taskId)) return;
    this.#values.set(taskId, output);
    if (this.#waitingFor(taskId) === 0) this.#spareOne(taskId);
  }

  /** A task is to make its output anew. */
  forget(taskId: string): void {
    this.#unspareOne(taskId);
    this.#values.delete(taskId);
    this.#lost.delete(taskId);
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
    if (this.#ended.has(task.id)) return;
    this.#ended.add(task.id);
    for (const input of task.inputs ?? []) {
      const left = this.#waitingFor(input) - 1;
      this.#waiting.set(input, left);
      if (left === 0) this.#spareOne(input);
    }
  }

  /** A task is to run again: if it had ended, its inputs have one user more. */
  claim(task: GraphTask): void {
    if (!this.#ended.delete(task.id)) return;
    for (const input of task.inputs ?? []) {
      this.#unspareOne(input);
      this.#waiting.set(input, this.#waitingFor(input) + 1);
    }
  }

  /** The tasks whose outputs this one needs and which are gone. */
  lostFor(task: GraphTask): readonly string[] {
    return (task.inputs ?? []).filter((input) => this.#lost.has(input));
  }

  /** What a continued run needs. */
  toJSON(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#values);
  }

  /** Ids of the tasks whose outputs are gone. */
  get lost(): readonly string[] {
    return [...this.#lost];
  }

  #waitingFor(taskId: string): number {
    return this.#waiting.get(taskId) ?? 0;
  }

  #spareOne(taskId: string): void {
    if (!this.#values.has(taskId) || this.#spare.has(taskId)) return;
    const characters = JSON.stringify(this.#values.get(taskId)).length;
    this.#spare.set(taskId, characters);
    this.#spareCharacters += characters;
    for (const oldest of this.#spare.keys()) {
      if (this.#spareCharacters <= SPARE_CHARACTERS) return;
      this.#unspareOne(oldest);
      this.#values.delete(oldest);
      this.#lost.add(oldest);
    }
  }

  #unspareOne(taskId: string): void {
    this.#spareCharacters -= this.#spare.get(taskId) ?? 0;
    this.#spare.delete(taskId);
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
