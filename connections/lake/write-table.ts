/** Writes a table, or a day of one, into the staging folder, and the table's schema beside it in the lake. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPackagedSql } from '../duckdb/create-staging.js';
import { quoteName, quoteText, type DuckDb } from '../duckdb/duckdb.js';
import { addDays, listDays } from './file-day.js';
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
export async function stageTable(db: DuckDb, store: LakeStore, table: LakeTable): Promise<StagedFile> {
  return stageSelect(db, store, await selectOf(table), partitionName(table));
}

/** Stages what the table's SQL gives now of these days, a file for each day that has rows; the rows of all. */
export async function stageDays(
  db: DuckDb,
  store: LakeStore,
  table: LakeTable,
  days: readonly string[],
): Promise<number> {
  const folder = path.join(store.staging, table.name);
  await rm(folder, { recursive: true, force: true });
  const [columns, date] =
    table.without === undefined
      ? ['*', 'CAST(start_time AS DATE)']
      : [`* EXCLUDE (${quoteName(table.without)})`, quoteName(table.without)];
  const select = `SELECT ${columns}, ${date} AS date FROM (\n${await readPackagedSql(table.sql)}\n) WHERE ${within(date, days)}`;
  return db.run(
    `COPY (${select}) TO ${quoteText(folder)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (date), FILENAME_PATTERN 'part-{i}')`,
  );
}

/** A condition that a date is one of these, which are in order: a span, if they are. */
function within(date: string, days: readonly string[]): string {
  const [first = '', last = ''] = [days[0], days.at(-1)];
  const span = `${date} BETWEEN DATE ${quoteText(first)} AND DATE ${quoteText(last)}`;
  if (days.length === listDays(first, addDays(last, 1)).length) return span;
  return `${span} AND ${date} IN (${days.map((day) => `DATE ${quoteText(day)}`).join(', ')})`;
}

/** The staged file of a table's day, or undefined when the day has no rows. */
export async function findStagedDay(
  db: DuckDb,
  store: LakeStore,
  table: LakeTable,
  day: string,
): Promise<string | undefined> {
  const file = path.join(store.staging, partitionName(table, day));
  const folder = path.dirname(file);
  const parts = await readdir(folder).catch(() => []);
  if (parts.length <= 1) return parts[0] === undefined ? undefined : path.join(folder, parts[0]);
  // a partition that DuckDB has closed and opened again, of very many
  const whole = path.join(folder, 'whole.parquet');
  await db.run(
    `COPY (FROM read_parquet(${quoteText(`${folder}/part-*.parquet`)}, hive_partitioning = false)) TO ${quoteText(whole)} (FORMAT parquet, COMPRESSION zstd)`,
  );
  return whole;
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
