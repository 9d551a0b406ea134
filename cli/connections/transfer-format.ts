/** The two file formats of `connections import` and `export`: Airflow's JSON, and lines of an env file. */
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import {
  formatConnectionRecord,
  formatConnectionUri,
  parseConnection,
  parseConnectionRecord,
} from '../../connections/index.js';
import { CONNECTION_PREFIXES } from '../../connections/environment-store.js';

/** Names of the formats, as `--format` takes them. */
export const TRANSFER_FORMATS = ['json', 'env'] as const;
export type TransferFormat = (typeof TRANSFER_FORMATS)[number];

/** What a file to import holds: connections, and why others could not be read. */
export interface ParsedTransfer {
  readonly connections: readonly Connection[];
  readonly problems: readonly string[];
}

/** One entry before it is parsed. */
interface Entry {
  readonly id: string;
  readonly value: unknown;
}

function invalid(message: string): never {
  throw new AirtempoError('INVALID_CONNECTION', message);
}

function readJsonEntries(place: string, text: string): readonly Entry[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // no `cause`: the parser's message repeats the text
    return invalid(`${place} is not valid JSON.`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return invalid(
      `${place} is not an object of connections: write {"redshift": {"conn_type": "redshift", …}}.`,
    );
  }
  return Object.entries(parsed).map(([id, value]) => ({ id, value }));
}

/** Quotes as in a shell; within double quotes a backslash protects the next character. */
function unquote(value: string): string {
  if (/^'[^']*'$/.test(value)) return value.slice(1, -1);
  return /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(["\\$`])/g, '$1') : value;
}

function toId(name: string): string {
  const prefix = CONNECTION_PREFIXES.find((start) => name.startsWith(start));
  return prefix === undefined ? name : name.slice(prefix.length).toLowerCase();
}

function readEnvEntries(place: string, text: string): readonly Entry[] {
  const entries: Entry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim().replace(/^export\s+/, '');
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const equals = trimmed.indexOf('=');
    if (equals <= 0) return invalid(`Line ${index + 1} of ${place} is not NAME=value.`);
    entries.push({
      id: toId(trimmed.slice(0, equals).trim()),
      value: unquote(trimmed.slice(equals + 1).trim()),
    });
  }
  return entries;
}

function parseEntry(place: string, { id, value }: Entry): Connection {
  if (typeof value === 'string') return parseConnection(id, value, { place });
  return parseConnectionRecord(id, value, { place });
}

function findTwice(entries: readonly Entry[]): string | undefined {
  const ids = entries.map(({ id }) => id);
  return ids.find((id, index) => ids.indexOf(id) !== index);
}

/**
 * The connections in an import file; single ones that cannot be read become problems.
 * @param place the file's name, for messages.
 * @throws AirtempoError INVALID_CONNECTION when the file as a whole cannot be read.
 */
export function parseTransfer(place: string, text: string, format?: TransferFormat): ParsedTransfer {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  const isJson = format === undefined ? /^[{[]/.test(trimmed) : format === 'json';
  const entries = isJson ? readJsonEntries(place, trimmed) : readEnvEntries(place, trimmed);
  const twice = findTwice(entries);
  if (twice !== undefined) return invalid(`${place} holds "${twice}" twice: keep one.`);
  const connections: Connection[] = [];
  const problems: string[] = [];
  for (const entry of entries) {
    try {
      connections.push(parseEntry(place, entry));
    } catch (error) {
      problems.push((error as Error).message);
    }
  }
  return { connections, problems };
}

/** Lines that shells, Docker and `node --env-file` read alike: no quotes unless a description needs JSON. */
function formatEnvLine(connection: Connection): string {
  const { id } = connection;
  if (!/^[a-z0-9_]+$/.test(id)) {
    return invalid(
      `Connection "${id}" cannot be a variable, because its name is not lower-case letters, digits and _: export JSON.`,
    );
  }
  const name = `${CONNECTION_PREFIXES[0]}${id.toUpperCase()}`;
  const uri = formatConnectionUri(connection);
  if (connection.description === undefined && !uri.includes('&')) return `${name}=${uri}\n`;
  // an apostrophe would end the quotes; JSON has another way to write it
  return `${name}='${JSON.stringify(formatConnectionRecord(connection)).replaceAll("'", '\\u0027')}'\n`;
}

/**
 * The text of an export file, secrets in clear; `parseTransfer` and Airflow read it.
 * @throws AirtempoError INVALID_CONNECTION when the env format cannot carry an id.
 */
export function formatTransfer(connections: readonly Connection[], format: TransferFormat): string {
  if (format === 'env') return connections.map(formatEnvLine).join('');
  const records = Object.fromEntries(
    connections.map((connection) => [connection.id, formatConnectionRecord(connection)]),
  );
  return `${JSON.stringify(records, null, 2)}\n`;
}
