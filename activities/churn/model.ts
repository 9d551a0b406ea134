/** A saved churn model as TypeScript needs it: schema.json of its folder, read and checked here. The model itself is Spark's. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { readTrainedFile } from './trained-file.js';

const feature = z
  .object({
    name: z.string().min(1),
    median: z.number(),
    /** Ends of the bins in which drift is measured; the last bin has none. */
    edges: z.array(z.number()),
    /** Of the week that begins with the test landmark, in each bin. */
    shares: z.array(z.number().min(0).max(1)),
  })
  .refine(({ edges, shares }) => shares.length === edges.length + 1, 'give one more share than edges');

const schema = z.object({
  model: z.string(),
  threshold: z.number(),
  /** The date on which the ages of registrations are taken. */
  calendar_ms: z.int(),
  /** How many users the model was tested on. */
  rows: z.int().min(1),
  /** Of each file below `model/`. */
  files_sha256: z.record(z.string(), z.string()),
  features: z.array(feature).min(1),
});

export type ModelSchema = z.infer<typeof schema>;

export interface SavedModel {
  readonly schema: ModelSchema;
  /** Of schema.json, which has the hashes of the model's files: it stands for the whole model. */
  readonly sha256: string;
}

/** Reads the schema of a model's folder. Throws SOURCE_NOT_FOUND, and LOAD_FAILED for what is none of this version's. */
export async function readModel(folder: string): Promise<SavedModel> {
  const missing = `There is no churn model at ${folder}. Train one: airtempo dags trigger churn_training.`;
  const { text, value } = await readTrainedFile(path.join(folder, 'schema.json'), schema, missing);
  return { schema: value, sha256: createHash('sha256').update(text).digest('hex') };
}
