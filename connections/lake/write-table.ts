/** Writes a table, or a day of one, into the staging folder, and the table's schema beside it in the lake. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPackagedSql } from '../duckdb/create-staging.js';
import { quoteName, quoteText, type DuckDb } from '../duckdb/duckdb.js';
import type { LakeStore } from './lake-store.js';
import { partitionName, type LakeTable } from './lake-tables.js';

/** A staged file, to be put in place under its name. */
export interface StagedFile {
  readonly file: string;
  readonly name: string;
  readonly rows: number;
}

async function selectOf({ sql, without }: LakeTable): Promise<string> {
  const text = await readPackagedSql(sql);
  return without === undefined ? text : `SELECT * EXCLUDE (${quoteName(without)}) FROM (\n${text}\n)`;
}

/** Stages what the table's SQL gives now, as Parquet with zstd. */
export async function stageTable(
  db: DuckDb,
  store: LakeStore,
  table: LakeTable,
  day?: string,
): Promise<StagedFile> {
  return stageSelect(db, store, await selectOf(table), partitionName(table, day));
}

/** Stages what a SELECT gives. */
export async function stageSelect(
  db: DuckDb,
  store: LakeStore,
  select: string,
  name: string,
): Promise<StagedFile> {
  const file = path.join(store.staging, name);
  await mkdir(path.dirname(file), { recursive: true });
  const rows = await db.run(`COPY (${select}) TO ${quoteText(file)} (FORMAT parquet, COMPRESSION zstd)`);
  return { file, name, rows };
}

/** Writes `<table>/_schema.json`: columns with their types, the key, how the table is cut, and the SQL that makes it. */
export async function writeSchema(
  db: DuckDb,
  store: LakeStore,
  table: LakeTable,
  signal?: AbortSignal,
): Promise<void> {
  const described = await db.rows(`DESCRIBE ${await selectOf(table)}`);
  const schema = {
    table: table.name,
    key: table.key,
    partitionedBy: table.byDay ? [{ name: 'date', type: 'DATE' }] : [],
    columns: described.map(({ column_name: name, column_type: type }) => ({ name, type })),
    format: 'parquet, zstd',
    instants: 'UTC',
    sql: `sql/${table.sql}`,
  };
  const file = path.join(store.staging, `${table.name}-schema.json`);
  await writeFile(file, `${JSON.stringify(schema, undefined, 2)}\n`);
  await store.put(file, `${table.name}/_schema.json`, signal);
}
