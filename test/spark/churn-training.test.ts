/** The churn model on the real engine, a real Spark and a real Postgres: from events to a model card, what the job refuses, and the nightly scores. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { planScoring } from '../../activities/churn/features-plan.js';
import { makeFeatures, writeFeatureTable } from '../../activities/churn/make-features.js';
import { switchCurrent } from '../../activities/churn/model-store.js';
import { readChurnMetrics, type ChurnMetrics } from '../../activities/churn/metrics.js';
import { churnPromoteModel } from '../../activities/churn-promote-model.js';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb, quoteText } from '../../connections/duckdb/duckdb.js';
import type { Connection } from '../../core/connection.js';
import churnScoring from '../../dags/churn-scoring.js';
import churnTraining from '../../dags/churn-training.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { runSparkHere } from '../../local/spark/run-here.js';
import { startEngine, type Engine, type FinishedRun } from '../support/engine.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTaskContext } from '../support/task-context.js';
import { createTestDatabase, type TestDatabase } from '../support/services.js';
import { generateInto } from './support/churn-data.js';

const START_MS = Date.UTC(2018, 9, 1);
const DAY_MS = 86_400_000;
/** A JVM that lives for a minute has no use for the compiler that makes long runs fast. */
const CONF = { 'spark.driver.extraJavaOptions': '-XX:TieredStopAtLevel=1', 'spark.sql.shuffle.partitions': '1', 'spark.default.parallelism': '1' }; // prettier-ignore

const said = z.object({ code: z.int(), said: z.string() });
const jobSchema = z.object({ features: said, leak: said, lacking: said, scores: said, compared: said });

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let engine: Engine;
let warehouse: TestDatabase;
let run: FinishedRun;
let metrics: ChurnMetrics;
let job: z.infer<typeof jobSchema>;
const at = (...names: readonly string[]): string => path.join(scratch.dir, ...names);

beforeAll(async () => {
  scratch = await createScratchFolder();
  const spark = await ensureSpark();
  const connection: Connection = {
    id: 'spark',
    type: 'spark',
    host: 'local[2]',
    extra: { spark_home: spark.sparkHome, python: spark.python, env: spark.env, conf: CONF },
  };
  warehouse = await createTestDatabase('churn');
  engine = await startEngine(
    [churnTraining, churnScoring],
    [connection, { ...warehouse.connection, id: 'redshift' }],
  );
  const json = await generateInto(scratch.dir, { preset: 'strong', users: 250 });
  const db = await openDuckDb();
  await createEvents(db, json);
  await db.run(`COPY (SELECT * FROM events) TO ${quoteText(at('events.parquet'))} (FORMAT parquet)`);
  const sizes = { seeds: 2, repeats: 1, trees: 6, boosts: 2, bootstraps: 20 };
  run = await engine.run(churnTraining, {
    conf: { events: at('events.parquet'), folder: scratch.dir, ...sizes },
  });
  metrics = await readChurnMetrics(at('current', 'metrics.json'));
  await writeFeatureTable(
    db,
    planScoring(START_MS + 60 * DAY_MS, START_MS),
    at('features', 'scoring.parquet'),
  );
  await db.run(
    'CREATE TABLE few AS SELECT * FROM events WHERE user_id IN (SELECT DISTINCT user_id FROM events ORDER BY 1 LIMIT 40)',
  );
  await db.run('CREATE OR REPLACE VIEW events AS SELECT * FROM few');
  await db.run(`COPY (SELECT * FROM events) TO ${quoteText(at('few.parquet'))} (FORMAT parquet)`);
  await makeFeatures(db, { folder: at('few'), protocols: ['e1', 'e2'] });
  await db.close();
  const file = path.resolve('test/spark/churn-on-spark.py');
  const env = { ...spark.env, PYTHONPATH: path.resolve('spark') };
  job = jobSchema.parse(
    JSON.parse(await runSparkHere({ ...spark, env }, { file, args: [scratch.dir], conf: CONF })),
  );
}, 900_000);
afterAll(async () => {
  await engine.stop();
  await warehouse.drop();
  await scratch.remove();
});

describe('the DAG churn_training', () => {
  it('makes features, a model and its card', async () => {
    expect(run.failure).toBeUndefined();
    expect(run.states).toEqual({
      make_features: 'success',
      train_model: 'success',
      write_model_card: 'success',
      promote_model: 'success',
    });
    const card = await readFile(at('current', 'model-card.html'), 'utf8');
    expect(card).toContain('everybody stays');
    expect(card).toContain('0.8715');
    expect(card.match(/<svg /g)?.length).toBeGreaterThanOrEqual(9);
    expect(card).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org\/)/);
  });

  it('tests on a landmark later than all that was learnt from', () => {
    const { e2 } = metrics;
    // 61 days of events; the test is 14 days before their end
    expect(e2?.train_landmarks).toEqual([16, 23, 30].map((day) => START_MS + day * DAY_MS));
    expect(e2?.test_landmark).toBe(START_MS + 47 * DAY_MS);
    expect(Object.keys(e2?.models ?? {})).toEqual([
      'logistic_regression',
      'random_forest',
      'gradient_boosted_trees',
    ]);
    expect(e2?.differences).toHaveLength(3 * 4);
    expect(e2?.permutation).toHaveLength(33);
  });

  it('beats the constant model in E1 where churn can be foreseen', () => {
    for (const { auc, weighted_f1: f1 } of Object.values(metrics.e1?.models ?? {})) {
      expect(auc?.value).toBeGreaterThan(0.75);
      expect(f1?.value).toBeGreaterThan(metrics.e1?.constant['weighted_f1'] ?? 1);
    }
    expect(metrics.e0?.leaky).toBe(true);
  });

  it('saves the model with its schema, and hashes that hold', async () => {
    const schema = await readFile(at('current', 'schema.json'));
    expect(createHash('sha256').update(schema).digest('hex')).toBe(metrics.production?.schema_sha256);
    const files = Object.entries(metrics.production?.files_sha256 ?? {});
    expect(files.length).toBeGreaterThan(1);
    for (const [name, sha256] of files) {
      const content = await readFile(at('current', 'model', name));
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });
});

describe('spark/churn.py', () => {
  it('makes the same features as DuckDB, of the same SQL', async () => {
    expect(job.features).toMatchObject({ code: 0 });
    const db = await openDuckDb();
    for (const protocol of ['e1', 'e2', 'week']) {
      const read = (file: string): Promise<readonly object[]> =>
        db.rows(`SELECT * FROM read_parquet(${quoteText(file)}) ORDER BY user_id, cut_ms`);
      const [ours, theirs] = [await read(at('few', `${protocol}.parquet`)), await read(at('spark-features', `${protocol}.parquet`, '*.parquet'))]; // prettier-ignore
      expect(ours.length).toBeGreaterThan(20);
      expect(theirs.map(round)).toEqual(ours.map(round));
    }
    await db.close();
  });

  it('refuses a feature that tells the label', () => {
    expect(job.leak).toMatchObject({
      code: 2,
      said: expect.stringContaining('error: feature planted alone tells the label'),
    });
    expect(existsSync(at('planted-model', 'metrics.json'))).toBe(false);
  });

  it('scores everybody who is there, and says why', async () => {
    expect(job.scores).toMatchObject({ code: 0 });
    const lines = (await readFile(at('scores.json'), 'utf8')).trim().split('\n');
    const scores = lines.map((line) => scoreSchema.parse(JSON.parse(line)));
    expect(scores.length).toBeGreaterThan(100);
    expect(new Set(scores.map(({ user_id }) => user_id)).size).toBe(scores.length);
    for (const { reasons } of scores) {
      expect(reasons.map(({ part }) => part)).toEqual(reasons.map(({ part }) => part).sort((a, b) => b - a));
    }
    expect(scores.some(({ reasons }) => reasons.length === 3)).toBe(true);
  });

  it('refuses features that the model does not know', () => {
    expect(job.lacking).toMatchObject({
      code: 2,
      said: expect.stringContaining('the features lack thumbs_up_rate'),
    });
  });
});

describe('a model that has learnt from labels without a cause', () => {
  it('is compared with the current one on the same users, and not promoted', async () => {
    expect(job.compared).toMatchObject({ code: 0 });
    const { comparison, e2 } = await readChurnMetrics(at('candidate', 'metrics.json'));
    const current = await readFile(at('current', 'schema.json'));
    const sha256 = createHash('sha256').update(current).digest('hex');
    expect(comparison).toMatchObject({ against: sha256, users: e2?.users, churners: e2?.churners });
    if (comparison === undefined || 'unusable' in comparison) throw new Error('they were not compared');
    const found = comparison.differences.find(({ metric }) => metric === 'pr_auc');
    const [ours, theirs] = ['candidate', 'current'].map((name) => comparison.models[name]?.['pr_auc']?.value);
    expect(found?.difference).toBeCloseTo((ours ?? 9) - (theirs ?? 0), 12);
    // as the training that made the current one has measured it
    const production = metrics.e2?.models[metrics.production?.model ?? ''];
    expect(theirs).toBeCloseTo(production?.['pr_auc']?.value ?? 9, 12);

    const promote = (margin: number): ReturnType<typeof churnPromoteModel> =>
      churnPromoteModel({
        args: { candidate: at('candidate'), folder: scratch.dir, margin },
        ctx: createTaskContext([]),
      });
    expect(await promote(0.02)).toMatchObject({
      promote: false,
      why: expect.stringMatching(/^It may be worse: PR-AUC differs by −0\.\d+/),
    });
    expect(await readFile(at('current', 'schema.json'))).toEqual(current);
    const { former } = await promote(1); // whatever it loses
    expect(await readFile(at('current', 'schema.json'))).toEqual(
      await readFile(at('candidate', 'schema.json')),
    );
    await switchCurrent(scratch.dir, former ?? '');
    expect(await readFile(at('current', 'schema.json'))).toEqual(current);
  });
});

describe('the DAG churn_scoring', () => {
  // days near the landmark on which the model was tested, which is that of November 15th
  const score = (logicalDate: string, conf: object = {}): Promise<FinishedRun> =>
    engine.run(churnScoring, {
      logicalDate,
      conf: { events: at('events.parquet'), folder: scratch.dir, ...conf },
    });
  const published = async (day: string): Promise<readonly Record<string, unknown>[]> => {
    const { rows } = await warehouse.session.query(
      'SELECT * FROM churn_scores WHERE scored_on = $1 ORDER BY score_rank',
      [day],
    );
    return rows;
  };

  it('publishes a day once, however often it runs, beside the days before', async () => {
    const first = await score('2018-11-16');
    expect(first.failure).toBeUndefined();
    const rows = await published('2018-11-17');
    expect(rows.length).toBeGreaterThan(100);
    expect(rows[0]).toMatchObject({ score_rank: 1, decile: 1 });
    const schema = await readFile(at('current', 'schema.json'));
    for (const { score: value, above_threshold: above, reasons, model_sha256: sha256 } of rows) {
      expect(above).toBe(Number(value) >= (metrics.production?.threshold ?? 2));
      expect(sha256).toBe(createHash('sha256').update(schema).digest('hex'));
      expect(JSON.parse(String(reasons))).toBeInstanceOf(Array);
    }
    expect(rows.some(({ reasons }) => String(reasons).includes('"usual"'))).toBe(true);

    const next = await score('2018-11-17');
    expect(next.failure).toBeUndefined();
    const later = await published('2018-11-18');
    expect(later.length).toBeGreaterThan(100);
    expect(await published('2018-11-17')).toEqual(rows);
    expect((await score('2018-11-17')).failure).toBeUndefined();
    expect(await published('2018-11-18')).toEqual(later);
  }, 900_000);

  it('publishes nothing of users who behave as none that the model was tested on, and names the features', async () => {
    const db = await openDuckDb();
    await db.run(
      `COPY (SELECT * REPLACE (CASE WHEN page = 'Thumbs Up' THEN 'Thumbs Down' ELSE page END AS page)
       FROM read_parquet(${quoteText(at('events.parquet'))})) TO ${quoteText(at('angry.parquet'))} (FORMAT parquet)`,
    );
    await db.close();
    const { states, failure } = await score('2018-11-18', { events: at('angry.parquet') });
    expect(states).toMatchObject({ check_features: 'failed', score_users: 'upstream_failed' });
    expect(failure).toMatch(/features have drifted: .*thumbs_down_rate \d+\.\d\d.*\(PSI, limit 0\.25\)/);
    expect(await published('2018-11-19')).toEqual([]);
  }, 300_000);
});

const scoreSchema = z.object({
  user_id: z.string(),
  score: z.number().min(0).max(1),
  reasons: z
    .array(
      z.object({ feature: z.string(), value: z.number(), usual: z.number(), part: z.number().positive() }),
    )
    .max(3),
});

/** Sums of doubles differ in their last digits with the order in which they are added. */
function round(row: object): object {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      typeof value === 'number' ? Number(value.toPrecision(9)) : (value as unknown),
    ]),
  );
}
