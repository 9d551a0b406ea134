/**
 * The Sparkify load: raw JSON from S3 into staging, the star schema from there, then quality checks. Runs on
 * Redshift, and on Postgres standing in for it, without a change.
 */
import { z } from 'zod';
import { checkSql } from '../activities/check-sql.js';
import { copyFromS3 } from '../activities/copy-from-s3.js';
import { empty } from '../activities/empty.js';
import { runSql } from '../activities/run-sql.js';
import { cron, dag } from '../index.js';
import { mailOnFailure } from './mail-on-failure.js';
import {
  LOAD_MODES,
  DIMENSIONS,
  SCHEMA_FILES,
  STAGING_EVENTS_COLUMNS,
  dayPrefix,
  loadChecks,
  loadFiles,
  loadLineage,
  loadInterval,
  replaceEvents,
} from './star-schema.js';

/** COPY takes a key prefix: without the slash, `log_data` would load `log_data_old/` as well. */
const folderPrefix = z.string().regex(/^$|\/$/, 'end it with a slash');

const params = z.object({
  bucket: z.string().min(1).default('sparkify'),
  logPrefix: folderPrefix.default('log_data/'),
  songPrefix: folderPrefix.default('song_data/'),
  /** `full`: all log files, and all of songplays anew. `day`: those of the data interval's day. */
  mode: z.enum(LOAD_MODES).default('full'),
});

export default dag(
  'awst_redshift_dag',
  {
    description: 'Loads Sparkify song plays from S3 into the star schema on Redshift',
    schedule: cron('0 0 * * *'), // nightly; intervals are the calendar days (UTC) that the log files are cut by
    startDate: '2018-11-01',
    catchup: false,
    defaultArgs: { retries: 3, retryDelay: '5m', dependsOnPast: false, onFailure: mailOnFailure },
    params,
    tags: ['sparkify'],
  },
  ({ task }) => {
    const connId = 'redshift';
    const awsConnId = 'aws_credentials';

    const begin = task(
      'begin_execution',
      runSql,
      { connId, files: SCHEMA_FILES },
      { summary: 'creates the tables where absent' },
    );
    const stageEvents = task('stage_events', copyFromS3, {
      connId,
      awsConnId,
      table: 'staging_events',
      columns: STAGING_EVENTS_COLUMNS,
      from: (run) => {
        const { bucket, logPrefix, mode } = run.params;
        return `s3://${bucket}/${mode === 'day' ? dayPrefix(logPrefix, run) : logPrefix}`;
      },
      format: 'json',
      ignoreCase: true,
      timeFormat: 'epochmillisecs',
      write: (run) => replaceEvents(run.params.mode, run),
    });
    const stageSongs = task('stage_songs', copyFromS3, {
      connId,
      awsConnId,
      table: 'staging_songs',
      from: ({ params: { bucket, songPrefix } }) => `s3://${bucket}/${songPrefix}`,
      format: 'json',
      ignoreCase: true,
    });
    const loadSongplays = task(
      'load_songplays_fact_table',
      runSql,
      {
        connId,
        files: loadFiles('songplays'),
        ...loadLineage('songplays'),
        parameters: (run) => loadInterval(run.params.mode, run),
      },
      { summary: 'replaces the plays of the interval' },
    );
    const loadDimensions = DIMENSIONS.map((table) =>
      task(
        `load_${table}_dim_table`,
        runSql,
        { connId, files: loadFiles(table), ...loadLineage(table) },
        { summary: `rebuilds ${table}` },
      ),
    );
    const runQualityChecks = task('run_data_quality_checks', checkSql, {
      connId,
      checks: (run) => loadChecks(run.params.mode, run),
    });
    const end = task('stop_execution', empty);

    begin
      .then(stageEvents, stageSongs)
      .then(loadSongplays)
      .then(...loadDimensions)
      .then(runQualityChecks)
      .then(end);
  },
);
