/** What the run is told of each try besides how it ended: its number, and how long it waited for this worker. */
import type { Info } from '@temporalio/activity';
import { isRecord } from '../core/outside-value.js';
import type { TryFacts } from '../workflows/contract.js';
import { readPokeMemory } from './poke-memory.js';

/** A shorter wait is the hand-over itself, and each fact is stored with each task. */
const SHORTEST_WAIT_MS = 200;

/** The facts of a try that began at `startedAtMs` by this machine's clock. */
export function readTryFacts(
  call: unknown,
  info: Pick<Info, 'attempt' | 'currentAttemptScheduledTimestampMs' | 'heartbeatDetails'>,
  startedAtMs: number,
): TryFacts {
  const queuedMs = startedAtMs - info.currentAttemptScheduledTimestampMs; // by the server's clock
  return { tryNumber: readTryNumber(call, info), ...(queuedMs < SHORTEST_WAIT_MS ? {} : { queuedMs }) };
}

/** The number of a try: Temporal's attempt, but for sensors. Their attempts are pokes, and each error begins a try. */
export function readTryNumber(call: unknown, info: Pick<Info, 'attempt' | 'heartbeatDetails'>): number {
  const isSensor = isRecord(call) && call['sensor'] !== undefined;
  return isSensor ? readPokeMemory(info.heartbeatDetails).errors + 1 : info.attempt;
}
