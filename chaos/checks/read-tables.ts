/** Reads tables as text, from the database and from the files of the lake, without what wrote them. */
import { DuckDBInstance } from '@duckdb/node-api';
import pg from 'pg';
import type { Connection } from '../../core/connection.js';
import { EVENT_COLUMNS } from '../oracle/events.js';
import type { Row } from '../oracle/row.js';

/** Asks the database one question; every value as the server prints it. */
export async function queryText(connection: Connection, sql: string): Promise<readonly Row[]> {
  const { host, port, schema: database, login: user, password } = connection;
  const client = new pg.Client({ host, port, database, user, password, application_name: 'chaos' });
  await client.connect();
  try {
    const { rows } = await client.query<(string | null)[]>({
      text: sql,
      rowMode: 'array',
      types: { getTypeParser: () => (text: unknown) => text },
    });
    return rows;
  } finally {
    await client.end();
  }
}

export const readTable = (connection: Connection, table: string): Promise<readonly Row[]> =>
  queryText(connection, `SELECT * FROM "${table}"`);

/** The columns of oracle/events.ts. */
export const readEvents = (connection: Connection): Promise<readonly Row[]> =>
  queryText(
    connection,
    `SELECT event_key, event_date, ${EVENT_COLUMNS.join(', ')}, registration, ROUND(length * 1e6)::bigint FROM events`,
  );

/** The same of the lake, whose files are the objects of a bucket below `folder`. */
export async function readLake(folder: string): Promise<readonly Row[]> {
  const instance = await DuckDBInstance.create(':memory:', { autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const reader = await connection.runAndReadAll(`
      SELECT concat_ws('/', ts_ms, session_id, item_in_session, coalesce(user_id, '')), CAST(date AS VARCHAR),
        ${EVENT_COLUMNS.map((column) => `CAST(${column} AS VARCHAR)`).join(', ')},
        CAST(make_timestamp(registration_ms * 1000) AS VARCHAR), CAST(CAST(ROUND(length * 1e6) AS BIGINT) AS VARCHAR)
      FROM read_parquet('${folder}/events/date=*/part-0.parquet')`);
    return reader.getRows() as readonly Row[]; // every column is cast to text
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
