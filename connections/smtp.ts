/** Sends mail over a connection of type `smtp`. The one place that knows nodemailer. */
import { createTransport } from 'nodemailer';
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { readErrorFields } from './error-fields.js';

/** One message. */
export interface MailMessage {
  /** Default: the connection's `extra.from`, else its login. */
  readonly from?: string | undefined;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Sends the message and returns what the server answered.
 *
 * `extra.ssl` (or port 465): TLS from the first byte. Else STARTTLS, which must work, unless `extra.starttls` is
 * false or the server is on this machine. Airflow's `disable_ssl`, `disable_tls` and `from_email` are understood.
 * @throws AirtempoError INVALID_CONNECTION, ACCESS_DENIED (login refused), CONNECTION_REFUSED (no answer).
 */
export async function sendMail(
  connection: Connection,
  message: MailMessage,
  signal?: AbortSignal,
): Promise<string> {
  const from = message.from ?? senderOf(connection);
  return withTransport(connection, signal, async (transport) => {
    const { response } = await transport.sendMail({
      ...message,
      from,
      to: [...message.to],
      cc: [...(message.cc ?? [])],
      bcc: [...(message.bcc ?? [])],
    });
    return response;
  });
}

/** Signs in, and sends nothing. */
export function verifySmtp(connection: Connection, signal?: AbortSignal): Promise<true> {
  return withTransport(connection, signal, (transport) => transport.verify());
}

type Transport = ReturnType<typeof openTransport>;

async function withTransport<T>(
  connection: Connection,
  signal: AbortSignal | undefined,
  work: (transport: Transport) => Promise<T>,
): Promise<T> {
  const transport = openTransport(connection);
  const close = (): void => transport.close();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', close, { once: true });
  try {
    return await work(transport);
  } catch (error) {
    throw explain(connection, error);
  } finally {
    signal?.removeEventListener('abort', close);
    transport.close();
  }
}

function openTransport(connection: Connection) {
  const { id, type, host, login, password, extra } = connection;
  if (type !== 'smtp' || host === undefined) {
    const problem = type === 'smtp' ? 'has no host' : `is of type ${type}, and smtp is needed here`;
    throw new AirtempoError('INVALID_CONNECTION', `Connection "${id}" ${problem}.`);
  }
  const secure = readFlag(connection, 'ssl', 'disable_ssl') ?? connection.port === 465;
  const starttls = readFlag(connection, 'starttls', 'disable_tls');
  return createTransport({
    host,
    port: connection.port ?? (secure ? 465 : 587),
    secure,
    requireTLS: !secure && (starttls ?? !LOOPBACK_HOSTS.has(host)),
    ignoreTLS: starttls === false,
    ...(login === undefined ? {} : { auth: { user: login, pass: password ?? '' } }),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: ANSWER_TIMEOUT_MS,
    ...(typeof extra['local_hostname'] === 'string' ? { name: extra['local_hostname'] } : {}),
    disableFileAccess: true, // a message is text, never a path
    disableUrlAccess: true,
  });
}

/** A flag of ours, or the opposite of Airflow's. Texts come from URIs. */
function readFlag({ id, extra }: Connection, name: string, opposite: string): boolean | undefined {
  const parse = (key: string): boolean | undefined => {
    const value = extra[key];
    if (value === undefined || typeof value === 'boolean') return value;
    const text = JSON.stringify(value).toLowerCase().replaceAll('"', '');
    if (text === 'true' || text === 'false') return text === 'true';
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${id}" has an extra "${key}" that is neither true nor false.`,
    );
  };
  const negated = parse(opposite);
  return parse(name) ?? (negated === undefined ? undefined : !negated);
}

function senderOf({ id, login, extra }: Connection): string {
  const from = extra['from'] ?? extra['from_email'] ?? (login?.includes('@') === true ? login : undefined);
  if (typeof from === 'string' && from !== '') return from;
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${id}" has no sender: set its extra "from", such as {"from": "airtempo@example.com"}.`,
  );
}

function explain({ id, host, port }: Connection, error: unknown): unknown {
  const { code, message } = readErrorFields(error);
  const place = `the mail server ${host ?? ''}${port === undefined ? '' : `:${port}`} (connection "${id}")`;
  if (code === 'EAUTH') {
    return new AirtempoError('ACCESS_DENIED', `The login was refused by ${place}: ${message}`, {
      cause: error,
    });
  }
  if (['ECONNECTION', 'ECONNREFUSED', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'ETLS'].includes(code)) {
    return new AirtempoError('CONNECTION_REFUSED', `No way to ${place}: ${message}`, { cause: error });
  }
  return error;
}
