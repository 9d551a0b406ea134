/**
 * The operator `approval`: waits until a person decides, by the update `approve`. The workflow itself waits, so no worker
 * runs this handler, except for `dags test`, which approves.
 */
import { createOperator } from '../core/define-operator.js';

/** Arguments of `approval`. Both are texts, known when the DAG is built. */
export interface ApprovalArgs {
  /** The question, shown in the Web UI. */
  readonly message?: string;
  /** What a rejection does: `skip` (default) skips the direct downstream tasks, `fail` fails the task. */
  readonly onReject?: 'skip' | 'fail';
}

/** Who decided what. */
export interface Decision {
  readonly approved: boolean;
  readonly by: string;
  /** ISO instant, UTC. */
  readonly decidedAt: string;
  readonly comment?: string;
}

/**
 * Waits for a person's decision, for at most `executionTimeout` (24 hours unless said otherwise), and returns it. It
 * takes no slot while it waits. Airflow's ApprovalOperator.
 */
export const approval = createOperator<ApprovalArgs, Decision>(
  'approval',
  () => ({ approved: true, by: 'dags test', decidedAt: new Date().toISOString() }),
  { control: 'approval', summary: ({ message }) => message ?? 'waits for a decision' },
);
