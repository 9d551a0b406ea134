/**
 * The grammar of Redshift's COPY: from the statement's text to what the COPY module is asked. Options come in any order.
 * One that Redshift has and the stand-in has not, or that nobody knows, is an error that names it, never ignored.
 */
import type { SqlPiece } from '../../connections/sql/lexer.js';
import { type CopyOptions, MAX_ERRORS_LIMIT, parseCopyOptions } from '../../connections/copy/copy-options.js';
import { type CopyAuthorization, readAuthorization } from './copy-authorization.js';
import { sqlError, StatementReader } from './statement-reader.js';

/** A COPY, understood. */
export interface CopyStatement {
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly columns: readonly string[] | undefined;
  /** `s3://bucket/prefix`, or a manifest's URL. */
  readonly from: string;
  readonly authorization: CopyAuthorization;
  readonly options: CopyOptions;
}

type Options = { -readonly [Name in keyof CopyOptions]?: CopyOptions[Name] };

/** What has been read so far. */
interface Draft {
  readonly options: Options;
  authorization: CopyAuthorization | undefined;
  readonly seen: Set<string>;
}

type OptionReader = (reader: StatementReader, draft: Draft) => void;

const TIME_FORMATS = ['auto', 'epochsecs', 'epochmillisecs'] as const;

const flag =
  (
    name: 'manifest' | 'gzip' | 'emptyAsNull' | 'blanksAsNull' | 'truncateColumns' | 'roundDec',
  ): OptionReader =>
  (_reader, { options }) => {
    options[name] = true;
  };

/** Options that concern how fast a cluster is, and not what is loaded. */
const withoutEffect: OptionReader = (reader) => {
  ['ON', 'OFF', 'PRESET', 'TRUE', 'FALSE'].some((word) => reader.takeWords(word));
};

function readJson(reader: StatementReader, { options }: Draft): void {
  reader.takeWords('AS');
  options.format = 'json';
  const source = reader.takeLiteral() ?? 'auto';
  if (source === 'auto') return;
  if (source === 'auto ignorecase') options.ignoreCase = true;
  else if (source.startsWith('s3://')) options.jsonPaths = source;
  else throw unsupported(`JSON '${source}'`, `'auto', 'auto ignorecase' or the URL of a JSONPaths file`);
}

function readCsv(reader: StatementReader, { options }: Draft): void {
  options.format = 'csv';
  if (!reader.takeWords('QUOTE')) return;
  reader.takeWords('AS');
  const quote = reader.expectLiteral();
  if (quote !== '"') throw unsupported(`QUOTE '${quote}'`, `the quotation mark "`);
}

function readFormat(reader: StatementReader, draft: Draft): void {
  reader.takeWords('AS');
  if (reader.takeWords('JSON')) readJson(reader, draft);
  else if (reader.takeWords('CSV')) readCsv(reader, draft);
  else throw unsupported(`FORMAT ${reader.peekWord()}`, 'JSON and CSV');
}

function readTimeFormat(reader: StatementReader, { options }: Draft): void {
  reader.takeWords('AS');
  const given = reader.expectLiteral();
  const known = TIME_FORMATS.find((format) => format === given);
  if (known === undefined) throw unsupported(`TIMEFORMAT '${given}'`, TIME_FORMATS.join(', '));
  options.timeFormat = known;
}

function readDateFormat(reader: StatementReader): void {
  reader.takeWords('AS');
  const given = reader.takeLiteral() ?? 'auto';
  if (given !== 'auto') throw unsupported(`DATEFORMAT '${given}'`, `'auto'`);
}

function readMaxError(reader: StatementReader, { options }: Draft): void {
  reader.takeWords('AS');
  const limit = reader.takeNumber();
  if (limit === undefined) throw reader.syntaxError();
  if (limit > MAX_ERRORS_LIMIT) throw sqlError(`MAXERROR must be between 0 and ${MAX_ERRORS_LIMIT}`);
  // Redshift fails at that many errors; the COPY module counts those it may leave out.
  options.maxErrors = Math.max(0, limit - 1);
}

function readIgnoreHeader(reader: StatementReader, { options }: Draft): void {
  reader.takeWords('AS');
  const lines = reader.takeNumber();
  if (lines === undefined) throw reader.syntaxError();
  options.ignoreHeader = lines;
}

function readDelimiter(reader: StatementReader, { options }: Draft): void {
  reader.takeWords('AS');
  options.delimiter = reader.expectLiteral();
}

function readRegion(reader: StatementReader, { options }: Draft): void {
  reader.takeWords('AS');
  options.region = reader.expectLiteral();
}

function readNullAs(reader: StatementReader, { options }: Draft): void {
  reader.expectWord('AS');
  options.nullAs = reader.expectLiteral();
}

function readEncoding(reader: StatementReader): void {
  reader.takeWords('AS');
  const given = reader.takeLiteral() ?? reader.expectName();
  if (given.toLowerCase() !== 'utf8') throw unsupported(`ENCODING ${given}`, 'UTF8');
}

function readCompRows(reader: StatementReader): void {
  if (reader.takeNumber() === undefined) throw reader.syntaxError();
}

const authorize: (word: string) => OptionReader = (word) => (reader, draft) => {
  draft.authorization = readAuthorization(word, reader, draft.authorization);
};

const OPTIONS: Readonly<Record<string, OptionReader>> = {
  IAM_ROLE: authorize('IAM_ROLE'),
  CREDENTIALS: authorize('CREDENTIALS'),
  ACCESS_KEY_ID: authorize('ACCESS_KEY_ID'),
  SECRET_ACCESS_KEY: authorize('SECRET_ACCESS_KEY'),
  SESSION_TOKEN: authorize('SESSION_TOKEN'),
  FORMAT: readFormat,
  JSON: readJson,
  CSV: readCsv,
  DELIMITER: readDelimiter,
  IGNOREHEADER: readIgnoreHeader,
  TIMEFORMAT: readTimeFormat,
  DATEFORMAT: readDateFormat,
  MAXERROR: readMaxError,
  REGION: readRegion,
  NULL: readNullAs,
  ENCODING: readEncoding,
  MANIFEST: flag('manifest'),
  GZIP: flag('gzip'),
  EMPTYASNULL: flag('emptyAsNull'),
  BLANKSASNULL: flag('blanksAsNull'),
  TRUNCATECOLUMNS: flag('truncateColumns'),
  ROUNDEC: flag('roundDec'),
  // the CSV reader leaves empty lines out in any case
  IGNOREBLANKLINES: () => undefined,
  COMPUPDATE: withoutEffect,
  STATUPDATE: withoutEffect,
  COMPROWS: readCompRows,
};

/** Redshift has these too. They change what is loaded, so they cannot be passed over. */
const NOT_HERE = new Set([
  'ACCEPTANYDATE', 'ACCEPTINVCHARS', 'AVRO', 'BZIP2', 'ENCRYPTED', 'ESCAPE', 'EXPLICIT_IDS', 'FILLRECORD', 'FIXEDWIDTH',
  'IGNOREALLERRORS', 'LZOP', 'MASTER_SYMMETRIC_KEY', 'NOLOAD', 'ORC', 'PARQUET', 'QUOTE', 'READRATIO', 'REMOVEQUOTES',
  'SHAPEFILE', 'SSH', 'TRIMBLANKS', 'ZSTD',
]); // prettier-ignore

function unsupported(what: string, known: string): Error {
  return sqlError(
    `COPY ${what} is not supported by Postgres standing in for Redshift. It supports ${known}.`,
  );
}

function readOption(reader: StatementReader, draft: Draft): void {
  const word = reader.peekWord();
  if (NOT_HERE.has(word)) throw unsupported(`option ${word}`, Object.keys(OPTIONS).join(', '));
  const read = Object.hasOwn(OPTIONS, word) ? OPTIONS[word] : undefined;
  if (read === undefined) throw reader.syntaxError();
  if (draft.seen.has(word)) throw sqlError(`conflicting or redundant options: ${word}`);
  draft.seen.add(word);
  reader.takeWords(word);
  read(reader, draft);
}

function readColumns(reader: StatementReader): readonly string[] | undefined {
  if (!reader.takeSymbol('(')) return undefined;
  const names = [reader.expectName()];
  while (reader.takeSymbol(',')) names.push(reader.expectName());
  reader.expectSymbol(')');
  return names;
}

/** Whether the statement is a COPY. */
export function isCopy(pieces: readonly SqlPiece[]): boolean {
  return new StatementReader(pieces).peekWord() === 'COPY';
}

/** Parses a COPY. @throws AirtempoError SQL_FAILED or INVALID_COPY_OPTION */
export function parseCopyStatement(pieces: readonly SqlPiece[]): CopyStatement {
  const reader = new StatementReader(pieces);
  reader.expectWord('COPY');
  const first = reader.expectName();
  const table = reader.takeSymbol('.') ? `${first}.${reader.expectName()}` : first;
  const columns = readColumns(reader);
  reader.expectWord('FROM');
  const from = reader.expectLiteral();
  if (!from.startsWith('s3://')) throw unsupported(`FROM '${from}'`, 's3:// URLs');
  const draft: Draft = { options: {}, authorization: undefined, seen: new Set() };
  reader.takeWords('WITH');
  while (!reader.done) readOption(reader, draft);
  if (draft.authorization === undefined) {
    throw sqlError('No IAM role or other authorization is given. Write IAM_ROLE default.');
  }
  if (draft.options.format === undefined)
    throw unsupported('without FORMAT', 'FORMAT AS JSON and FORMAT AS CSV');
  // Without GZIP, Redshift takes compressed files for text.
  const options = parseCopyOptions({ gzip: false, ...draft.options });
  return { table, columns, from, authorization: draft.authorization, options };
}
