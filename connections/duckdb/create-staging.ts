/**
 * The views that sql/lake reads beside `events`: staging_events, which is `events` under the warehouse's names, and
 * staging_songs, out of the catalogue's JSON files. Bad songs are in the table `bad_songs` (file, problem, record).
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { findPackageRoot } from '../package-root.js';
import type { EventsOptions } from './create-events.js';
import type { DuckDb } from './duckdb.js';
import { isBadRecord, keepBadRecords, selectCareful, selectClean, type RawSchema } from './raw-json.js';
import { findSourceFiles } from './source-files.js';

const SONGS: RawSchema = {
  types: {
    num_songs: 'INTEGER',
    artist_id: 'VARCHAR',
    artist_latitude: 'DOUBLE',
    artist_longitude: 'DOUBLE',
    artist_location: 'VARCHAR',
    artist_name: 'VARCHAR',
    song_id: 'VARCHAR',
    title: 'VARCHAR',
    duration: 'DOUBLE',
    year: 'INTEGER',
  },
  required: 'song_id',
};

/** Reads a statement below sql/, such as `lake/users.sql`. */
export function readPackagedSql(name: string): Promise<string> {
  return readFile(path.join(findPackageRoot(), 'sql', name), 'utf8');
}

/** Makes staging_events; `events` has to be there. */
export async function createStagingEvents(db: DuckDb): Promise<void> {
  await db.run(
    `CREATE OR REPLACE VIEW staging_events AS ${await readPackagedSql('lake/staging-events.sql')}`,
  );
}

/** Makes staging_songs of a source as `createEvents` takes it, and tells how many records are bad. */
export async function createStagingSongs(
  db: DuckDb,
  source: string,
  options: Omit<EventsOptions, 'takes'> = {},
): Promise<number> {
  const { files } = await findSourceFiles(source, {
    ...options,
    downloadTo: path.join(db.tempFolder, 'songs'),
  });
  await db.run('CREATE OR REPLACE TABLE bad_songs (file VARCHAR, problem VARCHAR, record VARCHAR)');
  let bad = 0;
  try {
    await db.run(`CREATE OR REPLACE TABLE raw_songs AS ${selectClean(files, SONGS)}`);
  } catch (error) {
    if (!isBadRecord(error)) throw error;
    await db.run(`CREATE OR REPLACE TABLE raw_songs AS ${selectCareful(files, SONGS)}`);
    bad = await keepBadRecords(db, files, SONGS, 'bad_songs');
  }
  await db.run('CREATE OR REPLACE VIEW staging_songs AS SELECT * FROM raw_songs');
  return bad;
}
