/**
 * Sparkify's data lake: raw JSON on S3 to Parquet, a day at a time, by a Spark job on EMR. On a cluster that lives as long as
 * the run, whatever becomes of the run, or on one that is kept up. The same lake as local_data_lake: either goes on with it.
 */
import { z } from 'zod';
import { createEmrCluster } from '../activities/create-emr-cluster.js';
import { lakeJobFiles, listLakeJobArgs } from '../activities/lake/lake-job.js';
import { waitForEmrCluster } from '../activities/sensors/emr-cluster.js';
import { sqlFolder } from '../activities/sql/sql-folder.js';
import { sparkJob } from '../activities/spark-job.js';
import { terminateEmrCluster } from '../activities/terminate-emr-cluster.js';
import { cron, dag } from '../index.js';
import { clusterArgs, clusterParams } from './emr-cluster-choices.js';
import { mailOnFailure } from './mail-on-failure.js';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'write it as 2018-11-01');
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
  /** Bad records that are allowed. */
  maxErrors: z.number().int().min(0).default(0),
  /** So many days before the run's are written again, for events that came late. */
  lateDays: z.number().int().min(0).default(1),
  /** For a whole history in one run, instead of the run's own days. */
  from: day.optional(),
  to: day.optional(),
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
    description: 'Writes a day of the Sparkify lake as Parquet on S3, with a Spark job on EMR',
    schedule: cron('@daily'),
    startDate: '2018-11-01',
    catchup: false,
    maxActiveRuns: 1, // users are made of all days: two runs would each miss the other's
    defaultArgs: { retries: 2, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'emr'],
  },
  ({ task }) => {
    const connId = (run: Run): string => run.params.connId;
    const cluster = task('create_cluster', createEmrCluster, {
      ...clusterArgs,
      connId,
      name: ({ params: { cluster }, runId }) => cluster ?? `airtempo-lake ${runId}`,
      ifAbsent: ({ params: { cluster } }) => (cluster === undefined ? 'create' : 'fail'),
      logUri: ({ params: { lake, logUri } }) => logUri ?? `${lake}_logs/`,
    });
    const ready = task('wait_for_cluster', waitForEmrCluster, { connId, cluster }, { timeout: '2h' });
    const write = task(
      'write_lake',
      sparkJob,
      {
        connId,
        cluster,
        ...lakeJobFiles,
        sqlFolder: () => sqlFolder(),
        uploadTo: ({ params: { lake } }) => `${lake}_jobs/`,
        // EMR's own settings know nothing of zones: timestamps are instants
        conf: { 'spark.sql.session.timeZone': 'UTC' },
        args: (run) => listLakeJobArgs(run.params, run),
      },
      { timeout: '6h', summary: 'writes the days that the run is responsible for, and checks the lake' },
    );
    const terminate = task(
      'terminate_cluster',
      terminateEmrCluster,
      { connId, cluster, keep: ({ params: { cluster } }) => cluster !== undefined },
      { timeout: '1h' },
    ).asTeardown({ setups: [cluster] });

    ready.then(write).then(terminate);
  },
);
