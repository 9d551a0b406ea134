/** What is in the star schema: row counts and five rows of each table. */
import { connectSql, type SqlSession } from '../connections/postgres.js';
import type { Connection } from '../core/connection.js';

/** A table's size and its first rows, ready to print. */
export interface TableSample {
  readonly table: string;
  readonly count: number;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Tables in the order of the load; five rows are read of those that have a first column to sort by. */
const TABLES = [
  { table: 'staging_events' },
  { table: 'staging_songs' },
  { table: 'songplays', orderBy: 'start_time' },
  { table: 'users', orderBy: 'user_id' },
  { table: 'songs', orderBy: 'song_id' },
  { table: 'artists', orderBy: 'artist_id' },
  { table: 'time', orderBy: 'start_time' },
] as const;

const CELL_CHARACTERS = 24;

export async function readTables(connection: Connection): Promise<readonly TableSample[]> {
  const session = await connectSql(connection, {});
  try {
    const samples: TableSample[] = [];
    for (const entry of TABLES) {
      samples.push(await readTable(session, entry.table, 'orderBy' in entry ? entry.orderBy : undefined));
    }
    return samples;
  } finally {
    await session.close();
  }
}

/** The names are constants of this file, so they may stand in the text. */
async function readTable(
  session: SqlSession,
  table: string,
  orderBy: string | undefined,
): Promise<TableSample> {
  const counted = await session.query(`SELECT COUNT(*) AS count FROM ${table}`);
  const count = Number(counted.rows[0]?.['count'] ?? 0);
  if (orderBy === undefined) return { table, count, columns: [], rows: [] };
  const { rows } = await session.query(`SELECT * FROM ${table} ORDER BY ${orderBy} LIMIT 5`);
  const columns = Object.keys(rows[0] ?? {});
  return { table, count, columns, rows: rows.map((row) => columns.map((column) => formatCell(row[column]))) };
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= CELL_CHARACTERS ? text : `${text.slice(0, CELL_CHARACTERS - 1)}…`;
}
