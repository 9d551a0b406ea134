/** The operator `churn_promote_model`: makes a newly trained model the current one, unless it may be worse. */
import path from 'node:path';
import { z } from 'zod';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { readChurnMetrics } from './churn/metrics.js';
import { readModel } from './churn/model.js';
import { keepModel, readCurrent, switchCurrent } from './churn/model-store.js';
import { decidePromotion, type Verdict } from './churn/promotion.js';

export interface ChurnPromoteModelArgs {
  /** Where spark/churn.py has written the new model, on the worker's disk. */
  readonly candidate: string;
  /** Holds `current` and `models/`. */
  readonly folder: string;
  /** So much PR-AUC the new model may lose. */
  readonly margin: number;
}

export interface PromotedModel extends Verdict {
  /** The names in `models/` of the model in use now and of the one before. */
  readonly current: string | null;
  readonly former: string | null;
}

const argsSchema: z.ZodType<ChurnPromoteModelArgs> = z.strictObject({
  candidate: z.string().min(1),
  folder: z.string().min(1),
  margin: z.number().min(0),
});

async function run(
  { candidate, folder, margin }: ChurnPromoteModelArgs,
  ctx: TaskContext,
): Promise<PromotedModel> {
  const metrics = await readChurnMetrics(path.join(candidate, 'metrics.json'));
  const former = await readCurrent(folder);
  const currentSha256 = former === undefined ? undefined : (await readModel(path.join(folder, 'models', former))).sha256; // prettier-ignore
  const verdict = decidePromotion({ metrics, currentSha256, margin });
  if (!verdict.promote) {
    ctx.log.warn({ current: former, candidate }, `The new model is not promoted. ${verdict.why}`);
    return { ...verdict, current: former ?? null, former: former ?? null };
  }
  const about = { runId: ctx.runId, former: former ?? null, why: verdict.why };
  const current = await keepModel(candidate, folder, about);
  await switchCurrent(folder, current);
  ctx.log.info({ current, former }, `The new model is in use. ${verdict.why}`);
  return { ...verdict, current, former: former ?? null };
}

/** Promotes the model; again changes nothing. Errors: SOURCE_NOT_FOUND, LOAD_FAILED, CHECK_FAILED, INVALID_ARGUMENT. */
export const churnPromoteModel = operator<ChurnPromoteModelArgs, PromotedModel>(
  'churn_promote_model',
  ({ args, ctx }) => run(args, ctx),
  { args: argsSchema, summary: () => 'promotes the new model unless it may be worse' },
);
