/**
 * The operator `churn_features`: makes the feature tables of the churn model by an embedded DuckDB, on the worker's disk.
 * For events that are too many for one machine, spark/churn.py makes the same tables.
 */
import { z } from 'zod';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { PROTOCOLS, type Protocol } from './churn/features-plan.js';
import type { FeaturesSummary } from './churn/make-features.js';
import { openEventStorage } from './churn/open-event-storage.js';

export interface ChurnFeaturesArgs {
  /** A folder, a .json, .json.gz or .parquet file, a lake, or `s3://…`. */
  readonly events: string;
  /** Where the tables go, on the worker's disk. */
  readonly folder: string;
  /** Of type aws or s3; for events on S3. */
  readonly connId?: string | undefined;
  /** Default: all three. */
  readonly protocols?: readonly Protocol[] | undefined;
  /** Draws the cuts of E1. Default 1. */
  readonly seed?: number | undefined;
  /** An instant, ISO 8601: no later event is read, and E2 is counted back from there. Default: from the first event. */
  readonly until?: string | undefined;
  /** What DuckDB may hold in memory. Default `2GB`. */
  readonly memoryLimit?: string | undefined;
}

const argsSchema: z.ZodType<ChurnFeaturesArgs> = z.strictObject({
  events: z.string().min(1),
  folder: z.string().min(1),
  connId: z.string().min(1).optional(),
  protocols: z.array(z.enum(PROTOCOLS)).min(1).readonly().optional(),
  seed: z.int().min(0).optional(),
  until: z.iso.datetime().optional(),
  memoryLimit: z.string().min(1).optional(),
});

async function run(args: ChurnFeaturesArgs, ctx: TaskContext): Promise<FeaturesSummary> {
  const { events, folder, connId, protocols, seed, until, memoryLimit = '2GB' } = args;
  const untilMs = until === undefined ? undefined : Date.parse(until);
  const { openDuckDb } = await import('../connections/duckdb/duckdb.js');
  const { createEvents } = await import('../connections/duckdb/create-events.js');
  const { makeFeatures } = await import('./churn/make-features.js');
  const storage = await openEventStorage(ctx, connId);
  const db = await openDuckDb({ memoryLimit, signal: ctx.signal });
  try {
    const found = await createEvents(db, events, { storage, signal: ctx.signal });
    ctx.log.info({ ...found }, `the events are read from ${events}`);
    return await makeFeatures(db, {
      folder,
      protocols,
      seed,
      untilMs,
      onProgress: (text) => ctx.log.info({}, text),
    });
  } finally {
    await db.close();
    storage?.close();
  }
}

/**
 * Makes the tables; again gives the same. Output: features.json.
 * Errors: SOURCE_NOT_FOUND, INVALID_ARGUMENT for events of too few days, CHECK_FAILED from the as-of guard.
 */
export const churnFeatures = operator<ChurnFeaturesArgs, FeaturesSummary>(
  'churn_features',
  ({ args, ctx }) => run(args, ctx),
  {
    args: argsSchema,
    summary: ({ events }) => `makes churn features of ${typeof events === 'string' ? events : 'events'}`,
  },
);
