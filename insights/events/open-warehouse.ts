/** Events that COPY has brought into staging_events of a warehouse, Postgres or Redshift. Reads only. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { JsonValue } from '../../core/json.js';
import { findPackageRoot } from '../../connections/package-root.js';
import { connectSql, type SqlTable, type SqlTableSession } from '../../connections/postgres.js';
import { resolveSessionLogin } from '../../connections/redshift-clusters/session-login.js';
import type { Connection } from '../../core/connection.js';
import type { Answer, EventsDatabase, OpenEventsOptions } from './events-database.js';
import { renderWarehouseSql, type WarehouseSqlOptions } from './warehouse-sql.js';

/** A warehouse as a source of events. */
export interface Warehouse {
  /** Of type postgres or redshift, over the wire protocol. */
  readonly connection: Connection;
  /** For a login by IAM. */
  readonly findConnection: (connId: string) => Promise<Connection>;
}

/** All queries see one state of the table, whoever loads it meanwhile. Redshift takes any level for serializable. */
const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Opens it. Errors: INVALID_CONNECTION, CONNECTION_REFUSED and the like of `connectSql`; SQL_FAILED. */
export async function openWarehouse(
  { connection, findConnection }: Warehouse,
  { until, signal }: OpenEventsOptions,
): Promise<EventsDatabase> {
  const file = path.join(findPackageRoot(), 'sql', 'events', 'postgres.sql');
  const eventsSql = await readFile(file, 'utf8');
  const session = await connectSql(await resolveSessionLogin(connection, findConnection, signal), { signal });
  const options = { dialect: session.dialect, eventsSql, until };
  try {
    await session.query(BEGIN);
  } catch (error) {
    await session.close();
    throw error;
  }
  return {
    source: `staging_events of ${connection.id}`,
    badRecords: 0, // COPY has refused them
    query: (sql) => query(session, sql, options),
    close: () => session.close(), // which ends the transaction
  };
}

async function query(session: SqlTableSession, sql: string, options: WarehouseSqlOptions): Promise<Answer> {
  const { columns, rows } = await session.queryTable(renderWarehouseSql(sql, options));
  return {
    columns: columns.map(({ name }) => name),
    rows: rows.map((row) =>
      Object.fromEntries(columns.map((column, index) => [column.name, readCell(column, row[index] ?? null)])),
    ),
  };
}

/** smallint, integer, bigint, real, double precision, numeric. */
const NUMBERS: ReadonlySet<number> = new Set([21, 23, 20, 700, 701, 1700]);

/** The same values that DuckDB gives: numbers are numbers, and a DATE is the text 2018-11-01. */
function readCell({ typeId }: SqlTable['columns'][number], printed: string | null): JsonValue {
  if (printed === null || !NUMBERS.has(typeId)) return printed;
  const value = Number(printed);
  return Number.isFinite(value) ? value : null;
}
