/** The limit: DuckDB as one would use it by hand. The same SELECTs, one COPY a table; no checks, nothing kept, nothing atomic. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readPackagedSql } from '../../connections/duckdb/create-staging.js';
import { RAW_EVENT_TYPES } from '../../connections/duckdb/event-columns.js';

/** Writes the same tables of a data folder. */
export async function runPlain(data: string, lake: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '2GB',
    preserve_insertion_order: 'false',
    temp_directory: path.join(lake, '_spill'),
  });
  const connection = await instance.connect();
  const run = (sql: string): Promise<unknown> => connection.run(sql);
  const columns = Object.entries(RAW_EVENT_TYPES).map(([name, type]) => `'${name}': '${type}'`);
  const logs = path.join(data, 'logs', '**', '*.json');
  await run(
    `CREATE VIEW raw_events AS FROM read_json('${logs}', format = 'newline_delimited', columns = {${columns.join(', ')}})`,
  );
  await run(`CREATE TABLE events AS ${await readPackagedSql('events/duckdb.sql')}`);
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
  connection.closeSync();
  instance.closeSync();
}
