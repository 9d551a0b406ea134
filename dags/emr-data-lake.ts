/**
 * Sparkify's data lake: raw JSON on S3 to Parquet tables by a Spark job on EMR. On a cluster that lives as long as the
 * run, whatever becomes of the run, or on one that is kept up.
 */
import { z } from 'zod';
import { createEmrCluster } from '../activities/create-emr-cluster.js';
import { waitForEmrCluster } from '../activities/sensors/emr-cluster.js';
import { shippedJob } from '../activities/spark/shipped-job.js';
import { sqlFolder } from '../activities/sql/sql-folder.js';
import { sparkJob } from '../activities/spark-job.js';
import { terminateEmrCluster } from '../activities/terminate-emr-cluster.js';
import { dag } from '../index.js';
import { clusterArgs, clusterParams } from './emr-cluster-choices.js';
import { mailOnFailure } from './mail-on-failure.js';

const folder = z
  .string()
  .regex(/^s3[an]?:\/\/[^/]+\/(.*\/)?$/, 'write it as s3://bucket/prefix/, with a slash at its end');

const params = z.object({
  /** Of type emr or aws. */
  connId: z.string().min(1).default('aws_credentials'),
  songs: folder.default('s3://sparkify/song_data/'),
  logs: folder.default('s3://sparkify/log_data/'),
  /** Where the tables go; the bucket must be there. Job files and logs go to `_jobs/` and `_logs/` below it. */
  lake: folder.default('s3://sparkify/lake/'),
  /** Counts that the tables must have, such as `users=97`. */
  expect: z.array(z.string().regex(/^\w+=\d+$/, 'write it as users=97')).default([]),
  /** Name of a cluster that is up already: it is used and kept. Default: a cluster of the run's own. */
  cluster: z.string().min(1).optional(),
  ...clusterParams,
});
type Run = { readonly params: z.infer<typeof params> };

export default dag(
  'emr_data_lake',
  {
    description: 'Builds the Sparkify lake, Parquet tables on S3, by a Spark job on EMR',
    startDate: '2018-11-01',
    maxActiveRuns: 1, // two runs that put tables in place of one lake would disturb each other
    defaultArgs: { retries: 2, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'emr'],
  },
  ({ task }) => {
    const connId = (run: Run): string => run.params.connId;
    const lakeJob = {
      connId,
      // paths of the worker that runs it, and none for the history
      file: () => shippedJob('lake_etl.py'),
      pyFiles: () => [shippedJob('sparkify_sql.py')],
      sqlFolder: () => sqlFolder(),
      uploadTo: (run: Run) => `${run.params.lake}_jobs/`,
      // EMR's own settings know nothing of zones: timestamps are instants
      conf: { 'spark.sql.session.timeZone': 'UTC' },
    };
    const expected = ({ params: { expect } }: Run): readonly string[] =>
      expect.flatMap((count) => ['--expect', count]);

    const cluster = task('create_cluster', createEmrCluster, {
      ...clusterArgs,
      connId,
      name: ({ params: { cluster }, runId }) => cluster ?? `airtempo-lake ${runId}`,
      ifAbsent: ({ params: { cluster } }) => (cluster === undefined ? 'create' : 'fail'),
      logUri: ({ params: { lake, logUri } }) => logUri ?? `${lake}_logs/`,
    });
    const ready = task('wait_for_cluster', waitForEmrCluster, { connId, cluster }, { timeout: '2h' });
    const build = task(
      'build_lake',
      sparkJob,
      {
        ...lakeJob,
        cluster,
        args: (run) => [
          '--songs',
          run.params.songs,
          '--logs',
          run.params.logs,
          '--lake',
          run.params.lake,
          ...expected(run),
        ],
      },
      { timeout: '6h', summary: 'builds the tables and checks them before they are put in place' },
    );
    const check = task(
      'check_lake',
      sparkJob,
      { ...lakeJob, cluster, args: (run) => ['--lake', run.params.lake, '--check', ...expected(run)] },
      { timeout: '1h', summary: 'checks the tables as readers find them' },
    );
    const terminate = task(
      'terminate_cluster',
      terminateEmrCluster,
      { connId, cluster, keep: ({ params: { cluster } }) => cluster !== undefined },
      { timeout: '1h' },
    ).asTeardown({ setups: [cluster] });

    ready.then(build).then(check).then(terminate);
  },
);
