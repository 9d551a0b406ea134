/** `deploy` makes the server's schedules those of the DAGs, and says what it changes. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, type ScheduleDescription } from '@temporalio/client';
import type { Dag } from '../../core/dag.js';
import { continuous, cron, cronTrigger, every, once } from '../../core/timetable.js';
import { deploy, type DeployedStep, type DeployOptions } from '../../schedules/deploy.js';
import { callSchedule } from '../../schedules/temporal-schedules.js';
import { until } from '../support/engine.js';
import { testStack } from '../support/stack.js';
import { byId, createDag, uniqueName } from './support/own-dags.js';

let connection: Connection;
let client: Client;

beforeAll(async () => {
  connection = await Connection.connect({ address: testStack.temporalAddress() });
  client = new Client({ connection });
});
afterAll(() => connection.close());

/** A fleet of its own: a deploy looks at the schedules of its task queue. */
function createFleet() {
  const taskQueue = `deploy-${randomUUID()}`;
  return async (
    dags: readonly Dag[],
    options: Partial<DeployOptions> = {},
  ): Promise<readonly DeployedStep[]> => {
    const { steps } = await deploy(client, byId(dags), {
      taskQueue,
      isComplete: true,
      unpause: false,
      dryRun: false,
      note: 'by a test',
      now: new Date(),
      ...options,
    });
    expect(steps.flatMap(({ error }) => (error === undefined ? [] : [error]))).toEqual([]);
    return steps;
  };
}

const describe = (id: string): Promise<ScheduleDescription> =>
  callSchedule(client, () => client.schedule.getHandle(id).describe());

const show = (steps: readonly DeployedStep[]): readonly string[] => steps.map(({ kind }) => kind);

/** A listing of schedules lags behind. */
const untilListed = (id: string): Promise<unknown> =>
  until(async () => {
    for await (const { scheduleId } of client.schedule.list()) if (scheduleId === id) return true;
    return false;
  });

test('creates a schedule, paused, that starts the DAG by its id; a second deploy does nothing', async () => {
  const run = createFleet();
  const id = uniqueName('nightly');
  const dag = createDag(id, {
    description: 'Loads the night',
    schedule: cron('0 1 * * *', { timezone: 'America/New_York' }),
    startDate: '2026-01-01',
    jitter: '5m',
  });
  expect(show(await run([dag]))).toEqual(['create']);
  const { action, policies, state, spec, memo } = await describe(id);
  expect(action).toMatchObject({ workflowType: id, workflowId: id, staticSummary: 'Loads the night' });
  expect(action.retry).toBeUndefined();
  expect(policies).toMatchObject({ overlap: 'ALLOW_ALL', catchupWindow: 23 * 3_600_000 - 1000 });
  expect(state).toMatchObject({ paused: true, note: `New. Switch it on with: airtempo dags unpause ${id}` });
  expect(spec).toMatchObject({ timezone: 'America/New_York', jitter: 300_000 });
  expect(spec.startAt?.toISOString()).toBe('2026-01-02T06:00:00.000Z');
  expect(memo).toEqual({ airtempo: 'airtempo deploy' });
  expect(show(await run([dag]))).toEqual(['unchanged']);
});

test.each([
  cronTrigger(['0 1 * * *', '30 2 L * *'], { timezone: 'Europe/Berlin' }),
  cron('*/10 * * * * *', { timezone: 'Europe/Berlin' }),
  every('90m', { offset: '15m' }),
  once(),
  continuous(),
])('finds nothing to do after deploying %j', async (schedule) => {
  const run = createFleet();
  const dag = createDag(uniqueName('same'), { schedule, startDate: '2026-01-01', endDate: '2036-01-01' });
  expect(show(await run([dag]))).toEqual(['create']);
  expect(await run([dag])).toMatchObject([{ kind: 'unchanged' }]);
});

test('a dry run changes nothing', async () => {
  const run = createFleet();
  const dag = createDag(uniqueName('dry'), { schedule: cron('@daily') });
  expect(show(await run([dag], { dryRun: true }))).toEqual(['create']);
  await expect(describe(dag.id)).rejects.toThrow(/not found/i);
});

test('updates what has changed in the DAG, says old and new, and leaves the switch as it is', async () => {
  const run = createFleet();
  const id = uniqueName('changed');
  await run([createDag(id, { schedule: cron('0 2 * * *') })]);
  await client.schedule.getHandle(id).unpause('on');
  const [step] = await run([createDag(id, { schedule: cron('0 3 * * *'), jitter: '1m' })]);
  expect(step).toMatchObject({ kind: 'update', drift: false, paused: false });
  expect(step?.kind === 'update' && step.changes).toEqual([
    { field: 'schedule', from: '0 2 * * * UTC', to: '0 3 * * * UTC' },
    { field: 'jitter', from: '0', to: '1m' },
    { field: 'times', from: '0 0 2 * * * *', to: 'none' },
    { field: 'times', from: 'none', to: '0 0 3 * * * *' },
  ]);
  const { state, spec } = await describe(id);
  expect(state).toMatchObject({ paused: false, note: 'on' });
  expect(spec.calendars?.[0]?.hour).toEqual([{ start: 3, end: 3, step: 1 }]);
});

test('calls it drift when somebody else has changed the schedule, and sets it right', async () => {
  const run = createFleet();
  const dag = createDag(uniqueName('drift'), { schedule: cron('0 2 * * *') });
  await run([dag]);
  const handle = client.schedule.getHandle(dag.id);
  await callSchedule(client, () =>
    handle.update((current) => ({
      ...current,
      spec: { ...current.spec, calendars: [{ hour: 4, minute: 30 }] },
      policies: { ...current.policies, catchupWindow: '1h', pauseOnFailure: true },
    })),
  );
  const [step] = await run([dag]);
  expect(step).toMatchObject({ kind: 'update', drift: true });
  expect(step?.kind === 'update' && step.changes).toEqual([
    { field: 'catchup window', from: '1h', to: '23h 59m 59s' },
    { field: 'other options', from: '{"pauseOnFailure":true}', to: '{}' },
    { field: 'times', from: '0 30 4 * * * *', to: 'none' },
    { field: 'times', from: 'none', to: '0 0 2 * * * *' },
  ]);
  expect(await run([dag])).toMatchObject([{ kind: 'unchanged' }]);
});

test('pauses the schedule of a DAG that is gone, deletes nothing, and switches it on when the DAG is back', async () => {
  const run = createFleet();
  const [kept, gone, off] = ['kept', 'gone', 'off'].map((name) =>
    createDag(uniqueName(name), { schedule: cronTrigger('0 2 1 1 *') }),
  ) as [Dag, Dag, Dag];
  await run([kept, gone, off]);
  for (const { id } of [kept, gone]) await client.schedule.getHandle(id).unpause();
  for (const { id } of [kept, gone, off]) await untilListed(id);
  expect(await run([kept])).toMatchObject(
    [
      { kind: 'unchanged', dagId: kept.id },
      { kind: 'pause', dagId: gone.id, reason: 'removed' },
      { kind: 'unchanged', dagId: off.id, paused: true },
    ].sort((a, b) => (a.dagId < b.dagId ? -1 : 1)),
  );
  const { state } = await describe(gone.id);
  expect(state.paused).toBe(true);
  expect(state.note).toMatch(/^Paused by airtempo deploy: its DAG is gone/);
  expect(await run([kept])).toMatchObject([
    { kind: 'unchanged' },
    { kind: 'unchanged' },
    { kind: 'unchanged' },
  ]);

  const back = await run([kept, gone, off]);
  expect(back.find(({ dagId }) => dagId === gone.id)).toMatchObject({ kind: 'update', resume: true });
  expect((await describe(gone.id)).state.paused).toBe(false);
  expect((await describe(off.id)).state.paused).toBe(true);
});

test('takes no DAG for removed when not every file could be read', async () => {
  const run = createFleet();
  const [kept, unread] = ['kept', 'unread'].map((name) =>
    createDag(uniqueName(name), { schedule: cronTrigger('0 2 1 1 *') }),
  ) as [Dag, Dag];
  await run([kept, unread]);
  await client.schedule.getHandle(unread.id).unpause();
  await untilListed(unread.id);
  expect(await run([kept], { isComplete: false })).toMatchObject([{ kind: 'unchanged', dagId: kept.id }]);
  expect((await describe(unread.id)).state.paused).toBe(false);
});

test('leaves the DAGs of other task queues alone', async () => {
  const dag = createDag(uniqueName('theirs'), { schedule: cronTrigger('0 2 1 1 *') });
  await createFleet()([dag]);
  await untilListed(dag.id);
  const ours = createDag(uniqueName('ours'), { schedule: cronTrigger('0 2 1 1 *') });
  expect(await createFleet()([ours])).toMatchObject([{ kind: 'create', dagId: ours.id }]);
});

test('pauses the schedule of a DAG that has none any more, and makes none for one that never had', async () => {
  const run = createFleet();
  const id = uniqueName('by_hand');
  await run([createDag(id, { schedule: cronTrigger('0 2 1 1 *') })]);
  await client.schedule.getHandle(id).unpause();
  const never = createDag(uniqueName('never'), { schedule: null });
  expect(await run([createDag(id, { schedule: null }), never])).toMatchObject([
    { kind: 'pause', dagId: id, reason: 'no_schedule' },
  ]);
});

test('does not touch a schedule that it has not made', async () => {
  const dag = createDag(uniqueName('foreign'), { schedule: cron('@daily') });
  await client.schedule.create({
    scheduleId: dag.id,
    spec: { intervals: [{ every: '1d' }] },
    action: { type: 'startWorkflow', workflowType: 'other', taskQueue: 'other' },
    state: { paused: true },
  });
  const [step] = await createFleet()([dag]);
  expect(step).toMatchObject({ kind: 'refused' });
  expect(step?.kind === 'refused' && step.message).toContain('that "airtempo deploy" did not make');
  expect((await describe(dag.id)).action.workflowType).toBe('other');
});

test('a DAG that cannot be scheduled is refused, the others are deployed', async () => {
  const dense = createDag(uniqueName('a_dense'), {
    schedule: cronTrigger('* * 1-5 * * *', { timezone: 'America/New_York' }),
  });
  const fine = createDag(uniqueName('b_fine'), { schedule: cron('@daily') });
  expect(show(await createFleet()([dense, fine]))).toEqual(['refused', 'create']);
});
