/** A database of its own for a suite, with the star schema's tables and ways to fill and read them. */
import { randomBytes } from 'node:crypto';
import { checkSql } from '../../../activities/check-sql.js';
import type { Check, CheckResult } from '../../../activities/checks/check.js';
import { type RunSqlOutput, runSql } from '../../../activities/run-sql.js';
import type { SqlParameters } from '../../../activities/sql/named-parameters.js';
import { type SqlRow, type SqlSession, connectSql } from '../../../connections/postgres.js';
import type { Connection } from '../../../core/connection.js';
import type { SampleFile } from '../../../local/sample-data/generate.js';
import { testStack } from '../../support/stack.js';
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
  /** Adds raw files to staging, as COPY would. */
  stage(files: AsyncIterable<SampleFile> | Iterable<SampleFile>): Promise<void>;
  /** Loads facts and dimensions from staging. */
  load(interval?: LoadInterval): Promise<void>;
  counts(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

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

async function withServer(work: (session: SqlSession) => Promise<unknown>): Promise<void> {
  const session = await connectSql(testStack.postgres());
  try {
    await work(session);
  } finally {
    await session.close();
  }
}

async function stageFile(session: SqlSession, { key, body }: SampleFile): Promise<void> {
  const objects = Buffer.from(body)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  await session.query(key.startsWith('log_data/') ? STAGE_EVENTS : STAGE_SONGS, [`[${objects.join(',')}]`]);
}

export async function createStarDatabase(): Promise<StarDatabase> {
  const database = `sql_test_${randomBytes(6).toString('hex')}`;
  await withServer((server) => server.query(`CREATE DATABASE ${database}`));
  const connection: Connection = { ...testStack.postgres(), id: 'postgres', schema: database };
  const session = await connectSql(connection);
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
    close: async () => {
      await session.close();
      await withServer((server) => server.query(`DROP DATABASE ${database} WITH (FORCE)`));
    },
  };
}
