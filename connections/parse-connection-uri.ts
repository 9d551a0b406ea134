/**
 * Reads Airflow's connection URI, `type://login:password@host:port/schema?name=value`, into loose fields.
 * Airflow's rules, with three mistakes that Airflow swallows turned into errors: an unencoded `#`, an
 * unencoded `/` or `?` in the password, and escapes that are not UTF-8. Pure; messages quote no part
 * of the URI that may belong to a password.
 */
import { AirtempoError } from '../core/errors.js';
import type { ConnectionFields } from './validate-connection.js';

const ENCODING_HINT =
  'percent-encode special characters in login and password (/ is %2F, ? is %3F, # is %23, @ is %40).';

function invalid(message: string): never {
  throw new AirtempoError('INVALID_CONNECTION', message);
}

/**
 * Decodes `%XX` as Airflow does: a `%` without two hex digits stays as it is. Bytes that are no UTF-8
 * are an error, because a silently altered password would only fail at the first login.
 */
function decodePercent(subject: string, text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return invalid(`${subject} has a percent escape in its URI that is not UTF-8.`);
    }
  });
}

interface Sections {
  readonly type: string;
  /** The scheme of a host such as `https://minio`, in `s3://https://minio`. */
  readonly protocol: string | undefined;
  readonly authority: string;
  readonly path: string;
  readonly query: string | undefined;
}

/** Cuts the text at `?`, then at `://` (once or twice), then at the first `/`. */
function splitSections(subject: string, uri: string): Sections {
  const questionMark = uri.indexOf('?');
  const head = questionMark < 0 ? uri : uri.slice(0, questionMark);
  const query = questionMark < 0 ? undefined : uri.slice(questionMark + 1);
  if (uri.includes('#')) return invalid(`${subject} has an unencoded # in its URI: ${ENCODING_HINT}`);
  const parts = head.split('://');
  const [type = '', ...rest] = parts;
  if (rest.length === 0 || !/^[a-z][a-z0-9+._-]*$/i.test(type)) {
    return invalid(
      `${subject} is neither JSON nor a URI with a type: write type://login:password@host:port/schema.`,
    );
  }
  const protocol = rest.length === 2 ? rest[0] : undefined;
  if (rest.length > 2 || (protocol !== undefined && !/^[a-z][a-z0-9+.-]*$/i.test(protocol))) {
    return invalid(`${subject} has :// in its URI in a place that has no meaning: ${ENCODING_HINT}`);
  }
  const location = rest.at(-1) ?? '';
  const slash = location.indexOf('/');
  const authority = slash < 0 ? location : location.slice(0, slash);
  return {
    type,
    protocol: protocol?.toLowerCase(),
    authority,
    path: slash < 0 ? '' : location.slice(slash + 1),
    query,
  };
}

/**
 * `user:pa/ss@host` parses "well" into nonsense (host `user`, schema `ss@host`), which would then show
 * half a password as a schema. Nobody writes @ there on purpose: Airflow itself encodes it.
 */
function checkForStrayLogin(subject: string, { path, query, authority }: Sections): void {
  const lonely = query?.split('&').some((piece) => piece.includes('@') && !piece.includes('=')) ?? false;
  if (path.includes('@') || (lonely && !authority.includes('@'))) {
    invalid(`${subject} has an @ after the first / or ? of its URI: ${ENCODING_HINT}`);
  }
}

function splitHostPort(subject: string, text: string): { readonly host: string; readonly port: string } {
  if (!text.startsWith('[')) {
    const colon = text.indexOf(':');
    return colon < 0 ? { host: text, port: '' } : { host: text.slice(0, colon), port: text.slice(colon + 1) };
  }
  const match = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (match === null)
    return invalid(`${subject} has an IPv6 address in its URI without its brackets: write [::1]:5432.`);
  return { host: match[1] ?? '', port: match[2] ?? '' };
}

/** A port that is no number is most often the start of an unencoded password: never shown. */
function readUriPort(subject: string, text: string): string | undefined {
  if (text === '') return undefined;
  if (/^\d{1,10}$/.test(text)) return text;
  return invalid(
    `${subject} has a port in its URI that is not a number: give digits after the host, and ${ENCODING_HINT}`,
  );
}

/** Airflow's query rules: `+` is a blank, a name alone has the value '', the last of equals wins. */
function readQuery(subject: string, query: string): unknown {
  const decode = (text: string): string => decodePercent(subject, text.replaceAll('+', ' '));
  const pairs = query
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece) => {
      const equals = piece.indexOf('=');
      return equals < 0
        ? [decode(piece), '']
        : [decode(piece.slice(0, equals)), decode(piece.slice(equals + 1))];
    });
  const extra = Object.fromEntries(pairs) as Record<string, string>;
  // as in Airflow, __extra__ holds everything and the other names beside it do not count
  return Object.hasOwn(extra, '__extra__') ? extra['__extra__'] : extra;
}

/**
 * The fields in a connection URI. An empty part is undefined.
 * @param subject how messages name the connection, e.g. `Connection "redshift"`.
 * @throws AirtempoError INVALID_CONNECTION; the message tells what to percent-encode.
 */
export function parseConnectionUri(subject: string, uri: string): ConnectionFields {
  if (/\p{Cc}/u.test(uri))
    return invalid(`${subject} has a line break or control character in its URI: remove it.`);
  const sections = splitSections(subject, uri);
  checkForStrayLogin(subject, sections);
  const at = sections.authority.lastIndexOf('@');
  const userInfo = at < 0 ? '' : sections.authority.slice(0, at);
  const colon = userInfo.indexOf(':');
  const login = colon < 0 ? userInfo : userInfo.slice(0, colon);
  const password = colon < 0 ? '' : userInfo.slice(colon + 1);
  const { host, port } = splitHostPort(subject, sections.authority.slice(at + 1));
  // a host name is lower-cased before it is decoded, so that %41 still gives a capital A
  const name = decodePercent(subject, host.toLowerCase());
  return {
    type: sections.type,
    host: name !== '' && sections.protocol !== undefined ? `${sections.protocol}://${name}` : name,
    schema: decodePercent(subject, sections.path),
    login: decodePercent(subject, login),
    password: decodePercent(subject, password),
    port: readUriPort(subject, port),
    extra: sections.query === undefined ? undefined : readQuery(subject, sections.query),
  };
}
