/**
 * The churn model of Sparkify: feature tables by DuckDB, training and testing by a Spark job, a check, and a model card. On
 * the disk of one worker; started by hand, or weekly by a schedule of your own.
 */
import { z } from 'zod';
import { churnFeatures } from '../activities/churn-features.js';
import { churnModelCard } from '../activities/churn-model-card.js';
import { sparkJob } from '../activities/spark-job.js';
import { dag } from '../index.js';
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
});
type Run = { readonly params: z.infer<typeof params> };

export default dag(
  'churn_training',
  {
    description: 'Trains and tests the churn model on features as of a cut, and writes its model card',
    startDate: '2018-12-01',
    maxActiveRuns: 1, // two runs would write into one folder
    defaultArgs: { retries: 1, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'churn'],
  },
  ({ task }) => {
    const model = ({ params: { folder } }: Run): string => `${folder}/model`;
    const features = task(
      'make_features',
      churnFeatures,
      {
        events: ({ params: { events } }: Run) => events,
        connId: ({ params: { s3ConnId } }: Run) => s3ConnId,
        folder: ({ params: { folder } }: Run) => `${folder}/features`,
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
          model(run),
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
      { timeout: '6h', summary: 'trains, tests and saves the model' },
    );
    const card = task('write_model_card', churnModelCard, { model });
    features.then(train).then(card);
  },
);
