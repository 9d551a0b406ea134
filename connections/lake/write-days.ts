/**
 * Days of the lake: events, songplays and time of each day in `[from, to)`, and `users` anew. A day's partition is made of
 * every file that can hold its events, staged, checked, and put in place whole: running a day again gives the same.
 */
import path from 'node:path';
import { AirtempoError, isAirtempoError } from '../../core/errors.js';
import { createEvents } from '../duckdb/create-events.js';
import { createStagingEvents } from '../duckdb/create-staging.js';
import { quoteText, type DuckDb } from '../duckdb/duckdb.js';
import { findSourceFiles, listSource } from '../duckdb/source-files.js';
import type { S3Storage } from '../s3.js';
import { addDays, findFileDay, listDays } from './file-day.js';
import type { LakeStore } from './lake-store.js';
import { CATALOGUE, EVENTS, SONGPLAYS, TIME, USER_DAYS, USERS, partitionName } from './lake-tables.js';
import { keepBadRecords, refuseTooMany } from './write-catalogue.js';
import { findStagedDay, stageDays, stageTable, writeSchema } from './write-table.js';

export interface DaysOptions {
  /** Raw events: a folder, a file, or `s3://…`. */
  readonly logs: string;
  readonly storage?: S3Storage | undefined;
  /** The first day, and the first one no more, UTC. */
  readonly from: string;
  readonly to: string;
  readonly maxErrors: number;
  readonly signal?: AbortSignal | undefined;
  /** Told after each day. */
  readonly onDay?: ((day: string) => void) | undefined;
}

export interface DaysSummary {
  /** Those that were written. */
  readonly days: number;
  readonly events: number;
  readonly songplays: number;
  /** In the whole lake. */
  readonly users: number;
  readonly badRecords: number;
}

/** A file is delivered on the day of its name or around it: its neighbours are read for events of the day as well. */
const NEIGHBOURS = 1;

/**
 * Writes the days for which the source has files: a file without a day in its name counts for all. Others stay as they are.
 * @throws AirtempoError SOURCE_NOT_FOUND, LOAD_FAILED (bad records), CHECK_FAILED (the lake is then as it was)
 */
export async function writeDays(db: DuckDb, store: LakeStore, options: DaysOptions): Promise<DaysSummary> {
  const { from, to, signal } = options;
  const batches = await cutIntoBatches(db, options);
  await viewCatalogue(db, store, signal);
  const sums = { days: 0, events: 0, songplays: 0, badRecords: 0 };
  for (const [index, start] of batches.entries()) {
    const written = await writeBatch(db, store, { ...options, from: start, to: batches[index + 1] ?? to });
    sums.days += written.days;
    sums.events += written.events;
    sums.songplays += written.songplays;
    sums.badRecords += written.badRecords;
  }
  if (sums.days === 0) {
    throw new AirtempoError(
      'SOURCE_NOT_FOUND',
      `${options.logs} has no file of a day from ${from} until before ${to}. Wait for it, or check the place and the names of its files.`,
    );
  }
  for (const table of [EVENTS, SONGPLAYS, TIME]) await writeSchema(db, store, table, signal);
  return { ...sums, users: await writeUsers(db, store, signal) };
}

/** So much JSON is worked on at a time: memory stays within bounds however long the history is. */
const BATCH_BYTES = 384 * 2 ** 20;

/** The first days of batches, each of which has about as much JSON as is worked on at a time. */
async function cutIntoBatches(
  db: DuckDb,
  { logs, storage, from, to, signal }: DaysOptions,
): Promise<readonly string[]> {
  const sizes = new Map<string, number>();
  const all = await listSource(logs, { storage, downloadTo: db.tempFolder, signal });
  for (const { name, size } of all) {
    const day = findFileDay(name);
    if (day === undefined) return [from]; // every batch would read it again
    sizes.set(day, (sizes.get(day) ?? 0) + size * (name.endsWith('.gz') ? 10 : 1));
  }
  const starts = [from];
  let bytes = 0;
  for (const day of listDays(from, to)) {
    const size = sizes.get(day) ?? 0;
    if (bytes > 0 && bytes + size > BATCH_BYTES) {
      starts.push(day);
      bytes = 0;
    }
    bytes += size;
  }
  return starts;
}

type BatchSummary = Omit<DaysSummary, 'users'>;

const NO_DAYS: BatchSummary = { days: 0, events: 0, songplays: 0, badRecords: 0 };

async function writeBatch(db: DuckDb, store: LakeStore, options: DaysOptions): Promise<BatchSummary> {
  const { logs, storage, from, to, maxErrors, signal, onDay } = options;
  const named = new Set<string | undefined>();
  const [first, last] = [addDays(from, -NEIGHBOURS), addDays(to, NEIGHBOURS - 1)];
  const takes = (name: string): boolean => {
    const day = findFileDay(name);
    if (day !== undefined && (day < first || day > last)) return false;
    named.add(day);
    return true;
  };
  try {
    await createEvents(db, logs, { storage, signal, takes });
  } catch (error) {
    if (isAirtempoError(error) && error.code === 'SOURCE_NOT_FOUND' && named.size === 0) return NO_DAYS;
    throw error;
  }
  const days = listDays(from, to).filter((day) => named.has(undefined) || named.has(day));
  if (days.length === 0) return NO_DAYS;
  const badRecords = await keepBadDays(db, store, days, signal);
  refuseTooMany(badRecords, maxErrors, `${store.url}_bad_records/`);
  await createStagingEvents(db);
  const songplays = await stageDays(db, store, SONGPLAYS, days);
  await stageDays(db, store, TIME, days);
  await stageDays(db, store, USER_DAYS, days);
  const events = await stageDays(db, store, EVENTS, days);
  if (songplays > 0) await refuseSharedKeys(db, store);
  for (const day of days) {
    await putDay(db, store, day, signal);
    onDay?.(day);
  }
  return { days: days.length, events, songplays, badRecords };
}

/** Puts all files of a day in place, the events last; what the day has no rows for is removed. */
async function putDay(db: DuckDb, store: LakeStore, day: string, signal?: AbortSignal): Promise<void> {
  for (const table of [USER_DAYS, SONGPLAYS, TIME, EVENTS]) {
    const file = await findStagedDay(db, store, table, day);
    if (file === undefined) await store.remove(partitionName(table, day), signal);
    else await store.put(file, partitionName(table, day), signal);
  }
}

async function refuseSharedKeys(db: DuckDb, store: LakeStore): Promise<void> {
  const staged = quoteText(path.join(store.staging, SONGPLAYS.name, '*', '*.parquet'));
  const [shared] = await db.rows(`
    SELECT CAST(date AS VARCHAR) AS day, COUNT(*) AS plays, COUNT(DISTINCT songplay_id) AS keys
    FROM read_parquet(${staged}, hive_partitioning = true) GROUP BY date HAVING COUNT(*) <> COUNT(DISTINCT songplay_id) ORDER BY date LIMIT 1`);
  if (shared === undefined) return;
  throw new AirtempoError(
    'CHECK_FAILED',
    `${String(Number(shared['plays']))} plays of ${shared['day'] as string} have ${String(Number(shared['keys']))} keys: events that are not the same share user, session and item. The days are as they were in ${store.url}.`,
  );
}

/** Keeps each day's bad records in a file of its own, and those of files without a day in one; counts them. */
async function keepBadDays(
  db: DuckDb,
  store: LakeStore,
  days: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  const files = await db.rows('SELECT file, COUNT(*) AS records FROM bad_events GROUP BY file');
  const found = files.map(({ file, records }) => ({
    file: file as string, // the column is text
    day: findFileDay(path.basename(file as string)) ?? findFileDay(file as string),
    records: Number(records),
  }));
  let count = 0;
  for (const day of [...days, undefined]) {
    const ofDay = found.filter((each) => each.day === day);
    count += ofDay.reduce((sum, { records }) => sum + records, 0);
    const names = ofDay.map(({ file }) => quoteText(file));
    const select = `SELECT file, problem, record FROM bad_events WHERE list_contains([${names.join(', ')}], file) ORDER BY ALL`;
    await keepBadRecords(db, store, `_bad_records/${day ?? 'undated'}.jsonl`, select, signal);
  }
  return count;
}

/** The view staging_songs: the catalogue as the lake has it, or an empty one. */
async function viewCatalogue(db: DuckDb, store: LakeStore, signal?: AbortSignal): Promise<void> {
  const folder = path.posix.dirname(CATALOGUE);
  if (!(await store.has(`${folder}/`, signal))) {
    await db.run(`CREATE OR REPLACE VIEW staging_songs AS
      SELECT NULL::VARCHAR AS song_id, NULL::VARCHAR AS title, NULL::VARCHAR AS artist_id, NULL::VARCHAR AS artist_name, NULL::DOUBLE AS duration
      WHERE FALSE`);
    return;
  }
  await viewParquet(db, store, `${store.url}${CATALOGUE}`, 'staging_songs', signal);
}

/** Rebuilds `users` from what each day says of them. */
async function writeUsers(db: DuckDb, store: LakeStore, signal?: AbortSignal): Promise<number> {
  if (!(await store.has(`${USER_DAYS.name}/`, signal))) return 0;
  await viewParquet(db, store, `${store.url}${USER_DAYS.name}/`, 'staging_events', signal);
  const { file, name, rows } = await stageTable(db, store, USERS);
  await store.put(file, name, signal);
  await writeSchema(db, store, USERS, signal);
  return rows;
}

/** A view of the Parquet files of a source in the lake. */
export async function viewParquet(
  db: DuckDb,
  { storage }: LakeStore,
  source: string,
  view: string,
  signal?: AbortSignal,
): Promise<void> {
  const downloadTo = path.join(db.tempFolder, view);
  const { files } = await findSourceFiles(source, { storage, downloadTo, signal });
  const list = files.map(quoteText).join(', ');
  await db.run(`CREATE OR REPLACE VIEW ${view} AS SELECT * FROM read_parquet([${list}])`);
}
