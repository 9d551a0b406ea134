/** The operator `churn_model_card`: refuses a model that is no better than chance, and writes the card of one that is. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { operator } from '../core/define-operator.js';
import { AirtempoError } from '../core/errors.js';
import { readChurnMetrics, type ChurnMetrics } from './churn/metrics.js';

export interface ChurnModelCardArgs {
  /** The folder that spark/churn.py has written, on the worker's disk. */
  readonly model: string;
}

export interface ChurnModelCardOutput {
  readonly file: string;
  readonly model: string;
  readonly auc: number;
  readonly prAuc: number;
  readonly threshold: number;
}

const argsSchema: z.ZodType<ChurnModelCardArgs> = z.strictObject({ model: z.string().min(1) });

/** The saved model's figures on the test landmark. Throws CHECK_FAILED unless its AUC is above chance beyond doubt. */
export function judgeModel(
  { e2, production }: ChurnMetrics,
  folder: string,
): Omit<ChurnModelCardOutput, 'file'> {
  const figures = production === undefined ? undefined : e2?.models[production.model];
  const { auc, pr_auc: prAuc } = figures ?? {};
  if (production === undefined || auc?.low === undefined || prAuc === undefined) {
    throw new AirtempoError(
      'CHECK_FAILED',
      `${folder} holds no saved model: train with the protocol e2, which makes it.`,
    );
  }
  if (auc.low <= 0.5) {
    throw new AirtempoError(
      'CHECK_FAILED',
      `The ${production.model} in ${folder} is no better than chance on the test landmark: its AUC is ${auc.value.toFixed(3)}, ` +
        `and the 95 % interval begins at ${auc.low.toFixed(3)}. Train with more users, or look at the features.`,
    );
  }
  return { model: production.model, auc: auc.value, prAuc: prAuc.value, threshold: production.threshold };
}

/** Checks the model and writes model-card.html beside it. Errors: SOURCE_NOT_FOUND, LOAD_FAILED, CHECK_FAILED. */
export const churnModelCard = operator<ChurnModelCardArgs, ChurnModelCardOutput>(
  'churn_model_card',
  async ({ args: { model } }) => {
    const metrics = await readChurnMetrics(path.join(model, 'metrics.json'));
    const file = path.join(model, 'model-card.html');
    const { renderModelCard } = await import('./churn/card/render-card.js');
    await writeFile(file, await renderModelCard(metrics)); // also of a model that is refused: it shows why
    return { file, ...judgeModel(metrics, model) };
  },
  { args: argsSchema, summary: ({ model }) => `writes the model card of ${model ?? 'a model'}` },
);
