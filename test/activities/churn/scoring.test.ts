/** The operators of the nightly scores on a real Postgres: what they refuse, and that nothing is published then. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { churnCheckFeatures } from '../../../activities/churn-check-features.js';
import { churnCheckScores } from '../../../activities/churn-check-scores.js';
import { churnCurrentModel } from '../../../activities/churn-current-model.js';
import { churnScoringFeatures } from '../../../activities/churn-scoring-features.js';
import { churnStageScores } from '../../../activities/churn-stage-scores.js';
import { runSql } from '../../../activities/run-sql.js';
import { quoteText } from '../../../connections/duckdb/duckdb.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, createTestDatabase, services, type TestDatabase } from '../../support/services.js';
import { createTaskContext } from '../../support/task-context.js';
import { DAY_MS, START_MS, openWith, several } from './support/hand-made.js';

const LIMITS = { warn: 0.1, fail: 0.25 };
const USERS = 500;

const scratch = await createScratchFolder();
const at = (name: string): string => path.join(scratch.dir, name);
let database: TestDatabase;
let ctx: ReturnType<typeof createTaskContext>;

/** A model that knows one feature, whose tenths end at .1, .2, … */
async function writeModel(threshold = 0.5): Promise<string> {
  const edges = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
  const shares = Array.from({ length: 10 }, () => 0.1);
  const schema = { model: 'logistic_regression', threshold, calendar_ms: START_MS, rows: 5000, files_sha256: {}, features: [{ name: 'paid_share', median: 0.5, edges, shares }] }; // prettier-ignore
  await writeFile(at('schema.json'), JSON.stringify(schema));
  return scratch.dir;
}

/** Stages a score for each user, as spark/churn.py would write them. */
async function stage(day: string, scoreOf: (user: number) => unknown, users = USERS): Promise<void> {
  const model = await writeModel();
  const { sha256 } = await import('../../../activities/churn/model.js').then(({ readModel }) => readModel(model)); // prettier-ignore
  const lines = Array.from({ length: users }, (_, user) =>
    JSON.stringify({
      model_sha256: sha256,
      scored_on: day,
      user_id: `u${String(user)}`,
      score: scoreOf(user),
      reasons: [{ feature: 'paid_share', value: 0.1, usual: 0.5, part: 0.2 }],
      above_threshold: false,
    }),
  );
  await writeFile(at('scores.json'), `${lines.join('\n')}\n`);
  await churnStageScores({ args: { connId: 'postgres', file: at('scores.json') }, ctx });
}

const check = (scoredOn: string, users = USERS): Promise<unknown> =>
  churnCheckScores({
    args: { connId: 'postgres', scoredOn, features: { users }, model: scratch.dir, limits: LIMITS },
    ctx,
  });

const publish = (day: string): Promise<unknown> =>
  runSql({
    args: {
      connId: 'postgres',
      files: ['lock', 'delete', 'insert'].map((step) => `churn-scores/${step}-churn-scores.sql`),
      parameters: { scored_on: day, run_id: 'test' },
    },
    ctx,
  });

beforeAll(async () => {
  database = await createTestDatabase('scoring');
  ctx = createTaskContext([
    { ...database.connection, id: 'postgres' },
    { ...services().s3, id: 's3' },
  ]);
  const files = ['create-staging-churn-scores', 'create-churn-scores'].map((name) => `churn-scores/${name}.sql`); // prettier-ignore
  await runSql({ args: { connId: 'postgres', files }, ctx });
});
beforeEach(() => database.session.query('DELETE FROM churn_scores'));
afterAll(async () => {
  await database.drop();
  await scratch.remove();
});

describe('scores', () => {
  it('pass when they are spread as on the day before, by the same model', async () => {
    await stage('2018-11-01', (user) => user / USERS);
    expect(await check('2018-11-01')).toEqual({ users: USERS, drift: null });
    await publish('2018-11-01');
    await stage('2018-11-02', (user) => ((user * 7) % USERS) / USERS);
    expect(await check('2018-11-02')).toMatchObject({ drift: { formerDay: '2018-11-01', psi: 0 } });
  });

  it('are refused when they are spread otherwise by the same model, but not by another', async () => {
    await stage('2018-11-01', (user) => user / USERS);
    await publish('2018-11-01');
    await stage('2018-11-02', (user) => Math.sqrt(user / USERS));
    await expect(check('2018-11-02')).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringMatching(/^The scores of 2018-11-02 are spread otherwise than those of 2018-11-01, by the same model: PSI 0\.\d+, limit 0\.25/), // prettier-ignore
    });
    await writeModel(0.6);
    expect(await check('2018-11-02')).toMatchObject({ drift: null });
  });

  it.each([
    ['for fewer users than have features', 'a score for each user with features: found 500, expected 501', 0, USERS + 1], // prettier-ignore
    ['above 1', 'scores from 0 to 1: found 500, expected no rows; e.g. {"user_id":"u0","score":1.5}', 1.5, USERS], // prettier-ignore
    ['without a value', 'scores from 0 to 1: found 500', null, USERS],
  ])('are refused %s', async (_, message, score, users) => {
    await stage('2018-11-01', () => score);
    await expect(check('2018-11-01', users)).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining(message),
    });
  });

  it('are refused when a user has two', async () => {
    await stage('2018-11-01', () => 0.5);
    await database.session.query(
      `INSERT INTO staging_churn_scores SELECT * FROM staging_churn_scores WHERE user_id = 'u7'`,
    );
    await expect(check('2018-11-01', USERS + 1)).rejects.toMatchObject({
      message: expect.stringContaining('one score a user: found 1, expected no rows; e.g. {"user_id":"u7"'),
    });
  });

  it('reach the warehouse through S3 as well, with the same rows', async () => {
    const rows = 'SELECT * FROM staging_churn_scores ORDER BY user_id';
    await stage('2018-11-01', (user) => user / USERS, 20);
    const direct = await database.session.query(rows);
    await database.session.query('DELETE FROM staging_churn_scores');
    const bucket = await createTestBucket();
    const uploadTo = `s3://${bucket.name}/churn/`;
    await churnStageScores({ args: { connId: 'postgres', file: at('scores.json'), uploadTo, awsConnId: 's3' }, ctx }); // prettier-ignore
    await bucket.drop();
    expect((await database.session.query(rows)).rows).toEqual(direct.rows);
    expect(direct.rows[0]).toMatchObject({
      reasons: '[{"feature":"paid_share","value":0.1,"usual":0.5,"part":0.2}]',
    });
  });
});

describe('features', () => {
  const asOf = (day: number): string => new Date(START_MS + day * DAY_MS).toISOString();
  const make = (day: number, maxLateHours?: number): ReturnType<typeof churnScoringFeatures> =>
    churnScoringFeatures({
      args: { events: at('events.parquet'), model: scratch.dir, asOf: asOf(day), file: at('features.parquet'), maxLateHours }, // prettier-ignore
      ctx,
    });

  beforeAll(async () => {
    const db = await openWith([
      ...Array.from({ length: 200 }, (_, user) => [
        ...several(user + 1, { user: `u${String(user)}`, session: user, hour: 1, page: 'NextSong', level: 'paid' }), // prettier-ignore
        ...several(200 - user, { user: `u${String(user)}`, session: user, hour: 20, page: 'NextSong' }),
      ]).flat(),
      { user: 'mute', session: 900, hour: 23, page: 'Home' },
    ]);
    await db.run(`COPY (SELECT * FROM events) TO ${quoteText(at('events.parquet'))} (FORMAT parquet)`);
    await db.close();
    await writeModel();
  });

  it('are of everybody at risk who has heard a song', async () => {
    const made = await make(1);
    expect(made).toMatchObject({ users: 200, atRisk: 201 });
    const checked = await churnCheckFeatures({ args: { features: made, model: scratch.dir, limits: LIMITS, minCoverage: 0.95 }, ctx }); // prettier-ignore
    expect(checked).toMatchObject({
      coverage: 200 / 201,
      drifts: [{ name: 'paid_share', drift: expect.closeTo(0, 1) }],
    });
  });

  it('are refused where too few users have any, and where they have moved', async () => {
    const features = await make(1);
    const refuse = (over: object): Promise<unknown> =>
      churnCheckFeatures({ args: { features, model: scratch.dir, limits: LIMITS, minCoverage: 0.95, ...over }, ctx }); // prettier-ignore
    await expect(refuse({ minCoverage: 1 })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringContaining('Only 200 of 201 users'),
    });
    const early = await make(0.5); // before the songs that are not paid for
    await expect(refuse({ features: early })).rejects.toMatchObject({
      code: 'CHECK_FAILED',
      message: expect.stringMatching(/1 of 1 features have drifted: paid_share \d\.\d\d \(PSI, limit 0\.25\), 200 users/), // prettier-ignore
    });
  });

  it('are refused, and asked for again, while the events of the day are late', async () => {
    await expect(make(3)).rejects.toMatchObject({
      code: 'SOURCE_LATE',
      retryable: true,
      message: expect.stringMatching(/as of 2018-10-04T00:00:00\.000Z .* the newest event before that is of 2018-10-01T23:.* at most 24 h/), // prettier-ignore
    });
    expect(await make(3, 72)).toMatchObject({ users: 200 });
    await expect(make(0)).rejects.toMatchObject({ message: expect.stringContaining('no event of a user') });
  });

  it('need a model that is there, and that this version has made', async () => {
    const find = (model: string): Promise<string> => churnCurrentModel({ args: { model }, ctx });
    await expect(find(at('nowhere'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await writeFile(at('schema.json'), '{"model":"x","deciles":[]}');
    await expect(find(scratch.dir)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
  });
});
