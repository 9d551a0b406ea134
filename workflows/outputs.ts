/** The outputs that tasks still to come will need, and no others: a history is not a database. */
import type { Graph, GraphTask } from '../core/graph.js';

/** Holds each output until the last task that uses it has ended. */
export class Outputs {
  readonly #values = new Map<string, unknown>();
  readonly #consumers = new Map<string, number>();

  constructor(graph: Graph, restored: Readonly<Record<string, unknown>> = {}) {
    for (const input of graph.tasks.flatMap((task) => task.inputs ?? [])) {
      this.#consumers.set(input, (this.#consumers.get(input) ?? 0) + 1);
    }
    for (const [id, value] of Object.entries(restored)) this.#values.set(id, value);
  }

  keep(taskId: string, output: unknown): void {
    if (output !== undefined && (this.#consumers.get(taskId) ?? 0) > 0) this.#values.set(taskId, output);
  }

  /** What a task's arguments use. A task that was skipped has no output: its users see `undefined`. */
  for(task: GraphTask): Readonly<Record<string, unknown>> | undefined {
    const present = (task.inputs ?? []).filter((id) => this.#values.has(id));
    return present.length === 0
      ? undefined
      : Object.fromEntries(present.map((id) => [id, this.#values.get(id)]));
  }

  /** A task has ended for good: its inputs have one user less. */
  release(task: GraphTask): void {
    for (const input of task.inputs ?? []) {
      const left = (this.#consumers.get(input) ?? 0) - 1;
      this.#consumers.set(input, left);
      if (left <= 0) this.#values.delete(input);
    }
  }

  /** What a continued run needs. */
  toJSON(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#values);
  }
}
