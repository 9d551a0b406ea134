/** A saved churn model as TypeScript needs it: schema.json of its folder, read and checked here. The model itself is Spark's. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { AirtempoError } from '../../core/errors.js';

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
  const file = path.join(folder, 'schema.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new AirtempoError(
      'SOURCE_NOT_FOUND',
      `There is no churn model at ${folder}. Train one: airtempo dags trigger churn_training.`,
      { cause },
    );
  }
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return { schema: parsed.data, sha256: createHash('sha256').update(text).digest('hex') };
  const [issue] = parsed.error.issues;
  throw new AirtempoError(
    'LOAD_FAILED',
    `${file} is not what this version of spark/churn.py writes: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. Train again.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
