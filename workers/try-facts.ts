/** What the run is told of each try besides how it ended: its number, and how long it waited for this worker. */
import type { Info } from '@temporalio/activity';
import type { TryFacts } from '../workflows/contract.js';

/** A shorter wait is the hand-over itself, and each fact is stored with each task. */
const SHORTEST_WAIT_MS = 200;

/** The facts of a try that began at `startedAtMs` by this machine's clock. */
export function readTryFacts(
  info: Pick<Info, 'attempt' | 'currentAttemptScheduledTimestampMs'>,
  startedAtMs: number,
): TryFacts {
  const queuedMs = startedAtMs - info.currentAttemptScheduledTimestampMs; // by the server's clock
  return { tryNumber: info.attempt, ...(queuedMs < SHORTEST_WAIT_MS ? {} : { queuedMs }) };
}
