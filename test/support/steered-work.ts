/** A handler that a test steers while it runs: which tasks fail, which hold, and how often each was called. */
import type { TaskContext } from '../../index.js';

export interface SteeredWork {
  /** How often each task has run. */
  readonly calls: Map<string, number>;
  /** Ids of the tasks that fail. */
  readonly failing: Set<string>;
  /** Ids of the tasks that go on until they are taken out of here, or cancelled. */
  readonly holding: Set<string>;
  /** The handler. Returns the task's id and how often it was called. */
  work(input: { readonly ctx: TaskContext }): Promise<string>;
  /** As at the beginning. */
  reset(): void;
}

/** Makes one for a suite; call `reset` before each test. */
export function createSteeredWork(): SteeredWork {
  const calls = new Map<string, number>();
  const failing = new Set<string>();
  const holding = new Set<string>();
  return {
    calls,
    failing,
    holding,
    work: async ({ ctx }) => {
      const { taskId, signal } = ctx;
      calls.set(taskId, (calls.get(taskId) ?? 0) + 1);
      while (holding.has(taskId)) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        ctx.heartbeat();
        signal.throwIfAborted();
      }
      if (failing.has(taskId)) throw new Error(`${taskId} broke`);
      return `${taskId} ${String(calls.get(taskId))}`;
    },
    reset: () => {
      for (const collection of [calls, failing, holding]) collection.clear();
    },
  };
}
