/** The SQL of the churn features: known answers for hand-made users, the as-of rule, and the cuts of the protocols. */
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GAP_MS, planFeatures, planScoring } from '../../../activities/churn/features-plan.js';
import { makeFeatures, writeFeatureTable } from '../../../activities/churn/make-features.js';
import { readSqlFile } from '../../../activities/sql/sql-folder.js';
import type { DuckDb } from '../../../connections/duckdb/duckdb.js';
import type { PlainRow } from '../../../connections/duckdb/plain-value.js';
import { createScratchFolder } from '../../support/scratch.js';
import { DAY_MS, HOUR_MS, START_MS, openWith, several, type HandMade } from './support/hand-made.js';

const scratch = await createScratchFolder();
afterAll(() => scratch.remove());

/** Ada stays: 200 songs, 3 thumbs down, 100 songs more a fortnight later. Bo cancels on day 20. */
const ada: readonly HandMade[] = [
  ...several(200, { user: 'ada', session: 1, hour: 10, page: 'NextSong' }),
  ...several(3, { user: 'ada', session: 1, hour: 14, page: 'Thumbs Down' }),
  ...several(2, { user: 'ada', session: 1, hour: 14.5, page: 'Help' }),
  ...several(100, { user: 'ada', session: 2, hour: 24 * 20, page: 'NextSong', level: 'paid' }),
  ...several(5, { user: 'ada', session: 2, hour: 24 * 20 + 2, page: 'Thumbs Up', level: 'paid' }),
];
const bo: readonly HandMade[] = [
  ...several(50, { user: 'bo', session: 1, hour: 5, page: 'NextSong', gender: 'M' }),
  ...several(30, { user: 'bo', session: 9, hour: 24 * 20, page: 'Roll Advert', gender: 'M' }),
  { user: 'bo', session: 9, hour: 24 * 20 + 1, page: 'Cancel', gender: 'M' },
  { user: 'bo', session: 9, hour: 24 * 20 + 1.001, page: 'Cancellation Confirmation', gender: 'M' },
];

/** The features of cuts that are given by hand. */
async function featuresOf(
  db: DuckDb,
  cuts: readonly (readonly [user: string, cutMs: number])[],
  gapMs = 0,
): Promise<readonly PlainRow[]> {
  await db.run('CREATE OR REPLACE TABLE cuts (user_id VARCHAR, cut_ms BIGINT, label INTEGER)');
  for (const [user, cut] of cuts) await db.run('INSERT INTO cuts VALUES (:user, :cut, 0)', { user, cut });
  const { sql } = await readSqlFile('churn/features.sql');
  return db.rows(`SELECT * FROM (${sql}) AS features ORDER BY user_id, cut_ms`, {
    gap_ms: gapMs,
    calendar_ms: START_MS,
  });
}

describe('features', () => {
  it('are the rates that a person would count', async () => {
    const db = await openWith([...ada, ...bo]);
    const cut = START_MS + 21 * DAY_MS;
    const [row] = await featuresOf(db, [['ada', cut]]);
    expect(row).toMatchObject({
      user_id: 'ada',
      age_days: 10,
      is_male: 0,
      songs_per_session: 150,
      thumbs_down_rate: expect.closeTo((1000 * (3 + 1.15)) / (300 + 100), 9),
      thumbs_up_rate: expect.closeTo((1000 * (5 + 5.52)) / 400, 9),
      help_rate: expect.closeTo((1000 * (2 + 0.62)) / 400, 9),
      adverts_rate: expect.closeTo((1000 * 1.85) / 400, 9),
      trouble_rate: expect.closeTo((1000 * (2 + 2.32)) / 400, 9),
      // the thumbs down are twenty days old: of the last fortnight's 100 songs none
      down_14d_rate: expect.closeTo((1000 * 1.15) / 200, 9),
      down_trend: expect.closeTo((1000 * 1.15) / 200 - (1000 * 4.15) / 400, 9),
      paid_share: expect.closeTo(100 / 300, 9),
      sessions_a_week_14d: 0.5,
      songs_14d_share: expect.closeTo(100 / 350, 9),
      down_share: expect.closeTo(3.86 / 13, 9),
    });
    await db.close();
  });

  it('read nothing of the gap before the cut', async () => {
    const db = await openWith(bo);
    const cancelled = START_MS + 20 * DAY_MS + HOUR_MS;
    const [near, far] = [
      await featuresOf(db, [['bo', cancelled]]),
      await featuresOf(db, [['bo', cancelled]], GAP_MS),
    ];
    expect(near[0]?.['adverts_rate']).toBeCloseTo((1000 * 31.85) / 150, 9);
    expect(far[0]?.['adverts_rate']).toBeCloseTo((1000 * 1.85) / 150, 9);
    expect(far[0]?.['last_read_ms']).toBe(START_MS + 5 * HOUR_MS + 49 * 60_000);
    await db.close();
  });

  it('never change with what happens after the cut, whatever it is', async () => {
    const cut = START_MS + 15 * DAY_MS;
    const before = await openWith([...ada, ...bo]);
    const expected = await featuresOf(before, [['ada', cut], ['bo', cut]], GAP_MS); // prettier-ignore
    await before.close();
    expect(expected).toHaveLength(2);
    const page = fc.constantFrom(
      'NextSong',
      'Thumbs Down',
      'Roll Advert',
      'Help',
      'Cancellation Confirmation',
    );
    const later = fc.record({
      user: fc.constantFrom('ada', 'bo'),
      session: fc.integer({ min: 1, max: 99 }),
      hour: fc.double({ min: 14 * 24 + 0.01, max: 1400, noNaN: true }),
      page,
      level: fc.constantFrom('free' as const, 'paid' as const),
      gender: fc.constant('F' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(later, { minLength: 1, maxLength: 40 }), async (events) => {
        const db = await openWith([...ada, ...bo, ...events]);
        const found = await featuresOf(db, [['ada', cut], ['bo', cut]], GAP_MS); // prettier-ignore
        await db.close();
        expect(found).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });
});

describe('cuts', () => {
  it('of E0 see everything: that is its leak', async () => {
    const db = await openWith([...ada, ...bo]);
    const { sql } = await readSqlFile('churn/cuts-everything.sql');
    expect(await db.rows(`SELECT user_id, label FROM (${sql}) AS c ORDER BY 1`)).toEqual([
      { user_id: 'ada', label: 0 },
      { user_id: 'bo', label: 1 },
    ]);
    await db.close();
  });

  it('of E1 end with the cancellation, or with a session near cancellations, and are drawn alike each time', async () => {
    const db = await openWith([...ada, ...bo]);
    const { sql } = await readSqlFile('churn/cuts-matched.sql');
    const draw = (seed: number): Promise<readonly PlainRow[]> =>
      db.rows(`SELECT * FROM (${sql}) AS c ORDER BY user_id`, { seed });
    expect(await draw(1)).toEqual([
      // day 20, where the only cancellation is, and never day 0
      { user_id: 'ada', cut_ms: START_MS + 20 * DAY_MS + 2 * HOUR_MS + 4 * 60_000, label: 0 },
      { user_id: 'bo', cut_ms: START_MS + Math.round((20 * 24 + 1.001) * HOUR_MS), label: 1 },
    ]);
    expect(await draw(1)).toEqual(await draw(1));
    await db.close();
  });

  it('of E1 fall on the same days for those who stay and those who cancel', async () => {
    // 40 who cancel, all late; 200 who stay, with a session every third day
    const churners = Array.from({ length: 40 }, (_, i): readonly HandMade[] => [
      { user: `c${String(i)}`, session: i, hour: 3, page: 'NextSong' },
      {
        user: `c${String(i)}`,
        session: i + 1,
        hour: 24 * (40 + (i % 10)),
        page: 'Cancellation Confirmation',
      },
    ]);
    const stayers = Array.from({ length: 200 }, (_, i) =>
      Array.from({ length: 20 }, (_, k): HandMade => ({
        user: `s${String(i)}`,
        session: 1000 + 20 * i + k,
        hour: 24 * 3 * k + (i % 70),
        page: 'NextSong',
      })),
    );
    const db = await openWith([...churners.flat(), ...stayers.flat()]);
    const { sql } = await readSqlFile('churn/cuts-matched.sql');
    const rows = await db.rows(
      `SELECT label, COUNT(*) AS n, AVG(cut_ms) AS mean_ms FROM (${sql}) AS c GROUP BY label ORDER BY label`,
      { seed: 1 },
    );
    expect(rows.map(({ n }) => n)).toEqual([200, 40]);
    const [stay, churn] = rows.map(({ mean_ms }) => Number(mean_ms) / DAY_MS);
    expect(Math.abs((stay ?? 0) - (churn ?? 99))).toBeLessThan(1.5);
    const [others] = await db.rows(
      `SELECT COUNT(*) AS n FROM (${sql}) AS c WHERE label = 0 AND cut_ms < :late`,
      {
        seed: 1,
        late: START_MS + 36 * DAY_MS,
      },
    );
    expect(others).toEqual({ n: 0 });
    await db.close();
  });

  it('of E2 hold whoever was active lately and is still there, and label who cancels within the horizon', async () => {
    const db = await openWith([...ada, ...bo, { user: 'long-gone', session: 1, hour: 1, page: 'NextSong' }]);
    const cut = async (day: number): Promise<readonly PlainRow[]> => {
      const { cuts } = planScoring(START_MS + day * DAY_MS, START_MS);
      const { sql } = await readSqlFile('churn/cuts-landmark.sql');
      return db.rows(`SELECT user_id, label FROM (${sql}) AS c ORDER BY 1`, cuts[0]?.values);
    };
    const everybody = [
      { user_id: 'ada', label: 0 },
      { user_id: 'bo', label: 1 },
      { user_id: 'long-gone', label: 0 },
    ];
    expect(await cut(14)).toEqual(everybody); // bo cancels six days later
    expect(await cut(5)).toEqual(everybody.map((row) => ({ ...row, label: 0 }))); // fifteen days later: too far
    expect(await cut(21.5)).toEqual([{ user_id: 'ada', label: 0 }]); // bo has gone, the other was not active
    await db.close();
  });
});

describe('feature tables', () => {
  it('are written with a schema and hashes, and again the same', async () => {
    const db = await openWith([...ada, ...bo]);
    const options = { folder: path.join(scratch.dir, 'tables'), protocols: ['e0', 'e1'] as const };
    const first = await makeFeatures(db, options);
    expect(first).toMatchObject({
      startMs: START_MS,
      days: 21,
      users: 2,
      tables: { e1: { rows: 2, churners: 1 } },
    });
    expect(first.tables.e1?.features).toHaveLength(33);
    expect(first.tables.e1?.features).not.toContain('label');
    expect(first.tables.e1?.features).not.toContain('last_read_ms');
    expect(JSON.parse(await readFile(path.join(options.folder, 'features.json'), 'utf8'))).toEqual(first);
    expect(await makeFeatures(db, options)).toEqual(first);
    await db.close();
  });

  it('read nothing from an instant on, and count E2 back from there', async () => {
    const everyDay = (days: number): readonly HandMade[] =>
      Array.from({ length: days }, (_, day) => ({
        user: 'ada',
        session: day,
        hour: 24 * day + 5,
        page: 'NextSong',
      }));
    const make = async (days: number): Promise<unknown> => {
      const db = await openWith(everyDay(days));
      const folder = path.join(scratch.dir, 'until');
      await makeFeatures(db, { folder, protocols: ['e2'], untilMs: START_MS + 65 * DAY_MS });
      const rows = await db.rows(
        `SELECT * FROM read_parquet([${['e2', 'week'].map((name) => `'${folder}/${name}.parquet'`).join(', ')}]) ORDER BY cut_ms, label`,
      );
      await db.close();
      return rows;
    };
    const found = (await make(65)) as readonly PlainRow[]; // what `rows` gives
    const days = found.map(({ cut_ms: cut }) => (Number(cut) - START_MS) / DAY_MS);
    expect(days).toEqual([20, 27, 34, 51, 51, 52, 53, 54, 55, 56, 57]);
    expect(await make(80)).toEqual(found);
  });

  it('are refused when the days do not reach for E2', async () => {
    const db = await openWith([...ada, ...bo]);
    await expect(makeFeatures(db, { folder: scratch.dir })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('span 21 days'),
    });
    await db.close();
  });

  it('are refused by the as-of guard when the SQL looks past the cut, and the former table stays', async () => {
    const db = await openWith([...ada, ...bo]);
    const { sql } = await readSqlFile('churn/features.sql');
    const leaky = path.join(scratch.dir, 'leaky.sql');
    await writeFile(leaky, sql.replace('AND e.ts_ms <= c.cut_ms - CAST(:gap_ms AS BIGINT)', ''));
    const plan = { ...planFeatures('e1', START_MS, 1), file: leaky };
    const file = path.join(scratch.dir, 'leaky.parquet');
    await expect(writeFeatureTable(db, plan, file)).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining('looks into the future'),
    });
    expect(existsSync(file)).toBe(false);
    await db.close();
  });
});
