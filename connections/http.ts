/**
 * Where a connection of type `http` or `slackwebhook` leads: address and headers. It sends nothing. The whole
 * address of a webhook may be its secret, so errors name the host alone.
 */
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';

/** An address to send a request to. */
export interface HttpTarget {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The address of a connection, with `path` after it.
 *
 * `http`, as in Airflow: `schema` is `http` or `https` (default `http`, and `https` when there is no port), unless
 * `host` has it; `login` and `password` are basic authentication, a password alone is a bearer token;
 * `extra.headers` are sent along, and `extra.endpoint` comes before `path`. `slackwebhook`: the host, then the
 * password as the rest of the path. The password of either may be the whole address instead.
 * @throws AirtempoError INVALID_CONNECTION when that is no address.
 */
export function resolveHttp(connection: Connection, path = ''): HttpTarget {
  const { type, password } = connection;
  if (type !== 'http' && type !== 'slackwebhook') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" is of type ${type}, and http or slackwebhook is needed here.`,
    );
  }
  if (password !== undefined && /^https?:\/\//i.test(password)) {
    return { url: parse(connection, join(password, path)), headers: readHeaders(connection) };
  }
  if (type === 'slackwebhook') {
    const base = baseOf(connection, 'https://hooks.slack.com/services', 'https');
    return { url: parse(connection, join(base, password ?? '', path)), headers: readHeaders(connection) };
  }
  const endpoint = connection.extra['endpoint'];
  const base = baseOf(connection, undefined, connection.port === undefined ? 'https' : 'http');
  return {
    url: parse(connection, join(base, typeof endpoint === 'string' ? endpoint : '', path)),
    headers: { ...readAuthorization(connection), ...readHeaders(connection) },
  };
}

function baseOf(connection: Connection, fallback: string | undefined, protocol: string): string {
  const { host = fallback, port, schema } = connection;
  if (host === undefined) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" has no host: set it, such as "https://hooks.example.com".`,
    );
  }
  if (!host.includes('://')) {
    const name = host.includes(':') ? `[${host}]` : host;
    return `${schema ?? protocol}://${name}${port === undefined ? '' : `:${port}`}`;
  }
  if (port === undefined) return host;
  const url = parse(connection, host);
  url.port = String(port);
  return url.href;
}

function join(...parts: readonly string[]): string {
  return parts.reduce((left, right) =>
    right === '' ? left : `${left.replace(/\/$/, '')}/${right.replace(/^\//, '')}`,
  );
}

function parse({ id }: Connection, text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  }
  // the text is not repeated: it may be the secret
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${id}" has no valid address: check host, schema and port.`,
  );
}

function readAuthorization({ login, password }: Connection): Readonly<Record<string, string>> {
  if (password === undefined) return {};
  if (login === undefined) return { authorization: `Bearer ${password}` };
  return { authorization: `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}` };
}

function readHeaders({ id, extra }: Connection): Readonly<Record<string, string>> {
  const { headers } = extra;
  if (headers === undefined) return {};
  const isMap = typeof headers === 'object' && headers !== null && !Array.isArray(headers);
  const entries = isMap ? Object.entries(headers) : [];
  if (isMap && entries.every(([, value]) => typeof value === 'string')) {
    return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
  }
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${id}" has extra "headers" that are no texts by name.`,
  );
}
