/**
 * One poke of a sensor as one attempt of a Temporal activity. "Not yet" is a failure that asks to be tried again
 * later: the server keeps the time, nothing grows in the history, and no worker is held.
 */
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ExecutionOptions, PokeOptions } from '../core/graph.js';
import { NOT_YET, type TaskCall, type TaskResult } from '../workflows/contract.js';
import type { Attempt, TaskEnvironment } from './execute-task.js';
import { toPacedFailure } from './failure.js';
import { readPokeMemory, wrapPokeMemory } from './poke-memory.js';
import { pokeSensor, type PokeAgain } from './poke-sensor.js';

/** The call of a sensor's poke. */
export interface SensorCall extends TaskCall {
  readonly sensor: ExecutionOptions & { readonly poke: PokeOptions };
}

export function isSensorCall(call: TaskCall): call is SensorCall {
  return call.sensor?.poke !== undefined && call.event === undefined;
}

/** Whether an error says no more than "not yet". */
export function isNotYet(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && error.type === NOT_YET;
}

/** Pokes once. `info` is the attempt's; throws the failure that Temporal is to go by. */
export async function runPoke(
  call: SensorCall,
  attempt: Attempt,
  { info }: Pick<Context, 'info'>,
  env: TaskEnvironment,
): Promise<TaskResult> {
  // both by the server's clock; this machine's is used for nothing but the length of this poke
  const waitedMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs;
  const begunAt = performance.now();
  const outcome = await pokeSensor(
    call,
    call.sensor,
    {
      ...attempt,
      pokeNumber: info.attempt,
      memory: readPokeMemory(attempt.lastHeartbeat),
      remember: (memory) => attempt.heartbeat(wrapPokeMemory(memory)),
      elapsedMs: () => waitedMs + (performance.now() - begunAt),
    },
    env,
  ).catch((error: unknown) => {
    // Temporal would try for ever: its attempts are pokes, and how many errors are allowed is decided above
    throw attempt.signal.aborted ? error : toPacedFailure(error, { nonRetryable: true });
  });
  if (outcome.state === 'poke_again') throw toFailure(outcome);
  return outcome;
}

function toFailure({ error, reason, delayMs }: PokeAgain): ApplicationFailure {
  const nextRetryDelay = Math.max(1, Math.round(delayMs));
  if (error !== undefined) return toPacedFailure(error, { nextRetryDelay });
  return ApplicationFailure.create({
    type: NOT_YET,
    message: reason === '' ? 'not yet' : reason,
    nextRetryDelay,
    category: ApplicationFailureCategory.BENIGN, // neither logged as an error nor counted as one
  });
}
