/**
 * Writes a connection back in Airflow's two forms, so that exports can be read here and by Airflow.
 * The results hold the secrets in clear: callers decide who may see them.
 */
import { isIPv6 } from 'node:net';
import type { Connection } from '../core/connection.js';

/** Airflow's JSON form of a connection, without the id, as its export files have it. */
export interface ConnectionRecord {
  readonly conn_type: string;
  readonly description?: string;
  readonly host?: string;
  readonly login?: string;
  readonly password?: string;
  readonly schema?: string;
  readonly port?: number;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** Everything but letters, digits and `-._`: also `~`, which a shell expands in an env file. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Readers lower-case a host before they decode it; encoding capitals brings them through. */
function encodeHost(host: string): string {
  if (isIPv6(host) && !host.includes('%') && host === host.toLowerCase()) return `[${host}]`;
  return encode(host).replace(/%[0-9A-F]{2}|[A-Z]/g, (part) =>
    part.length === 1 ? `%${part.charCodeAt(0).toString(16)}` : part,
  );
}

function formatAuthority(connection: Connection): string {
  const { login, password, host = '', port } = connection;
  const separator = host.indexOf('://');
  const protocol = separator < 0 ? '' : host.slice(0, separator + 3);
  let user = login === undefined ? '' : encode(login);
  if (password !== undefined) user += `:${encode(password)}`;
  if (user !== '') user += '@';
  let place = encodeHost(host.slice(protocol.length));
  if (port !== undefined) place += `:${port}`;
  // a port alone needs the @, or it would read as an empty host
  const prefix = user === '' && place.startsWith(':') ? '@' : user;
  return `${protocol}${prefix}${place}`;
}

function formatQuery(extra: Connection['extra']): string {
  const entries = Object.entries(extra);
  if (entries.length === 0) return '';
  const flat = entries.every(([key, value]) => typeof value === 'string' && key !== '__extra__');
  const pairs = flat ? entries : [['__extra__', JSON.stringify(extra)]];
  return pairs.map(([key, value]) => `${encode(String(key))}=${encode(String(value))}`).join('&');
}

/**
 * Airflow's URI of a connection, secrets included. `parseConnection` gives the same connection back,
 * apart from the description, which the URI form cannot hold: use `formatConnectionRecord` to keep it.
 */
export function formatConnectionUri(connection: Connection): string {
  const query = formatQuery(connection.extra);
  const path = connection.schema === undefined ? '' : `/${encode(connection.schema)}`;
  const tail = query === '' ? path : `${path === '' ? '/' : path}?${query}`;
  return `${connection.type}://${formatAuthority(connection)}${tail}`;
}

/** Airflow's JSON form of a connection, secrets included, loss-free. */
export function formatConnectionRecord(connection: Connection): ConnectionRecord {
  const { id: _id, type, extra, ...fields } = connection;
  return { conn_type: type, ...fields, ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}
