/**
 * Decides what in a connection is secret, and shows a connection without it. Airflow's list of
 * sensitive names, plus the names AWS uses. It masks by name; secret-scrubber.ts masks by value.
 */
import type { Connection } from '../core/connection.js';

/** What stands in the place of a secret. */
export const MASK = '***';

/** Airflow's list, then the names AWS uses; a name that contains one of these words is sensitive. */
const SENSITIVE_WORDS = (
  'access_key access_token api_key apikey auth_header authorization bearer connection_string dsn keyfile_dict ' +
  'passphrase passwd password private_key proxies proxy proxy_password secret service_account service_key token ' +
  'webhook_url aws_access_key_id session_token external_id fernet_key'
).split(' ');

/** Nesting that is still walked; validated connections stay far below. */
const MAX_DEPTH = 64;

/** `user:password@` inside a URL value such as `endpoint_url`. */
const URL_LOGIN = /(\/\/[^\s/:@]*:)([^\s/@]+)(?=@)/g;

/**
 * Whether a field, extra or log key of this name holds a secret. Airflow's rule: lower-cased, other
 * characters as `_`, then a substring test; `accessKeyId` counts as `access_key_id` too.
 */
export function isSensitiveName(name: string): boolean {
  const plain = name.toLowerCase().replace(/\W/g, '_');
  const snake = name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/\W/g, '_');
  // "dsn" is short: across words it would hide dsNodash
  return SENSITIVE_WORDS.some((word) => snake.includes(word) || (word !== 'dsn' && plain.includes(word)));
}

/** Receives each secret text that masking finds. */
type OnSecret = (secret: string) => void;

/** Masks a value; below a sensitive name every text is secret, elsewhere only passwords in URLs. */
function maskValue(value: unknown, sensitive: boolean, onSecret: OnSecret, depth: number): unknown {
  if (depth > MAX_DEPTH) return MASK;
  if (typeof value === 'string') return maskText(value, sensitive, onSecret, depth);
  if (Array.isArray(value)) return value.map((item) => maskValue(item, sensitive, onSecret, depth + 1));
  if (typeof value === 'object' && value !== null) return maskObject(value, sensitive, onSecret, depth);
  return value;
}

function maskObject(
  value: object,
  sensitive: boolean,
  onSecret: OnSecret,
  depth: number,
): Record<string, unknown> {
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    key,
    maskValue(item, sensitive || isSensitiveName(key), onSecret, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function maskText(text: string, sensitive: boolean, onSecret: OnSecret, depth: number): string {
  if (text === '') return text;
  const nested = readNestedJson(text);
  if (nested !== undefined) {
    const masked = JSON.stringify(maskValue(nested, sensitive, onSecret, depth + 1));
    if (!sensitive) return masked;
  }
  if (sensitive) {
    onSecret(text);
    return MASK;
  }
  return text.replace(URL_LOGIN, (_match, prefix: string, password: string) => {
    onSecret(password);
    return `${prefix}${MASK}`;
  });
}

/** Airflow users nest JSON as text in extra. */
function readNestedJson(text: string): object | undefined {
  if (!text.startsWith('{') && !text.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Whether the login is half of an AWS key pair rather than a user name. */
function hasAccessKeyLogin(connection: Connection): boolean {
  return connection.type === 'aws' || connection.type === 's3';
}

/** A webhook's whole address is its secret when it is not split into host and password. */
function hasSecretHost({ type, host, password }: Connection): boolean {
  return type === 'slackwebhook' && password === undefined && /:\/\/[^/]+\/./.test(host ?? '');
}

/** Enough of an access key id to recognise it, as the AWS CLI shows it. */
function maskAccessKeyId(login: string): string {
  return login.length < 12 ? MASK : `${MASK}${login.slice(-4)}`;
}

/**
 * A copy of the connection that may be shown: the password, sensitive extras and passwords in URLs are
 * `***`; an access key id keeps its last four characters.
 */
export function maskConnection(connection: Connection): Connection {
  const { login, password } = connection;
  return {
    ...connection,
    ...(login !== undefined && hasAccessKeyLogin(connection) ? { login: maskAccessKeyId(login) } : {}),
    ...(password !== undefined ? { password: MASK } : {}),
    ...(hasSecretHost(connection) ? { host: MASK } : {}),
    extra: maskObject(connection.extra, false, () => undefined, 0),
  };
}

/** Every secret text of a connection: password, access key id, sensitive extras, passwords in URLs. */
export function collectSecrets(connection: Connection): readonly string[] {
  const secrets = new Set<string>();
  const add: OnSecret = (secret) => void secrets.add(secret);
  if (connection.password) add(connection.password);
  if (connection.login && hasAccessKeyLogin(connection)) add(connection.login);
  if (connection.host && hasSecretHost(connection)) add(connection.host);
  maskObject(connection.extra, false, add, 0);
  return [...secrets];
}

/** A named text as it may be shown: masked by its name, or in the parts of its JSON whose names are sensitive. */
export function maskNamed(name: string, text: string): string {
  return maskText(text, isSensitiveName(name), () => undefined, 0);
}

/** The secrets in a named text. */
export function collectNamedSecrets(name: string, text: string): readonly string[] {
  const secrets = new Set<string>();
  maskText(text, isSensitiveName(name), (secret) => void secrets.add(secret), 0);
  return [...secrets];
}
