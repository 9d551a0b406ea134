/** Events in files, of this machine or on S3, which DuckDB reads. */
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { limitEvents } from '../../connections/duckdb/limit-events.js';
import type { S3Storage } from '../../connections/s3.js';
import { text } from '../words.js';
import type { Answer, EventsDatabase, OpenEventsOptions } from './events-database.js';

export interface OpenFilesOptions extends OpenEventsOptions {
  /** Of sources on S3. */
  readonly storage?: S3Storage | undefined;
  /** Of DuckDB, such as `2GB`. */
  readonly memoryLimit?: string | undefined;
  readonly threads?: number | undefined;
}

/** Opens them. Errors: those of `createEvents`. */
export async function openFiles(source: string, options: OpenFilesOptions): Promise<EventsDatabase> {
  const db = await openDuckDb(options);
  try {
    const { badRecords } = await createEvents(db, source, options);
    if (options.until !== undefined) await limitEvents(db, options.until.getTime());
    return { source, badRecords, query: (sql) => query(db, sql), close: () => db.close() };
  } catch (error) {
    await db.close();
    throw error;
  }
}

async function query(db: DuckDb, sql: string): Promise<Answer> {
  const rows = await db.rows(sql);
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length > 0) return { columns, rows };
  const described = await db.rows(`DESCRIBE ${sql}`);
  return { columns: described.map((column) => text(column, 'column_name')), rows };
}
