/**
 * The Sparkify load without a cloud: raw JSON files of a folder straight into the star schema on Postgres. The
 * same statements and the same checks as on Redshift; started by hand.
 */
import { z } from 'zod';
import { checkSql } from '../activities/check-sql.js';
import { copyFromFiles } from '../activities/copy-from-files.js';
import { runSql } from '../activities/run-sql.js';
import { dag } from '../index.js';
import { mailOnFailure } from './mail-on-failure.js';
import { ALL_TIME, DIMENSIONS, SCHEMA_FILES, loadFiles, loadLineage, qualityChecks } from './star-schema.js';

const params = z.object({
  /** Holds log_data/ and song_data/. Relative paths start where the worker was started. */
  folder: z.string().min(1).default('data'),
});

export default dag(
  'postgres_local_etl',
  {
    description: 'Loads Sparkify song plays from a local folder into the star schema on Postgres',
    startDate: '2018-11-01',
    defaultArgs: { onFailure: mailOnFailure },
    params,
    tags: ['sparkify'],
  },
  ({ task }) => {
    const connId = 'postgres';

    const createTables = task(
      'create_tables',
      runSql,
      { connId, files: SCHEMA_FILES },
      { summary: 'creates the tables where absent' },
    );
    const stageEvents = task('stage_events', copyFromFiles, {
      connId,
      table: 'staging_events',
      from: ({ params: { folder } }) => `${folder}/log_data/**/*.json`,
      format: 'json',
      ignoreCase: true,
      timeFormat: 'epochmillisecs',
    });
    const stageSongs = task('stage_songs', copyFromFiles, {
      connId,
      table: 'staging_songs',
      from: ({ params: { folder } }) => `${folder}/song_data/**/*.json`,
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
        parameters: ALL_TIME,
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
      checks: qualityChecks(ALL_TIME),
    });

    createTables
      .then(stageEvents, stageSongs)
      .then(loadSongplays)
      .then(...loadDimensions)
      .then(runQualityChecks);
  },
);
