/**
 * Turns whatever a handler throws into the failure that Temporal records: retryable or not, and free of
 * secrets. The one place where that is decided.
 */
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { isAirtempoError } from '../core/errors.js';
import type { SecretScrubber } from '../connections/secret-scrubber.js';
import { describeThrown, isError } from './describe-thrown.js';

/** Causes are kept to this depth; drivers nest deeper than anyone reads. */
const MAX_CAUSES = 4;
/** A failure travels in histories; a driver that echoes a whole file must not fill them. */
const MAX_MESSAGE_CHARACTERS = 4_000;

/** The failure for an error. Temporal's own failures (cancellation) pass through unchanged. */
export function toFailure(error: unknown, scrubber: SecretScrubber): Error {
  if (error instanceof TemporalFailure && !(error instanceof ApplicationFailure)) return error;
  return convert(error, scrubber, 0);
}

function convert(error: unknown, scrubber: SecretScrubber, depth: number): ApplicationFailure {
  const origin = isError(error) ? error : new Error(describeObject(error, scrubber));
  const failure = ApplicationFailure.create({
    message: cut(scrubber.scrub(describeThrown(origin))),
    type: typeOf(origin),
    nonRetryable: !isRetryable(origin),
    ...(origin.cause === undefined || depth >= MAX_CAUSES
      ? {}
      : { cause: convert(origin.cause, scrubber, depth + 1) }),
  });
  failure.stack = cut(scrubber.scrub(origin.stack ?? ''));
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

function typeOf(error: Error): string {
  if (isAirtempoError(error)) return error.code;
  return error instanceof ApplicationFailure && typeof error.type === 'string' ? error.type : error.name;
}

/** Ours know by their code; an unknown error is tried again, as Airflow does. */
function isRetryable(error: Error): boolean {
  if (isAirtempoError(error)) return error.retryable;
  return !(error instanceof ApplicationFailure && error.nonRetryable === true);
}

function cut(text: string): string {
  return text.length <= MAX_MESSAGE_CHARACTERS ? text : `${text.slice(0, MAX_MESSAGE_CHARACTERS)} … (cut)`;
}
