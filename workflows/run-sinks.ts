/**
 * What a run tells the worker that happens to execute it: its end, once, and not again when its history is
 * replayed. Best effort: nothing that a run needs may depend on it, and no command comes of it.
 */
import { proxySinks, type Sinks } from '@temporalio/workflow';
import type { RunFacts } from '../core/run-facts.js';
import type { TaskState } from '../core/states.js';

/** A run's end. Milliseconds since the epoch, by the workflow's clock. */
export interface RunEnd {
  readonly run: RunFacts;
  readonly state: 'success' | 'failed' | 'cancelled';
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** How many tasks ended in each state. */
  readonly counts: Readonly<Partial<Record<TaskState, number>>>;
  /** Why it failed or was cancelled. */
  readonly message?: string;
}

/** The sinks that every worker has to provide. */
export interface RunSinks extends Sinks {
  readonly runs: { ended(end: RunEnd): void };
}

const { runs } = proxySinks<RunSinks>();

/** Tells the worker that the run has ended. */
export function reportRunEnd(end: RunEnd): void {
  runs.ended(end);
}
