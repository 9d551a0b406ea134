/**
 * The work of tasks in progress: one attempt a task, each in a scope of its own, so that one can be stopped without the
 * others. Knows nothing of states; it says when work has ended.
 */
import { CancellationScope } from '@temporalio/workflow';
import type { GraphTask } from '../core/graph.js';

interface Attempt {
  readonly scope: CancellationScope;
  /** Its end is of no interest any more: the task was marked by hand. */
  discarded: boolean;
}

/** What becomes of an attempt; exactly one of these is called. */
export interface AttemptEnd<Result> {
  succeeded(result: Result): void;
  failed(error: unknown): void;
  /** It had been discarded, and nothing of it runs any more. */
  discarded(): void;
}

export class Attempts {
  readonly #attempts = new Map<string, Attempt>();
  /** What to do once a discarded attempt has ended: Temporal wants one activity an id. */
  readonly #postponed = new Map<string, () => void>();

  /**
   * Begins a task's work in `work`, or outside of any cancellation for a teardown: nothing may cancel one, whether the
   * run is cancelled before it starts or while it runs.
   */
  start<Result>(
    task: GraphTask,
    work: CancellationScope,
    begin: () => Promise<Result>,
    end: AttemptEnd<Result>,
  ): void {
    if (this.#attempts.has(task.id)) {
      this.#postponed.set(task.id, () => this.start(task, work, begin, end));
      return;
    }
    const cancellable = task.teardown !== true;
    const scope = new CancellationScope(cancellable ? { cancellable, parent: work } : { cancellable });
    const attempt: Attempt = { scope, discarded: false };
    this.#attempts.set(task.id, attempt);
    const close = (report: () => void): void => {
      this.#attempts.delete(task.id);
      if (!attempt.discarded) return report();
      this.#takePostponed(task.id)?.();
      end.discarded();
    };
    scope.run(begin).then(
      (result) => close(() => end.succeeded(result)),
      (error: unknown) => close(() => end.failed(error)),
    );
  }

  /** Cancels a task's work; its end is reported as usual. */
  stop(taskId: string): void {
    this.#attempts.get(taskId)?.scope.cancel();
  }

  /** Cancels a task's work and forgets it; its end is not reported. */
  discard(taskId: string): void {
    const attempt = this.#attempts.get(taskId);
    if (attempt === undefined) return;
    attempt.discarded = true;
    this.#postponed.delete(taskId);
    attempt.scope.cancel();
  }

  /** Whether work has not ended, be it discarded: a history must not close before it has. */
  get active(): boolean {
    return this.#attempts.size > 0;
  }

  #takePostponed(taskId: string): (() => void) | undefined {
    const start = this.#postponed.get(taskId);
    this.#postponed.delete(taskId);
    return start;
  }
}
