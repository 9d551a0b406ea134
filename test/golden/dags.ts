/**
 * The runs that golden histories are recorded of: together they show whatever the engine can leave in a
 * history. Replaying does not need them, so they may change; the recorded files may not.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { approval, cron, dag, each, empty, fail, operator, sensor, skip, type Dag } from '../../index.js';
import { createGate, untilAborted } from '../workflows/support/gate.js';

/** One history to record. */
export interface Feature {
  /** Absent for a stream. */
  readonly dag?: Dag;
  readonly conf?: Readonly<Record<string, unknown>>;
  /** The input of a backfill of the DAG, which is recorded instead of a run. */
  readonly backfill?: Readonly<Record<string, unknown>>;
  /** The arguments of a stream, which is recorded instead of a run. */
  readonly stream?: readonly unknown[];
  /** What the recorder does while the run is going on. */
  readonly during?: (handle: WorkflowHandle) => Promise<unknown>;
}

const FAST = { retries: 2, retryDelay: '20ms' } as const;
/** A history is continued at 8,000 events at the latest, and a task in a chain leaves six: the last history is short. */
const TASKS_FOR_TWO_HISTORIES = 1_340;

const outputs = dag('outputs', { dagrunTimeout: '1h' }, ({ task, group }) => {
  const load = group('load', ({ task: inGroup }) => ({ rows: inGroup('users', () => ({ count: 3 })) }));
  const double = task('double', ({ args }) => args.rows.count * 2, { rows: load.result.rows });
  task(
    'report',
    ({ args, ctx }) => `${String(args.total)} rows on ${ctx.ds}`,
    { total: double },
    { priority: 1 },
  );
});

const failing = dag('failing', {}, ({ task }) => {
  const flaky = task(
    'flaky',
    ({ ctx }) => {
      if (ctx.tryNumber < 3) throw new Error('busy');
    },
    {},
    FAST,
  );
  const broken = task(
    'broken',
    () => {
      throw new Error('the warehouse is closed');
    },
    {},
    { ...FAST, retries: 1 },
  );
  flaky.then(broken).then(task('after', () => 1));
  broken.then(task('on_failure', () => 'told somebody', {}, { triggerRule: 'one_failed' }));
  broken.then(task('always', () => 'cleaned', {}, { triggerRule: 'all_done' }));
});

const gate = createGate();

const cancelled = dag('cancelled', { defaultArgs: { heartbeatTimeout: '1s' } }, ({ task }) => {
  const start = task('start', () => ({ id: 'cluster' })).asSetup();
  const work = task('work', ({ ctx }) => {
    void gate.pass();
    return untilAborted(ctx.signal);
  });
  const stop = task('stop', ({ args }) => args.cluster.id, { cluster: start }).asTeardown({
    setups: [start],
  });
  start
    .then(work)
    .then(task('never', () => 1))
    .then(stop);
});

const skipping = dag('skipping', {}, ({ task }) => {
  const check = task('check', () => skip('no data today'));
  const load = task('load', () => 1);
  check.then(load).then(task('join', () => 2, {}, { triggerRule: 'none_failed' }));
});

const joints = dag('joints', {}, ({ task }) => {
  const begin = task('begin', empty);
  const work = task('work', () => 1);
  begin.then(work).then(task('end', empty));
});

const inTurn = dag('in_turn', { maxActiveRuns: 1 }, ({ task }) => {
  const extract = task('extract', () => 1);
  extract.then(task('load', () => 2, {}, { dependsOnPast: true, waitForDownstream: true })).then(task('check', () => 3));
});

const step = operator('step', () => undefined);

const continued = dag('continued', {}, ({ task }) => {
  const first = task('first', () => ({ token: 'made early' }));
  const skipped = task('skipped', () => skip('no data today'));
  const last = task('last', ({ args }) => args.early.token, { early: first }, { triggerRule: 'all_done' });
  const steps = Array.from({ length: TASKS_FOR_TWO_HISTORIES }, (_, index) =>
    task(`s${String(index)}`, step),
  );
  for (const [index, next] of steps.entries()) (steps[index - 1] ?? first).then(next);
  steps.at(-1)?.then(last);
  skipped.then(last);
});

const daily = dag('daily', { schedule: cron('0 0 * * *'), startDate: '2018-11-01' }, ({ task }) => {
  task('load', ({ ctx }) => (ctx.ds === '2018-11-02' ? fail('no data') : ctx.ds));
});

const mapped = dag('mapped', {}, ({ task, map, mapGroup }) => {
  const list = task('list', () => ['a', 'b', 'c']);
  const load = map('load', ({ args }) => `${args.key}!`, { key: each(list) }, { maxActive: 2 });
  const group = mapGroup('per_key', { key: each(list), n: each([1, 2]) }, ({ task, item }) => ({
    last: task('last', ({ args }) => args.n, {
      n: item.n,
      first: task('first', ({ args }) => args.key, { key: item.key }),
    }),
  }));
  task('all', ({ args }) => [args.load.length, args.last.length], { load, last: group.result.last });
});

const decided = dag('decided', {}, ({ task, branch, shortCircuit }) => {
  const pick = branch('pick', () => 'ask');
  const ask = task('ask', approval, { message: 'Go on?' });
  const rows = shortCircuit('rows', () => [], {});
  pick.then(task('other', () => 1), ask);
  ask.then(rows).then(task('never', () => 1));
});

const approve = async (handle: WorkflowHandle): Promise<void> => {
  const decision = { task: 'ask', approved: true, by: 'Ada', comment: 'looks right' };
  while (!(await handle.executeUpdate('approve', { args: [decision] }).then(Boolean, () => false)));
};

const cleared = createGate();

const repaired = dag('repaired', {}, ({ task }) => {
  const work = task('work', () => 1);
  work.then(task('after', () => 2));
  task('hold', ({ ctx }) => {
    void cleared.pass();
    return untilAborted(ctx.signal).catch(() => undefined);
  }, {}, { heartbeatTimeout: '1s' });
});

const repair = async (handle: WorkflowHandle): Promise<void> => {
  await cleared.reached;
  const ask = (name: string, input?: object): Promise<boolean> =>
    handle.executeUpdate<unknown, [unknown]>(name, { args: [input] }).then(Boolean, () => false);
  await ask('pause');
  await ask('resume');
  while (!(await ask('clear', { tasks: ['work', 'after'] })));
  await ask('mark_task', { task: 'hold', state: 'success' });
};

const told = dag('told', { onSuccess: () => undefined }, ({ task }) => {
  task('work', () => 1, {}, { onSuccess: [() => undefined] });
});

const looked = new Set<string>();
const patient = sensor('patient', ({ ctx }) => {
  const isSecond = looked.has(ctx.runId);
  looked.add(ctx.runId);
  return isSecond;
});

const waiting = dag('waiting', {}, ({ task }) => {
  task('wait', patient, {}, { pokeInterval: '1s' }).then(task('load', () => 1));
});

/** Paused and resumed in its second history. */
const steer = async ({ client, workflowId }: WorkflowHandle): Promise<void> => {
  const first = await client.getHandle(workflowId).describe();
  const latest = client.getHandle(workflowId);
  while ((await latest.describe()).runId === first.runId);
  await latest.executeUpdate('pause');
  await latest.executeUpdate('resume');
  await latest.cancel();
};

/** By the name of the file they are recorded in. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  'success-with-outputs': { dag: outputs, conf: { note: 'by hand' } },
  'retry-and-failure': { dag: failing },
  'teardown-after-cancel': { dag: cancelled, during: (handle) => gate.reached.then(() => handle.cancel()) },
  skip: { dag: skipping },
  'empty-tasks': { dag: joints },
  'past-and-run-slot': { dag: inTurn },
  'continued-run': { dag: continued }, // of the releases that carried a run as JSON
  'packed-run': { dag: continued },
  'mapped-tasks': { dag: mapped },
  'branch-and-approval': { dag: decided, during: approve },
  repairs: { dag: repaired, during: repair },
  callbacks: { dag: told },
  sensor: { dag: waiting },
  stream: {
    stream: [
      { connId: 'kafka', topic: 'events', sink: { kind: 'warehouse', connId: 'postgres' }, interval: '100ms' },
      { $airtempo: 'stream', portionMs: 300, continueAfterEvents: 30 },
    ],
    during: steer,
  },
  backfill: {
    dag: daily,
    backfill: { from: '2018-11-01', to: '2018-11-05', maxActiveRuns: 2 },
    during: (handle) => handle.executeUpdate('pause').then(() => handle.executeUpdate('resume')),
  },
};
