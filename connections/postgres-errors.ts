/**
 * Turns what pg and the network report into airtempo's errors: which code, hence whether a retry can help, and
 * a sentence that names the place. No message here may contain the password or a statement's parameters.
 */
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { readErrorFields } from './error-fields.js';
import { isPassingFailure } from './sql/passing-failure.js';

/** Where a session is connected to, for messages. */
export interface SqlEndpoint {
  readonly connection: Connection;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** SQLSTATE classes and codes after which the same statement may well succeed: lost links, deadlocks, full servers. */
const RETRYABLE_STATE = /^(08|53|40001$|40P01$|57P0|55P03$|58000$|58030$)/;
const NETWORK_CODES = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN',
]); // prettier-ignore
const LOST_LINK =
  /Connection terminated|timeout expired|timeout exceeded|Client has encountered a connection error|not queryable/i;
const STATEMENT_PREVIEW_CHARS = 160;

interface ServerError {
  readonly state: string | undefined;
  readonly detail: string | undefined;
  /** Where the server was, e.g. `COPY staging_events, line 12, column ts: "x"`. */
  readonly where: string | undefined;
}

/** The fields of a Postgres error report that pg attaches to its errors. */
export function readServerError(error: unknown): ServerError {
  const fields: { code?: unknown; detail?: unknown; where?: unknown } =
    typeof error === 'object' && error !== null ? error : {};
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  const code = text(fields.code);
  return {
    state: code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !NETWORK_CODES.has(code) ? code : undefined,
    detail: text(fields.detail),
    where: text(fields.where),
  };
}

function describePlace({ connection, host, port, database }: SqlEndpoint): string {
  return `connection "${connection.id}" (${host}:${port}, database ${database})`;
}

function readMessage(error: unknown): string {
  const { message, errors, code } = readErrorFields(error);
  if (message !== '') return message;
  // Node reports a host with several addresses as an AggregateError without a text of its own.
  return errors.length > 0 ? errors.map(readMessage).join('; ') : code || 'no reason given';
}

function isNetworkError(error: unknown): boolean {
  const { code, message, errors } = readErrorFields(error);
  return NETWORK_CODES.has(code) || LOST_LINK.test(message) || errors.some(isNetworkError);
}

/** The error for a failed connect. */
export function mapConnectError(error: unknown, endpoint: SqlEndpoint): AirtempoError {
  if (error instanceof AirtempoError) return error;
  const { state } = readServerError(error);
  const { connection, host, port, database } = endpoint;
  const login = connection.login ?? '(none)';
  const message = readMessage(error);
  if (state?.startsWith('28') || /SASL|password must be a string|no password/i.test(message)) {
    return new AirtempoError(
      'ACCESS_DENIED',
      `${host}:${port} refused login "${login}" of connection "${connection.id}" (${message}). Correct its login or password.`,
      { cause: error },
    );
  }
  if (state === '3D000') {
    return new AirtempoError(
      'INVALID_CONNECTION',
      `There is no database "${database}" at ${host}:${port} (connection "${connection.id}", field schema). Create it or correct the name.`,
      { cause: error },
    );
  }
  if (state !== undefined && RETRYABLE_STATE.test(state)) {
    return new AirtempoError(
      'SQL_UNAVAILABLE',
      `${host}:${port} of connection "${connection.id}" accepts no connections now: ${message} [${state}]. Try again later.`,
      { cause: error },
    );
  }
  if (isNetworkError(error)) {
    return new AirtempoError(
      'CONNECTION_REFUSED',
      `No answer from ${host}:${port} (connection "${connection.id}", login "${login}"): ${message}. Is the server running, and are host and port right?`,
      { cause: error },
    );
  }
  return new AirtempoError(
    'INVALID_CONNECTION',
    `Cannot connect to ${describePlace(endpoint)} as "${login}": ${message}. Check the connection, and its extra.sslmode if this is about TLS.`,
    { cause: error },
  );
}

/** Redshift reports nearly everything as XX000, so that only its words tell what passes by itself. */
function isPassing(state: string, error: unknown, { connection }: SqlEndpoint): boolean {
  if (RETRYABLE_STATE.test(state)) return true;
  return connection.type === 'redshift' && state.startsWith('XX') && isPassingFailure(readMessage(error));
}

/** The error for a failed statement. Text of the statement is shown cut; parameters never are. */
export function mapStatementError(error: unknown, endpoint: SqlEndpoint, statement: string): AirtempoError {
  if (error instanceof AirtempoError) return error;
  const { state, detail, where } = readServerError(error);
  const preview = statement.replace(/\s+/g, ' ').trim().slice(0, STATEMENT_PREVIEW_CHARS);
  const lost = state === undefined ? isNetworkError(error) : isPassing(state, error, endpoint);
  const facts = [detail, where].filter((fact) => fact !== undefined).map((fact) => ` ${fact}.`);
  return new AirtempoError(
    lost ? 'SQL_UNAVAILABLE' : 'SQL_FAILED',
    `${readMessage(error)}${state === undefined ? '' : ` [${state}]`} on ${describePlace(endpoint)}.${facts.join('')} Statement: ${preview}`,
    { cause: error },
  );
}
