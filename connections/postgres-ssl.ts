/**
 * What `sslmode` in a connection's extra means, as libpq defines it. pg's own reading of the word differs
 * (it treats `require` as `verify-full`), so the word is never passed on: only the TLS options below are.
 */
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';

import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';

const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/** One way to connect: `false` is plain text. */
export type SslAttempt = false | ConnectionOptions;

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '::1']);

function readSslMode(connection: Connection, host: string): SslMode {
  const given = connection.extra['sslmode'];
  if (given === undefined) {
    if (connection.type === 'redshift') return LOOPBACK_HOSTS.has(host) ? 'prefer' : 'verify-full';
    return LOOPBACK_HOSTS.has(host) ? 'disable' : 'prefer';
  }
  const mode = SSL_MODES.find((known) => known === given);
  if (mode !== undefined) return mode;
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${connection.id}" has sslmode ${JSON.stringify(given)}. Use one of: ${SSL_MODES.join(', ')}.`,
  );
}

async function readRootCertificate(connection: Connection): Promise<string | undefined> {
  const path = connection.extra['sslrootcert'];
  if (typeof path !== 'string' || path === '') return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}": the certificate file ${path} (extra.sslrootcert) cannot be read. Correct the path.`,
      { cause },
    );
  }
}

/**
 * The ways to connect, in the order to try them. Without `sslmode`: `redshift` verifies the certificate and the
 * host name; `postgres` prefers TLS, and uses plain text on the loopback interface, where TLS protects nothing.
 */
export async function resolveSslAttempts(
  connection: Connection,
  host: string,
): Promise<readonly SslAttempt[]> {
  const mode = readSslMode(connection, host);
  const ca = await readRootCertificate(connection);
  const unverified: ConnectionOptions = { rejectUnauthorized: false };
  const trusted: ConnectionOptions = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) };
  const anyName: ConnectionOptions = { ...trusted, checkServerIdentity: () => undefined };
  switch (mode) {
    case 'disable':
      return [false];
    case 'allow':
      return [false, unverified];
    case 'prefer':
      return [unverified, false];
    case 'require':
      return [ca === undefined ? unverified : anyName];
    case 'verify-ca':
      return [anyName];
    case 'verify-full':
      return [{ ...trusted, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) }];
  }
}
