/**
 * Checks the host of a connection. People paste what the AWS console shows (endpoint, port and
 * database in one string), so the message takes such a string apart; it never repeats a password.
 */
import { isIPv6 } from 'node:net';
import { AirtempoError } from '../core/errors.js';
import type { ConnectionType } from '../core/connection.js';

/** Types whose host may be a URL, because it is an HTTP endpoint. */
const URL_HOST_TYPES: ReadonlySet<ConnectionType> = new Set(['aws', 's3', 'http', 'slackwebhook']);

interface HostParts {
  /** `https://`, or '' */
  readonly protocol: string;
  readonly name: string;
  readonly port: string | undefined;
  /** What follows the first slash after the name. */
  readonly path: string | undefined;
}

function splitHost(host: string): HostParts {
  const separator = host.indexOf('://');
  const protocol = separator < 0 ? '' : host.slice(0, separator + 3);
  const rest = host.slice(protocol.length);
  const slash = rest.indexOf('/', rest.startsWith('/') ? rest.length : 0);
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? undefined : rest.slice(slash + 1);
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority);
  if (match === null) return { protocol, name: authority, port: undefined, path };
  return { protocol, name: match[1] ?? '', port: match[2], path };
}

function describeSettings(parts: HostParts, type: ConnectionType): string {
  const kept = URL_HOST_TYPES.has(type) ? parts.protocol : '';
  const settings = [`host to "${kept}${parts.name}"`];
  if (parts.port) settings.push(`port to ${parts.port}`);
  if (parts.path && !URL_HOST_TYPES.has(type)) settings.push(`schema to "${parts.path}"`);
  return settings.join(', ').replace(/, (?=[^,]*$)/, ' and ');
}

/**
 * The host as clients want it (an IPv6 address without brackets).
 * @throws AirtempoError INVALID_CONNECTION for a port, a database, a whole URI or blanks in the host.
 */
export function validateHost(subject: string, host: string, type: ConnectionType): string {
  const fail = (problem: string): never => {
    throw new AirtempoError('INVALID_CONNECTION', `${subject} ${problem}`);
  };
  if (/[\s\p{Cc}]/u.test(host)) return fail('has a host with blanks or control characters: remove them.');
  if (host.includes('@')) {
    return fail(
      'has a login in its host: give the host name alone, and login and password in their own fields.',
    );
  }
  if (type === 'spark') return checkSparkMaster(host, fail);
  if (isIPv6(host) || (host.startsWith('/') && !URL_HOST_TYPES.has(type))) return host;
  const bracketed = /^\[(.+)\]$/.exec(host)?.[1];
  if (bracketed !== undefined && isIPv6(bracketed)) return bracketed;
  const parts = splitHost(host);
  const settings = describeSettings(parts, type);
  if (parts.port !== undefined) return fail(`has the host "${host}", which holds a port: set ${settings}.`);
  if (parts.name === '') return fail(`has the host "${host}", which holds no host name.`);
  if (URL_HOST_TYPES.has(type)) return checkUrlHost(host, parts, fail);
  if (parts.protocol !== '') return fail(`has the host "${host}", which is a URL: set ${settings}.`);
  if (parts.path !== undefined)
    return fail(`has the host "${host}", which holds a database: set ${settings}.`);
  if (host.includes(':'))
    return fail(`has the host "${host}", which holds a colon: give the host name alone.`);
  return host;
}

/** What `spark-submit --master` takes: `local[*]`, `yarn`, `spark://host:7077`, `k8s://https://host`; Airflow splits the port off. */
const SPARK_MASTER =
  /^(local(\[(\*|\d+)(,\d+)?\])?|yarn|(spark|mesos):\/\/[\w.,:-]+|k8s:\/\/(https?:\/\/)?[\w.:-]+)$/;

function checkSparkMaster(host: string, fail: (problem: string) => never): string {
  if (SPARK_MASTER.test(host)) return host;
  return fail(
    `has the host "${host}", which is no Spark master: write local[*], yarn, spark://host:7077 or k8s://https://host:443.`,
  );
}

function checkUrlHost(host: string, parts: HostParts, fail: (problem: string) => never): string {
  const odd = parts.name.includes(':') && !/^\[.+\]$/.test(parts.name);
  if (odd || host.split('://').length > 2) {
    return fail(`has the host "${host}", which is neither a host name nor a URL.`);
  }
  return host;
}
