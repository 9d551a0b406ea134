import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { empty } from '../../activities/index.js';
import { dag, operator, skip } from '../../index.js';
import { startEngine, type Engine, type FinishedRun } from '../support/engine.js';
import { fetchEvents, historyBytes, scheduledActivities } from './support/history.js';

const copy = operator<{ readonly table: string }, number>('copy_table', () => Promise.resolve(3), {
  summary: ({ table }) => `copies ${table ?? 'a table'}`,
});

const mapped = dag('mapped', { defaultArgs: { retries: 3, retryDelay: '5m' } }, ({ task }) => {
  const begin = task('begin', empty);
  const events = task('stage_events', copy, { table: 'events' }, { priority: 1 });
  const choose = task('choose', () => skip('nothing new'));
  const never = task('never', copy, { table: 'never' });
  begin.then(events, choose);
  choose.then(never);
  events.then(task('end', empty));
});

const wide = dag('wide', { maxActiveTasks: 200 }, ({ task }) => {
  const begin = task('begin', empty);
  for (let index = 0; index < 200; index += 1) begin.then(task(`t${String(index)}`, copy, { table: 't' }));
});

let engine: Engine;
let run: FinishedRun;
beforeAll(async () => {
  engine = await startEngine([mapped, wide]);
  run = await engine.run(mapped);
});
afterAll(() => engine.stop());

describe('the history of a run', () => {
  test('has an activity for each task that runs, and none for empty and skipped ones', async () => {
    const activities = scheduledActivities(await fetchEvents(run.handle));
    expect(activities.map(({ activityId, activityType }) => [activityId, activityType])).toEqual([
      ['stage_events', 'copy_table'],
      ['choose', 'inline'],
    ]);
    expect(run.states).toMatchObject({ begin: 'success', never: 'skipped', end: 'success' });
  });

  test('says what a task does, and has the DAG’s retries as Temporal’s: 3 retries are 4 attempts', async () => {
    const [stage] = scheduledActivities(await fetchEvents(run.handle));
    expect(stage?.summary).toBe('stage_events · copies events');
    expect(stage?.retry).toMatchObject({ maximumAttempts: 4, backoffCoefficient: 1 });
    expect(Number(stage?.retry.initialInterval?.seconds)).toBe(300);
  });

  test('costs at most 4 events and 1,200 bytes a task in a fan-out', async () => {
    const fan = await engine.run(wide);
    expect((await fetchEvents(fan.handle)).length / 200).toBeLessThan(4.2);
    expect((await historyBytes(fan.handle)) / 200).toBeLessThan(1_200);
  });
});

describe('the Web UI', () => {
  test('shows a table of the tasks as current details, and describes the state query', async () => {
    const metadata = await run.handle.query<
      {
        readonly currentDetails: string;
        readonly definition: { readonly queryDefinitions: readonly { name: string; description: string }[] };
      },
      []
    >('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(/\| stage_events \| copy_table \| ✔ success \|/);
    expect(metadata.currentDetails).toMatch(/\| choose \| inline \| ↷ skipped: nothing new \|/);
    expect(metadata.definition.queryDefinitions.find(({ name }) => name === 'state')?.description).toMatch(
      /JSON/,
    );
  });

  test('gets the state as JSON with start, end and reason', () => {
    expect(run.report).toMatchObject({
      dagId: 'mapped',
      state: 'success',
      counts: { success: 3, skipped: 2 },
      run: { runType: 'manual', conf: {}, params: {} },
    });
    const stage = run.report.tasks.find(({ id }) => id === 'stage_events');
    expect(Date.parse(stage?.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(stage?.startedAt ?? ''));
  });
});
