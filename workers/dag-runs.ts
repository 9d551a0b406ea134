/**
 * Runs of other DAGs for tasks: what core/dag-runs.ts promises, through Temporal. A run that a task starts carries the
 * task's key in its memo, by which a later try knows it again.
 */
import { createHash } from 'node:crypto';
import type { DataInterval } from '../core/context.js';
import type { Dag } from '../core/dag.js';
import type { DagRuns, OtherRun, OtherRunState, TriggerRequest } from '../core/dag-runs.js';
import { AirtempoError } from '../core/errors.js';
import { overlap } from '../core/interval-coverage.js';
import { listRuns } from '../core/next-runs.js';
import { computeManualWorkflowId, computeWorkflowId } from '../core/run-ids.js';
import { computeIntervalOf } from '../core/data-interval.js';
import { findDag } from './plan-run.js';
import type { RunsClient, RunSummary } from './runs-client.js';

/** What of a worker it needs. */
export interface DagRunsParts {
  readonly runs: RunsClient;
  readonly dags: ReadonlyMap<string, Dag>;
  /** Where runs are started. */
  readonly taskQueue: string;
}

/** The task that asks: the same at each of its tries, another once it has been cleared. */
export interface Caller {
  readonly key: string;
  readonly at: Date;
}

/** So many runs of a timetable are asked for by their ids, … */
const MOST_EXPECTED = 100;
/** … and so many more are looked through in the listing, the newest first. */
const MOST_LISTED = 1_000;

/** Access to other runs for one task. */
export function createDagRuns({ runs, dags, taskQueue }: DagRunsParts, caller: Caller): DagRuns {
  const idOf = ({ dagId, logicalDate }: Pick<TriggerRequest, 'dagId' | 'logicalDate'>): string =>
    logicalDate === undefined
      ? computeManualWorkflowId(dagId, caller.at, shorten(caller.key))
      : computeWorkflowId(findDag(dagId, dags), new Date(logicalDate));
  const find = async (workflowId: string): Promise<OtherRun | undefined> => {
    const run = await runs.describe(workflowId);
    return run === undefined ? undefined : toOtherRun(run, caller);
  };
  return {
    trigger: async (request) => {
      findDag(request.dagId, dags);
      const workflowId = idOf(request);
      const known = await find(workflowId);
      if (known?.isMine === true) return known;
      if (known !== undefined && (known.state === 'running' || !request.reset)) throw taken(request, known);
      const { dagId, conf, logicalDate } = request;
      await runs.start({
        dagId,
        workflowId,
        taskQueue,
        input: {
          ...(conf === undefined ? {} : { conf }),
          ...(logicalDate === undefined ? {} : { logicalDate }),
        },
        startedBy: caller.key,
      });
      const started = await find(workflowId);
      if (started?.isMine === true) return started;
      throw taken(request, started);
    },
    findTriggered: (request) => find(idOf(request)),
    list: (dagId, interval) => list(dagId, interval, { runs, dags, taskQueue }, caller),
    taskState: async ({ workflowId }, taskId) => {
      const { tasks } = await runs.state(workflowId);
      return tasks.find(({ id }) => id === taskId)?.state;
    },
    failureOf: ({ workflowId }) => runs.failure(workflowId),
    cancel: ({ workflowId }) => runs.cancel(workflowId),
  };
}

function shorten(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 12);
}

function taken({ dagId, logicalDate }: TriggerRequest, run: OtherRun | undefined): AirtempoError {
  const what = run === undefined ? 'another run' : `${run.workflowId}, which is ${run.state}`;
  const fix =
    run?.state === 'running'
      ? 'Wait for its end, or trigger another date.'
      : 'Say resetDagRun: true to run it again, or trigger another date.';
  return new AirtempoError(
    'INVALID_RUN_INPUT',
    `DAG ${dagId} has a run for ${String(logicalDate)} already: ${what}. ${fix}`,
  );
}

/** The timetable's runs by their ids, which is exact; then whatever else the listing knows. */
async function list(
  dagId: string,
  interval: DataInterval,
  { runs, dags }: DagRunsParts,
  caller: Caller,
): Promise<readonly OtherRun[]> {
  const found = new Map<string, OtherRun>();
  const add = (run: RunSummary | undefined): void => {
    // the newest execution of an id comes first; one that went on in a new history has a newer
    if (run === undefined || run.status === 'CONTINUED_AS_NEW' || found.has(run.workflowId)) return;
    const other = toOtherRun(run, caller);
    if (other.dataInterval !== undefined && overlap(other.dataInterval, interval))
      found.set(run.workflowId, other);
  };
  const expected = expectedIds(dags.get(dagId), interval);
  for (const run of await Promise.all(expected.map((id) => runs.describe(id)))) add(run);
  let seen = 0;
  for await (const run of runs.list(
    `WorkflowType = '${dagId}' AND StartTime >= '${interval.start.toISOString()}'`,
  )) {
    add(run);
    seen += 1;
    if (seen >= MOST_LISTED) break;
  }
  return [...found.values()];
}

function expectedIds(dag: Dag | undefined, interval: DataInterval): readonly string[] {
  if (dag === undefined) return [];
  const { schedule, startDate, endDate } = dag;
  const from = computeIntervalOf(schedule, interval.start).start;
  const ids: string[] = [];
  for (const run of listRuns({ timetable: schedule, startDate, endDate }, { from, to: interval.end })) {
    ids.push(computeWorkflowId(dag, run.logicalDate));
    if (ids.length >= MOST_EXPECTED) break;
  }
  return ids;
}

const STATES: Readonly<Record<string, OtherRunState>> = {
  RUNNING: 'running',
  CONTINUED_AS_NEW: 'running',
  COMPLETED: 'success',
  FAILED: 'failed',
  TIMED_OUT: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'cancelled',
};

function toOtherRun(run: RunSummary, caller: Caller): OtherRun {
  const { dagId, workflowId, executionId, memo, startedBy } = run;
  const [start, end] = memo?.dataInterval ?? [];
  return {
    dagId,
    workflowId,
    executionId,
    state: STATES[run.status] ?? 'running',
    ...(memo === undefined ? {} : { runId: memo.runId }),
    ...(start === undefined || end === undefined
      ? {}
      : { dataInterval: { start: new Date(start), end: new Date(end) } }),
    isMine: startedBy === caller.key,
  };
}
