/** What Sparkify's event data says up to the end of the run's day: tables and a report, in a folder of that day. */
import path from 'node:path';
import { z } from 'zod';
import { runInsights } from '../activities/run-insights.js';
import { cron, dag } from '../index.js';
import { mailOnFailure } from './mail-on-failure.js';

const params = z.object({
  /** A folder or file of the worker, a lake, or a prefix on S3; null: staging_events of the warehouse `connId`. */
  source: z.string().min(1).nullable().default('s3://sparkify/log_data/'),
  /** Of type aws or s3 for a source on S3; of type redshift or postgres for a warehouse. */
  connId: z.string().min(1).default('aws_credentials'),
  /** Folder of the worker; each run has a folder in it, named after its day. */
  out: z.string().min(1).default('insights-reports'),
  /** Numbers or ids; default: all fifteen. */
  only: z.array(z.string().min(1)).min(1).optional(),
  formats: z
    .array(z.enum(['csv', 'json']))
    .min(1)
    .default(['csv']),
  /** Of DuckDB. */
  memoryLimit: z.string().min(1).default('1GB'),
});
type Run = { readonly params: z.infer<typeof params> };

export default dag(
  'sparkify_insights',
  {
    description: 'Reports on the Sparkify event data: fifteen insights as tables and one HTML file',
    schedule: cron('@daily'),
    startDate: '2018-11-01',
    catchup: false,
    maxActiveRuns: 1,
    defaultArgs: { retries: 2, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'insights'],
  },
  ({ task }) => {
    task(
      'report',
      runInsights,
      {
        source: ({ params: { source } }: Run) => source ?? undefined,
        connId: ({ params: { connId } }: Run) => connId,
        out: ({ params: { out }, ds }) => path.join(out, ds),
        only: ({ params: { only } }: Run) => only,
        formats: ({ params: { formats } }: Run) => formats,
        memoryLimit: ({ params: { memoryLimit } }: Run) => memoryLimit,
        until: ({ dataInterval }) => dataInterval.end.toISOString(),
      },
      { executionTimeout: '6h', summary: 'computes the insights and puts tables and report in place' },
    );
  },
);
