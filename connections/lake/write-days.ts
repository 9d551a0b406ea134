/**
 * Days of the lake: events, songplays and time of each day in `[from, to)`, and `users` anew. A day's partition is made of
 * every file that can hold its events, staged, checked, and put in place whole: running a day again gives the same.
 */
import path from 'node:path';
import { AirtempoError } from '../../core/errors.js';
import { createEvents } from '../duckdb/create-events.js';
import { createStagingEvents } from '../duckdb/create-staging.js';
import { quoteText, type DuckDb } from '../duckdb/duckdb.js';
import { findSourceFiles } from '../duckdb/source-files.js';
import type { S3Storage } from '../s3.js';
import { addDays, findFileDay, listDays } from './file-day.js';
import type { LakeStore } from './lake-store.js';
import { CATALOGUE, EVENTS, SONGPLAYS, TIME, USER_DAYS, USERS } from './lake-tables.js';
import { keepBadRecords, refuseTooMany } from './write-catalogue.js';
import { stageTable, writeSchema, type StagedFile } from './write-table.js';

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
  readonly onDay?: ((day: string, rows: number) => void) | undefined;
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
  const { logs, storage, from, to, maxErrors, signal, onDay } = options;
  const named = new Set<string | undefined>();
  const [first, last] = [addDays(from, -NEIGHBOURS), addDays(to, NEIGHBOURS - 1)];
  const takes = (name: string): boolean => {
    const day = findFileDay(name);
    if (day !== undefined && (day < first || day > last)) return false;
    named.add(day);
    return true;
  };
  await createEvents(db, logs, { storage, signal, takes });
  const days = listDays(from, to).filter((day) => named.has(undefined) || named.has(day));
  const badRecords = await keepBadDays(db, store, days, signal);
  refuseTooMany(badRecords, maxErrors, `${store.url}_bad_records/`);

  await db.run('DROP VIEW IF EXISTS all_events; ALTER VIEW events RENAME TO all_events');
  await viewCatalogue(db, store, signal);
  let events = 0;
  let songplays = 0;
  for (const day of days) {
    await db.run(
      `CREATE OR REPLACE VIEW events AS SELECT * FROM all_events WHERE day = DATE ${quoteText(day)}`,
    );
    await createStagingEvents(db);
    const staged = await stageDay(db, store, day);
    for (const { file, name } of staged.files) await store.put(file, name, signal);
    events += staged.events;
    songplays += staged.songplays;
    onDay?.(day, staged.events);
  }
  for (const table of [EVENTS, SONGPLAYS, TIME]) await writeSchema(db, store, table, signal);
  return { days: days.length, events, songplays, users: await writeUsers(db, store, signal), badRecords };
}

interface StagedDay {
  readonly files: readonly StagedFile[];
  readonly events: number;
  readonly songplays: number;
}

/** All files of a day, checked; the events are put in place last, so that whoever sees a day's events finds its plays as well. */
async function stageDay(db: DuckDb, store: LakeStore, day: string): Promise<StagedDay> {
  const users = await stageTable(db, store, USER_DAYS, day);
  const songplays = await stageTable(db, store, SONGPLAYS, day);
  const time = await stageTable(db, store, TIME, day);
  const events = await stageTable(db, store, EVENTS, day);
  const [keys] = await db.rows(
    `SELECT COUNT(DISTINCT songplay_id) AS keys FROM read_parquet(${quoteText(songplays.file)})`,
  );
  if (keys?.['keys'] !== songplays.rows) {
    throw new AirtempoError(
      'CHECK_FAILED',
      `${String(songplays.rows)} plays of ${day} have ${String(Number(keys?.['keys']))} keys: events that are not the same share user, session and item. The day is as it was in ${store.url}.`,
    );
  }
  return { files: [users, songplays, time, events], events: events.rows, songplays: songplays.rows };
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
