/** The limit: DuckDB as one would use it by hand. The same SELECTs, one COPY a table; no checks, nothing kept, nothing atomic. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { readPackagedSql } from '../../connections/duckdb/create-staging.js';
import { openPlainEvents } from '../support/plain-duckdb.js';

/** Writes the same tables of a data folder. */
export async function runPlain(data: string, lake: string): Promise<void> {
  const { run, close } = await openPlainEvents(path.join(data, 'logs'), lake);
  await run(`CREATE VIEW staging_events AS ${await readPackagedSql('lake/staging-events.sql')}`);
  await run(`CREATE TABLE staging_songs AS FROM read_json('${path.join(data, 'songs', '*.json')}')`);
  const how = 'FORMAT parquet, COMPRESSION zstd';
  const days: Readonly<Record<string, string>> = {
    events: 'SELECT * EXCLUDE (day), day AS date FROM events',
    songplays: `SELECT *, CAST(start_time AS DATE) AS date FROM (${await readPackagedSql('lake/songplays.sql')})`,
    time: `SELECT *, CAST(start_time AS DATE) AS date FROM (${await readPackagedSql('lake/time.sql')})`,
  };
  for (const [table, select] of Object.entries(days)) {
    await run(`COPY (${select}) TO '${path.join(lake, table)}' (${how}, PARTITION_BY (date))`);
  }
  for (const table of ['users', 'songs', 'artists']) {
    await mkdir(path.join(lake, table), { recursive: true });
    const target = path.join(lake, table, 'part-0.parquet');
    await run(`COPY (${await readPackagedSql(`lake/${table}.sql`)}) TO '${target}' (${how})`);
  }
  close();
}
