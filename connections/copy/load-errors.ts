/**
 * The table `load_errors`: each record that a load left out or failed over, with file, line, column and reason. It
 * is written on a connection of its own, so that it survives the rollback of the load.
 */
import { AirtempoError } from '../../core/errors.js';
import { readServerError } from '../postgres-errors.js';
import type { SqlSession } from '../postgres.js';

/** One record that was not loaded. */
export interface LoadReject {
  readonly file: string;
  readonly line: number;
  readonly column: string | undefined;
  readonly columnType: string | undefined;
  /** The source text of the value, or of the record; cut. */
  readonly raw: string;
  readonly reason: string;
}

/** Takes the rejects of one load. `add` never waits; `drain` writes down what has gathered. */
export interface RejectLog {
  add(reject: LoadReject): void;
  /** Writes when enough has gathered, so that memory stays bounded; with `all`, whatever there is. */
  drain(all?: boolean): Promise<void>;
}

const TABLE = 'load_errors';
const RAW_CHARS = 1_024;
const BATCH_ROWS = 500;
const ALREADY_EXISTS = new Set(['23505', '42P07']);

const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS ${TABLE} (
    loaded_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    load_id VARCHAR(256) NOT NULL,
    table_name VARCHAR(128) NOT NULL,
    file_name TEXT NOT NULL,
    line_number BIGINT NOT NULL,
    column_name VARCHAR(128),
    column_type VARCHAR(128),
    raw_value TEXT,
    reason TEXT NOT NULL
  )`;

const INSERT_REJECTS = `
  INSERT INTO ${TABLE} (load_id, table_name, file_name, line_number, column_name, column_type, raw_value, reason)
  SELECT $1, $2, r.file, r.line, r.col, r.type, r.raw, r.reason
  FROM unnest($3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS r (file, line, col, type, raw, reason)`;

/** Creates the table when it is missing. Two loads may try at once. */
async function ensureTable(session: SqlSession): Promise<void> {
  const { rows } = await session.query<{ found: boolean }>(
    `SELECT to_regclass('${TABLE}') IS NOT NULL AS found`,
  );
  if (rows[0]?.found === true) return;
  try {
    await session.query(CREATE_TABLE);
  } catch (error) {
    const cause = error instanceof AirtempoError ? error.cause : error;
    if (!ALREADY_EXISTS.has(readServerError(cause).state ?? '')) throw error;
  }
}

/** Text as a column can hold it: cut, and without the NUL that Postgres refuses. */
function printable(text: string): string {
  return text.slice(0, RAW_CHARS).replaceAll('\0', '\\0');
}

export interface RejectLogOptions {
  /** Opens the separate connection; called at most once, and only when there is something to write. */
  readonly openSession: () => Promise<SqlSession>;
  /** Names the load: the run and the task, or whatever finds it again. */
  readonly loadId: string;
  readonly table: string;
}

/** Creates the log of one load. `close` frees its connection. */
export function createRejectLog(options: RejectLogOptions): RejectLog & { close(): Promise<void> } {
  let pending: LoadReject[] = [];
  let session: SqlSession | undefined;

  async function write(batch: readonly LoadReject[]): Promise<void> {
    if (session === undefined) {
      session = await options.openSession();
      await ensureTable(session);
    }
    await session.query(INSERT_REJECTS, [
      options.loadId,
      options.table,
      batch.map(({ file }) => file),
      batch.map(({ line }) => line),
      batch.map(({ column }) => column ?? null),
      batch.map(({ columnType }) => columnType ?? null),
      batch.map(({ raw }) => printable(raw)),
      batch.map(({ reason }) => printable(reason)),
    ]);
  }

  return {
    add(reject) {
      pending.push({ ...reject, raw: reject.raw.slice(0, RAW_CHARS) });
    },
    async drain(all = false) {
      while (pending.length >= (all ? 1 : BATCH_ROWS)) {
        const batch = pending.slice(0, BATCH_ROWS);
        pending = pending.slice(BATCH_ROWS);
        await write(batch);
      }
    },
    async close() {
      await session?.close();
    },
  };
}
