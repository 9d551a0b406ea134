/**
 * An embedded DuckDB: SQL over JSON, gzip and Parquet files in this process, within a memory limit. What does not fit spills
 * into a folder of its own, which closing removes. It fetches nothing: no extension is downloaded, and files on S3 are
 * for `event-source.ts` to bring here.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBMaterializedResult } from '@duckdb/node-api';
import { AirtempoError } from '../../core/errors.js';
import { messageOf } from '../../core/outside-value.js';
import type { SqlValue } from '../sql/statement.js';
import { bindNames } from './bind-names.js';
import type { PlainRow } from './plain-value.js';

export interface DuckDbOptions {
  /** What DuckDB may hold in memory, such as `2GB`. Default `1GB`. */
  readonly memoryLimit?: string | undefined;
  /** Default: the machine's cores. */
  readonly threads?: number | undefined;
  /** Where the folder for spilt data is made. Default: the system's. */
  readonly tempFolder?: string | undefined;
  /** Aborting it interrupts the running statement, which fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** One connection to one database in memory: one statement at a time. */
export interface DuckDb {
  /** For files that live as long as this database; removed by `close`. */
  readonly tempFolder: string;
  /** Runs a statement, or several; the number of rows that the last one wrote. Values go in for `:name`. */
  run(sql: string, values?: Readonly<Record<string, SqlValue>>): Promise<number>;
  /** The rows of a query as plain values: see `plain-value.ts`. Errors as `run`. */
  rows(sql: string, values?: Readonly<Record<string, SqlValue>>): Promise<readonly PlainRow[]>;
  /** Frees memory and removes the temporary files. May be called twice. */
  close(): Promise<void>;
}

/** How often an abort interrupts until the statement has ended: one that is just starting misses the first. */
const INTERRUPT_EVERY_MS = 50;

/** Opens an empty database in memory; close it. Throws INVALID_OPTION for a memory limit that DuckDB cannot read. */
export async function openDuckDb(options: DuckDbOptions = {}): Promise<DuckDb> {
  const { memoryLimit = '1GB', threads, signal } = options;
  // a native library of 70 MB: loaded by whoever opens a database, not by whoever imports this file
  const { DuckDBInstance: Instance } = await import('@duckdb/node-api');
  const { toPlainRow } = await import('./plain-value.js');
  const tempFolder = await mkdtemp(path.join(options.tempFolder ?? tmpdir(), 'airtempo-duckdb-'));
  const removeFolder = (): Promise<void> => rm(tempFolder, { recursive: true, force: true });
  let instance: DuckDBInstance | undefined;
  let connection: DuckDBConnection;
  try {
    instance = await Instance.create(':memory:', {
      memory_limit: memoryLimit,
      ...(threads === undefined ? {} : { threads: String(threads) }),
      temp_directory: path.join(tempFolder, 'spill'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      preserve_insertion_order: 'false', // it would hold back whole row groups; queries that need an order say so
    });
    connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
  } catch (cause) {
    instance?.closeSync();
    await removeFolder();
    throw new AirtempoError(
      'INVALID_OPTION',
      `DuckDB does not open with memory limit ${JSON.stringify(memoryLimit)} and ${String(threads ?? 'default')} threads: ` +
        `${messageOf(cause)} Write the limit as 2GB or 500MB.`,
      { cause },
    );
  }

  async function execute(
    sql: string,
    values: Readonly<Record<string, SqlValue>> = {},
  ): Promise<DuckDBMaterializedResult> {
    signal?.throwIfAborted();
    const bound = bindNames(sql, values);
    let timer: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      connection.interrupt();
      timer ??= setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await connection.run(bound.text, { ...bound.values });
    } catch (cause) {
      signal?.throwIfAborted();
      throw describeFailure(sql, cause);
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', interrupt);
    }
  }

  let closed: Promise<void> | undefined;
  return {
    tempFolder,
    run: async (sql, values) => (await execute(sql, values)).rowsChanged,
    rows: async (sql, values) => (await (await execute(sql, values)).getRowObjects()).map(toPlainRow),
    close: () =>
      (closed ??= (async () => {
        connection.closeSync();
        instance.closeSync();
        await removeFolder();
      })()),
  };
}

/** A quoted identifier, or a string, for places where DuckDB takes no parameter. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const SHOWN_LENGTH = 300;

function describeFailure(sql: string, cause: unknown): AirtempoError {
  const statement = sql.trim();
  const shown = statement.length > SHOWN_LENGTH ? `${statement.slice(0, SHOWN_LENGTH)} …` : statement;
  const message = messageOf(cause).trim();
  const hint = /out of memory/i.test(message) ? ' Give it more memory (memoryLimit) or fewer threads.' : '';
  return new AirtempoError('SQL_FAILED', `DuckDB: ${message}${hint}\nThe statement: ${shown}`, { cause });
}
