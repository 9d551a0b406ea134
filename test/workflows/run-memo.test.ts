import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dag } from '../../core/dag.js';
import { cron } from '../../core/timetable.js';
import { startEngine, type Engine } from '../support/engine.js';

const nightly = dag('memo_nightly', { schedule: cron('0 0 * * *') }, ({ task }) => {
  const extract = task('extract', () => null);
  extract.then(task('load', () => null));
});

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine([nightly]);
});
afterAll(() => engine.stop());

test('a run says in its memo what it stands for', async () => {
  const { handle } = await engine.run(nightly, { logicalDate: '2018-11-02' });
  const { memo } = await handle.describe();
  expect(memo?.['airtempo']).toEqual({
    runId: 'manual__2018-11-02T00:00:00+00:00',
    runType: 'manual',
    logicalDate: '2018-11-02T00:00:00.000Z',
    dataInterval: ['2018-11-02T00:00:00.000Z', '2018-11-03T00:00:00.000Z'],
  });
});

test('a run that airtempo starts may be a backfill of some of the tasks', async () => {
  const handle = await engine.client.workflow.start(nightly.id, {
    taskQueue: engine.taskQueue,
    workflowId: `${nightly.id}-launch`,
    args: [{ logicalDate: '2018-11-02' }, { $airtempo: 'launch', runType: 'backfill', tasks: ['load'] }],
  });
  expect(await handle.result()).toMatchObject({
    runId: 'backfill__2018-11-02T00:00:00+00:00',
    tasks: { success: 1 },
  });
});

test('a second argument of a person is ignored', async () => {
  const handle = await engine.client.workflow.start(nightly.id, {
    taskQueue: engine.taskQueue,
    workflowId: `${nightly.id}-two-arguments`,
    args: [{ logicalDate: '2018-11-02' }, { runType: 'backfill' }],
  });
  expect(await handle.result()).toMatchObject({ runId: 'manual__2018-11-02T00:00:00+00:00' });
});
