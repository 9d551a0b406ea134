/**
 * Reads a connection as Airflow writes it: a URI, or a JSON object. Pure: no environment, no files.
 * What the fields may hold is checked by validate-connection.
 */
import { AirtempoError } from '../core/errors.js';
import type { Connection } from '../core/connection.js';
import { parseConnectionUri } from './parse-connection-uri.js';
import {
  describeSubject,
  MAX_CONNECTION_LENGTH,
  validateConnection,
  validateConnectionId,
  type ConnectionFields,
} from './validate-connection.js';

/** Options of `parseConnection`. */
export interface ParseConnectionOptions {
  /** Where the text came from, for messages; default none. */
  readonly place?: string;
}

/** Keys of the JSON form. `type` and `extra_dejson` are second names that Airflow users have in files. */
const JSON_KEYS: ReadonlyMap<string, keyof ConnectionFields> = new Map([
  ['conn_type', 'type'],
  ['type', 'type'],
  ['description', 'description'],
  ['host', 'host'],
  ['schema', 'schema'],
  ['login', 'login'],
  ['password', 'password'],
  ['port', 'port'],
  ['extra', 'extra'],
  ['extra_dejson', 'extra'],
] as const);

const KEY_LIST = 'conn_type, description, host, schema, login, password, port, extra';

function invalid(message: string): never {
  throw new AirtempoError('INVALID_CONNECTION', message);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** `{"uri": …}` stands alone: Airflow refuses to mix a URI with single fields, the description apart. */
function readUriRecord(subject: string, record: Readonly<Record<string, unknown>>): ConnectionFields {
  const others = Object.keys(record).filter(
    (key) => key !== 'uri' && key !== 'description' && key !== 'conn_id',
  );
  if (others.length > 0)
    return invalid(`${subject} has both "uri" and single fields (${others[0]}): give one or the other.`);
  if (typeof record['uri'] !== 'string') return invalid(`${subject} has a "uri" that is not text.`);
  return { ...parseConnectionUri(subject, record['uri'].trim()), description: record['description'] };
}

function readRecord(
  id: string,
  subject: string,
  record: Readonly<Record<string, unknown>>,
): ConnectionFields {
  if (!isEmpty(record['conn_id']) && record['conn_id'] !== id) {
    return invalid(`${subject} has another "conn_id" inside: rename one of the two.`);
  }
  if (!isEmpty(record['uri'])) return readUriRecord(subject, record);
  const fields: Partial<Record<keyof ConnectionFields, unknown>> = {};
  for (const [key, value] of Object.entries(record)) {
    if (key === 'conn_id' || key === 'uri') continue;
    const field = JSON_KEYS.get(key);
    if (field === undefined) {
      return invalid(
        `${subject} has the unknown key ${JSON.stringify(key.slice(0, 40))}: the keys are ${KEY_LIST}; put others into extra.`,
      );
    }
    if (!isEmpty(value) && !isEmpty(fields[field]))
      return invalid(`${subject} gives its ${field} twice: keep one.`);
    if (!isEmpty(value)) fields[field] = value;
  }
  return fields;
}

/**
 * A connection from a parsed JSON object with Airflow's keys, e.g. one entry of an export.
 * @throws AirtempoError INVALID_CONNECTION naming the key and the fix, never a secret.
 */
export function parseConnectionRecord(
  id: string,
  record: unknown,
  options: ParseConnectionOptions = {},
): Connection {
  validateConnectionId(id);
  const subject = describeSubject(id, options.place);
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return invalid(`${subject} is not a JSON object: write {"conn_type": "postgres", "host": "…"}.`);
  }
  const fields = readRecord(id, subject, record as Readonly<Record<string, unknown>>);
  return validateConnection(id, fields, options.place);
}

function parseJson(subject: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // no `cause`: the parser's message repeats the text, and with it the password
    return invalid(`${subject} starts with { but is not valid JSON: check quotes and commas.`);
  }
}

/**
 * A connection from Airflow's URI or JSON text.
 *
 * URI: `type://login:password@host:port/schema?name=value`, parts percent-encoded, nested extra as
 * `?__extra__=<JSON>`. JSON: `{"conn_type", "description", "host", "schema", "login", "password", "port",
 * "extra"}`. An empty part is absent. Types are normalised (`postgresql`, `Amazon Web Services`).
 * @throws AirtempoError INVALID_CONNECTION naming the field and the fix, never a secret.
 */
export function parseConnection(id: string, text: string, options: ParseConnectionOptions = {}): Connection {
  validateConnectionId(id);
  const subject = describeSubject(id, options.place);
  if (text.length > MAX_CONNECTION_LENGTH) {
    return invalid(`${subject} has ${text.length} characters: ${MAX_CONNECTION_LENGTH} are allowed.`);
  }
  const trimmed = text.trim();
  if (trimmed === '')
    return invalid(`${subject} is empty: give a URI such as postgres://login@host:5432/schema, or JSON.`);
  if (trimmed.startsWith('{')) return parseConnectionRecord(id, parseJson(subject, trimmed), options);
  return validateConnection(id, parseConnectionUri(subject, trimmed), options.place);
}
