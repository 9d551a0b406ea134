/** The operator `churn_current_model`: which model a run uses, asked once, so that all of its tasks use the same. */
import { realpath } from 'node:fs/promises';
import { z } from 'zod';
import { operator } from '../core/define-operator.js';
import { readModel } from './churn/model.js';

export interface ChurnCurrentModelArgs {
  /** The model's folder, or a link to it, on the worker's disk. */
  readonly model: string;
}

const argsSchema: z.ZodType<ChurnCurrentModelArgs> = z.strictObject({ model: z.string().min(1) });

/** Output: the folder itself, behind any link, once its schema has been read. Errors: SOURCE_NOT_FOUND, LOAD_FAILED. */
export const churnCurrentModel = operator<ChurnCurrentModelArgs, string>(
  'churn_current_model',
  async ({ args, ctx }) => {
    const folder = await realpath(args.model).catch(() => args.model); // readModel says what is missing
    const { schema, sha256 } = await readModel(folder);
    ctx.log.info({ folder, sha256, model: schema.model }, 'this model is used');
    return folder;
  },
  { args: argsSchema, summary: ({ model }) => `looks up ${model ?? 'the model'}` },
);
