/** The Sparkify DAGs on the real engine, from raw files to checked star schema. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type S3Storage, connectS3 } from '../../connections/s3.js';
import awstRedshiftDag from '../../dags/awst-redshift-dag.js';
import postgresLocalEtl from '../../dags/postgres-local-etl.js';
import { STAGING_EVENTS_COLUMNS } from '../../dags/star-schema.js';
import { dayOf } from '../sql/support/day.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { uploadData } from '../../local/data-folder/upload.js';
import { STAR_ROWS, type StarDatabase, createStarDatabase } from '../sql/support/star-database.js';
import { type Engine, startEngine } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const data = createSampleData({ days: 4, songs: 30 });
const { matched, ...tableRows } = data.expected;

let storage: S3Storage;
let star: StarDatabase;
let engine: Engine;
const bucket = `sparkify-${randomBytes(6).toString('hex')}`;

beforeAll(async () => {
  storage = connectS3(testStack.s3());
  await uploadData(storage.client, bucket, data.files());
  star = await createStarDatabase();
  const connections = [
    { ...testStack.s3(), id: 'aws_credentials' },
    { ...star.connection, id: 'redshift' },
    { ...star.connection, id: 'postgres' },
  ];
  engine = await startEngine([awstRedshiftDag, postgresLocalEtl], connections);
});
afterAll(async () => {
  await engine.stop();
  await star.close();
  storage.close();
});
beforeEach(async () => {
  await star.query('DROP SCHEMA public CASCADE');
  await star.query('CREATE SCHEMA public');
});

async function runDay(ds: string): Promise<void> {
  const input = { logicalDate: `${ds}T00:00:00Z`, conf: { bucket, mode: 'day' } };
  expect(await engine.run(awstRedshiftDag, input)).toMatchObject({ failure: undefined, status: 'COMPLETED' });
}

describe('awst_redshift_dag', () => {
  test('has the tasks, the order and the defaults that it is known for', () => {
    const upstream = Object.fromEntries(awstRedshiftDag.graph.tasks.map((task) => [task.id, task.upstream]));
    const stages = ['stage_events', 'stage_songs'];
    const dimensions = ['users', 'songs', 'artists', 'time'].map((table) => `load_${table}_dim_table`);
    expect(upstream).toEqual({
      begin_execution: [],
      ...Object.fromEntries(stages.map((id) => [id, ['begin_execution']])),
      load_songplays_fact_table: stages,
      ...Object.fromEntries(dimensions.map((id) => [id, ['load_songplays_fact_table']])),
      run_data_quality_checks: dimensions,
      stop_execution: ['run_data_quality_checks'],
    });
    expect(awstRedshiftDag).toMatchObject({
      catchup: false,
      schedule: { expression: '0 0 * * *', timezone: 'UTC' },
    });
    for (const { execution } of awstRedshiftDag.graph.tasks) {
      expect(execution).toMatchObject({ retries: 3, retryDelayMs: 300_000, retryBackoff: 1 });
    }
  });

  test('loads everything, and the same again', async () => {
    const first = await engine.run(awstRedshiftDag, { conf: { bucket } });
    expect(first).toMatchObject({ failure: undefined, status: 'COMPLETED' });
    expect(new Set(Object.values(first.states))).toEqual(new Set(['success']));
    expect(await star.counts()).toEqual(tableRows);
    expect(await star.number('SELECT COUNT(song_id) FROM songplays')).toBe(matched);
    const rows = await star.query(STAR_ROWS);
    await engine.run(awstRedshiftDag, { conf: { bucket } });
    expect(await star.counts()).toEqual(tableRows);
    expect(await star.query(STAR_ROWS)).toEqual(rows);
  });

  test('loads the same day by day, in any order and again, as at once', async () => {
    for (const day of ['2018-11-03', '2018-11-01', '2018-11-04', '2018-11-02', '2018-11-03'])
      await runDay(day);
    const byDay = await star.query(STAR_ROWS);
    expect(await star.counts()).toEqual(tableRows);
    await engine.run(awstRedshiftDag, { conf: { bucket } });
    expect(await star.query(STAR_ROWS)).toEqual(byDay);
  });

  test('a corrected day replaces the former one, in staging too', async () => {
    await runDay('2018-11-01');
    await star.query(`UPDATE staging_events SET level = 'wrong', sessionid = sessionid + 100000`);
    await star.query(`UPDATE songplays SET songplay_id = 'x' || SUBSTRING(songplay_id FROM 2)`);
    await runDay('2018-11-01');
    const { interval_end: end } = dayOf('2018-11-01');
    expect(
      await star.number(`SELECT COUNT(*) FROM staging_events WHERE ts >= '${end}' OR level = 'wrong'`),
    ).toBe(0);
    expect(await star.number("SELECT COUNT(*) FROM songplays WHERE songplay_id LIKE 'x%'")).toBe(0);
  });

  test('a day without a file fails at its staging and keeps what was there', async () => {
    await runDay('2018-11-01');
    const rows = await star.query(STAR_ROWS);
    const run = await engine.run(awstRedshiftDag, {
      logicalDate: '2018-12-24T00:00:00Z',
      conf: { bucket, mode: 'day' },
    });
    expect(run.states).toMatchObject({
      stage_events: 'failed',
      stage_songs: 'success',
      load_songplays_fact_table: 'upstream_failed',
      stop_execution: 'upstream_failed',
    });
    expect(await star.query(STAR_ROWS)).toEqual(rows);
  });

  test('refuses a prefix that would load its neighbours too', async () => {
    const run = await engine.run(awstRedshiftDag, { conf: { bucket, logPrefix: 'log_data' } });
    expect(run.status).toBe('FAILED');
    expect(run.failure).toMatch(/end it with a slash/);
  });

  test('names every column of staging_events', async () => {
    await star.createTables();
    const rows = await star.query(
      `SELECT column_name FROM information_schema.columns WHERE table_name = 'staging_events' ORDER BY ordinal_position`,
    );
    expect(rows.map((row) => row['column_name'])).toEqual(STAGING_EVENTS_COLUMNS);
  });
});

describe('postgres_local_etl', () => {
  test('loads a folder into the star schema', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'airtempo-etl-'));
    for await (const { key, body } of data.files()) {
      await mkdir(path.dirname(path.join(folder, key)), { recursive: true });
      await writeFile(path.join(folder, key), body);
    }
    const run = await engine.run(postgresLocalEtl, { conf: { folder } });
    await rm(folder, { recursive: true });
    expect(run).toMatchObject({ failure: undefined, status: 'COMPLETED' });
    expect(await star.counts()).toEqual(tableRows);
  });
});
