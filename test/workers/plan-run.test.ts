import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { cron, cronTrigger, dag, type Dag } from '../../index.js';
import { deserializeGraph } from '../../core/serialize-graph.js';
import { planRun } from '../../workers/plan-run.js';
import type { PlanRequest } from '../../workflows/contract.js';

const params = z.object({
  mode: z.enum(['day', 'full']).default('day'),
  bucket: z.string().default('sparkify'),
  limit: z.number().optional(),
});
const build: Parameters<typeof dag>[2] = ({ task }) => {
  task('only', () => 1);
};
const nightly = dag('nightly_load', { schedule: cron('0 2 * * *'), params }, ({ task }) => {
  task('extract', () => 1).then(task('load', () => 2));
});
const berlin = dag('berlin', { schedule: cron('0 2 * * *', { timezone: 'Europe/Berlin' }) }, build);
const triggered = dag('triggered', { schedule: cronTrigger('0 2 * * *') }, build);
const manual = dag('manual_only', {}, build);
const dags: ReadonlyMap<string, Dag> = new Map(
  [nightly, berlin, triggered, manual].map((each) => [each.id, each]),
);

function plan(dagId: string, request: Partial<PlanRequest> = {}): ReturnType<typeof planRun> {
  return planRun(
    { dagId, workflowId: `${dagId}-1`, input: null, startedAt: '2018-11-03T10:30:00.000Z', ...request },
    dags,
  );
}

describe('the interval a run stands for', () => {
  test('is the last complete one for a run started by hand, with the start as its logical date', () => {
    expect(plan('nightly_load').facts).toMatchObject({
      dagId: 'nightly_load',
      runType: 'manual',
      runId: 'manual__2018-11-03T10:30:00+00:00',
      logicalDate: '2018-11-03T10:30:00.000Z',
      dataInterval: ['2018-11-02T02:00:00.000Z', '2018-11-03T02:00:00.000Z'],
    });
  });

  test('ends at the tick for a scheduled run, however late it was started', () => {
    const scheduledFor = '2018-11-03T02:00:00.000Z';
    expect(plan('nightly_load', { scheduledFor, startedAt: '2018-11-05T09:00:00.000Z' }).facts).toMatchObject(
      {
        runType: 'scheduled',
        runId: 'scheduled__2018-11-02T02:00:00+00:00',
        logicalDate: '2018-11-02T02:00:00.000Z',
        dataInterval: ['2018-11-02T02:00:00.000Z', scheduledFor],
      },
    );
  });

  test('is 23 hours long when clocks go forward in the zone of the schedule', () => {
    const [start, end] = plan('berlin', { scheduledFor: '2018-03-26T00:00:00.000Z' }).facts.dataInterval;
    expect([start, end]).toEqual(['2018-03-25T01:00:00.000Z', '2018-03-26T00:00:00.000Z']);
  });

  test('has no width at the tick of a trigger', () => {
    const scheduledFor = '2018-11-03T02:00:00.000Z';
    expect(plan('triggered', { scheduledFor }).facts).toMatchObject({
      logicalDate: scheduledFor,
      dataInterval: [scheduledFor, scheduledFor],
    });
  });

  test.each([
    ['2018-11-01', '2018-11-01T00:00:00.000Z'],
    ['2018-11-01T02:00', '2018-11-01T02:00:00.000Z'],
    ['2018-11-01T04:00:00+02:00', '2018-11-01T02:00:00.000Z'],
  ])('is that of the logical date %s when one is given', (logicalDate, instant) => {
    const { facts } = plan('nightly_load', { input: { logicalDate } });
    expect(facts).toMatchObject({ runType: 'manual', logicalDate: instant });
    const [start, end] = facts.dataInterval;
    expect(Date.parse(end) - Date.parse(start)).toBe(24 * 3_600_000);
    expect(start.endsWith('T02:00:00.000Z')).toBe(true);
  });

  test('is that of a given logical date also when a schedule started the run', () => {
    const request = { input: { logicalDate: '2018-11-01T02:00' }, scheduledFor: '2018-11-03T02:00:00.000Z' };
    expect(plan('nightly_load', request).facts).toMatchObject({
      runType: 'manual',
      dataInterval: ['2018-11-01T02:00:00.000Z', '2018-11-02T02:00:00.000Z'],
    });
  });

  test('is the start alone when the DAG has no schedule, whoever started the run', () => {
    const instant = '2018-11-03T10:30:00.000Z';
    for (const request of [{}, { scheduledFor: '2018-11-03T10:00:00.000Z' }]) {
      expect(plan('manual_only', request).facts).toMatchObject({
        runType: 'manual',
        logicalDate: instant,
        dataInterval: [instant, instant],
      });
    }
  });

  test('is settled by the request alone: the same request gives the same plan', () => {
    expect(plan('nightly_load')).toEqual(plan('nightly_load'));
  });
});

describe('what a run records', () => {
  test('is its graph, which survives as JSON', () => {
    const { graph } = plan('nightly_load');
    expect(deserializeGraph(JSON.parse(JSON.stringify(graph)))).toEqual(nightly.graph);
  });

  test('is the conf as it came and the params with their defaults', () => {
    const conf = { mode: 'full', limit: 5 };
    expect(plan('nightly_load', { input: { conf } }).facts).toMatchObject({
      conf,
      params: { mode: 'full', bucket: 'sparkify', limit: 5 },
    });
    expect(plan('nightly_load').facts).toMatchObject({
      conf: {},
      params: { mode: 'day', bucket: 'sparkify' },
    });
  });

  test('is any conf where the DAG declares no params', () => {
    expect(plan('manual_only', { input: { conf: { anything: [1] } } }).facts.params).toEqual({
      anything: [1],
    });
  });
});

describe('a run is refused', () => {
  test('for an unknown DAG, with the nearest id and all there are', () => {
    expect(() => plan('nightly_laod')).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_DAG',
        message: expect.stringMatching(/"nightly_laod".*nightly_load, berlin.*Did you mean "nightly_load"/),
      }),
    );
    expect(() => planRun({ dagId: 'x', workflowId: 'x', input: null, startedAt: '' }, new Map())).toThrow(
      '(none)',
    );
  });

  test.each([
    [{ conf: { mode: 'month' } }, 'INVALID_PARAMS', /nightly_load: mode: /],
    [{ conf: { buckt: 'x' } }, 'INVALID_PARAMS', /no param "buckt"\..*Did you mean "bucket"/],
    [{ conf: [] }, 'INVALID_RUN_INPUT', /"conf"/],
    [{ config: {} }, 'INVALID_RUN_INPUT', /"config".*Did you mean "conf"/],
    [{ logicalDate: '2018-02-30' }, 'INVALID_RUN_INPUT', /"2018-02-30" is not a date/],
    ['2018-11-02', 'INVALID_RUN_INPUT', /not an object/],
  ])('for the input %j', (input, code, message) => {
    const expected = expect.objectContaining({
      code,
      retryable: false,
      message: expect.stringMatching(message),
    });
    expect(() => plan('nightly_load', { input })).toThrow(expected);
  });
});
