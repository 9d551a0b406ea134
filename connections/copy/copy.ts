/**
 * COPY with Redshift's meaning, on Postgres: files → records → typed rows → COPY FROM STDIN, streaming, within the
 * caller's transaction. It either loads all of the source or throws; it never commits and leaves no COPY open.
 */
import { AirtempoError } from '../../core/errors.js';
import { readErrorFields } from '../error-fields.js';
import type { CopyWriter } from '../postgres-copy-writer.js';
import { readServerError } from '../postgres-errors.js';
import type { SqlSession } from '../postgres.js';
import { quoteIdentifier, quoteTable } from '../sql-identifiers.js';
import type { CopyOptions } from './copy-options.js';
import { openPlain } from './decompress.js';
import { FileLoader } from './file-loader.js';
import { parseJsonPaths } from './json-paths.js';
import type { LoadReject, RejectLog } from './load-errors.js';
import type { CopySource, SourceFile } from './source.js';
import { readTargetColumns, type TargetColumn } from './target-columns.js';

export interface CopyProgress {
  readonly rows: number;
  /** Files read to their end. */
  readonly files: number;
  /** Bytes read, after decompression. */
  readonly bytes: number;
}

export interface CopyResult extends CopyProgress {
  /** Bad records left out, at most `maxErrors`. */
  readonly rejected: number;
  /** Optional files of a manifest that did not exist. */
  readonly skippedFiles: readonly string[];
}

export interface CopyRequest {
  /** In a transaction, if the COPY is to be undone with what surrounds it. */
  readonly session: SqlSession;
  readonly source: CopySource;
  /** `table` or `schema.table`. */
  readonly table: string;
  /** Fill this temporary copy of the table instead; messages still name `table`. */
  readonly stageTable?: string | undefined;
  /** The columns to fill, in the order of CSV fields or JSONPaths. Default: all. */
  readonly columns?: readonly string[] | undefined;
  readonly options: CopyOptions;
  /** Where bad records are kept. */
  readonly rejects: RejectLog;
  readonly signal?: AbortSignal | undefined;
  /** Called after each chunk that was sent. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/** Rows are sent in chunks of about this many characters: 1–2 hundred events; below 64 Ki each send costs more than its rows. */
const SEND_CHARS = 128 * 1024;
/** Postgres 16 learnt COPY's DEFAULT marker. */
const DEFAULT_MARKER_VERSION = 160_000;

function renderCopy(quotedTable: string, columns: readonly TargetColumn[], fillsDefaults: boolean): string {
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(', ');
  const withDefaults = fillsDefaults && columns.some(({ hasDefault }) => hasDefault) ? `, DEFAULT '\\D'` : '';
  return `COPY ${quotedTable} (${names}) FROM STDIN WITH (FORMAT text, ENCODING 'UTF8'${withDefaults})`;
}

async function readFillsDefaults(session: SqlSession, columns: readonly TargetColumn[]): Promise<boolean> {
  if (!columns.some(({ hasDefault }) => hasDefault)) return true;
  const { rows } = await session.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version`,
  );
  return Number(rows[0]?.version) >= DEFAULT_MARKER_VERSION;
}

function describeReject({ file, line, column, columnType, reason }: LoadReject): string {
  return `${file} line ${line}${column === undefined ? '' : `, column ${column} (${columnType ?? 'unknown type'})`}: ${reason}`;
}

function describeFailure(request: CopyRequest, loader: FileLoader): AirtempoError {
  const [first, ...others] = loader.firstRejects;
  const more = others.length === 0 ? '' : ` Then: ${others.slice(0, 2).map(describeReject).join(' | ')}.`;
  return new AirtempoError(
    'LOAD_FAILED',
    `COPY into ${request.table} from ${request.source.from} was rolled back: more than ${request.options.maxErrors} bad records (maxErrors). ` +
      `First: ${first === undefined ? 'unknown' : describeReject(first)}.${more} Correct the data; table load_errors lists the records.`,
  );
}

class CopyRun {
  readonly #request: CopyRequest;
  readonly #loader: FileLoader;
  readonly #writer: CopyWriter;
  #files = 0;
  #bytes = 0;

  constructor(request: CopyRequest, loader: FileLoader, writer: CopyWriter) {
    this.#request = request;
    this.#loader = loader;
    this.#writer = writer;
  }

  async run(): Promise<CopyResult> {
    const { source, signal } = this.#request;
    for await (const file of source.files(signal)) {
      await this.#loadFile(file);
      this.#files += 1;
    }
    await this.#send();
    const rows = await this.#writer.finish();
    return {
      rows,
      files: this.#files,
      bytes: this.#bytes,
      rejected: this.#loader.rejected,
      skippedFiles: [...source.skipped],
    };
  }

  async #loadFile(file: SourceFile): Promise<void> {
    const { options, signal } = this.#request;
    if (file.name === options.jsonPaths) {
      throw new AirtempoError(
        'INVALID_COPY_OPTION',
        `The JSONPaths file ${file.name} lies among the data, so COPY would load it as data. Move it out of the prefix.`,
      );
    }
    const reader = this.#loader.beginFile(file.name);
    for await (const chunk of openPlain(file, options.gzip, signal)) {
      signal?.throwIfAborted();
      this.#bytes += chunk.length;
      await reader.push(chunk);
      await this.#afterChunk();
    }
    await reader.end();
    await this.#afterChunk();
  }

  async #afterChunk(): Promise<void> {
    if (this.#loader.rejected > 0) {
      if (this.#loader.rejected > this.#request.options.maxErrors)
        throw describeFailure(this.#request, this.#loader);
      await this.#request.rejects.drain();
    }
    if (this.#loader.pendingLength >= SEND_CHARS) await this.#send();
  }

  async #send(): Promise<void> {
    if (this.#loader.pendingLength > 0) await this.#writer.write(this.#loader.takeLines());
    this.#request.onProgress?.({ rows: this.#loader.rows, files: this.#files, bytes: this.#bytes });
  }
}

/** A row that only the server could refuse (a duplicate key, a CHECK) becomes a reject with file and line. */
function explainServerRefusal(error: unknown, request: CopyRequest, loader: FileLoader): unknown {
  if (!(error instanceof AirtempoError) || error.code !== 'SQL_FAILED') return error;
  const { state, where, detail } = readServerError(error.cause);
  const place = loader.locator.locate(where);
  if (place === undefined || state === undefined || !/^2[23]/.test(state)) return error;
  const reason = `${readErrorFields(error.cause).message}${detail === undefined ? '' : ` ${detail}`}`;
  const reject = { ...place, columnType: undefined, raw: '', reason };
  loader.reject(reject);
  return new AirtempoError(
    'LOAD_FAILED',
    `COPY into ${request.table} from ${request.source.from} was rolled back. The server refused ${describeReject(reject)}. Correct the data or the table.`,
    { cause: error },
  );
}

/**
 * Loads all of `source` into a table. Throws LOAD_FAILED when more than `maxErrors` records are bad, and whatever the
 * source or the server reports; then no row of this COPY is in the table.
 */
export async function copyIntoTable(request: CopyRequest): Promise<CopyResult> {
  const { session, source, options, signal } = request;
  const quotedTable = quoteTable(request.stageTable ?? request.table);
  const columns = await readTargetColumns(session, quotedTable, request.columns);
  const jsonPaths =
    options.jsonPaths === undefined
      ? undefined
      : parseJsonPaths(await source.readText(options.jsonPaths, signal), options.jsonPaths, columns.length);
  const serverFillsDefaults = await readFillsDefaults(session, columns);
  const loader = new FileLoader({
    columns,
    options,
    jsonPaths,
    serverFillsDefaults,
    rejects: request.rejects,
  });
  const writer = session.copyFrom(renderCopy(quotedTable, columns, serverFillsDefaults));
  try {
    return await new CopyRun(request, loader, writer).run();
  } catch (error) {
    await writer.abort('airtempo gave up this load');
    throw explainServerRefusal(error, request, loader);
  }
}
