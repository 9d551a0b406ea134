/**
 * Makes the relation `events` in DuckDB, which all analytical SQL reads (sql/events/duckdb.sql has its columns), out of raw
 * JSON, raw Parquet, or the lake. JSON is parsed once, into a table, or what is too much for one into a temporary Parquet file,
 * so that ten queries do not parse ten times. Bad records are counted and can be read in the table `bad_events` (file, problem, record).
 */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { findPackageRoot } from '../package-root.js';
import type { S3Storage } from '../s3.js';
import { quoteName, quoteText, type DuckDb } from './duckdb.js';
import { EVENT_COLUMNS, RAW_EVENT_TYPES } from './event-columns.js';
import { isBadRecord, keepBadRecords, selectCareful, selectClean, type RawSchema } from './raw-json.js';
import { findSourceFiles } from './source-files.js';

export interface EventsOptions {
  /** Of `s3://…` sources. */
  readonly storage?: S3Storage | undefined;
  readonly maxDownloadBytes?: number | undefined;
  /** Which files to take, by their path below the source. Default: all. */
  readonly takes?: ((name: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface EventsSummary {
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  readonly badRecords: number;
}

const SCHEMA: RawSchema = {
  types: RAW_EVENT_TYPES,
  required: 'ts',
  rules: [
    {
      when: `page = 'NextSong' AND ("sessionId" IS NULL OR "itemInSession" IS NULL)`,
      problem: 'a play without sessionId or itemInSession',
    },
  ],
};

/**
 * Makes `events` and `bad_events`.
 * @param source a folder, a .json, .json.gz or .parquet file, a lake's folder (or its `events`), or `s3://bucket/prefix/`
 * @throws AirtempoError SOURCE_NOT_FOUND, INVALID_ARGS, and those of S3
 */
export async function createEvents(
  db: DuckDb,
  source: string,
  options: EventsOptions = {},
): Promise<EventsSummary> {
  const takes = options.takes ?? ((name: string) => !isOtherTable(name));
  const downloadTo = path.join(db.tempFolder, 'source');
  const { format, files, bytes } = await findSourceFiles(source, {
    ...options,
    takes,
    downloadTo,
  });
  await db.run('CREATE OR REPLACE TABLE bad_events (file VARCHAR, problem VARCHAR, record VARCHAR)');
  const badRecords = format === 'json' ? await parseJson(db, files, bytes) : await viewParquet(db, files);
  if (format === 'json') await rm(downloadTo, { recursive: true, force: true }); // parsed, and not needed any more
  const [counted] = await db.rows('SELECT COUNT(*) AS n FROM events');
  return { files: files.length, bytes, rows: Number(counted?.['n']), badRecords };
}

/** In a lake's folder there are other tables beside the events. */
function isOtherTable(name: string): boolean {
  return /^(songs|artists|users|songplays|time)\//.test(name) && name.endsWith('.parquet');
}

/** So much JSON is held as a table, which takes about as much memory or spills; more becomes Parquet, a tenth of it. */
const LARGEST_TABLE_BYTES = 512 * 2 ** 20;
/** What a byte of gzip stands for, roughly. */
const GZIP_FACTOR = 10;

async function parseJson(db: DuckDb, files: readonly string[], bytes: number): Promise<number> {
  const isLarge = bytes * (files[0]?.endsWith('.gz') === true ? GZIP_FACTOR : 1) > LARGEST_TABLE_BYTES;
  const target = quoteText(path.join(db.tempFolder, 'events.parquet'));
  const select = await readEventsSql();
  const parse = async (raw: string): Promise<void> => {
    await db.run(`CREATE OR REPLACE TEMP VIEW raw_events AS ${raw}`);
    if (isLarge) await db.run(`COPY (${select}) TO ${target} (FORMAT parquet, COMPRESSION zstd)`);
    else await db.run(`CREATE OR REPLACE TABLE parsed_events AS ${select}`);
  };
  let bad = 0;
  try {
    await parse(selectClean(files, SCHEMA));
  } catch (error) {
    if (!isBadRecord(error)) throw error;
    await parse(selectCareful(files, SCHEMA));
    bad = await keepBadRecords(db, files, SCHEMA, 'bad_events');
  }
  if (isLarge) await db.run('DROP TABLE IF EXISTS parsed_events');
  const parsed = isLarge ? `read_parquet(${target})` : 'parsed_events';
  await db.run(`CREATE OR REPLACE VIEW events AS SELECT * FROM ${parsed}`);
  return bad;
}

/** The lake's own columns, or the raw ones: the column `userId` tells. */
async function viewParquet(db: DuckDb, files: readonly string[]): Promise<number> {
  // a lake's folder of a day is called date=…, since its table of times has a column day
  const [, cut] = /\/(day|date)=[^/]+\/[^/]+$/.exec(files[0] ?? '') ?? [];
  const hive = cut === undefined ? '' : `, hive_partitioning = true, hive_types = {'${cut}': DATE}`;
  const parquet = `read_parquet([${files.map(quoteText).join(', ')}], union_by_name = true${hive})`;
  const columns = new Set(
    (await db.rows(`DESCRIBE SELECT * FROM ${parquet}`)).map((row) => row['column_name']),
  );
  if (columns.has('userId')) {
    const raw = Object.entries(RAW_EVENT_TYPES).map(
      ([key, type]) =>
        `${columns.has(key) ? `CAST(${quoteName(key)} AS ${type})` : `CAST(NULL AS ${type})`} AS ${quoteName(key)}`,
    );
    await db.run(`CREATE OR REPLACE VIEW raw_events AS SELECT ${raw.join(', ')} FROM ${parquet}`);
    await db.run(`CREATE OR REPLACE VIEW events AS ${await readEventsSql()}`);
  } else {
    const known = Object.entries(EVENT_COLUMNS).map(
      ([name, type]) => `CAST(${name === 'day' && cut !== undefined ? cut : name} AS ${type}) AS ${name}`,
    );
    await db.run(`CREATE OR REPLACE VIEW events AS SELECT ${known.join(', ')} FROM ${parquet}`);
  }
  return 0;
}

function readEventsSql(): Promise<string> {
  return readFile(path.join(findPackageRoot(), 'sql', 'events', 'duckdb.sql'), 'utf8');
}
