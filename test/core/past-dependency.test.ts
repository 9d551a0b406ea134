/** What the previous run says of a task: each row of Airflow's prev_dagrun_dep.py. */
import { describe, expect, test } from '@jest/globals';
import {
  decideAbsent,
  decidePast,
  isFirstRun,
  listPreviousRuns,
  type PastDag,
  type PastRun,
  type PastTask,
} from '../../core/past-dependency.js';
import type { TaskState } from '../../core/states.js';

const DAG: PastDag = { catchup: false };
const CATCHUP: PastDag = { catchup: true, startDate: new Date('2018-11-02') };

function run(date: string, runType: PastRun['runType'] = 'scheduled', startedAt = '2018-12-01'): PastRun {
  return { runType, logicalDate: new Date(date), startedAt: new Date(startedAt) };
}

describe('the previous run', () => {
  const runs = [run('2018-11-01'), run('2018-11-03', 'manual'), run('2018-11-02', 'backfill')];
  const previous = (date: string, dag: PastDag): string | undefined =>
    listPreviousRuns(runs, new Date(date), dag)[0]?.logicalDate.toISOString().slice(0, 10);

  test.each([
    ['is the latest before, of any type', '2018-11-04', DAG, '2018-11-03'],
    ['is no run of the same date', '2018-11-03', DAG, '2018-11-02'],
    ['is no later run', '2018-11-02', DAG, '2018-11-01'],
    ['is none for the first', '2018-11-01', DAG, undefined],
    ['was not started by hand when the DAG catches up', '2018-11-04', CATCHUP, '2018-11-02'],
    ['may be of a backfill when the DAG catches up', '2018-11-03', CATCHUP, '2018-11-02'],
  ])('%s', (_, date, dag, expected) => {
    expect(previous(date, dag)).toBe(expected);
  });

  test('is the last one started, of several for a date', () => {
    const repaired = run('2018-11-02', 'manual', '2018-12-24');
    const twice = [run('2018-11-02'), repaired, run('2018-11-02', 'backfill', '2018-12-05')];
    expect(listPreviousRuns(twice, new Date('2018-11-03'), DAG)).toEqual([repaired]);
    const together = [run('2018-11-02', 'manual'), run('2018-11-02')];
    expect(listPreviousRuns(together, new Date('2018-11-03'), DAG)[0]?.runType).toBe('manual');
  });
});

describe('no task has to ask', () => {
  test.each([
    ['the first run', undefined, DAG, true],
    ['the first of a DAG that catches up', undefined, CATCHUP, true],
    ['a DAG that catches up, whose previous run lies before its start', run('2018-11-01'), CATCHUP, true],
    ['… and one that lies at its start', run('2018-11-02'), CATCHUP, false],
    [
      'without catchup the start date does not matter',
      run('2018-11-01'),
      { ...CATCHUP, catchup: false },
      false,
    ],
  ])('%s', (_, previous, dag, expected) => {
    expect(isFirstRun(previous, dag)).toBe(expected);
  });
});

const task: PastTask = { id: 'load' };
const withDownstream: PastTask = { id: 'load', downstream: ['check', 'report'] };
const statesOf = (states: Record<string, TaskState>): ReadonlyMap<string, TaskState> =>
  new Map(Object.entries(states));

describe('the task in the previous run', () => {
  test.each<[TaskState, string]>([
    ['success', 'met'],
    ['skipped', 'met'],
    ['none', 'load is not started'],
    ['scheduled', 'load is scheduled'],
    ['running', 'load is running'],
    ['failed', 'load is failed'],
    ['upstream_failed', 'load is upstream_failed'],
    ['removed', 'load is removed'],
  ])('%s', (state, expected) => {
    const verdict = decidePast(task, statesOf({ load: state, check: 'failed' }));
    expect(verdict.kind === 'waits' ? verdict.reason : verdict.kind).toBe(expected);
  });

  test('may be absent', () => {
    expect(decidePast(task, statesOf({ check: 'success' }))).toEqual({ kind: 'absent' });
  });

  test.each<[PastTask, boolean, string]>([
    [task, false, 'met'],
    [task, true, 'load is not part of it'],
    [{ ...task, ignoreFirstDependsOnPast: false }, false, 'load is not part of it'],
    [{ ...task, ignoreFirstDependsOnPast: false }, true, 'load is not part of it'],
  ])('absent: %j, in an earlier run: %s', (asking, hadEarlier, expected) => {
    const verdict = decideAbsent(asking, hadEarlier);
    expect(verdict.kind === 'waits' ? verdict.reason : verdict.kind).toBe(expected);
  });
});

describe('the tasks right below it, with waitForDownstream', () => {
  test.each<[Record<string, TaskState>, string]>([
    [{ load: 'success', check: 'success', report: 'skipped' }, 'met'],
    [{ load: 'success', check: 'success' }, 'met'],
    [{ load: 'success', check: 'success', report: 'failed' }, 'report, right below load, is failed'],
    [{ load: 'success', check: 'none', report: 'success' }, 'check, right below load, is not started'],
    [{ load: 'skipped', check: 'running', report: 'failed' }, 'check, right below load, is running'],
    [{ load: 'failed', check: 'success', report: 'success' }, 'load is failed'],
    [{ load: 'success', report: 'none' }, 'report, right below load, is not started'],
  ])('%j', (states, expected) => {
    const verdict = decidePast(withDownstream, statesOf(states));
    expect(verdict.kind === 'waits' ? verdict.reason : verdict.kind).toBe(expected);
  });
});
