/** Says what was thrown, in words: handlers and drivers throw more than errors with messages. Never throws. */
import { isNativeError } from 'node:util/types';

/** Whether it is an error, also one of another realm, as a sandbox or a test runner makes them. */
export function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || isNativeError(thrown);
}

/** The message of an error; anything else as text or JSON. */
export function describeThrown(thrown: unknown): string {
  if (isError(thrown)) return describeError(thrown);
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  try {
    return JSON.stringify(thrown);
  } catch {
    return 'an object that has no JSON form was thrown';
  }
}

/** A refused connection to a host with several addresses is an AggregateError without a message. */
function describeError(error: Error): string {
  if (error.message !== '') return error.message;
  const parts = 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [];
  const messages = parts.flatMap((part) => (isError(part) && part.message !== '' ? [part.message] : []));
  return messages.length === 0 ? error.name : messages.join('; ');
}
