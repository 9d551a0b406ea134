/** What the churn DAGs have in common: where their folders are, and the Spark job. Defines no DAG. */
import { z } from 'zod';
import type { RunContext } from '../core/context.js';
import { shippedJob } from '../activities/spark/shipped-job.js';

const absolute = z
  .string()
  .startsWith('/', 'write an absolute path: the Spark job runs in a folder of its own');

/** Params of both DAGs. */
export const churnParams = {
  /** A folder or file of events, a lake, or `s3://…`. */
  events: z.string().min(1).default('/var/lib/airtempo/events'),
  /** For events on S3. */
  s3ConnId: z.string().min(1).optional(),
  /** Features, models and scores go below it. */
  folder: absolute.default('/var/lib/airtempo/churn'),
  /** Of type spark: its jobs must see the worker's disk. */
  sparkConnId: z.string().min(1).default('spark'),
};

const params = z.object(churnParams);
type Run = Pick<RunContext<z.infer<typeof params>>, 'params'>;

const MODULES = [
  'churn_features.py',
  'churn_metrics.py',
  'churn_mllib.py',
  'churn_protocols.py',
  'sparkify_sql.py',
];

/** spark/churn.py, but for its arguments. */
export const churnJob = {
  connId: ({ params: { sparkConnId } }: Run) => sparkConnId,
  file: () => shippedJob('churn.py'), // a path of the worker that runs it, and none for the history
  pyFiles: () => MODULES.map(shippedJob),
  conf: { 'spark.driver.memory': '2g' },
};
