/**
 * The outputs that tasks still to come will need, and as many of the others as there is room for: a cleared task needs
 * its inputs again, but a history is not a database.
 */
import type { Graph, GraphTask, MapGroup } from '../core/graph.js';
import { isFinal, type TaskState } from '../core/states.js';
import { INLINE_OUTPUT_BYTES, type OutputList, type XComDigest, type XComRef } from './contract.js';

/** What one task may be given inline, or one output may cost by being given to many. */
const SHARED_BYTES = 256 * 1024;
/** About the size of a reference: a smaller output is cheaper inline. */
const REFERENCE_BYTES = 256;
/** The same for an output of a mapped task, whose reference is only a digest. */
const DIGEST_BYTES = 48;
/** Characters of a SHA-256 that make a key; see workers/xcom-key. */
const DIGEST_CHARACTERS = 16;
/** A mapped task may have thousands of instances, each of which is given its lists. */
const USES_OF_A_MAPPED_TASK = 1_000;
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
  readonly #tasks: ReadonlyMap<string, GraphTask>;

  /** `restored`: outputs and states of a run that goes on. */
  constructor(graph: Graph, restored: RestoredOutputs = {}) {
    this.#values = new Map(Object.entries(restored.outputs ?? {}));
    this.#lost = new Set(restored.lost);
    this.#sharing = computeSharing(graph);
    this.#tasks = new Map(graph.tasks.map((task) => [task.id, task]));
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
    this.#values.set(taskId, this.#isInstance(taskId) ? shorten(taskId, output) : output);
    if (this.#waitingFor(taskId) === 0) this.#spareOne(taskId);
  }

  /** A task is to make its output anew. */
  forget(taskId: string): void {
    this.#unspareOne(taskId);
    this.#values.delete(taskId);
    this.#lost.delete(taskId);
  }

  /**
   * What a task's arguments use, by the ids that they name. A task that was skipped has no output: its users see
   * `undefined`, and a list of a mapped task's outputs is shorter by it.
   */
  for(task: GraphTask): Readonly<Record<string, unknown>> | undefined {
    return this.#collect(task.inputs ?? [], task);
  }

  /** The lists that a mapped group runs for. */
  ofMap({ sources }: MapGroup): Readonly<Record<string, unknown>> {
    const ids = sources.flatMap((source) => ('from' in source ? source.from : []));
    const inGraph = ids.flatMap((id) => (this.#tasks.has(id) ? [id] : this.#instancesOf(id)));
    return this.#collect(inGraph, undefined) ?? {};
  }

  /** How long an output of this task may be and still travel inline; undefined: as long as any. */
  inlineBytes(taskId: string): number | undefined {
    const share = Math.floor(SHARED_BYTES / (this.#sharing.get(taskId) ?? 1));
    const least = this.#isInstance(taskId) ? DIGEST_BYTES : REFERENCE_BYTES;
    return share >= INLINE_OUTPUT_BYTES ? undefined : Math.max(share, least);
  }

  #collect(
    ids: readonly string[],
    user: GraphTask | undefined,
  ): Readonly<Record<string, unknown>> | undefined {
    const collected: Record<string, unknown> = {};
    const lists = new Map<string, unknown[]>();
    for (const id of ids) {
      const instance = this.#tasks.get(id)?.instance;
      const isList = instance !== undefined && instance.group !== user?.instance?.group;
      if (isList && !lists.has(instance.of)) {
        const $list: unknown[] = [];
        lists.set(instance.of, $list);
        collected[instance.of] = { $list } satisfies OutputList;
      }
      if (!this.#values.has(id)) continue;
      if (isList) lists.get(instance.of)?.push(this.#values.get(id));
      else collected[instance?.of ?? id] = this.#values.get(id);
    }
    return Object.keys(collected).length === 0 ? undefined : collected;
  }

  #instancesOf(taskId: string): readonly string[] {
    return [...this.#tasks.values()].filter(({ instance }) => instance?.of === taskId).map(({ id }) => id);
  }

  #isInstance(taskId: string): boolean {
    return this.#tasks.get(taskId)?.instance !== undefined;
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

/** A reference without its address, which follows from the task's id. */
function shorten(taskId: string, output: unknown): unknown {
  const isRef = typeof output === 'object' && output !== null && '$xcom' in output && 'sha256' in output;
  if (!isRef) return output;
  const { sha256 } = output as XComRef;
  return { $digest: sha256.slice(0, DIGEST_CHARACTERS), of: taskId } satisfies XComDigest;
}

/** For each output: how many tasks use it, or how many outputs one of them uses, whichever is more. */
function computeSharing(graph: Graph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const widest = new Map<string, number>();
  for (const { inputs = [], mapGroup } of graph.tasks) {
    for (const input of inputs) {
      uses.set(input, (uses.get(input) ?? 0) + (mapGroup === undefined ? 1 : USES_OF_A_MAPPED_TASK));
      widest.set(input, Math.max(widest.get(input) ?? 0, inputs.length));
    }
  }
  return new Map([...uses].map(([id, count]) => [id, Math.max(count, widest.get(id) ?? 0)]));
}
