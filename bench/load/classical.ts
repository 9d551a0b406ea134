/** The peer: the classical loader in Python, row by row, in a schema of its own on the same server. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSql } from '../../connections/postgres.js';
import type { Connection } from '../../core/connection.js';
import { libpqEnv } from './limit.js';

const SCHEMA = 'classical';

/** A Python, or the one of a virtual environment. */
export function findPython(place: string): string {
  const inside = path.join(place, 'bin', 'python');
  return existsSync(inside) ? inside : place;
}

/** Starts the loader on a folder with `song_data` and `log_data`. It prints "loaded" between the two. */
export async function spawnClassical(
  postgres: Connection,
  python: string,
  data: string,
): Promise<ChildProcess> {
  const session = await connectSql(postgres);
  await session.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await session.query(`CREATE SCHEMA ${SCHEMA}`);
  await session.close();
  const env = { ...process.env, ...libpqEnv(postgres), PGOPTIONS: `-c search_path=${SCHEMA}` };
  const script = fileURLToPath(new URL('classical.py', import.meta.url));
  return spawn(python, [script, data], { stdio: ['ignore', 'pipe', 'inherit'], env });
}

/** How the stars of the two sides differ, after each has loaded the same events. */
export interface Differences {
  /** Rows that only one side has: must be none. Keys of plays are each side's own; days of the week count from Monday there. */
  readonly songplays: number;
  readonly time: number;
  readonly songs: number;
  /** Users who never played a song: the classical loader leaves them out. */
  readonly usersWithoutPlays: number;
  /** Users whose level differs: after the last event here, after the last song there. */
  readonly levels: number;
  /** Artists who are spelt or placed differently: the best entry here, the first one there. */
  readonly artists: number;
  /** Ids or names that only one side has, but for users without plays: must be none. */
  readonly strangers: number;
}

const PLAY = 'start_time, user_id, level, song_id, artist_id, session_id, location, user_agent';
const TIME = 'start_time, hour, day, week, month, year';
const NAMES = 'user_id, first_name, last_name, gender';

/** Counts the rows of one query that the other lacks, both ways. */
function countBothWays(ours: string, theirs: string): string {
  return `SELECT COUNT(*) FROM ((${ours} EXCEPT ALL ${theirs}) UNION ALL (${theirs} EXCEPT ALL ${ours})) AS d`;
}

function sameTable(table: string, ours: string, theirs = ours): string {
  return countBothWays(`SELECT ${ours} FROM ${table}`, `SELECT ${theirs} FROM ${SCHEMA}.${table}`);
}

const QUESTIONS: Readonly<Record<keyof Differences, string>> = {
  songplays: sameTable('songplays', PLAY),
  time: sameTable('time', `${TIME}, weekday`, `${TIME}, (weekday + 1) % 7`),
  songs: sameTable('songs', 'song_id, title, artist_id, year, duration'),
  usersWithoutPlays: 'SELECT COUNT(*) FROM users WHERE user_id NOT IN (SELECT user_id FROM songplays)',
  levels: `SELECT COUNT(*) FROM users AS u JOIN ${SCHEMA}.users AS c USING (user_id) WHERE u.level <> c.level`,
  artists: `SELECT COUNT(*) FROM artists AS a JOIN ${SCHEMA}.artists AS c USING (artist_id)
    WHERE (a.name, a.location, a.latitude, a.longitude) IS DISTINCT FROM (c.name, c.location, c.latitude, c.longitude)`,
  strangers: `SELECT (${countBothWays(
    `SELECT ${NAMES} FROM users WHERE user_id IN (SELECT user_id FROM songplays)`,
    `SELECT ${NAMES} FROM ${SCHEMA}.users`,
  )}) + (${sameTable('artists', 'artist_id')})`,
};

/**
 * Compares the stars of both sides.
 * @throws Error when they differ in more than the loader's known ways
 */
export async function compareStars(postgres: Connection): Promise<Differences> {
  const session = await connectSql(postgres);
  const count = async (question: keyof Differences): Promise<number> => {
    const { rows } = await session.query(QUESTIONS[question]);
    return Number(Object.values(rows[0] ?? {})[0]);
  };
  const found: Differences = {
    songplays: await count('songplays'),
    time: await count('time'),
    songs: await count('songs'),
    usersWithoutPlays: await count('usersWithoutPlays'),
    levels: await count('levels'),
    artists: await count('artists'),
    strangers: await count('strangers'),
  };
  await session.close();
  if (found.songplays + found.time + found.songs + found.strangers > 0) {
    throw new Error(`the classical loader has another star: ${JSON.stringify(found)}`);
  }
  return found;
}
