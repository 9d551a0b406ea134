/** What spark/churn.py writes to metrics.json: read and checked once, here. */
import { z } from 'zod';
import { readTrainedFile } from './trained-file.js';

/** The models that are compared, with the names that people read. */
export const MODEL_TITLES: Readonly<Record<string, string>> = {
  logistic_regression: 'logistic regression',
  random_forest: 'random forest',
  gradient_boosted_trees: 'gradient-boosted trees',
  constant: '“everybody stays”',
};

const spread = z.object({ mean: z.number(), sd: z.number(), p5: z.number(), p95: z.number() });
const redrawn = z.object({
  users: z.int(),
  test_users: z.int(),
  models: z.record(z.string(), z.record(z.string(), spread)),
});
const measure = z.object({
  value: z.number(),
  low: z.number().optional(),
  high: z.number().optional(),
  repeat_mean: z.number().optional(),
});
const point = z.array(z.number());
const curves = z.object({ roc: z.array(point), pr: z.array(point), calibration: z.array(point) });
const ranking = z.array(z.object({ feature: z.string(), value: z.number() }));
const difference = z.object({
  a: z.string(),
  b: z.string(),
  metric: z.string(),
  difference: z.number(),
  low: z.number(),
  high: z.number(),
  significant: z.boolean(),
});
const compared = {
  users: z.int(),
  churners: z.int(),
  bootstraps: z.int(),
  constant: z.record(z.string(), z.number()),
  models: z.record(z.string(), z.record(z.string(), measure)),
  differences: z.array(difference),
  curves: z.record(z.string(), curves),
};
const costs = z.object({
  cost: z.number(),
  cost_nobody: z.number(),
  cost_all: z.number(),
  contacted_share: z.number(),
});

const metricsSchema = z.object({
  version: z.literal(1),
  software: z.record(z.string(), z.string()),
  e0: redrawn.extend({ seeds: z.int(), leaky: z.literal(true), small: redrawn.optional() }).optional(),
  e1: z
    .object({
      ...compared,
      folds: z.int(),
      repeats: z.int(),
      importance: z.record(z.string(), z.record(z.string(), ranking)),
    })
    .optional(),
  e2: z
    .object({
      ...compared,
      train_landmarks: z.array(z.int()),
      test_landmark: z.int(),
      train_rows: z.int(),
      gain: z.record(z.string(), ranking),
      permutation: ranking,
      chosen: costs.extend({
        model: z.string(),
        threshold: z.number(),
        cost_miss: z.number(),
        cost_contact: z.number(),
        validation_pr_auc: z.record(z.string(), z.number()),
        test: costs,
      }),
    })
    .optional(),
  comparison: z
    .union([
      z.object({ against: z.string(), unusable: z.string() }),
      z.object({
        against: z.string(),
        users: z.int(),
        churners: z.int(),
        bootstraps: z.int(),
        models: compared.models,
        differences: compared.differences,
      }),
    ])
    .optional(),
  production: z
    .object({
      model: z.string(),
      engine: z.string(),
      threshold: z.number(),
      schema_sha256: z.string(),
      files_sha256: z.record(z.string(), z.string()),
    })
    .optional(),
});

export type ChurnMetrics = z.infer<typeof metricsSchema>;
export type ComparedModels = Pick<
  NonNullable<ChurnMetrics['e1']>,
  'users' | 'churners' | 'bootstraps' | 'constant' | 'models' | 'differences' | 'curves'
>;

/** Reads metrics.json. Throws SOURCE_NOT_FOUND, and LOAD_FAILED for a file that is something else. */
export async function readChurnMetrics(file: string): Promise<ChurnMetrics> {
  const missing = `There are no metrics at ${file}. Train a model into this folder first: airtempo churn train.`;
  return (await readTrainedFile(file, metricsSchema, missing)).value;
}
