/** `airtempo dags grid`: the newest runs of a DAG beside its tasks, as Airflow's grid: one column a run. */
import { Command } from 'commander';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import pMap from 'p-map';
import { AirtempoError } from '../../core/errors.js';
import { readRunMemo } from '../../workers/runs-client.js';
import { DEFAULT_TASK_QUEUE } from '../../core/workflow-options.js';
import type { App } from '../app.js';
import { readRun, type FollowedRun } from '../follow-run.js';
import { print, printJson, terminalWidth } from '../output.js';
import { withTemporal } from '../temporal.js';
import { quote } from '../visibility.js';
import { formatGrid, type GridRun } from './format-grid.js';
import { wholeNumber } from '../whole-number.js';

interface GridOptions {
  readonly limit: number;
  readonly taskQueue: string;
  readonly json?: boolean;
}

/** Workers answer the queries; more at once would hold up their runs. */
const QUERIES_AT_ONCE = 4;
/** Runs by hand have dates far apart from their starts: some more are looked at than are shown. */
const LOOK_BACK = 3;

/** The command. */
export function gridCommand(app: App): Command {
  return new Command('grid')
    .description('show the newest runs of a DAG and the state of each task in them')
    .argument('<dagId>')
    .option('-n, --limit <n>', 'how many runs, by logical date', wholeNumber(1, 200), 14)
    .option(
      '--task-queue <name>',
      'task queue of the workers: they answer for the runs',
      app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo dags grid awst_redshift_dag -n 30')
    .action((dagId: string, options: GridOptions) => showGrid(app, dagId, options));
}

async function showGrid(app: App, dagId: string, options: GridOptions): Promise<void> {
  const runs = await withTemporal(app, ({ client }) => readGrid(client, dagId, options));
  if (runs.length === 0) {
    throw new AirtempoError(
      'RUN_NOT_FOUND',
      `Temporal knows no run of DAG ${JSON.stringify(dagId)}. Start one with "airtempo dags trigger ${dagId}", or see "airtempo dags list".`,
    );
  }
  if (options.json === true) printJson({ dagId, runs: runs.map(toJson) });
  else print(formatGrid(dagId, runs, terminalWidth()));
}

function toJson({ run, logicalDate }: GridRun): object {
  const { workflowId, status, state, tasks, startedAt, endedAt } = run;
  return {
    workflowId,
    runId: run.run?.runId,
    logicalDate,
    status,
    state,
    startedAt,
    endedAt,
    tasks: Object.fromEntries(tasks.map((task) => [task.id, task.state])),
  };
}

/** The newest runs by logical date, the oldest of them first. */
async function readGrid(
  client: Client,
  dagId: string,
  { limit, taskQueue }: GridOptions,
): Promise<readonly GridRun[]> {
  const listed: WorkflowExecutionInfo[] = [];
  const query = `WorkflowType = ${quote(dagId)} AND TaskQueue = ${quote(taskQueue)}`;
  for await (const info of client.workflow.list({ query, pageSize: limit * LOOK_BACK })) {
    const isLater = listed.some(({ workflowId }) => workflowId === info.workflowId); // an earlier run of the same id
    if (info.status.name !== 'CONTINUED_AS_NEW' && !isLater) listed.push(info);
    if (listed.length >= limit * LOOK_BACK) break;
  }
  const newest = listed.toSorted((a, b) => (dateOf(a) < dateOf(b) ? -1 : 1)).slice(-limit);
  const read = async (info: WorkflowExecutionInfo): Promise<GridRun | undefined> => {
    const run = await readRun(client, info.workflowId).catch(ignoreMissing);
    return run === undefined ? undefined : { run, logicalDate: run.run?.logicalDate ?? dateOf(info) };
  };
  const runs = await pMap(newest, read, { concurrency: QUERIES_AT_ONCE });
  return runs.filter((run) => run !== undefined).toSorted((a, b) => (a.logicalDate < b.logicalDate ? -1 : 1));
}

/** From the memo, so that no query is needed to choose. */
function dateOf(info: WorkflowExecutionInfo): string {
  return readRunMemo(info)?.logicalDate ?? info.startTime.toISOString();
}

/** Its retention may have ended between listing and reading. */
function ignoreMissing(error: unknown): FollowedRun | undefined {
  if (error instanceof AirtempoError && error.code === 'RUN_NOT_FOUND') return undefined;
  throw error;
}
