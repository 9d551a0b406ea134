/** Finds the runs that a repair is for, and says whether they can still be asked. */
import type { Client } from '@temporalio/client';
import { AirtempoError } from '../../core/errors.js';
import { createRunsClient, type RunSummary } from '../../workers/runs-client.js';
import { runNotFound } from '../follow-run.js';
import { quote } from '../visibility.js';

/** Runs of a DAG by their logical dates, both inclusive. */
export interface RunRange {
  readonly dagId: string;
  readonly from?: Date;
  readonly to?: Date;
}

/** The latest execution of a run. Throws RUN_NOT_FOUND. */
export async function findRun(client: Client, workflowId: string): Promise<RunSummary> {
  const run = await createRunsClient(client).describe(workflowId);
  if (run === undefined) throw runNotFound(workflowId);
  return run;
}

/** Whether a run still takes updates; a closed one is taken up again instead. */
export function isOpen({ status }: RunSummary): boolean {
  return status === 'RUNNING' || status === 'PAUSED' || status === 'CONTINUED_AS_NEW';
}

/** The latest execution of each run in the range, by logical date. Runs that were never planned have none, and are left out. */
export async function findRuns(client: Client, range: RunRange): Promise<readonly RunSummary[]> {
  const latest = new Map<string, RunSummary>();
  const query = `WorkflowType = ${quote(range.dagId)}`;
  for await (const run of createRunsClient(client).list(query)) {
    const known = latest.get(run.workflowId);
    if (known === undefined || known.startedAt < run.startedAt) latest.set(run.workflowId, run);
  }
  const runs = [...latest.values()].filter((run) => isWithin(run, range));
  if (runs.length === 0) throw noRuns(range);
  return runs.sort((a, b) => dateOf(a) - dateOf(b));
}

function dateOf({ memo }: RunSummary): number {
  return memo === undefined ? Number.NaN : Date.parse(memo.logicalDate);
}

function isWithin(run: RunSummary, { from, to }: RunRange): boolean {
  const date = dateOf(run);
  if (Number.isNaN(date)) return false;
  return (from === undefined || date >= from.getTime()) && (to === undefined || date <= to.getTime());
}

function noRuns({ dagId, from, to }: RunRange): AirtempoError {
  const since = from === undefined ? '' : ` from ${from.toISOString()}`;
  const until = to === undefined ? '' : ` to ${to.toISOString()}`;
  return new AirtempoError(
    'RUN_NOT_FOUND',
    `DAG ${dagId} has no run with a logical date${since}${until}. List its runs with "airtempo runs list --dag ${dagId}".`,
  );
}
