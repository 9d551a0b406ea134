/**
 * The runs that golden histories are recorded of: together they show whatever the engine can leave in a
 * history. Replaying does not need them, so they may change; the recorded files may not.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { cron, dag, empty, fail, operator, skip, type Dag } from '../../index.js';
import { createGate, untilAborted } from '../workflows/support/gate.js';

/** One history to record. */
export interface Feature {
  readonly dag: Dag;
  readonly conf?: Readonly<Record<string, unknown>>;
  /** The input of a backfill of the DAG, which is recorded instead of a run. */
  readonly backfill?: Readonly<Record<string, unknown>>;
  /** What the recorder does while the run is going on. */
  readonly during?: (handle: WorkflowHandle) => Promise<unknown>;
}

const FAST = { retries: 2, retryDelay: '20ms' } as const;
/** A history is continued at 8,000 events at the latest, and a task in a chain leaves six: the last history is short. */
const TASKS_FOR_TWO_HISTORIES = 1_370;

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

/** By the name of the file they are recorded in. */
export const FEATURES: Readonly<Record<string, Feature>> = {
  'success-with-outputs': { dag: outputs, conf: { note: 'by hand' } },
  'retry-and-failure': { dag: failing },
  'teardown-after-cancel': { dag: cancelled, during: (handle) => gate.reached.then(() => handle.cancel()) },
  skip: { dag: skipping },
  'empty-tasks': { dag: joints },
  'past-and-run-slot': { dag: inTurn },
  'continued-run': { dag: continued },
  backfill: {
    dag: daily,
    backfill: { from: '2018-11-01', to: '2018-11-05', maxActiveRuns: 2 },
    during: (handle) => handle.executeUpdate('pause').then(() => handle.executeUpdate('resume')),
  },
};
