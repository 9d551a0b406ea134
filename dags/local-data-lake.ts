/**
 * Sparkify's data lake without a cluster: raw JSON of a folder or of S3 to Parquet, a day at a time, by DuckDB in the worker.
 * The same SQL as emr_data_lake, so the same rows.
 */
import { z } from 'zod';
import { checkLake } from '../activities/lake/check-lake.js';
import { writeLakeDays } from '../activities/lake/write-lake-days.js';
import { writeLakeSongs } from '../activities/lake/write-lake-songs.js';
import { cron, dag } from '../index.js';
import { mailOnFailure } from './mail-on-failure.js';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'write it as 2018-11-01');

const params = z.object({
  /** Folders on the worker, or `s3://bucket/prefix/`. Relative paths start where the worker was started. */
  songs: z.string().min(1).default('data/song_data'),
  logs: z.string().min(1).default('data/log_data'),
  lake: z.string().min(1).default('data/lake'),
  /** Of type aws or s3; needed for `s3://…`. */
  connId: z.string().min(1).optional(),
  memoryLimit: z.string().min(1).default('1GB'),
  /** Bad records that are allowed. */
  maxErrors: z.number().int().min(0).default(0),
  /** So many days before the run's are written again, for events that came late. */
  lateDays: z.number().int().min(0).default(1),
  /** For a whole history in one run, instead of the run's own days. */
  from: day.optional(),
  to: day.optional(),
  /** Counts that the tables must have, such as `users=97`. */
  expect: z.array(z.string().regex(/^\w+=\d+$/, 'write it as users=97')).default([]),
});
type Run = { readonly params: z.infer<typeof params> };

export default dag(
  'local_data_lake',
  {
    description: 'Writes a day of the Sparkify lake as Parquet, with DuckDB in the worker',
    schedule: cron('@daily'),
    startDate: '2018-11-01',
    catchup: false,
    maxActiveRuns: 1, // users are made of all days: two runs would each miss the other's
    defaultArgs: { retries: 2, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'lake'],
  },
  ({ task }) => {
    const place = {
      lake: (run: Run) => run.params.lake,
      connId: (run: Run) => run.params.connId,
      memoryLimit: (run: Run) => run.params.memoryLimit,
    };
    const maxErrors = (run: Run): number => run.params.maxErrors;

    const writeSongs = task(
      'write_songs',
      writeLakeSongs,
      { ...place, maxErrors, songs: ({ params: { songs } }) => songs },
      { executionTimeout: '6h' },
    );
    const writeDays = task(
      'write_days',
      writeLakeDays,
      {
        ...place,
        maxErrors,
        logs: ({ params: { logs } }) => logs,
        from: ({ params: { from } }) => from,
        to: ({ params: { to } }) => to,
        lateDays: ({ params: { lateDays } }) => lateDays,
      },
      { executionTimeout: '6h', summary: 'writes the days that the run is responsible for, each at once' },
    );
    const check = task(
      'check_lake',
      checkLake,
      { ...place, expect: ({ params: { expect } }) => expect },
      { executionTimeout: '1h', summary: 'checks the tables as readers find them' },
    );

    writeSongs.then(writeDays).then(check);
  },
);
