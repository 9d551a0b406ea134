/**
 * The operator `churn_check_features`: refuses features that a model should not score: too few of the users, or so far from those
 * it was tested on that the figures of its card say nothing about them.
 */
import { z } from 'zod';
import type { DuckDb } from '../connections/duckdb/duckdb.js';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { AirtempoError } from '../core/errors.js';
import type { ScoringFeatures } from './churn-scoring-features.js';
import {
  computeDrift,
  describeDrifts,
  driftLimitsSchema,
  judgeDrift,
  type DriftLimits,
  type NamedDrift,
} from './churn/drift.js';
import { readModel, type ModelSchema } from './churn/model.js';

export interface ChurnCheckFeaturesArgs {
  /** The output of `churn_scoring_features`. */
  readonly features: ScoringFeatures;
  /** The model's folder. */
  readonly model: string;
  readonly limits: DriftLimits;
  /** The share of users at risk who must have features. */
  readonly minCoverage: number;
}

export interface CheckedFeatures {
  readonly coverage: number;
  /** Those that moved most. */
  readonly drifts: readonly NamedDrift[];
}

const argsSchema: z.ZodType<ChurnCheckFeaturesArgs> = z.strictObject({
  features: z.object({
    file: z.string(),
    asOf: z.string(),
    users: z.int(),
    atRisk: z.int(),
    newestEvent: z.string(),
  }),
  model: z.string().min(1),
  limits: driftLimitsSchema,
  minCoverage: z.number().min(0).max(1),
});

const SHOWN = 5;

async function run(args: ChurnCheckFeaturesArgs, ctx: TaskContext): Promise<CheckedFeatures> {
  const { features, limits } = args;
  const coverage = refuseFew(args);
  const { schema } = await readModel(args.model);
  const { openDuckDb } = await import('../connections/duckdb/duckdb.js');
  const db = await openDuckDb({ signal: ctx.signal });
  try {
    const drifts = await measureDrifts(db, features.file, schema);
    const { failed, warned } = judgeDrift(drifts, limits);
    if (warned.length > 0) {
      ctx.log.warn({ warned, limits }, `moved, but within the limit: ${describeDrifts(warned)}`);
    }
    if (failed.length > 0) throw describeFailure(failed, schema, args);
    const checked = { coverage, drifts: drifts.toSorted((a, b) => b.drift - a.drift).slice(0, SHOWN) };
    ctx.log.info(checked, 'the features may be scored');
    return checked;
  } finally {
    await db.close();
  }
}

/** The share of users at risk who have features. Throws CHECK_FAILED. */
function refuseFew({ features: { users, atRisk, asOf }, minCoverage }: ChurnCheckFeaturesArgs): number {
  const coverage = atRisk === 0 ? 0 : users / atRisk;
  if (users > 0 && coverage >= minCoverage) return coverage;
  throw new AirtempoError(
    'CHECK_FAILED',
    `Only ${String(users)} of ${String(atRisk)} users who were active before ${asOf} can be scored, and ${String(minCoverage)} of them have to be. ` +
      `Users without a NextSong have no features: look whether those events are missing, or lower minCoverage.`,
  );
}

/** How far each feature of the model has moved. */
async function measureDrifts(
  db: DuckDb,
  file: string,
  { features, rows }: ModelSchema,
): Promise<readonly NamedDrift[]> {
  const { quoteText } = await import('../connections/duckdb/duckdb.js');
  await db.run(`CREATE TABLE features AS SELECT * FROM read_parquet(${quoteText(file)})`);
  const columns = await db.rows('DESCRIBE features');
  const known = new Set(columns.map((column) => column['column_name']));
  const missing = features.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (missing.length > 0) {
    throw new AirtempoError(
      'CHECK_FAILED',
      `${file} lacks ${missing.join(', ')}, which the model was trained with. Train a new model with the features of now.`,
    );
  }
  const drifts: NamedDrift[] = [];
  for (const { name, edges, shares } of features) {
    drifts.push({ name, ...computeDrift({ rows, shares }, await countBins(db, name, edges)) });
  }
  return drifts;
}

/** Rows in each bin of a feature. */
async function countBins(db: DuckDb, name: string, edges: readonly number[]): Promise<readonly number[]> {
  const { quoteName } = await import('../connections/duckdb/duckdb.js');
  const cases = edges.map((_, bin) => `WHEN ${quoteName(name)} <= :edge_${String(bin)} THEN ${String(bin)}`);
  const bin = edges.length === 0 ? '0' : `CASE ${cases.join(' ')} ELSE ${String(edges.length)} END`;
  const values = Object.fromEntries(edges.map((edge, index) => [`edge_${String(index)}`, edge]));
  const rows = await db.rows(`SELECT ${bin} AS bin, COUNT(*) AS n FROM features GROUP BY ALL`, values);
  const counts = new Map(rows.map((row) => [Number(row['bin']), Number(row['n'])]));
  return Array.from({ length: edges.length + 1 }, (_, index) => counts.get(index) ?? 0);
}

function describeFailure(
  failed: readonly NamedDrift[],
  { features, rows }: ModelSchema,
  { features: { users, asOf }, limits }: ChurnCheckFeaturesArgs,
): AirtempoError {
  return new AirtempoError(
    'CHECK_FAILED',
    `${String(failed.length)} of ${String(features.length)} features have drifted: ${describeDrifts(failed)} (PSI, limit ${String(limits.fail)}), ` +
      `${String(users)} users as of ${asOf} against the week of the ${String(rows)} that the model was tested on. Look whether the events are as they were. ` +
      `If the change is real, train a new model (airtempo dags trigger churn_training), or raise psiFail for this run.`,
  );
}

/** Checks the features. Errors: CHECK_FAILED, which names the features and how far they have moved. */
export const churnCheckFeatures = operator<ChurnCheckFeaturesArgs, CheckedFeatures>(
  'churn_check_features',
  ({ args, ctx }) => run(args, ctx),
  { args: argsSchema, summary: () => 'holds the features against the week in which the model was tested' },
);
