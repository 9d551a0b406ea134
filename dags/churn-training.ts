/**
 * The churn model of Sparkify, every week: feature tables by DuckDB, training and testing by a Spark job, a model card, and the new
 * model in the place of the current one unless it may be worse. On the disk of one worker.
 */
import { z } from 'zod';
import { churnFeatures } from '../activities/churn-features.js';
import { currentOf } from '../activities/churn/model-store.js';
import { churnModelCard } from '../activities/churn-model-card.js';
import { churnPromoteModel } from '../activities/churn-promote-model.js';
import { sparkJob } from '../activities/spark-job.js';
import type { RunContext } from '../core/context.js';
import { cron, dag } from '../index.js';
import { churnJob, churnParams } from './churn-job.js';
import { mailOnFailure } from './mail-on-failure.js';

const params = z.object({
  ...churnParams,
  /** Splits of E0, which is there for comparison. */
  seeds: z.int().min(1).default(100),
  /** Repeats of the cross-validation of E1. */
  repeats: z.int().min(1).default(3),
  trees: z.int().min(1).default(100),
  boosts: z.int().min(1).default(40),
  bootstraps: z.int().min(20).default(500),
  costMiss: z.number().positive().default(10),
  costContact: z.number().positive().default(1),
  /** So much PR-AUC a new model may lose against the current one, at the lower end of the 95 % interval. */
  margin: z.number().min(0).default(0.02),
});
type Run = RunContext<z.infer<typeof params>>;

export default dag(
  'churn_training',
  {
    description:
      'Trains and tests the churn model, writes its model card, and promotes it unless it may be worse',
    schedule: cron('@weekly'),
    startDate: '2018-12-01',
    catchup: false,
    maxActiveRuns: 1, // two runs would write into one folder
    defaultArgs: { retries: 1, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'churn'],
  },
  ({ task }) => {
    const candidate = ({ params: { folder } }: Run): string => `${folder}/candidate`;
    const features = task(
      'make_features',
      churnFeatures,
      {
        events: ({ params: { events } }: Run) => events,
        connId: ({ params: { s3ConnId } }: Run) => s3ConnId,
        folder: ({ params: { folder } }: Run) => `${folder}/features`,
        until: ({ dataInterval }: Run) => dataInterval.end.toISOString(),
      },
      { executionTimeout: '2h' },
    );
    const train = task(
      'train_model',
      sparkJob,
      {
        ...churnJob,
        args: (run: Run) => [
          'train',
          '--features',
          `${run.params.folder}/features`,
          '--out',
          candidate(run),
          '--against',
          currentOf(run.params.folder),
          '--seeds',
          String(run.params.seeds),
          '--repeats',
          String(run.params.repeats),
          '--trees',
          String(run.params.trees),
          '--boosts',
          String(run.params.boosts),
          '--bootstraps',
          String(run.params.bootstraps),
          '--cost-miss',
          String(run.params.costMiss),
          '--cost-contact',
          String(run.params.costContact),
        ],
      },
      { timeout: '6h', summary: 'trains, tests and compares the model' },
    );
    const card = task('write_model_card', churnModelCard, { model: candidate });
    const promote = task('promote_model', churnPromoteModel, {
      candidate,
      folder: ({ params: { folder } }: Run) => folder,
      margin: ({ params: { margin } }: Run) => margin,
    });
    features.then(train).then(card).then(promote);
  },
);
