/** Workflow ids: one for a date, whoever starts its run. */
import { expect, test } from '@jest/globals';
import { computeManualWorkflowId, computeWorkflowId } from '../../core/run-ids.js';
import { cron, cronTrigger } from '../../core/timetable.js';

test('a run with a logical date has the id that a schedule gives it: the instant at which its interval is complete', () => {
  const date = new Date('2018-11-02T00:00:00.000Z');
  expect(computeWorkflowId({ id: 'nightly', schedule: cron('@daily') }, date)).toBe(
    'nightly-2018-11-03T00:00:00Z',
  );
  expect(computeWorkflowId({ id: 'nightly', schedule: cronTrigger('@daily') }, date)).toBe(
    'nightly-2018-11-02T00:00:00Z',
  );
  expect(computeWorkflowId({ id: 'by-hand', schedule: null }, date)).toBe('by-hand-2018-11-02T00:00:00Z');
});

test('a run without a logical date has an id of its own', () => {
  expect(computeManualWorkflowId('nightly', new Date('2026-01-05T06:07:08.910Z'), 'a1b2c3')).toBe(
    'nightly-manual-2026-01-05T06:07:08Z-a1b2c3',
  );
});
