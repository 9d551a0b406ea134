/** Which model is promoted, and that a crash between the steps leaves a model to read. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { churnCurrentModel } from '../../../activities/churn-current-model.js';
import { churnPromoteModel, type PromotedModel } from '../../../activities/churn-promote-model.js';
import type { ChurnMetrics } from '../../../activities/churn/metrics.js';
import { readModel } from '../../../activities/churn/model.js';
import { currentOf, keepModel, readCurrent, switchCurrent } from '../../../activities/churn/model-store.js';
import { decidePromotion } from '../../../activities/churn/promotion.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTaskContext } from '../../support/task-context.js';

type Comparison = NonNullable<ChurnMetrics['comparison']>;

/** metrics.json of a model that was compared. */
function metricsOf(comparison: Comparison | undefined, sha256 = 'new'): ChurnMetrics {
  const production = { model: 'random_forest', engine: 'Spark MLlib', threshold: 0.5, schema_sha256: sha256, files_sha256: {} }; // prettier-ignore
  return { version: 1, software: {}, production, ...(comparison === undefined ? {} : { comparison }) };
}

function compared(against: string, low: number, high = low + 0.05): Comparison {
  const differences = ['auc', 'pr_auc'].map((metric) => ({
    a: 'candidate',
    b: 'current',
    metric,
    // AUC says the opposite, and does not decide
    difference: metric === 'auc' ? -1 : (low + high) / 2,
    low: metric === 'auc' ? -1 : low,
    high,
    significant: false,
  }));
  return { against, users: 1000, churners: 40, bootstraps: 500, models: {}, differences };
}

describe('a new model', () => {
  const decide = (comparison: Comparison | undefined, margin = 0.02): ReturnType<typeof decidePromotion> =>
    decidePromotion({ metrics: metricsOf(comparison), currentSha256: 'old', margin });

  it('is promoted exactly when the worst that its interval allows is within the margin', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, fc.double({ min: -1, max: 1, noNaN: true }), (margin, width, low) => {
        expect(decide(compared('old', low, low + width), margin).promote).toBe(low >= -margin);
      }),
    );
  });

  it('is told with its figures', () => {
    expect(decide(compared('old', -0.031))).toEqual({
      promote: false,
      why: 'It may be worse: PR-AUC differs by −0.006, 95 % interval −0.031 to +0.019, on 1000 users with 40 churners; 0.02 may be lost.',
    });
  });

  it('is promoted where there is none, or one that cannot score any more', () => {
    const first = decidePromotion({ metrics: metricsOf(undefined), currentSha256: undefined, margin: 0 });
    expect(first.promote).toBe(true);
    const { promote, why } = decide({ against: 'old', unusable: 'it needs thumbs_up_rate' });
    expect(promote).toBe(true);
    expect(why).toContain('it needs thumbs_up_rate');
  });

  it('is refused when it was compared with another than the current one, or with none', () => {
    expect(() => decide(compared('older', 1))).toThrow(/compared with older, and the current one is old/);
    expect(() => decide(undefined)).toThrow(/compared with none/);
  });
});

describe('promotion', () => {
  let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
  const ctx = createTaskContext([]);
  const at = (...names: readonly string[]): string => path.join(scratch.dir, ...names);
  beforeEach(async () => (scratch = await createScratchFolder()));
  afterEach(() => scratch.remove());

  /** Writes a candidate whose one file has this content; its hash. */
  async function train(content: string, comparison?: Comparison): Promise<string> {
    await rm(at('candidate'), { recursive: true, force: true });
    await mkdir(at('candidate', 'model', 'data'), { recursive: true });
    await writeFile(at('candidate', 'model', 'data', 'part-0'), content);
    const files_sha256 = { 'data/part-0': createHash('sha256').update(content).digest('hex') };
    const features = [{ name: 'paid_share', median: 0, edges: [0.5], shares: [0.5, 0.5] }];
    const schema = { model: 'random_forest', threshold: 0.5, calendar_ms: 0, rows: 10, files_sha256, features }; // prettier-ignore
    await writeFile(at('candidate', 'schema.json'), JSON.stringify(schema));
    const { sha256 } = await readModel(at('candidate'));
    await writeFile(at('candidate', 'metrics.json'), JSON.stringify(metricsOf(comparison, sha256)));
    return sha256;
  }
  const promote = (): Promise<PromotedModel> =>
    churnPromoteModel({ args: { candidate: at('candidate'), folder: scratch.dir, margin: 0.02 }, ctx });
  const inUse = async (): Promise<string> => {
    const folder = await churnCurrentModel({ args: { model: currentOf(scratch.dir) }, ctx });
    return readFile(path.join(folder, 'model', 'data', 'part-0'), 'utf8');
  };

  it('puts the first model in use, then a better one, and keeps the first for going back', async () => {
    const first = await train('first');
    expect(await promote()).toMatchObject({ promote: true, current: first.slice(0, 12), former: null });
    expect(await inUse()).toBe('first');
    const second = await train('second', compared(first, 0.01));
    expect(await promote()).toMatchObject({ current: second.slice(0, 12), former: first.slice(0, 12) });
    expect(await inUse()).toBe('second');
    const told: unknown = JSON.parse(await readFile(at('current', 'promotion.json'), 'utf8'));
    expect(told).toMatchObject({ runId: ctx.runId, former: first.slice(0, 12) });
    await switchCurrent(scratch.dir, first.slice(0, 12));
    expect(await inUse()).toBe('first');
  });

  it('leaves the current model where the new one may be worse', async () => {
    const first = await train('first');
    await promote();
    await train('worse', compared(first, -0.05));
    expect(await promote()).toMatchObject({ promote: false, current: first.slice(0, 12) });
    expect(await inUse()).toBe('first');
    expect(await readdir(at('models'))).toEqual([first.slice(0, 12)]);
  });

  it('changes nothing when it is repeated', async () => {
    await train('first');
    const once = await promote();
    const again = await promote();
    expect(again).toMatchObject({ promote: true, current: once.current });
    expect(await readdir(at('models'))).toEqual([once.current]);
  });

  it('can crash after any step: the former model is read, and the next try finishes', async () => {
    const first = await train('first');
    await promote();
    const second = await train('second', compared(first, 0));
    // the first crash: in the midst of copying
    await mkdir(at('models', '.half.1234'), { recursive: true });
    expect(await inUse()).toBe('first');
    // the second: kept, but not in use
    await keepModel(at('candidate'), scratch.dir, {});
    expect(await readCurrent(scratch.dir)).toBe(first.slice(0, 12));
    expect(await inUse()).toBe('first');
    expect(await promote()).toMatchObject({ current: second.slice(0, 12) });
    expect(await inUse()).toBe('second');
  });

  it('never shows a reader half of a model', async () => {
    const names: string[] = [];
    for (const content of ['one', 'two']) {
      await train(content);
      names.push(await keepModel(at('candidate'), scratch.dir, {}));
    }
    await switchCurrent(scratch.dir, names[0] ?? '');
    let over = false;
    const reading = (async (): Promise<number> => {
      let reads = 0;
      for (; !over; reads += 1) expect(['one', 'two']).toContain(await inUse());
      return reads;
    })();
    for (let turn = 0; turn < 100; turn += 1) await switchCurrent(scratch.dir, names[turn % 2] ?? '');
    over = true;
    expect(await reading).toBeGreaterThan(3);
  });

  it('refuses a model whose files are not those of its schema, and a current that is no link', async () => {
    await train('first');
    await writeFile(at('candidate', 'model', 'data', 'part-0'), 'cut');
    await expect(promote()).rejects.toMatchObject({
      code: 'LOAD_FAILED',
      message: expect.stringContaining('model/data/part-0 is another file'),
    });
    await rm(at('candidate', 'model', 'data', 'part-0'));
    await expect(promote()).rejects.toMatchObject({ message: expect.stringContaining('part-0 is missing') });
    expect(await readCurrent(scratch.dir)).toBeUndefined();
    expect(await readdir(at('models'))).toEqual([]);
    await mkdir(at('current'));
    await expect(promote()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
