/** A database of its own for a suite, with the star schema's tables and ways to fill and read them. */
import { checkSql } from '../../../activities/check-sql.js';
import type { Check, CheckResult } from '../../../activities/checks/check.js';
import { copyFromFiles } from '../../../activities/copy-from-files.js';
import { type RunSqlOutput, runSql } from '../../../activities/run-sql.js';
import type { SqlParameters } from '../../../activities/sql/named-parameters.js';
import type { SqlRow, SqlSession } from '../../../connections/postgres.js';
import type { Connection } from '../../../core/connection.js';
import type { SampleFile } from '../../../generator/log/sample-data.js';
import { createTestDatabase } from '../../support/services.js';
import { createTaskContext } from '../../support/task-context.js';
import { ALL_TIME, type LoadInterval, SCHEMA_FILES, loadFiles } from '../../../dags/star-schema.js';

export interface StarDatabase {
  readonly connection: Connection;
  query(text: string): Promise<readonly SqlRow[]>;
  /** The first column of the first row, as a number. */
  number(text: string): Promise<number>;
  run(files: string | readonly string[], parameters?: SqlParameters): Promise<RunSqlOutput>;
  check(checks: readonly Check[]): Promise<readonly CheckResult[]>;
  createTables(): Promise<void>;
  /** Replaces staging by the files of a folder, by COPY. */
  copyFolder(folder: string): Promise<void>;
  /** Adds raw files to staging, by SQL that shares nothing with COPY. */
  stage(files: AsyncIterable<SampleFile> | Iterable<SampleFile>): Promise<void>;
  /** Loads facts and dimensions from staging. */
  load(interval?: LoadInterval): Promise<void>;
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** One row a table of the star: its name and a digest of all its rows. */
export const STAR_ROWS = `
  SELECT 'songplays' AS name, md5(string_agg(CAST(p AS text), '' ORDER BY songplay_id)) FROM songplays p UNION ALL
  SELECT 'users', md5(string_agg(CAST(u AS text), '' ORDER BY user_id)) FROM users u UNION ALL
  SELECT 'songs', md5(string_agg(CAST(s AS text), '' ORDER BY song_id)) FROM songs s UNION ALL
  SELECT 'artists', md5(string_agg(CAST(a AS text), '' ORDER BY artist_id)) FROM artists a UNION ALL
  SELECT 'time', md5(string_agg(CAST(t AS text), '' ORDER BY start_time)) FROM time t
  ORDER BY name`;

const TABLES = ['staging_events', 'staging_songs', 'songplays', 'users', 'songs', 'artists', 'time'];

const STAGE_EVENTS = `
  INSERT INTO staging_events
  SELECT e->>'artist', e->>'auth', e->>'firstName', e->>'gender', (e->>'itemInSession')::int, e->>'lastName',
    (e->>'length')::float8, e->>'level', e->>'location', e->>'method', e->>'page', (e->>'registration')::float8,
    (e->>'sessionId')::int, e->>'song', (e->>'status')::int,
    timestamp 'epoch' + (e->>'ts')::bigint * interval '0.001 second', e->>'userAgent',
    NULLIF(e->>'userId', '')::int
  FROM json_array_elements($1::json) AS e`;

const STAGE_SONGS = `
  INSERT INTO staging_songs
  SELECT (s->>'num_songs')::int, s->>'artist_id', (s->>'artist_latitude')::float8,
    (s->>'artist_longitude')::float8, s->>'artist_location', s->>'artist_name', s->>'song_id', s->>'title',
    (s->>'duration')::float8, (s->>'year')::int
  FROM json_array_elements($1::json) AS s`;

async function stageFile(session: SqlSession, { key, body }: SampleFile): Promise<void> {
  const objects = Buffer.from(body)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  await session.query(key.startsWith('log_data/') ? STAGE_EVENTS : STAGE_SONGS, [`[${objects.join(',')}]`]);
}

export async function createStarDatabase(): Promise<StarDatabase> {
  const { connection: own, session, drop } = await createTestDatabase('star');
  const connection: Connection = { ...own, id: 'postgres' };
  const ctx = createTaskContext([connection]);
  const run: StarDatabase['run'] = (files, parameters = {}) =>
    runSql({ args: { connId: 'postgres', files, parameters }, ctx });
  const number = async (text: string): Promise<number> =>
    Number(Object.values((await session.query(text)).rows[0] ?? {})[0]);
  return {
    connection,
    query: async (text) => (await session.query(text)).rows,
    number,
    run,
    check: async (checks) => (await checkSql({ args: { connId: 'postgres', checks }, ctx })).checks,
    createTables: async () => void (await run(SCHEMA_FILES)),
    copyFolder: async (folder) => {
      const copy = { connId: 'postgres', format: 'json', ignoreCase: true } as const;
      const [events, songs] = [`${folder}/log_data`, `${folder}/song_data`];
      const timeFormat = 'epochmillisecs';
      await copyFromFiles({ args: { ...copy, table: 'staging_events', from: events, timeFormat }, ctx });
      await copyFromFiles({ args: { ...copy, table: 'staging_songs', from: songs }, ctx });
    },
    stage: async (files) => {
      for await (const file of files) await stageFile(session, file);
    },
    load: async (interval = ALL_TIME) => {
      await run(loadFiles('songplays'), { ...interval });
      for (const table of ['users', 'songs', 'artists', 'time'] as const) await run(loadFiles(table));
    },
    counts: async () => {
      const counts: Record<string, number> = {};
      for (const table of TABLES) counts[table] = await number(`SELECT COUNT(*) FROM ${table}`);
      return counts;
    },
    close: drop,
  };
}
