import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { cron, dag } from '../../index.js';
import { startEngine, type Engine } from '../support/engine.js';
import { fetchEvents, scheduledActivities } from './support/history.js';

const seen: unknown[] = [];

const nightly = dag(
  'nightly_load',
  {
    schedule: cron('0 2 * * *'),
    params: z.object({ bucket: z.string().default('sparkify'), maxErrors: z.number().int().default(0) }),
  },
  ({ task }) => {
    task(
      'load',
      ({ args, ctx }) => {
        seen.push({ ...args, ds: ctx.ds, runId: ctx.runId, interval: ctx.dataInterval });
      },
      { from: ({ params, ds }) => `s3://${params.bucket}/${ds}` },
    );
  },
);

const free = dag('free_conf', {}, ({ task }) => {
  task('load', ({ ctx }) => void seen.push(ctx.params));
});

const dated = dag('dated_params', { params: z.object({ since: z.coerce.date() }) }, ({ task }) => {
  task('load', ({ ctx }) => void seen.push(ctx.params));
});

const counted = dag('counted_params', { params: z.object({ rows: z.coerce.bigint() }) }, ({ task }) => {
  task('load', () => 1);
});

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine([nightly, free, dated, counted]);
});
afterAll(() => engine.stop());

describe('the input of a run', () => {
  test('gives date, interval and params to every task', async () => {
    const run = await engine.run(nightly, { logicalDate: '2018-11-02T02:00', conf: { bucket: 'mine' } });
    expect(run.status).toBe('COMPLETED');
    expect(run.report.run).toMatchObject({
      params: { bucket: 'mine', maxErrors: 0 },
      conf: { bucket: 'mine' },
    });
    expect(seen.pop()).toEqual({
      from: 's3://mine/2018-11-02',
      ds: '2018-11-02',
      runId: 'manual__2018-11-02T02:00:00+00:00',
      interval: { start: new Date('2018-11-02T02:00:00Z'), end: new Date('2018-11-03T02:00:00Z') },
    });
  });

  test('may be left out: then the run stands for the last complete interval', async () => {
    const run = await engine.run(nightly);
    const [start = '', end = ''] = run.report.run?.dataInterval ?? [];
    expect(Date.parse(end) - Date.parse(start)).toBe(24 * 3_600_000);
    expect(Date.parse(end)).toBeLessThanOrEqual(Date.now());
  });

  test('may be null, as an empty field of the Web UI gives it', async () => {
    expect((await engine.run(free, null)).status).toBe('COMPLETED');
  });

  test('reaches a DAG without params as it is', async () => {
    await engine.run(free, { conf: { any: { thing: [1, null] } } });
    expect(seen.pop()).toEqual({ any: { thing: [1, null] } });
  });
});

describe('a run that cannot begin', () => {
  const REFUSED: readonly (readonly [rule: string, id: string, input: unknown, message: RegExp])[] = [
    [
      'a date that is no text',
      'free_conf',
      { logicalDate: 20181102 },
      /20181102 is not a date. Write "2018-11-02"/,
    ],
    ['a list instead of an object', 'free_conf', [{}], /not an object/],
    ['a conf that is a list', 'free_conf', { conf: [] }, /"conf" \[\], which is not an object/],
    ['a param that is no JSON', 'dated_params', { conf: { since: '2018-11-02' } }, /since.*is a Date/],
    ['a param that cannot be JSON', 'counted_params', { conf: { rows: 3 } }, /rows.*is a bigint/],
  ];

  test.each(REFUSED)('fails at once for %s, and says what to do', async (_, id, input, message) => {
    const run = await engine.run({ id }, input);
    expect(run.status).toBe('FAILED');
    expect(run.failure).toMatch(message);
    expect(run.report).toMatchObject({ dagId: id, state: 'failed', tasks: [] });
    expect(scheduledActivities(await fetchEvents(run.handle))).toEqual([]);
  });

  test('shows the reason where the Web UI shows the state', async () => {
    const { handle } = await engine.run({ id: 'nightly_lod' });
    const metadata = await handle.query<{ currentDetails: string }, []>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(/^\*\*Not started\*\*: There is no DAG "nightly_lod"/);
  });
});
