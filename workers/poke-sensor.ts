/**
 * One poke of a sensor, and what follows from it: the task's end, or when to look again. Errors count as tries, pokes
 * do not. Knows nothing of Temporal, so that `dags test` waits by the very same code.
 */
import { AirtempoError, isAirtempoError } from '../core/errors.js';
import { formatSpan } from '../core/format-span.js';
import type { ExecutionOptions, PokeOptions } from '../core/graph.js';
import type { TaskCall, TaskResult } from '../workflows/contract.js';
import { describeThrown } from './describe-thrown.js';
import { executeTask, type Attempt, type NotYetResult, type TaskEnvironment } from './execute-task.js';
import type { PokeMemory } from './poke-memory.js';

/** A poke, as whoever runs it sees it. */
export interface PokeAttempt extends Omit<Attempt, 'tryNumber' | 'lastHeartbeat' | 'heartbeat'> {
  /** 1 for the first poke, failed ones included. */
  readonly pokeNumber: number;
  readonly memory: PokeMemory;
  remember(memory: PokeMemory): void;
  /** Milliseconds since the first poke. */
  elapsedMs(): number;
}

/** The sensor is to be asked again. */
export interface PokeAgain {
  readonly state: 'poke_again';
  readonly delayMs: number;
  readonly reason: string;
  /** Set when the poke failed and may be tried again. */
  readonly error?: unknown;
}

/** Pokes once. Throws what ends the task: an error that is not retried, the last one allowed, SENSOR_TIMEOUT. */
export async function pokeSensor(
  call: TaskCall,
  options: ExecutionOptions & { readonly poke: PokeOptions },
  attempt: PokeAttempt,
  env: TaskEnvironment,
): Promise<TaskResult | PokeAgain> {
  let memory = attempt.memory;
  const remember = (change: Partial<PokeMemory>): void => {
    memory = { ...memory, ...change };
    attempt.remember(memory);
  };
  try {
    const result = await withinTime(options.executionTimeoutMs, attempt.signal, (signal) =>
      executeTask(
        call,
        {
          ...attempt,
          signal,
          tryNumber: memory.errors + 1,
          lastHeartbeat: memory.details,
          // a bare heartbeat does not forget what was reported
          heartbeat: (details) => remember(details === undefined ? {} : { details }),
        },
        env,
      ),
    );
    return result.state === 'not_yet' ? waitOn(result, options.poke, attempt) : result;
  } catch (error) {
    const isFinal = attempt.signal.aborted || (isAirtempoError(error) && !error.retryable);
    if (isFinal || memory.errors >= options.retries) throw error;
    remember({ errors: memory.errors + 1 });
    return tryAgain(error, memory.errors, options, attempt);
  }
}

function waitOn(answer: NotYetResult, poke: PokeOptions, attempt: PokeAttempt): PokeAgain {
  const leftMs = poke.timeoutMs - attempt.elapsedMs();
  if (leftMs <= 0) throw timedOut(poke, answer.reason);
  const pokes = attempt.pokeNumber - attempt.memory.errors;
  const delayMs = answer.againInMs ?? computePokeDelayMs(poke, pokes);
  // the last poke is at the time-out, however long the interval
  return { state: 'poke_again', delayMs: Math.min(delayMs, leftMs), reason: answer.reason };
}

/** The wait after the given poke; 1 is the first. */
export function computePokeDelayMs(poke: PokeOptions, pokes: number): number {
  const grown = poke.intervalMs * poke.backoff ** Math.max(0, pokes - 1);
  return Math.min(grown, poke.maxIntervalMs ?? Number.POSITIVE_INFINITY);
}

function tryAgain(
  error: unknown,
  errors: number,
  options: ExecutionOptions & { readonly poke: PokeOptions },
  attempt: PokeAttempt,
): PokeAgain {
  const reason = describeThrown(error);
  const leftMs = options.poke.timeoutMs - attempt.elapsedMs();
  if (leftMs <= 0) throw timedOut(options.poke, reason, error);
  const delayMs = Math.min(
    options.retryDelayMs * options.retryBackoff ** (errors - 1),
    options.maxRetryDelayMs,
    leftMs,
  );
  return { state: 'poke_again', delayMs, reason, error };
}

function timedOut(poke: PokeOptions, reason: string, cause?: unknown): AirtempoError {
  const last = reason === '' ? '' : `; last poke: ${reason}`;
  return new AirtempoError('SENSOR_TIMEOUT', `timed out after ${formatSpan(poke.timeoutMs)}${last}`, {
    cause,
  });
}

/** Gives `work` so long, and a signal that tells it when its time is up. */
async function withinTime<T>(
  limitMs: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const tooLong = new AirtempoError(
    'POKE_TIMEOUT',
    `the poke took longer than executionTimeout, ${formatSpan(limitMs)}`,
  );
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(tooLong), Math.min(limitMs, LONGEST_TIMER_MS));
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(tooLong), { once: true });
  });
  try {
    return await Promise.race([work(AbortSignal.any([outer, controller.signal])), aborted]);
  } finally {
    clearTimeout(timer);
  }
}

const LONGEST_TIMER_MS = 2 ** 31 - 1; // a longer timer fires at once
