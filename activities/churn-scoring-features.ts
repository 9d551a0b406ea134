/**
 * The operator `churn_scoring_features`: the features of everybody at risk at an instant, by an embedded DuckDB. It refuses events
 * that do not reach up to the instant: scores of yesterday's features under today's date would be worse than none.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { DuckDb } from '../connections/duckdb/duckdb.js';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { AirtempoError } from '../core/errors.js';
import { planScoring } from './churn/features-plan.js';
import { openEventStorage } from './churn/open-event-storage.js';
import { readModel } from './churn/model.js';

export interface ChurnScoringFeaturesArgs {
  /** A folder, a .json, .json.gz or .parquet file, a lake, or `s3://…`. */
  readonly events: string;
  /** Of type aws or s3; for events on S3. */
  readonly connId?: string | undefined;
  /** The folder of the model that will score, which knows its calendar. */
  readonly model: string;
  /** The instant, ISO 8601: no later event is read. */
  readonly asOf: string;
  /** The Parquet file to write. */
  readonly file: string;
  /** The newest event may be so much older than the instant. Default 24. */
  readonly maxLateHours?: number | undefined;
  /** What DuckDB may hold in memory. Default `2GB`. */
  readonly memoryLimit?: string | undefined;
}

export interface ScoringFeatures {
  readonly file: string;
  readonly asOf: string;
  /** Who have features: who will get a score. */
  readonly users: number;
  /** Who were active in the 21 days before and have not cancelled. */
  readonly atRisk: number;
  readonly newestEvent: string;
}

const argsSchema: z.ZodType<ChurnScoringFeaturesArgs> = z.strictObject({
  events: z.string().min(1),
  connId: z.string().min(1).optional(),
  model: z.string().min(1),
  asOf: z.iso.datetime(),
  file: z.string().min(1),
  maxLateHours: z.number().positive().optional(),
  memoryLimit: z.string().min(1).optional(),
});

const HOUR_MS = 3_600_000;

async function run(args: ChurnScoringFeaturesArgs, ctx: TaskContext): Promise<ScoringFeatures> {
  const { events, connId, asOf, file, maxLateHours = 24, memoryLimit = '2GB' } = args;
  const { openDuckDb } = await import('../connections/duckdb/duckdb.js');
  const { createEvents } = await import('../connections/duckdb/create-events.js');
  const { limitEvents } = await import('../connections/duckdb/limit-events.js');
  const { writeFeatureTable } = await import('./churn/make-features.js');
  const { schema } = await readModel(args.model);
  const asOfMs = Date.parse(asOf);
  const storage = await openEventStorage(ctx, connId);
  // one thread adds in one order: sums of doubles, and so the scores, are the same to the last digit when the run is repeated
  const db = await openDuckDb({ memoryLimit, threads: 1, signal: ctx.signal });
  try {
    await createEvents(db, events, { storage, signal: ctx.signal });
    await limitEvents(db, asOfMs);
    const newestMs = await readNewest(db);
    refuseLate({ events, asOfMs, newestMs, maxLateHours });
    await mkdir(path.dirname(file), { recursive: true });
    const table = await writeFeatureTable(db, planScoring(asOfMs, schema.calendar_ms), file);
    const made = {
      file,
      asOf,
      users: table.rows,
      atRisk: table.cuts,
      newestEvent: new Date(newestMs).toISOString(),
    };
    ctx.log.info(made, 'the features are made');
    return made;
  } finally {
    await db.close();
    storage?.close();
  }
}

async function readNewest(db: DuckDb): Promise<number> {
  const [row] = await db.rows('SELECT MAX(ts_ms) AS newest_ms FROM events WHERE user_id IS NOT NULL');
  return Number(row?.['newest_ms'] ?? 0);
}

interface Lateness {
  readonly events: string;
  readonly asOfMs: number;
  readonly newestMs: number;
  readonly maxLateHours: number;
}

function refuseLate({ events, asOfMs, newestMs, maxLateHours }: Lateness): void {
  const lateMs = asOfMs - newestMs;
  if (lateMs <= maxLateHours * HOUR_MS) return;
  const asOf = new Date(asOfMs).toISOString();
  const found =
    newestMs === 0
      ? 'there is no event of a user before that'
      : `the newest event before that is of ${new Date(newestMs).toISOString()}, ${(lateMs / HOUR_MS).toFixed(1)} h earlier`;
  throw new AirtempoError(
    'SOURCE_LATE',
    `The events of ${events} are late: scores as of ${asOf} are asked for, and ${found}; at most ${String(maxLateHours)} h are allowed. ` +
      `Wait until the day's events are there, or allow more hours (maxLateHours).`,
  );
}

/**
 * Makes the table; again gives the same.
 * Errors: SOURCE_LATE (retried: late events may come), SOURCE_NOT_FOUND, CHECK_FAILED from the as-of guard.
 */
export const churnScoringFeatures = operator<ChurnScoringFeaturesArgs, ScoringFeatures>(
  'churn_scoring_features',
  ({ args, ctx }) => run(args, ctx),
  { args: argsSchema, summary: ({ asOf }) => `makes features as of ${asOf ?? 'the run’s end'}` },
);
