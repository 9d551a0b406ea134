/** DuckDB as one would use it by hand: raw events are what is read, and nothing is checked. */
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readPackagedSql } from '../../connections/duckdb/create-staging.js';
import { RAW_EVENT_TYPES } from '../../connections/duckdb/event-columns.js';

export interface PlainDuckDb {
  readonly run: (sql: string) => Promise<unknown>;
  /** The value of the first column of the first row. */
  readonly value: (sql: string) => Promise<unknown>;
  readonly close: () => void;
}

/** A database in memory, of 2 GB, with the table `events` of the JSON files below `logs`. It spills below `folder`. */
export async function openPlainEvents(logs: string, folder: string): Promise<PlainDuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '2GB',
    preserve_insertion_order: 'false',
    temp_directory: path.join(folder, '_spill'),
  });
  const connection = await instance.connect();
  const run = (sql: string): Promise<unknown> => connection.run(sql);
  const columns = Object.entries(RAW_EVENT_TYPES).map(([name, type]) => `'${name}': '${type}'`);
  const files = path.join(logs, '**', '*.json');
  await run(
    `CREATE VIEW raw_events AS FROM read_json('${files}', format = 'newline_delimited', columns = {${columns.join(', ')}})`,
  );
  await run(`CREATE TABLE events AS ${await readPackagedSql('events/duckdb.sql')}`);
  return {
    run,
    value: async (sql) => (await connection.runAndReadAll(sql)).getRows()[0]?.[0],
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
