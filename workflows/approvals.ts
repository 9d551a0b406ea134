/**
 * Tasks that wait for a person: they are no activity, cost nothing while they wait, and end with the `approve` update
 * or when their time is up.
 */
import { ApplicationFailure, CancelledFailure, CancellationScope, sleep } from '@temporalio/workflow';
import type { GraphTask } from '../core/graph.js';
import type { JsonValue } from '../core/json.js';
import type { TaskResult } from './contract.js';
import type { ApproveRequest } from './repairs.js';

/** Name of the operator whose tasks wait for a decision. */
const APPROVAL_OPERATOR = 'approval';

/** Whether the workflow itself waits for the end of this task. */
export function isApproval(task: GraphTask): boolean {
  return task.operator === APPROVAL_OPERATOR;
}

/** The decisions that a run waits for. */
export class Approvals {
  readonly #waiting = new Map<string, (request: ApproveRequest, decidedAt: string) => void>();

  has(taskId: string): boolean {
    return this.#waiting.has(taskId);
  }

  /** Hands a decision to its task. Does nothing for a task that waits for none. */
  decide(request: ApproveRequest, decidedAt: string): void {
    this.#waiting.get(request.task)?.(request, decidedAt);
  }

  /** The task's end. Rejects when it is cancelled or its time is up. */
  async wait(task: GraphTask): Promise<TaskResult> {
    const timer = new CancellationScope();
    try {
      return await new Promise<TaskResult>((resolve, reject) => {
        this.#waiting.set(task.id, (request, decidedAt) => {
          try {
            resolve(toResult(task, request, decidedAt));
          } catch (error) {
            reject(error); // an ApplicationFailure
          }
        });
        const { executionTimeoutMs } = task.execution;
        void timer
          .run(() => sleep(executionTimeoutMs))
          .then(
            () => reject(describeSilence(executionTimeoutMs)),
            () => reject(new CancelledFailure('cancelled')),
          );
      });
    } finally {
      this.#waiting.delete(task.id);
      timer.cancel();
    }
  }
}

function describeSilence(timeoutMs: number): ApplicationFailure {
  const minutes = Math.round(timeoutMs / 60_000);
  return ApplicationFailure.nonRetryable(`nobody decided within executionTimeout, ${String(minutes)} min`);
}

function toResult(task: GraphTask, request: ApproveRequest, decidedAt: string): TaskResult {
  const { approved, by, comment } = request;
  const output: JsonValue = { approved, by, decidedAt, ...(comment === undefined ? {} : { comment }) };
  if (approved) return { state: 'success', output };
  if (failsOnReject(task)) {
    const why = comment === undefined ? '' : `: ${comment}`;
    throw ApplicationFailure.nonRetryable(`rejected by ${by}${why}`);
  }
  return { state: 'success', output, branch: { follow: [], reach: 'direct' } };
}

function failsOnReject({ args }: GraphTask): boolean {
  return typeof args === 'object' && args !== null && 'onReject' in args && args.onReject === 'fail';
}
