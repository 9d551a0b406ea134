/**
 * The activity `wait_for_past`: finds the previous run and says which tasks it lets start. While there is none, the
 * try fails and Temporal calls again later: waiting takes no slot and leaves nothing in the history.
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { Dag } from '../core/dag.js';
import { AirtempoError } from '../core/errors.js';
import { computeScheduledInterval } from '../core/data-interval.js';
import { stripIndex } from '../core/expand-graph.js';
import { computePreviousRun } from '../core/next-runs.js';
import {
  decideAbsent,
  decidePast,
  isFirstRun,
  listPreviousRuns,
  type PastRun,
  type PastTask,
  type PastVerdict,
} from '../core/past-dependency.js';
import { computeWorkflowId } from '../core/run-ids.js';
import type { TaskState } from '../core/states.js';
import type { PastAnswer, PastRequest } from '../workflows/contract.js';
import type { RunReport } from '../workflows/run-report.js';
import type { RunsClient, RunSummary } from './runs-client.js';

/** What the wait needs. */
export interface PastEnvironment {
  readonly dags: ReadonlyMap<string, Dag>;
  readonly runs: RunsClient;
}

/** What one try knows, and tells the next. */
export interface PastAttempt {
  /** From 1. */
  readonly number: number;
  readonly memory: unknown;
  remember(memory: PastMemory): void;
}

/** Spares the next try from listing all runs of the DAG again. */
export interface PastMemory {
  /** Runs that may be the previous one, the latest first. */
  readonly workflowIds: readonly string[];
  readonly listedAt: string;
}

/** Type of the failure that stands for "not yet". */
const WAITS = 'WAITS_FOR_PAST';
const SHORTEST_WAIT_MS = 1_000;
/** At most so long until the next try: while tasks of the previous run run, while it waits itself, and once it has ended. */
const LONGEST_WAIT_MS = { active: 2_000, waiting: 10_000, ended: 30_000 } as const;
type Pace = keyof typeof LONGEST_WAIT_MS;
/** A listing shows a run a moment after its start. */
const LISTING_LAG_MS = 60_000;
/** So far back a task is looked for that the previous run lacks. */
const MOST_EARLIER_RUNS = 20;

/** Says which tasks may start: one at least. Throws a failure that is tried again while there is none. */
export async function waitForPast(
  request: PastRequest,
  attempt: PastAttempt,
  env: PastEnvironment,
): Promise<PastAnswer> {
  const dag = findDag(request.dagId, env);
  const runs = await findPastRuns(request, dag, attempt, env.runs);
  const [previous, ...earlier] = runs;
  if (previous === undefined || isFirstRun(previous, dag)) return { met: request.tasks.map(({ id }) => id) };
  const report = await env.runs.state(previous.workflowId);
  if (report.run === undefined) throw unplanned(previous.workflowId);
  const verdicts = await decideTasks(request.tasks, report, earlier, env.runs);
  const met = request.tasks.filter((_, index) => verdicts[index]?.kind === 'met').map(({ id }) => id);
  if (met.length > 0) return { met };
  throw notYet(
    previous,
    verdicts,
    Math.min(computeWaitMs(attempt.number), LONGEST_WAIT_MS[paceOf(previous, report)]),
  );
}

function findDag(dagId: string, { dags }: PastEnvironment): Dag {
  const dag = dags.get(dagId);
  if (dag !== undefined) return dag;
  throw new AirtempoError(
    'TASK_CODE_MISSING',
    `This worker has no DAG ${JSON.stringify(dagId)}, so it cannot tell which run is the previous one. Deploy its file again, or cancel the run.`,
  );
}

/** A run that may be the previous one. */
interface Candidate extends PastRun {
  readonly workflowId: string;
  readonly name: string;
  readonly isOpen: boolean;
}

/** The runs that count, the latest first. */
async function findPastRuns(
  request: PastRequest,
  dag: Dag,
  attempt: PastAttempt,
  runs: RunsClient,
): Promise<readonly Candidate[]> {
  const memory = attempt.memory as PastMemory | undefined; // of an earlier try of this very activity
  const logicalDate = new Date(request.logicalDate);
  const listedAt = new Date();
  const candidates = new Map<string, Candidate>();
  const add = (candidate: Candidate | undefined): void => {
    if (candidate !== undefined) candidates.set(candidate.workflowId, candidate);
  };
  // listings lag behind: the run of the slot before, and those known already, are asked for by their ids
  add(await findPreviousSlot(dag, logicalDate, runs));
  for (const id of memory?.workflowIds ?? []) add(await readCandidate(await runs.describe(id), dag, runs));
  for await (const run of runs.list(queryFor(dag, memory))) {
    const isKnown = run.workflowId === request.workflowId || candidates.has(run.workflowId);
    if (!isKnown) add(await readCandidate(run, dag, runs)); // its newest execution: they come first
  }
  const found = listPreviousRuns(candidates.values(), logicalDate, dag).slice(0, MOST_EARLIER_RUNS);
  attempt.remember({
    workflowIds: found.slice(0, 1).map(({ workflowId }) => workflowId),
    listedAt: listedAt.toISOString(),
  });
  return found;
}

function queryFor(dag: Dag, memory: PastMemory | undefined): string {
  const ofDag = `WorkflowType = '${dag.id}'`; // a DAG id holds no quote
  if (memory === undefined) return ofDag;
  const since = new Date(new Date(memory.listedAt).getTime() - LISTING_LAG_MS);
  return `${ofDag} AND StartTime > '${since.toISOString()}'`;
}

/** The run that the timetable made before this one, by its id. */
async function findPreviousSlot(
  dag: Dag,
  logicalDate: Date,
  runs: RunsClient,
): Promise<Candidate | undefined> {
  const { schedule, startDate, endDate } = dag;
  const slot = computePreviousRun({ timetable: schedule, startDate, endDate }, logicalDate);
  if (slot === undefined) return undefined;
  return readCandidate(await runs.describe(computeWorkflowId(dag, slot.logicalDate)), dag, runs);
}

/** What a run stands for. Undefined for one that was refused, so that it was never planned. */
async function readCandidate(
  run: RunSummary | undefined,
  dag: Dag,
  runs: RunsClient,
): Promise<Candidate | undefined> {
  if (run === undefined || (run.memo === undefined && run.status !== 'RUNNING')) return undefined;
  const { workflowId, startedAt } = run;
  const isOpen = run.status === 'RUNNING';
  const facts = run.memo ?? (await runs.state(workflowId)).run;
  if (facts !== undefined) {
    const { runId, runType, logicalDate } = facts;
    return { workflowId, startedAt, isOpen, name: runId, runType, logicalDate: new Date(logicalDate) };
  }
  const fireTime = readFireTime(workflowId, dag);
  if (fireTime === undefined) throw unplanned(workflowId);
  const { start } = computeScheduledInterval(dag.schedule, fireTime);
  return { workflowId, startedAt, isOpen, name: workflowId, runType: 'scheduled', logicalDate: start };
}

/** The time in a workflow id `<dagId>-<fire time>`. */
function readFireTime(workflowId: string, dag: Dag): Date | undefined {
  const text = workflowId.startsWith(`${dag.id}-`) ? workflowId.slice(dag.id.length + 1) : '';
  return /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text) ? new Date(text) : undefined;
}

async function decideTasks(
  tasks: readonly PastTask[],
  previous: RunReport,
  earlier: readonly Candidate[],
  runs: RunsClient,
): Promise<readonly PastVerdict[]> {
  const states = statesOf(previous);
  const verdicts = tasks.map((task): readonly [PastTask, PastVerdict] => [task, decidePast(task, states)]);
  const absent = verdicts.flatMap(([{ id }, { kind }]) => (kind === 'absent' ? [id] : []));
  const known = await findEarlier(absent, earlier, runs);
  return verdicts.map(([task, verdict]) =>
    verdict.kind === 'absent' ? decideAbsent(task, known.has(task.id)) : verdict,
  );
}

/** A mapped task is as far as its instances are: no success as long as one of them is none. */
function statesOf({ tasks }: RunReport): ReadonlyMap<string, TaskState> {
  const states = new Map<string, TaskState>();
  for (const { id, state } of tasks) {
    const taskId = stripIndex(id);
    const before = states.get(taskId);
    if (before === undefined || before === 'success' || before === 'skipped') states.set(taskId, state);
  }
  return states;
}

function paceOf({ isOpen }: Candidate, { counts }: RunReport): Pace {
  if (!isOpen) return 'ended';
  return (counts.running ?? 0) + (counts.scheduled ?? 0) > 0 ? 'active' : 'waiting';
}

function computeWaitMs(attempt: number): number {
  return SHORTEST_WAIT_MS * 2 ** Math.min(attempt - 1, 10);
}

/** Those of the tasks that one of the earlier runs has. */
async function findEarlier(
  taskIds: readonly string[],
  earlier: readonly Candidate[],
  runs: RunsClient,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const run of earlier) {
    if (found.size === taskIds.length) break;
    const states = statesOf(await runs.state(run.workflowId));
    for (const id of taskIds) if (states.has(id)) found.add(id);
  }
  return found;
}

function unplanned(workflowId: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: WAITS,
    message: `Waits for the previous run, ${workflowId}, which has not been planned yet.`,
    category: ApplicationFailureCategory.BENIGN,
    nextRetryDelay: SHORTEST_WAIT_MS,
  });
}

const NAMED_REASONS = 3;

function notYet(previous: Candidate, verdicts: readonly PastVerdict[], waitMs: number): ApplicationFailure {
  const reasons = verdicts.flatMap((verdict) => (verdict.kind === 'waits' ? [verdict.reason] : []));
  const more = reasons.length > NAMED_REASONS ? `, and ${String(reasons.length - NAMED_REASONS)} more` : '';
  return ApplicationFailure.create({
    type: WAITS,
    message: `Waits for the previous run, ${previous.name} (${previous.workflowId}): ${reasons.slice(0, NAMED_REASONS).join('; ')}${more}.`,
    category: ApplicationFailureCategory.BENIGN, // neither logged as an error nor counted as one
    nextRetryDelay: waitMs,
  });
}
