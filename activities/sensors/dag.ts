/**
 * The sensor `external_dag_sensor`: waits until another DAG has done its part of a data interval. Coverage counts, not
 * equal dates: a day may wait for 24 hourly runs, or an hour for the nightly one that it lies in.
 */
import { z } from 'zod';
import type { DataInterval, TaskContext } from '../../core/context.js';
import type { OtherRun } from '../../core/dag-runs.js';
import { computeMissing, overlap } from '../../core/interval-coverage.js';
import { fail } from '../../core/outcome.js';
import { parseInstant } from '../../core/run-facts.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';

export interface WaitForDagArgs {
  /** The other DAG. */
  readonly dagId: string;
  /** Waits for this task of it alone. Default: for the whole run. */
  readonly taskId?: string | undefined;
  /** Start and end of what must be covered, ISO. Default: the run's own data interval. Twice the same is a point. */
  readonly interval?: readonly [start: string, end: string] | undefined;
  /** States of the run, or of the task, that cover its interval. Default `success`. */
  readonly allowedStates?: readonly string[] | undefined;
  /** States that fail this task at once. Default none, as in Airflow: a failed run may be repaired. */
  readonly failedStates?: readonly string[] | undefined;
}

export interface WaitForDagOutput {
  /** Workflow ids of the runs that cover the interval; at most 100. */
  readonly workflowIds: readonly string[];
}

const states = z.array(
  z.enum(['running', 'success', 'failed', 'cancelled', 'skipped', 'upstream_failed', 'removed']),
);

const argsSchema: z.ZodType<WaitForDagArgs> = z
  .strictObject({
    dagId: z.string().min(1),
    taskId: z.string().min(1).optional(),
    interval: z.tuple([z.string(), z.string()]).readonly().optional(),
    allowedStates: states.min(1).readonly().optional(),
    failedStates: states.readonly().optional(),
  })
  .refine(
    ({ allowedStates = ['success'], failedStates = [] }) =>
      !failedStates.some((state) => allowedStates.includes(state)),
    'a state is either allowed or failed',
  );

const MOST_IDS = 100;
const NAMED = 3;

/** Succeeds once the interval is covered. Fails at once when a run in the way is in one of `failedStates`. */
export const waitForDag = sensor(
  'external_dag_sensor',
  async ({ args, ctx }: { args: WaitForDagArgs; ctx: TaskContext }): Promise<WaitForDagOutput | NotYet> => {
    const wanted = args.interval === undefined ? ctx.dataInterval : parseInterval(args.interval);
    const runs = await readRuns(args, wanted, ctx);
    const { allowedStates = ['success'], failedStates = [] } = args;
    const covering = runs.filter(({ state }) => allowedStates.includes(state));
    const missing = computeMissing(
      wanted,
      covering.map(({ interval }) => interval),
    );
    if (missing.length === 0) {
      const useful = covering.filter(({ interval }) => overlap(interval, wanted));
      return { workflowIds: useful.slice(0, MOST_IDS).map(({ run }) => run.workflowId) };
    }
    const inTheWay = runs.filter(({ interval }) => missing.some((part) => overlap(part, interval)));
    const failed = inTheWay.find(({ state }) => failedStates.includes(state));
    if (failed !== undefined) {
      fail(
        `${describeSubject(args)} is ${failed.state} in run ${failed.run.workflowId}, and failedStates says so`,
      );
    }
    return notYet(describeMissing(args, missing, inTheWay));
  },
  {
    args: argsSchema,
    summary: ({ dagId, taskId }) =>
      `waits for ${dagId ?? 'a DAG'}${taskId === undefined ? '' : ` · ${taskId}`}`,
  },
);

/** A run that has an interval, with the state that counts: its own or its task's. */
interface Judged {
  readonly run: OtherRun;
  readonly interval: DataInterval;
  readonly state: string;
}

async function readRuns(
  { dagId, taskId }: WaitForDagArgs,
  wanted: DataInterval,
  ctx: TaskContext,
): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const run of await ctx.runs.list(dagId, wanted)) {
    if (run.dataInterval === undefined) continue;
    const state = taskId === undefined ? run.state : await ctx.runs.taskState(run, taskId);
    judged.push({ run, interval: run.dataInterval, state: state ?? 'removed' });
  }
  return judged;
}

function parseInterval([start, end]: readonly [string, string]): DataInterval {
  const interval = { start: parseInstant(start), end: parseInstant(end) };
  if (interval.start <= interval.end) return interval;
  return fail(`the argument interval ends (${end}) before it begins (${start}): swap the two`);
}

function describeSubject({ dagId, taskId }: WaitForDagArgs): string {
  return taskId === undefined ? `DAG ${dagId}` : `task ${taskId} of DAG ${dagId}`;
}

function describeMissing(
  args: WaitForDagArgs,
  missing: readonly DataInterval[],
  inTheWay: readonly Judged[],
): string {
  const parts = missing.slice(0, NAMED).map(({ start, end }) => formatInterval(start, end));
  const more = missing.length > NAMED ? ` and ${String(missing.length - NAMED)} more parts` : '';
  const runs = inTheWay.slice(0, NAMED).map(({ run, state }) => `${run.workflowId} is ${state}`);
  const told = runs.length === 0 ? 'no run of it is known there' : runs.join(', ');
  return `${describeSubject(args)} has not covered ${parts.join(', ')}${more}: ${told}`;
}

function formatInterval(start: Date, end: Date): string {
  return start.getTime() === end.getTime() ? iso(start) : `${iso(start)} to ${iso(end)}`;
}

function iso(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}
