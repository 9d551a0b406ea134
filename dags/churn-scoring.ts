/**
 * Who will cancel, every night: features as of the end of the run's data interval, scores with reasons, and checks, before a
 * day's rows appear in churn_scores. Runs on Redshift, and on Postgres standing in for it.
 */
import { z } from 'zod';
import { checkSql } from '../activities/check-sql.js';
import { currentOf } from '../activities/churn/model-store.js';
import { churnCheckFeatures } from '../activities/churn-check-features.js';
import { churnCheckScores } from '../activities/churn-check-scores.js';
import { churnCurrentModel } from '../activities/churn-current-model.js';
import { churnScoringFeatures } from '../activities/churn-scoring-features.js';
import { churnStageScores } from '../activities/churn-stage-scores.js';
import { runSql } from '../activities/run-sql.js';
import { sparkJob } from '../activities/spark-job.js';
import type { RunContext } from '../core/context.js';
import { cron, dag } from '../index.js';
import { churnJob, churnParams } from './churn-job.js';
import { mailOnFailure } from './mail-on-failure.js';

const params = z.object({
  ...churnParams,
  /** The model's folder, or a link to it. Default: `current` below the folder, which churn_training sets. */
  model: z.string().startsWith('/', 'write an absolute path').optional(),
  /** Where the scores go: of type postgres or redshift. */
  warehouseConnId: z.string().min(1).default('redshift'),
  /** `s3://bucket/prefix/` through which the scores reach Redshift; a Postgres needs none. */
  stageTo: z
    .string()
    .regex(/^s3:\/\/[^/]+/, 'write it as s3://bucket/prefix/')
    .optional(),
  /** Of type aws or s3; for stageTo. */
  awsConnId: z.string().min(1).default('aws_credentials'),
  /** The newest event may be so much older than the end of the interval. */
  maxLateHours: z.number().positive().default(24),
  /** The share of users at risk who must get a score. */
  minCoverage: z.number().min(0).max(1).default(0.95),
  /** Population stability index of a feature, and of the scores, above which a warning is logged, … */
  psiWarn: z.number().positive().default(0.1),
  /** … and above which the day is not published. */
  psiFail: z.number().positive().default(0.25),
});
type Run = RunContext<z.infer<typeof params>>;

/** The scores are as of this instant. */
const asOf = ({ dataInterval }: Run): string => dataInterval.end.toISOString();
const scoredOn = (run: Run): string => asOf(run).slice(0, 'yyyy-mm-dd'.length);
const limits = ({ params: { psiWarn, psiFail } }: Run): { warn: number; fail: number } => ({ warn: psiWarn, fail: psiFail }); // prettier-ignore
const connId = ({ params: { warehouseConnId } }: Run): string => warehouseConnId;
const file = (run: Run, ending: string): string => `${run.params.folder}/scoring/${scoredOn(run)}.${ending}`;

const SQL = 'churn-scores';

export default dag(
  'churn_scoring',
  {
    description:
      'Scores who will cancel, with reasons, as of the end of the day, and checks features and scores',
    schedule: cron('@daily'),
    startDate: '2018-12-01',
    catchup: false,
    maxActiveRuns: 1, // staging holds one day
    defaultArgs: { retries: 2, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'churn'],
  },
  ({ task }) => {
    const createTables = task(
      'create_tables',
      runSql,
      {
        connId,
        files: [
          'schema/lock-schema.sql',
          `${SQL}/create-staging-churn-scores.sql`,
          `${SQL}/create-churn-scores.sql`,
        ],
      },
      { summary: 'creates the tables where absent' },
    );
    const model = task('find_model', churnCurrentModel, {
      model: ({ params: { model, folder } }: Run) => model ?? currentOf(folder),
    });
    const features = task(
      'make_scoring_features',
      churnScoringFeatures,
      {
        events: ({ params: { events } }: Run) => events,
        connId: ({ params: { s3ConnId } }: Run) => s3ConnId,
        model,
        asOf,
        file: (run: Run) => file(run, 'parquet'),
        maxLateHours: ({ params: { maxLateHours } }: Run) => maxLateHours,
      },
      { executionTimeout: '2h', retries: 8, retryDelay: '15m' }, // two hours, in which late events may come
    );
    const checkFeatures = task('check_features', churnCheckFeatures, {
      features,
      model,
      limits,
      minCoverage: ({ params: { minCoverage } }: Run) => minCoverage,
    });
    const score = task(
      'score_users',
      sparkJob,
      {
        ...churnJob,
        args: [
          'score',
          '--features',
          (run: Run) => file(run, 'parquet'),
          '--model',
          model,
          '--scored-on',
          scoredOn,
          '--out',
          (run: Run) => file(run, 'json'),
        ],
      },
      { timeout: '2h', summary: 'scores each user, with reasons' },
    );
    const stage = task('stage_scores', churnStageScores, {
      connId,
      file: (run: Run) => file(run, 'json'),
      uploadTo: ({ params: { stageTo } }: Run) => stageTo,
      awsConnId: ({ params: { awsConnId } }: Run) => awsConnId,
    });
    const checkScores = task('check_scores', churnCheckScores, { connId, scoredOn, features, model, limits });
    const load = task(
      'load_scores',
      runSql,
      {
        connId,
        files: ['lock', 'delete', 'insert'].map((step) => `${SQL}/${step}-churn-scores.sql`),
        parameters: (run: Run) => ({ scored_on: scoredOn(run), run_id: run.runId }),
        inlets: ['staging_churn_scores'],
        outlets: ['churn_scores'],
      },
      { summary: 'replaces the day in churn_scores' },
    );
    const checkLoad = task('check_load', checkSql, {
      connId,
      checks: (run: Run) => [
        {
          kind: 'custom' as const,
          name: 'what is staged is published',
          file: `${SQL}/load-differs.sql`,
          parameters: { scored_on: scoredOn(run), run_id: run.runId },
        },
      ],
    });
    model
      .then(features)
      .then(checkFeatures)
      .then(score)
      .then(stage)
      .then(checkScores)
      .then(load)
      .then(checkLoad);
    createTables.then(stage);
  },
);
