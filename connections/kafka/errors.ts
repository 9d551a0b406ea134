/** Turns what kafkajs throws into an error that a user can act on. */
import type { Connection } from '../../core/connection.js';
import { AirtempoError, isAirtempoError } from '../../core/errors.js';
import { readKafkaConfig } from './config.js';

/** `KafkaJSNumberOfRetriesExceeded` and the like carry the error behind them. */
interface KafkaError {
  readonly name?: string;
  readonly message?: string;
  readonly type?: string;
  readonly cause?: unknown;
}

const UNREACHABLE = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSRequestTimeoutError',
  'KafkaJSBrokerNotFound',
]);
const DENIED = new Set(['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED']); // prettier-ignore

/** The error as ours: ACCESS_DENIED, SOURCE_NOT_FOUND (no such topic), CONNECTION_REFUSED, else KAFKA_UNAVAILABLE. */
export function explainKafkaError(connection: Connection, doing: string, error: unknown): unknown {
  if (isAirtempoError(error) || isAbort(error)) return error;
  const origin = findOrigin(error);
  const says = origin.message ?? String(error);
  const where = `${readKafkaConfig(connection).brokers.join(', ')} (connection "${connection.id}")`;
  const make = (code: AirtempoError['code'], what: string): AirtempoError =>
    new AirtempoError(code, `${doing} at ${where} failed: ${what}`, { cause: error });
  if (origin.name === 'KafkaJSSASLAuthenticationError' || DENIED.has(origin.type ?? '')) {
    return make(
      'ACCESS_DENIED',
      `${says} Check login, password and sasl_mechanism, and what the user may do.`,
    );
  }
  if (origin.type === 'UNKNOWN_TOPIC_OR_PARTITION') {
    return make('SOURCE_NOT_FOUND', 'there is no such topic or partition. Make it, or correct its name.');
  }
  if (origin.type === 'MESSAGE_TOO_LARGE') {
    return make(
      'INVALID_ARGUMENT',
      'a message is larger than the topic allows. Raise max.message.bytes of the topic, or leave it out.',
    );
  }
  if (UNREACHABLE.has(origin.name ?? '')) {
    return make(
      'CONNECTION_REFUSED',
      `${says}. Is the broker up, and are its advertised listeners reachable from here?`,
    );
  }
  return make('KAFKA_UNAVAILABLE', says);
}

function findOrigin(error: unknown): KafkaError {
  let found = (error ?? {}) as KafkaError;
  for (let depth = 0; depth < 5 && found.type === undefined && isError(found.cause); depth += 1)
    found = found.cause;
  return found;
}

function isError(value: unknown): value is KafkaError {
  return typeof value === 'object' && value !== null && 'message' in value;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
