/** JSON files that spark/churn.py has written into a model's folder. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { AirtempoError } from '../../core/errors.js';

export interface TrainedFile<T> {
  readonly text: string;
  readonly value: T;
}

/**
 * Reads and checks one.
 * @param missing the sentences for when it is not there
 * @throws AirtempoError SOURCE_NOT_FOUND, and LOAD_FAILED for what is none of this version's
 */
export async function readTrainedFile<T>(
  file: string,
  schema: z.ZodType<T>,
  missing: string,
): Promise<TrainedFile<T>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AirtempoError('SOURCE_NOT_FOUND', missing, { cause });
  });
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return { text, value: parsed.data };
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
