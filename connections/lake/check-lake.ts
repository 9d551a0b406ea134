/** Looks at a lake as its readers find it: counts each table, and names what is wrong with keys and references. Writes nothing. */
import type { DuckDb } from '../duckdb/duckdb.js';
import type { LakeStore } from './lake-store.js';
import { ARTISTS, EVENTS, SONGPLAYS, SONGS, TIME, USERS } from './lake-tables.js';
import { viewParquet } from './write-days.js';

export interface LakeState {
  /** Rows of each table. */
  readonly counts: Readonly<Record<string, number>>;
  /** In sentences; none is a sound lake. */
  readonly problems: readonly string[];
}

const TABLES = [EVENTS, SONGPLAYS, TIME, USERS, SONGS, ARTISTS];

/** What must be in no table. */
const ORPHANS: Readonly<Record<string, string>> = {
  'plays have a user_id without a user':
    'SELECT COUNT(*) AS n FROM songplays AS p WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = p.user_id)',
  'plays have a start_time without a time':
    'SELECT COUNT(*) AS n FROM songplays AS p WHERE NOT EXISTS (SELECT 1 FROM time AS t WHERE t.start_time = p.start_time)',
  'times have no play':
    'SELECT COUNT(*) AS n FROM time AS t WHERE NOT EXISTS (SELECT 1 FROM songplays AS p WHERE p.start_time = t.start_time)',
  'plays have a song_id without a song':
    'SELECT COUNT(*) AS n FROM songplays AS p WHERE song_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM songs AS s WHERE s.song_id = p.song_id)',
  'songs have an artist_id without an artist':
    'SELECT COUNT(*) AS n FROM songs AS s WHERE NOT EXISTS (SELECT 1 FROM artists AS a WHERE a.artist_id = s.artist_id)',
  'days of plays are days without events':
    'SELECT COUNT(*) AS n FROM (SELECT DISTINCT date FROM songplays EXCEPT SELECT DISTINCT date FROM events)',
};

/** Counts and checks. A table that is not there has no rows, which is a problem. */
export async function checkLake(
  db: DuckDb,
  store: LakeStore,
  expected: Readonly<Record<string, number>>,
  signal?: AbortSignal,
): Promise<LakeState> {
  const problems: string[] = [];
  const counts: Record<string, number> = {};
  for (const { name, key } of TABLES) {
    if (!(await store.has(`${name}/`, signal))) {
      problems.push(`${name} is not there`);
      continue;
    }
    await viewParquet(db, store, `${store.url}${name}/`, name, signal);
    const [columns, distinct] = [key.map((column) => `"${column}"`), name !== EVENTS.name];
    const [row] = await db.rows(
      `SELECT COUNT(*) AS rows${distinct ? `, COUNT(DISTINCT ${columns.join(', ')}) AS keys` : ''} FROM ${name}`,
    );
    counts[name] = Number(row?.['rows']);
    if (counts[name] === 0) problems.push(`${name} is empty`);
    const surplus = distinct ? counts[name] - Number(row?.['keys']) : 0;
    if (surplus > 0)
      problems.push(`${name} has ${String(surplus)} rows too many: ${key.join(', ')} is not unique`);
  }
  if (problems.every((problem) => !problem.endsWith('is not there'))) {
    for (const [what, sql] of Object.entries(ORPHANS)) {
      const [row] = await db.rows(sql);
      if (Number(row?.['n']) > 0) problems.push(`${String(Number(row?.['n']))} ${what}`);
    }
  }
  for (const [name, rows] of Object.entries(expected)) {
    if (counts[name] === rows) continue;
    problems.push(`${name} has ${String(counts[name] ?? 'no')} rows, and ${String(rows)} are expected`);
  }
  return { counts, problems };
}
