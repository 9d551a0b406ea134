/**
 * Turns the loose fields of a connection (from JSON, a URI or flags) into a `Connection`, or says what
 * is wrong. Messages never contain a login, a password or an extra value. Pure.
 */
import { AirtempoError } from '../core/errors.js';
import type { Connection } from '../core/connection.js';
import { parseConnectionType } from './connection-type.js';
import { validateHost } from './validate-host.js';

/** A connection's fields as they arrive: nothing about them is known yet. */
export interface ConnectionFields {
  readonly type?: unknown;
  readonly description?: unknown;
  readonly host?: unknown;
  readonly schema?: unknown;
  readonly login?: unknown;
  readonly password?: unknown;
  readonly port?: unknown;
  readonly extra?: unknown;
}

/** Characters in a whole connection; more is not a connection but a file pasted by mistake. */
export const MAX_CONNECTION_LENGTH = 65_536;
/** Airflow's limit of a connection id. */
const MAX_ID_LENGTH = 250;
/** Airflow's column width of host and schema. */
const MAX_NAME_LENGTH = 500;
/** Nesting of extra; deeper values would overflow the stack of whoever walks them. */
const MAX_EXTRA_DEPTH = 32;

/** Airflow's rule: letters, digits, `_` and `# ! ( ) - . : / \`, 1 to 250 characters. */
const ID_PATTERN = /^[\w#!()\-.:/\\]+$/;

function invalid(message: string): never {
  throw new AirtempoError('INVALID_CONNECTION', message);
}

/**
 * The id itself when it is well formed.
 * @throws AirtempoError INVALID_CONNECTION otherwise.
 */
export function validateConnectionId(id: string): string {
  if (id === '') return invalid('The connection id is empty: give it a name such as "redshift".');
  if (id.length > MAX_ID_LENGTH) {
    return invalid(
      `The connection id "${id.slice(0, 20)}…" has ${id.length} characters: ${MAX_ID_LENGTH} are allowed.`,
    );
  }
  if (ID_PATTERN.test(id)) return id;
  return invalid(
    `The connection id ${JSON.stringify(id)} has characters that are not allowed: use letters, digits and _ - . : / # ! ( ).`,
  );
}

/** How every message names a connection. `place` says where it was read, e.g. a variable's name. */
export function describeSubject(id: string, place?: string): string {
  return place === undefined ? `Connection "${id}"` : `Connection "${id}" (${place})`;
}

/** Text or nothing: Airflow's '' and null both mean "not set". */
function readText(subject: string, field: string, value: unknown, maxLength: number): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string')
    return invalid(`${subject} has a ${field} that is not text: put it in quotes.`);
  if (value.length > maxLength) {
    return invalid(`${subject} has a ${field} of ${value.length} characters: ${maxLength} are allowed.`);
  }
  if (/\p{Surrogate}|\0/u.test(value)) {
    return invalid(
      `${subject} has a ${field} with a broken character (NUL or half a surrogate pair): remove it.`,
    );
  }
  return value;
}

/**
 * A port number from 1 to 65535, or undefined when none is given.
 * @throws AirtempoError INVALID_CONNECTION for anything else.
 */
export function validatePort(subject: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const port = typeof value === 'string' && /^\s*\d{1,10}\s*$/.test(value) ? Number(value) : value;
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  const shown =
    typeof port === 'string' ? JSON.stringify(port.slice(0, 20)) : JSON.stringify(port)?.slice(0, 20);
  return invalid(`${subject} has the port ${shown}: a port is a whole number from 1 to 65535.`);
}

function copyExtraValue(subject: string, value: unknown, depth: number): unknown {
  if (depth > MAX_EXTRA_DEPTH)
    return invalid(`${subject} has an extra nested deeper than ${MAX_EXTRA_DEPTH} levels.`);
  if (Array.isArray(value)) return value.map((item) => copyExtraValue(subject, item, depth + 1));
  if (typeof value === 'object' && value !== null) return copyExtraObject(subject, value, depth);
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  if (value === null || typeof value === 'boolean' || isNumber) return value;
  if (typeof value === 'string')
    return readText(subject, 'value in extra', value, MAX_CONNECTION_LENGTH) ?? '';
  return invalid(`${subject} has an extra with a value that JSON cannot hold (${typeof value}).`);
}

/** `fromEntries` defines own properties, so that a key named `__proto__` stays data. */
function copyExtraObject(subject: string, value: object, depth: number): Record<string, unknown> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.map(([key, item]) => {
      readText(subject, 'name in extra', key, MAX_NAME_LENGTH);
      return [key, copyExtraValue(subject, item, depth + 1)];
    }),
  );
}

function parseExtraText(subject: string, text: string): unknown {
  if (text.length > MAX_CONNECTION_LENGTH)
    return invalid(`${subject} has an extra of ${text.length} characters.`);
  try {
    return JSON.parse(text);
  } catch {
    // no `cause`: the parser's message repeats the text, which may be secret
    return invalid(
      `${subject} has an extra that is not valid JSON: write an object such as {"region_name": "us-west-2"}.`,
    );
  }
}

function readExtra(subject: string, value: unknown): Record<string, unknown> {
  const parsed = typeof value === 'string' && value.trim() !== '' ? parseExtraText(subject, value) : value;
  if (parsed === undefined || (parsed === value && (parsed === null || typeof parsed === 'string')))
    return {};
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return invalid(`${subject} has an extra that is not a JSON object: write {"name": "value"}.`);
  }
  return copyExtraObject(subject, parsed, 0);
}

/** AWS keys never hold blanks; one at the end is the trace of a copy and paste, and fails only much later. */
function checkAwsKeys(subject: string, connection: Connection): void {
  if (connection.type !== 'aws' && connection.type !== 's3') return;
  for (const field of ['login', 'password'] as const) {
    if (/\s/.test(connection[field] ?? '')) {
      invalid(
        `${subject} has a ${field} with a blank or line break in it: AWS keys have none, paste it again.`,
      );
    }
  }
}

function checkTotalLength(subject: string, connection: Connection): void {
  const length = JSON.stringify(connection).length;
  if (length <= MAX_CONNECTION_LENGTH) return;
  invalid(`${subject} has ${length} characters in all: ${MAX_CONNECTION_LENGTH} are allowed.`);
}

/** `{ key: value }`, or nothing: absent fields are absent. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });
}

/**
 * A checked, frozen connection from loose fields.
 * @param place where the fields came from, for messages: "variable AIRTEMPO_CONN_REDSHIFT".
 * @throws AirtempoError INVALID_CONNECTION naming the field and the fix, never a secret.
 */
export function validateConnection(id: string, fields: ConnectionFields, place?: string): Connection {
  validateConnectionId(id);
  const subject = describeSubject(id, place);
  const type = parseConnectionType(subject, fields.type);
  const host = readText(subject, 'host', fields.host, MAX_NAME_LENGTH);
  const connection: Connection = Object.freeze({
    id,
    type,
    ...optional('description', readText(subject, 'description', fields.description, 5_000)),
    ...optional('host', host === undefined ? undefined : validateHost(subject, host, type)),
    ...optional('schema', readText(subject, 'schema', fields.schema, MAX_NAME_LENGTH)),
    ...optional('login', readText(subject, 'login', fields.login, MAX_CONNECTION_LENGTH)),
    ...optional('password', readText(subject, 'password', fields.password, MAX_CONNECTION_LENGTH)),
    ...optional('port', validatePort(subject, fields.port)),
    extra: Object.freeze(readExtra(subject, fields.extra)),
  });
  checkAwsKeys(subject, connection);
  checkTotalLength(subject, connection);
  return connection;
}
