/**
 * The controls of the churn model: what must not be found is not found. On the preset `faithful`, where little can be seen, a
 * pipeline that shines leaks; with 600 users the AUC may be .08 from that of 22,000, which is .62 to .72.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { createScratchFolder } from '../support/scratch.js';
import { generateInto, writeFeaturesCsv } from './support/churn-data.js';

const measures = z.record(z.string(), z.object({ value: z.number() }));
const checksSchema = z.object({
  f1_error: z.number(),
  bootstrap: z.record(z.string(), z.boolean()),
  threshold: z.record(z.string(), z.number()),
  calibrated: z.record(z.string(), z.number()),
  perfect: z.record(z.string(), z.number()),
  permuted: z.record(z.string(), z.number()),
  planted: z.string(),
  e0: z.object({
    leaky: z.literal(true),
    seeds: z.number(),
    users: z.number(),
    models: z.record(z.string(), z.record(z.string(), z.object({ mean: z.number(), sd: z.number() }))),
    small: z.object({ users: z.number(), test_users: z.number() }),
  }),
  e1: z.object({
    users: z.number(),
    churners: z.number(),
    constant: z.record(z.string(), z.number()),
    models: z.record(z.string(), measures),
  }),
  important: z.string(),
});

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let checks: z.infer<typeof checksSchema>;

beforeAll(async () => {
  scratch = await createScratchFolder();
  const events = await generateInto(scratch.dir, { preset: 'faithful', users: 600 });
  const csv = await writeFeaturesCsv(events, scratch.dir, 'e1');
  const { python } = await ensureSpark();
  const { stdout } = await promisify(execFile)(python, ['test/spark/churn-checks.py', csv], {
    env: { ...process.env, PYTHONPATH: path.resolve('spark') },
  });
  checks = checksSchema.parse(JSON.parse(stdout));
}, 900_000);
afterAll(() => scratch.remove());

describe('figures', () => {
  it('are those of scikit-learn, with weights too', () => {
    expect(checks.f1_error).toBeLessThan(1e-12);
    expect(checks.perfect).toEqual({ weighted_f1: 1, churn_f1: 1, auc: 1, pr_auc: 1 });
  });

  it('tell models apart that differ, and no others', () => {
    expect(checks.bootstrap).toEqual({ 'good-same': false, 'good-useless': true, 'same-useless': true });
  });

  it('choose the threshold that costs least', () => {
    expect(checks.threshold).toMatchObject({ threshold: 0.6, cost: 0.5, cost_nobody: 5, cost_all: 1, contacted_share: 0.5, at_095: 5 }); // prettier-ignore
  });

  it('call scores calibrated that are', () => {
    expect(checks.calibrated['ece']).toBeLessThan(0.03);
    expect(checks.calibrated['calibration_slope']).toBeCloseTo(1, 0);
  });
});

describe('controls', () => {
  it('labels without a cause give an AUC of a half', () => {
    expect(Object.keys(checks.permuted)).toHaveLength(3);
    for (const auc of Object.values(checks.permuted)) expect(Math.abs(auc - 0.5)).toBeLessThan(0.03);
  });

  it('a planted leak is caught, and named', () => {
    expect(checks.planted).toMatch(/^feature planted alone tells the label: its AUC is (1|0\.9\d+)/);
  });

  it('the preset faithful scores low in E1, as an honest pipeline does', () => {
    expect(checks.e1.users).toBeGreaterThan(400);
    for (const { auc } of Object.values(checks.e1.models)) {
      expect(auc?.value).toBeGreaterThan(0.54);
      expect(auc?.value).toBeLessThan(0.8);
    }
  });

  it('E0 is marked as leaky, stands beside the constant model, and is drawn again at the original’s size', () => {
    expect(checks.e0).toMatchObject({ leaky: true, seeds: 3, small: { users: 448, test_users: 90 } });
    expect(Object.keys(checks.e0.models)).toEqual([
      'constant',
      'logistic_regression',
      'random_forest',
      'gradient_boosted_trees',
    ]);
    expect(checks.e0.models['constant']?.['auc']).toMatchObject({ mean: 0.5, sd: 0 });
  });
});
