/** How a handler says "skip this task" or "fail and do not try again". */
import { AirtempoError } from './errors.js';

const SKIP_BRAND = Symbol.for('airtempo.skip');

/** Thrown by `skip()`; the task ends as `skipped`. */
export class TaskSkipped extends Error {
  readonly [SKIP_BRAND] = true;

  constructor(reason: string) {
    super(reason);
    this.name = 'TaskSkipped';
  }
}

/** Whether an error is a skip, also one thrown by another copy of this package. */
export function isTaskSkipped(error: unknown): error is TaskSkipped {
  return typeof error === 'object' && error !== null && SKIP_BRAND in error;
}

/** Ends the task as `skipped`, as Airflow's AirflowSkipException does. */
export function skip(reason: string): never {
  throw new TaskSkipped(reason);
}

/** Fails the task without further tries, as Airflow's AirflowFailException does. */
export function fail(reason: string, options?: { readonly cause?: unknown }): never {
  throw new AirtempoError('FAILED_WITHOUT_RETRY', reason, options);
}
