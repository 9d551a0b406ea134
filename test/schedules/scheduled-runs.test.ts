/** Schedules on a real server run real DAGs: intervals, the ON/OFF switch, catchup, and reruns beside the clock. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Dag } from '../../core/dag.js';
import { listRuns } from '../../core/next-runs.js';
import { computeWorkflowId } from '../../core/run-ids.js';
import { continuous, cron, cronTrigger, every, once } from '../../core/timetable.js';
import { deploy, isScheduled } from '../../schedules/deploy.js';
import { switchOn } from '../../schedules/switch-on.js';
import { startEngine, until, type Engine } from '../support/engine.js';
import { byId, createDag, uniqueName } from './support/own-dags.js';

const HOUR_MS = 3_600_000;
const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();

const secondly = createDag(uniqueName('secondly'), { schedule: cron('* * * * * *') });
const rerun = createDag(uniqueName('rerun'), { schedule: every('1s') });
const taken = createDag(uniqueName('taken'), { schedule: cronTrigger('*/3 * * * * *') });
const caughtUp = createDag(uniqueName('caught_up'), {
  schedule: cron('0 * * * *'),
  startDate: hoursAgo(6.5),
  catchup: true,
  jitter: '50m',
});
const latestOnly = createDag(uniqueName('latest_only'), {
  schedule: cron('0 * * * *'),
  startDate: hoursAgo(6.5),
});
const trigger = createDag(uniqueName('trigger'), {
  schedule: cronTrigger('0 0 1 1 *'),
  startDate: '2090-01-01',
});
const missed = createDag(uniqueName('missed'), {
  schedule: cronTrigger('0 0 1 1 *'),
  startDate: '2020-01-01',
});
const onlyOnce = createDag(uniqueName('once'), { schedule: once() });
const onceSince = createDag(uniqueName('once_since'), { schedule: once(), startDate: '2018-11-01' });
const crowd = Array.from({ length: 20 }, () => createDag(uniqueName('crowd'), { schedule: once() }));
const again = createDag(uniqueName('again'), { schedule: continuous() });
const backfilled = createDag(uniqueName('backfilled'), {
  schedule: cron('0 1 * * *', { timezone: 'America/New_York' }),
  startDate: '2025-10-01',
});
const dags = [
  secondly,
  rerun,
  taken,
  caughtUp,
  latestOnly,
  trigger,
  onlyOnce,
  onceSince,
  again,
  backfilled,
  ...crowd,
];

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine(dags);
});
afterAll(async () => {
  for (const { id } of dags)
    await engine.client.schedule
      .getHandle(id)
      .delete()
      .catch(() => undefined);
  await engine.stop();
});

async function deployOff(dag: Dag): Promise<void> {
  const { steps } = await deploy(engine.client, byId([dag]), {
    taskQueue: engine.taskQueue,
    isComplete: false,
    unpause: false,
    dryRun: false,
    note: 'by a test',
    now: new Date(),
  });
  expect(steps).toMatchObject([{ kind: 'create', paused: true }]);
}

async function switchDagOn(dag: Dag): Promise<readonly Date[]> {
  if (!isScheduled(dag)) throw new Error(`${dag.id} has no schedule`);
  return (await switchOn(engine.client, dag, 'by a test')).started;
}

const pause = ({ id }: Dag): Promise<void> => engine.client.schedule.getHandle(id).pause('by a test');

interface Run {
  readonly workflowId: string;
  readonly status: string;
  readonly startTime: Date;
  readonly closeTime: Date | undefined;
  readonly memo: {
    readonly runType?: string;
    readonly logicalDate?: string;
    readonly dataInterval?: readonly string[];
  };
}

/** The runs of a DAG, by workflow id. */
async function listDagRuns({ id }: Dag): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for await (const info of engine.client.workflow.list({ query: `WorkflowType = '${id}'` })) {
    const { workflowId, status, startTime, closeTime, memo } = info;
    runs.push({ workflowId, status: status.name, startTime, closeTime, memo: memo?.['airtempo'] ?? {} });
  }
  return runs.sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
}

const untilCompleted = (dag: Dag, count: number): Promise<readonly Run[]> =>
  until(async () => {
    const runs = await listDagRuns(dag);
    const completed = runs.filter(({ status }) => status === 'COMPLETED');
    return completed.length >= count ? runs : undefined;
  });

const iso = (date: Date): string => date.toISOString().replace('.000Z', 'Z');

test('a scheduled run covers the interval that ends when it fires', async () => {
  await deployOff(secondly);
  await switchDagOn(secondly);
  const runs = await untilCompleted(secondly, 3);
  await pause(secondly);
  for (const { workflowId, memo } of runs.filter(({ status }) => status === 'COMPLETED')) {
    const fireTime = new Date(workflowId.slice(secondly.id.length + 1));
    const start = new Date(fireTime.getTime() - 1000);
    expect(memo).toMatchObject({
      runType: 'scheduled',
      logicalDate: start.toISOString(),
      dataInterval: [start.toISOString(), fireTime.toISOString()],
    });
  }
});

test('a rerun of a date under its own id does not stop the ticks after it', async () => {
  await deployOff(rerun);
  await switchDagOn(rerun);
  const [first] = (await untilCompleted(rerun, 1)).filter(({ status }) => status === 'COMPLETED');
  if (first === undefined) throw new Error('no run has completed');
  const { workflowId } = first;
  const handle = await engine.client.workflow.start(rerun.id, {
    workflowId,
    taskQueue: engine.taskQueue,
    args: [{ logicalDate: first.memo.logicalDate }],
  });
  await handle.result();
  const before = (await listDagRuns(rerun)).length;
  await untilCompleted(rerun, before + 3);
  await pause(rerun);
  const again = (await listDagRuns(rerun)).filter((run) => run.workflowId === workflowId);
  expect(again.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
});

test('a run that was started by hand for a date to come stands in for the scheduled one', async () => {
  await deployOff(taken);
  const fireTime = new Date(Math.ceil((Date.now() + 6000) / 3000) * 3000);
  const workflowId = computeWorkflowId(taken, fireTime);
  await engine.client.workflow.execute(taken.id, {
    workflowId,
    taskQueue: engine.taskQueue,
    args: [{ logicalDate: fireTime.toISOString() }],
  });
  await switchDagOn(taken);
  await until(async () => (await listDagRuns(taken)).some((run) => run.workflowId > workflowId));
  await pause(taken);
  const runs = (await listDagRuns(taken)).filter((run) => run.workflowId === workflowId);
  expect(runs.map(({ memo }) => memo.runType)).toEqual(['manual']);
});

test('with catchup, switching on starts every missed run, whatever the jitter, and only once', async () => {
  await deployOff(caughtUp);
  const started = await switchDagOn(caughtUp);
  await pause(caughtUp);
  const { schedule: timetable, startDate } = caughtUp;
  const owed = [...listRuns({ timetable, startDate }, { from: new Date(0), to: new Date() })].filter(
    ({ fireTime }) => fireTime.getTime() <= Date.now(),
  );
  expect(started.map(iso)).toEqual(owed.map(({ fireTime }) => iso(fireTime)));
  expect([5, 6]).toContain(started.length);
  const runs = await untilCompleted(caughtUp, owed.length);
  expect(runs.map(({ workflowId }) => workflowId)).toEqual(
    owed.map(({ logicalDate }) => computeWorkflowId(caughtUp, logicalDate)),
  );
  expect(runs.map(({ memo }) => memo.dataInterval?.[0])).toEqual(
    owed.map(({ logicalDate }) => logicalDate.toISOString()),
  );
  expect(await switchDagOn(caughtUp)).toEqual([]);
});

test('with catchup, runs that exist already are not started again', async () => {
  const dag = createDag(caughtUp.id, {
    schedule: cron('0 * * * *'),
    startDate: hoursAgo(6.5),
    catchup: true,
  });
  await engine.client.schedule.getHandle(dag.id).delete();
  await deployOff(dag); // the new schedule does not know what the old one did
  expect(await switchDagOn(dag)).toEqual([]);
});

test('without catchup, switching on starts the latest complete interval', async () => {
  await deployOff(latestOnly);
  const started = await switchDagOn(latestOnly);
  await pause(latestOnly);
  expect(started.map(iso)).toEqual([iso(new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS))]);
  const runs = await untilCompleted(latestOnly, 1);
  expect(runs).toMatchObject([{ memo: { runType: 'scheduled' } }]);
  expect(await switchDagOn(latestOnly)).toEqual([]);
});

test('without catchup, a DAG without intervals waits for its next tick, unless one was missed', async () => {
  await deployOff(trigger);
  expect(await switchDagOn(trigger)).toEqual([]);
  await deployOff(missed);
  const [year] = new Date().toISOString().split('-');
  expect((await switchDagOn(missed)).map(iso)).toEqual([`${year ?? ''}-01-01T00:00:00Z`]);
});

test.each([
  ['without a start date it runs when it is switched on', onlyOnce],
  ['with one in the past it runs for that date', onceSince],
])('once: %s, and not a second time', async (_, dag) => {
  await deployOff(dag);
  expect(await switchDagOn(dag)).toHaveLength(1);
  const [run] = await untilCompleted(dag, 1);
  if (dag.startDate !== undefined) expect(run?.workflowId).toBe(`${dag.id}-${iso(dag.startDate)}`);
  await pause(dag);
  expect(await switchDagOn(dag)).toEqual([]);
});

test('many switched on at once: a busy server forgets nothing of what they are owed', async () => {
  await Promise.all(crowd.map(deployOff));
  await Promise.all(crowd.map(switchDagOn));
  for (const dag of crowd) expect(await untilCompleted(dag, 1)).toHaveLength(1);
});

test('continuous: the next run starts when the last has ended', async () => {
  await deployOff(again);
  await switchDagOn(again);
  const runs = (await untilCompleted(again, 2)).filter(({ status }) => status === 'COMPLETED');
  await pause(again);
  const [first, second] = runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
  expect(second?.startTime.getTime()).toBeGreaterThanOrEqual(first?.closeTime?.getTime() ?? Infinity);
});

test('a native backfill gives the run ids of our own, through a change of the clocks', async () => {
  await deployOff(backfilled);
  await engine.client.schedule.getHandle(backfilled.id).backfill({
    start: new Date('2025-11-01T00:00:00Z'),
    end: new Date('2025-11-04T12:00:00Z'),
    overlap: 'ALLOW_ALL',
  });
  const runs = await untilCompleted(backfilled, 4);
  expect(runs.map(({ workflowId }) => workflowId.slice(backfilled.id.length + 1))).toEqual([
    '2025-11-01T05:00:00Z',
    '2025-11-02T06:00:00Z', // clocks go back: the second 01:00
    '2025-11-03T06:00:00Z',
    '2025-11-04T06:00:00Z',
  ]);
  for (const { workflowId, memo } of runs) {
    expect(workflowId).toBe(computeWorkflowId(backfilled, new Date(memo.logicalDate ?? '')));
  }
});
