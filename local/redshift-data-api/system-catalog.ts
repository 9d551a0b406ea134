/**
 * What clients of Redshift ask of it and Postgres has not: version(), pg_last_copy_count(), stl_load_errors and their
 * like, in a schema of their own. A session's search_path finds them; tables are still made in `public`.
 */
import { AirtempoError } from '../../core/errors.js';
import type { CopyResult } from '../../connections/copy/copy.js';
import type { LoadReject, RejectLog } from '../../connections/copy/load-errors.js';
import type { SqlSession } from '../../connections/postgres.js';

const SCHEMA = 'airtempo_redshift';
/** Two sessions may find the schema missing at once. */
const LOCK_KEY = 5_439_001;

const VERSION =
  'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), Redshift 1.0.0 (airtempo: Postgres standing in for Redshift)';

const CREATE_CATALOG = `
  SELECT pg_advisory_xact_lock(${LOCK_KEY});
  CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
  CREATE SEQUENCE IF NOT EXISTS ${SCHEMA}.query_id START 1000;
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.load_error (
    query BIGINT NOT NULL, session INTEGER NOT NULL, starttime TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC'),
    table_name VARCHAR(257) NOT NULL, filename TEXT NOT NULL, line_number BIGINT NOT NULL,
    colname VARCHAR(127), type VARCHAR(64), raw_value TEXT, err_reason TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.stl_load_commits (
    query BIGINT NOT NULL, filename TEXT NOT NULL, curtime TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
  );
  CREATE TABLE IF NOT EXISTS ${SCHEMA}.sys_load_history (
    query_id BIGINT NOT NULL, session_id INTEGER NOT NULL, table_name VARCHAR(257) NOT NULL, loaded_rows BIGINT NOT NULL,
    source_file_count BIGINT NOT NULL, source_file_bytes BIGINT NOT NULL, error_count BIGINT NOT NULL,
    start_time TIMESTAMP NOT NULL DEFAULT (now() AT TIME ZONE 'UTC')
  );
  CREATE OR REPLACE VIEW ${SCHEMA}.stl_load_errors AS
    SELECT query, session, starttime, filename::varchar(256) AS filename, line_number, colname, type,
           raw_value::varchar(1024) AS raw_line, raw_value::varchar(1024) AS raw_field_value,
           1207 AS err_code, err_reason::varchar(256) AS err_reason
    FROM ${SCHEMA}.load_error;
  CREATE OR REPLACE VIEW ${SCHEMA}.sys_load_error_detail AS
    SELECT query AS query_id, session AS session_id, current_database()::varchar AS database_name, table_name,
           starttime AS start_time, filename::varchar(256) AS file_name, line_number, colname AS column_name,
           type AS column_type, 1207 AS error_code, err_reason::varchar(512) AS error_message
    FROM ${SCHEMA}.load_error;
  CREATE OR REPLACE FUNCTION ${SCHEMA}.version() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '${VERSION}'::text $$;
  CREATE OR REPLACE FUNCTION ${SCHEMA}.pg_last_copy_id() RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT COALESCE(NULLIF(current_setting('airtempo.last_copy_id', true), '')::bigint, -1) $$;
  CREATE OR REPLACE FUNCTION ${SCHEMA}.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE AS
    $$ SELECT COALESCE(NULLIF(current_setting('airtempo.last_copy_count', true), '')::bigint, 0) $$;
  CREATE OR REPLACE FUNCTION ${SCHEMA}.getdate() RETURNS timestamp LANGUAGE sql STABLE AS
    $$ SELECT (now() AT TIME ZONE 'UTC')::timestamp(0) $$;`;

/** Makes the database look like Redshift to this session, and tells the server process's id. */
export async function enterCatalog(session: SqlSession): Promise<number> {
  const { rows } = await session.query<{ found: boolean; pid: number }>(
    // getdate comes last, so it stands for all of them
    `SELECT to_regproc('${SCHEMA}.getdate') IS NOT NULL AS found, pg_backend_pid() AS pid`,
  );
  if (rows[0]?.found !== true) await session.query(CREATE_CATALOG);
  // Before pg_catalog, which has a version() of its own; after public, where tables are to be made.
  await session.query(`SET search_path TO "$user", public, ${SCHEMA}, pg_catalog`);
  return Number(rows[0]?.pid);
}

/** A new query id: it grows over restarts, as load errors stay in the database. */
export async function nextQueryId(session: SqlSession): Promise<number> {
  const { rows } = await session.query<{ id: number }>(`SELECT nextval('${SCHEMA}.query_id') AS id`);
  return Number(rows[0]?.id);
}

export interface SucceededCopy {
  readonly queryId: number;
  readonly pid: number;
  readonly table: string;
  readonly result: CopyResult;
  readonly files: readonly string[];
}

/** Records a COPY that succeeded, in its own transaction. */
export async function recordCopy(session: SqlSession, copy: SucceededCopy): Promise<void> {
  const { queryId, pid, table, result, files } = copy;
  await session.query(
    `INSERT INTO ${SCHEMA}.stl_load_commits (query, filename) SELECT $1, unnest($2::text[])`,
    [queryId, files],
  );
  await session.query(
    `INSERT INTO ${SCHEMA}.sys_load_history
       (query_id, session_id, table_name, loaded_rows, source_file_count, source_file_bytes, error_count)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [queryId, pid, table, result.rows, result.files, result.bytes, result.rejected],
  );
  await session.query(
    `SELECT set_config('airtempo.last_copy_id', $1, false), set_config('airtempo.last_copy_count', $2, false)`,
    [String(queryId), String(result.rows)],
  );
}

const INSERT_REJECTS = `
  INSERT INTO ${SCHEMA}.load_error (query, session, table_name, filename, line_number, colname, type, raw_value, err_reason)
  SELECT $1, $2, $3, r.file, r.line, r.col, r.type, r.raw, r.reason
  FROM unnest($4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[]) AS r (file, line, col, type, raw, reason)`;

const BATCH_ROWS = 500;
const RAW_CHARS = 1_024;

export interface LoadErrorLogOptions {
  /** Opens a second session: the lines must survive the rollback of the load. Called at most once. */
  readonly openSession: () => Promise<SqlSession>;
  readonly queryId: number;
  readonly pid: number;
  readonly table: string;
}

/** Writes bad records where stl_load_errors shows them. */
export function createLoadErrorLog(options: LoadErrorLogOptions): RejectLog & { close(): Promise<void> } {
  let pending: LoadReject[] = [];
  let session: SqlSession | undefined;
  const printable = (text: string): string => text.slice(0, RAW_CHARS).replaceAll('\0', '\\0');
  return {
    add: (reject) => void pending.push({ ...reject, raw: reject.raw.slice(0, RAW_CHARS) }),
    async drain(all = false) {
      while (pending.length >= (all ? 1 : BATCH_ROWS)) {
        const batch = pending.slice(0, BATCH_ROWS);
        session ??= await options.openSession();
        await session.query(INSERT_REJECTS, [
          options.queryId,
          options.pid,
          options.table,
          batch.map(({ file }) => file),
          batch.map(({ line }) => line),
          batch.map(({ column }) => column ?? null),
          batch.map(({ columnType }) => columnType ?? null),
          batch.map(({ raw }) => printable(raw)),
          batch.map(({ reason }) => printable(reason)),
        ]);
        pending = pending.slice(batch.length);
      }
    },
    close: async () => session?.close(),
  };
}

/** The error of a COPY that failed over its data: where to read more, in Redshift's words. */
export function explainLoadFailure(table: string, cause: AirtempoError): AirtempoError {
  return new AirtempoError(
    'LOAD_FAILED',
    `Load into table '${table}' failed.  Check 'stl_load_errors' system table for details.`,
    { cause },
  );
}
