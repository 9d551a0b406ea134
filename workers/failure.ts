/**
 * Turns whatever a handler throws into the failure that Temporal records: retryable or not, and free of
 * secrets. The one place where that is decided.
 */
import { ApplicationFailure, TemporalFailure, type ApplicationFailureOptions } from '@temporalio/common';
import { isAirtempoError } from '../core/errors.js';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import type { TryFacts } from '../workflows/contract.js';
import { describeThrown, isError } from './describe-thrown.js';

/** Causes are kept to this depth; drivers nest deeper than anyone reads. */
const MAX_CAUSES = 4;
/** A failure travels in histories; a driver that echoes a whole file must not fill them. */
const MAX_MESSAGE_CHARACTERS = 4_000;
/** Half a character, as cutting a text leaves it. It has no UTF-8 form: Temporal's core would end the worker. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * The failure for an error. Temporal's own failures (cancellation) pass through unchanged. `facts` is what
 * the run is to know of the try: it goes into the details.
 */
export function toFailure(error: unknown, scrubber: SecretScrubber, facts?: TryFacts): Error {
  if (error instanceof TemporalFailure && !(error instanceof ApplicationFailure)) return error;
  return convert(error, scrubber, 0, facts);
}

function convert(
  error: unknown,
  scrubber: SecretScrubber,
  depth: number,
  facts?: TryFacts,
): ApplicationFailure {
  const origin = isError(error) ? error : new Error(describeObject(error, scrubber));
  const failure = ApplicationFailure.create({
    message: clean(describeThrown(origin), scrubber),
    type: clean(typeOf(origin), scrubber),
    nonRetryable: !isRetryable(origin),
    ...(facts === undefined ? {} : { details: [facts] }),
    ...(origin instanceof ApplicationFailure ? pacing(origin) : {}),
    ...(origin.cause === undefined || depth >= MAX_CAUSES
      ? {}
      : { cause: convert(origin.cause, scrubber, depth + 1) }),
  });
  failure.stack = clean(origin.stack ?? '', scrubber);
  return failure;
}

/** An error with a word on whether, or when, it is tried again. What it says is not scrubbed: that comes last. */
export function toPacedFailure(
  error: unknown,
  pace: Pick<ApplicationFailureOptions, 'nextRetryDelay' | 'nonRetryable'>,
): ApplicationFailure {
  const origin = isError(error) ? error : new Error(describeThrown(error));
  const failure = ApplicationFailure.create({
    message: describeThrown(origin),
    type: typeOf(origin),
    ...(origin.cause instanceof Error ? { cause: origin.cause } : {}),
    ...pace,
  });
  failure.stack = origin.stack ?? '';
  return failure;
}

/** What is no error has no message that could be scrubbed: its fields are, by name and by value. */
function describeObject(thrown: unknown, scrubber: SecretScrubber): string {
  try {
    return describeThrown(scrubber.scrubValue(thrown));
  } catch {
    return 'an object that cannot be read was thrown';
  }
}

/** What Temporal is told about the next try; the handler's own details are left out, they may hold anything. */
function pacing(failure: ApplicationFailure): Pick<ApplicationFailureOptions, 'nextRetryDelay' | 'category'> {
  const { nextRetryDelay, category } = failure;
  return {
    ...(nextRetryDelay ? { nextRetryDelay } : {}),
    ...(category ? { category } : {}),
  };
}

function typeOf(error: Error): string {
  if (isAirtempoError(error)) return error.code;
  return error instanceof ApplicationFailure && typeof error.type === 'string' ? error.type : error.name;
}

/** Ours know by their code; an unknown error is tried again, as Airflow does. */
function isRetryable(error: Error): boolean {
  if (isAirtempoError(error)) return error.retryable;
  return !(error instanceof ApplicationFailure && error.nonRetryable === true);
}

/** A text from a handler as it may enter a history: without secrets, of bounded length, and valid Unicode. */
export function clean(text: string, scrubber: SecretScrubber): string {
  const scrubbed = scrubber.scrub(text);
  const short =
    scrubbed.length <= MAX_MESSAGE_CHARACTERS
      ? scrubbed
      : `${scrubbed.slice(0, MAX_MESSAGE_CHARACTERS)} … (cut)`;
  return short.replaceAll(LONE_SURROGATE, '\ufffd');
}
