/** The daily load of the star schema, as `awst_redshift_dag` does it in the mode `day`, with the retries of a soak. */
import { checkSql } from '../../activities/check-sql.js';
import { copyFromS3 } from '../../activities/copy-from-s3.js';
import { runSql } from '../../activities/run-sql.js';
import { cron, dag } from '../../index.js';
import {
  dayInterval,
  dayPrefix,
  DIMENSIONS,
  loadFiles,
  qualityChecks,
  replaceEvents,
  SCHEMA_FILES,
  STAGING_EVENTS_COLUMNS,
} from '../../dags/star-schema.js';
import { PATIENT } from './options.js';

export default dag(
  'chaos_star',
  { schedule: cron('0 0 * * *'), startDate: '2018-01-01', catchup: false, defaultArgs: PATIENT },
  ({ task }) => {
    const connId = 'redshift';
    const begin = task('create_tables', runSql, { connId, files: SCHEMA_FILES });
    const stageEvents = task('stage_events', copyFromS3, {
      connId,
      awsConnId: 'aws_credentials',
      table: 'staging_events',
      columns: STAGING_EVENTS_COLUMNS,
      from: (run) => `s3://sparkify/${dayPrefix('log_data/', run)}`,
      format: 'json',
      ignoreCase: true,
      timeFormat: 'epochmillisecs',
      write: (run) => replaceEvents('day', run),
    });
    const stageSongs = task('stage_songs', copyFromS3, {
      connId,
      awsConnId: 'aws_credentials',
      table: 'staging_songs',
      from: 's3://sparkify/song_data/',
      format: 'json',
      ignoreCase: true,
    });
    const loadSongplays = task('load_songplays', runSql, {
      connId,
      files: loadFiles('songplays'),
      parameters: dayInterval,
    });
    const loadDimensions = DIMENSIONS.map((table) =>
      task(`load_${table}`, runSql, { connId, files: loadFiles(table) }),
    );
    const check = task('check', checkSql, { connId, checks: (run) => qualityChecks(dayInterval(run)) });
    begin
      .then(stageEvents, stageSongs)
      .then(loadSongplays)
      .then(...loadDimensions)
      .then(check);
  },
);
