/** The catalogue's part of the lake: songs, artists, and the catalogue as it was delivered, with which plays are matched. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AirtempoError } from '../../core/errors.js';
import { createStagingSongs } from '../duckdb/create-staging.js';
import type { DuckDb } from '../duckdb/duckdb.js';
import type { S3Storage } from '../s3.js';
import type { LakeStore } from './lake-store.js';
import { ARTISTS, CATALOGUE, SONGS } from './lake-tables.js';
import { stageSelect, stageTable, writeSchema } from './write-table.js';

export interface CatalogueOptions {
  /** The song files: a folder, or `s3://…`. */
  readonly songs: string;
  readonly storage?: S3Storage | undefined;
  /** Bad records that are allowed. */
  readonly maxErrors: number;
  readonly signal?: AbortSignal | undefined;
}

export interface CatalogueSummary {
  readonly songs: number;
  readonly artists: number;
  readonly badRecords: number;
}

const BAD_SONGS = '_bad_records/songs.jsonl';

/** Rebuilds songs and artists from the whole catalogue. Throws LOAD_FAILED for too many bad records. */
export async function writeCatalogue(
  db: DuckDb,
  store: LakeStore,
  { songs: source, storage, maxErrors, signal }: CatalogueOptions,
): Promise<CatalogueSummary> {
  const badRecords = await createStagingSongs(db, source, { storage, signal });
  await keepBadRecords(
    db,
    store,
    BAD_SONGS,
    'SELECT file, problem, record FROM bad_songs ORDER BY ALL',
    signal,
  );
  refuseTooMany(badRecords, maxErrors, `${store.url}${BAD_SONGS}`);
  const catalogue = await stageSelect(db, store, 'SELECT * FROM staging_songs', CATALOGUE);
  const songs = await stageTable(db, store, SONGS);
  const artists = await stageTable(db, store, ARTISTS);
  for (const { file, name } of [catalogue, artists, songs]) await store.put(file, name, signal);
  for (const table of [SONGS, ARTISTS]) await writeSchema(db, store, table, signal);
  return { songs: songs.rows, artists: artists.rows, badRecords };
}

/** Puts bad records in place as JSON lines; a file of an earlier run goes when there are none. */
export async function keepBadRecords(
  db: DuckDb,
  store: LakeStore,
  name: string,
  select: string,
  signal?: AbortSignal,
): Promise<void> {
  const rows = await db.rows(select);
  if (rows.length === 0) return store.remove(name, signal);
  const file = path.join(store.staging, 'bad-records.jsonl');
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await store.put(file, name, signal);
}

/** Throws LOAD_FAILED when there are more bad records than allowed. */
export function refuseTooMany(badRecords: number, maxErrors: number, kept: string): void {
  if (badRecords <= maxErrors) return;
  throw new AirtempoError(
    'LOAD_FAILED',
    `${String(badRecords)} bad records, ${String(maxErrors)} are allowed (maxErrors): the lake is as it was, and they are in ${kept} with their files and reasons.`,
  );
}
