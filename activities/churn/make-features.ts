/**
 * The feature tables of the churn model: sql/churn/ over the relation `events` of an open DuckDB, into Parquet files. A
 * table is refused, and the former one kept, when a row was made of an event that its cut does not allow.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { quoteText, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { AirtempoError } from '../../core/errors.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { limitEvents } from '../../connections/duckdb/limit-events.js';
import {
  DAY_MS,
  HORIZON_DAYS,
  LANDMARK_DAYS,
  PROTOCOLS,
  listTables,
  planFeatures,
  type FeaturePlan,
  type Protocol,
  type TableName,
} from './features-plan.js';

/** A feature table, as features.json beside it tells. */
export interface FeatureTable {
  /** Users and their cuts; those without a song have no row. */
  readonly cuts: number;
  readonly rows: number;
  readonly churners: number;
  readonly features: readonly string[];
  readonly gapMs: number;
  /** Of the SELECTs that made it: a table of other rules has another hash. */
  readonly sqlSha256: string;
  /** Of the Parquet file. */
  readonly sha256: string;
}

export interface FeaturesSummary {
  /** The midnight (UTC) before the first event, from which landmarks are counted. */
  readonly startMs: number;
  readonly days: number;
  readonly users: number;
  readonly tables: Readonly<Partial<Record<TableName, FeatureTable>>>;
}

export interface MakeFeaturesOptions {
  /** Where `e0.parquet`, … and `features.json` go. */
  readonly folder: string;
  readonly protocols?: readonly Protocol[] | undefined;
  /** Draws the cuts of E1. Default 1. */
  readonly seed?: number | undefined;
  /**
   * Nothing of this instant or later is read, and the landmarks of E2 are counted back from the end of the events before it, so
   * that the test is as late as its label allows. Default: everything is read, and they are counted from the first event.
   */
  readonly untilMs?: number | undefined;
  readonly onProgress?: ((text: string) => void) | undefined;
}

const NO_FEATURES = new Set(['user_id', 'cut_ms', 'label', 'last_read_ms']);

const TEST_DAY = Math.max(...LANDMARK_DAYS);
/** How many days of events E2 needs. */
const E2_DAYS = TEST_DAY + HORIZON_DAYS;

/**
 * Makes the tables of the protocols.
 * @throws AirtempoError INVALID_ARGUMENT when the events are too few days, CHECK_FAILED from the as-of guard
 */
export async function makeFeatures(db: DuckDb, options: MakeFeaturesOptions): Promise<FeaturesSummary> {
  const { folder, protocols = PROTOCOLS, seed = 1, untilMs, onProgress } = options;
  if (untilMs !== undefined) await limitEvents(db, untilMs);
  const { startMs, days, users } = await readSpan(db);
  const landmarksMs = untilMs === undefined ? startMs : startMs + (days - E2_DAYS) * DAY_MS;
  if (protocols.includes('e2')) refuseFewDays(days);
  await mkdir(folder, { recursive: true });
  const tables: Partial<Record<TableName, FeatureTable>> = {};
  for (const name of listTables(protocols)) {
    onProgress?.(`features of ${name.toUpperCase()}`);
    const file = path.join(folder, `${name}.parquet`);
    tables[name] = await writeFeatureTable(
      db,
      planFeatures(name, name === 'e2' || name === 'week' ? landmarksMs : startMs, seed),
      file,
    );
  }
  const summary: FeaturesSummary = { startMs, days, users, tables };
  await writeFile(path.join(folder, 'features.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
  return summary;
}

async function readSpan(db: DuckDb): Promise<Pick<FeaturesSummary, 'startMs' | 'days' | 'users'>> {
  const [row] = await db.rows(
    'SELECT MIN(day_number) AS first_day, MAX(day_number) AS last_day, COUNT(DISTINCT user_id) AS users FROM events WHERE user_id IS NOT NULL',
  );
  if (typeof row?.['first_day'] !== 'number') {
    throw new AirtempoError('INVALID_ARGUMENT', 'The events hold no user: there is nobody to predict.');
  }
  const firstDay = row['first_day'];
  return {
    startMs: firstDay * DAY_MS,
    days: Number(row['last_day']) - firstDay + 1,
    users: Number(row['users']),
  };
}

function refuseFewDays(days: number): void {
  if (days >= E2_DAYS) return;
  throw new AirtempoError(
    'INVALID_ARGUMENT',
    `The events span ${String(days)} days, and E2 tests on day ${String(TEST_DAY)} with a label that looks ${String(HORIZON_DAYS)} days ahead: ` +
      `give ${String(E2_DAYS)} days or more, or leave E2 out.`,
  );
}

/**
 * Makes one table. The file appears whole or not at all.
 * @throws AirtempoError CHECK_FAILED when an event after the cut's gap was read
 */
export async function writeFeatureTable(db: DuckDb, plan: FeaturePlan, file: string): Promise<FeatureTable> {
  const hash = createHash('sha256');
  const cuts = await Promise.all(plan.cuts.map(({ file }) => readSqlFile(file)));
  const features = await readSqlFile(plan.file);
  for (const { sql } of [...cuts, features]) hash.update(sql);
  await db.run('CREATE OR REPLACE TABLE cuts (user_id VARCHAR, cut_ms BIGINT, label INTEGER)');
  for (const [index, { sql }] of cuts.entries()) {
    await db.run(`INSERT INTO cuts ${sql}`, plan.cuts[index]?.values);
  }
  const [cut] = await db.rows('SELECT COUNT(*) AS n FROM cuts');
  await db.run(`CREATE OR REPLACE TABLE features AS ${features.sql}`, plan.values);
  await refuseLateReads(db, plan);
  const columns = await db.rows('DESCRIBE features');
  const [counts] = await db.rows('SELECT COUNT(*) AS n, COALESCE(SUM(label), 0) AS churners FROM features');
  const staged = `${file}.${String(process.pid)}.new`;
  try {
    await db.run(
      `COPY (SELECT * FROM features ORDER BY user_id, cut_ms) TO ${quoteText(staged)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    await rename(staged, file);
  } finally {
    await rm(staged, { force: true });
    await db.run('DROP TABLE features');
    await db.run('DROP TABLE cuts');
  }
  return {
    cuts: Number(cut?.['n']),
    rows: Number(counts?.['n']),
    churners: Number(counts?.['churners']),
    features: (columns as readonly { readonly column_name: string }[]) // so DuckDB describes a table
      .map(({ column_name: name }) => name)
      .filter((name) => !NO_FEATURES.has(name)),
    gapMs: plan.gapMs,
    sqlSha256: hash.digest('hex'),
    sha256: createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  };
}

/** The as-of guard: whatever the SQL says, no row may be made of an event that its cut does not allow. */
async function refuseLateReads(db: DuckDb, { file, gapMs }: FeaturePlan): Promise<void> {
  const [row] = await db.rows(
    'SELECT user_id, cut_ms, last_read_ms FROM features WHERE last_read_ms > cut_ms - CAST(:gap_ms AS BIGINT) ORDER BY user_id LIMIT 1',
    { gap_ms: gapMs },
  );
  if (row === undefined) return;
  throw new AirtempoError(
    'CHECK_FAILED',
    `sql/${file} looks into the future: for ${JSON.stringify(row)} it has read an event later than ${String(gapMs)} ms before the cut. ` +
      `Join events with "ts_ms <= cut_ms - :gap_ms".`,
  );
}
