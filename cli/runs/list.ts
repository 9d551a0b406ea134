/** `airtempo runs list`: the newest runs, with what each stands for. */
import { Command, InvalidArgumentError } from 'commander';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { DEFAULT_TASK_QUEUE } from '../../core/workflow-options.js';
import { BACKFILL, BACKFILL_CLAIM } from '../../workflows/backfill-contract.js';
import { readRunMemo } from '../../workers/runs-client.js';
import { RUN_SLOTS, type RunMemo } from '../../workflows/contract.js';
import type { App } from '../app.js';
import { formatDuration, formatTable, print, printJson, say, style } from '../output.js';
import { withTemporal, type TemporalSession } from '../temporal.js';
import { quote } from '../visibility.js';
import { wholeNumber } from '../whole-number.js';

const STATUSES = {
  running: 'Running',
  success: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
} as const;
type StatusName = keyof typeof STATUSES;

/** Workflows of the engine's own are no runs; what they start is. */
const RUNS_ONLY = `WorkflowType NOT IN ("${BACKFILL}", "${BACKFILL_CLAIM}", "${RUN_SLOTS}")`;

interface ListOptions {
  readonly dag?: string;
  readonly state?: StatusName;
  readonly limit: number;
  readonly taskQueue: string;
  readonly json?: boolean;
}

/** A run in the list. */
interface ListedRun extends Partial<Pick<RunMemo, 'runId' | 'runType' | 'logicalDate'>> {
  readonly dagId: string;
  readonly workflowId: string;
  readonly status: string;
  readonly startedAt: string;
  readonly duration: string;
}

/** The command. */
export function listCommand(app: App): Command {
  return new Command('list')
    .description('list the newest runs')
    .option('--dag <dagId>', 'runs of this DAG only')
    .option('--state <state>', `one of ${Object.keys(STATUSES).join(', ')}`, parseStatus)
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1000), 20)
    .option(
      '--task-queue <name>',
      'task queue of the workers',
      app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo runs list --dag awst_redshift_dag --state failed')
    .action((options: ListOptions) => withTemporal(app, (session) => list(session, options)));
}

function parseStatus(text: string): StatusName {
  if (Object.hasOwn(STATUSES, text)) return text as StatusName;
  throw new InvalidArgumentError(`Use one of ${Object.keys(STATUSES).join(', ')}.`);
}

async function list({ client }: TemporalSession, options: ListOptions): Promise<void> {
  const conditions = [
    `TaskQueue = ${quote(options.taskQueue)}`,
    options.dag === undefined ? RUNS_ONLY : `WorkflowType = ${quote(options.dag)}`,
    ...(options.state === undefined ? [] : [`ExecutionStatus = ${quote(STATUSES[options.state])}`]),
  ];
  const found: ListedRun[] = [];
  for await (const run of client.workflow.list({
    query: conditions.join(' AND '),
    pageSize: options.limit,
  })) {
    if (run.status.name === 'CONTINUED_AS_NEW') continue; // its successor stands for it
    found.push(describeRun(run));
    if (found.length >= options.limit) break;
  }
  if (options.json === true) return printJson(found);
  if (found.length === 0) return say('There is no such run.');
  print(
    formatTable(
      ['dag', 'run', 'state', 'started (UTC)', 'duration', 'workflow id'],
      found.map((run) => [
        run.dagId,
        run.runId ?? style('dim', 'not planned'),
        formatStatus(run.status),
        run.startedAt.slice(0, 19).replace('T', ' '),
        run.duration,
        run.workflowId,
      ]),
    ),
  );
}

function describeRun(run: WorkflowExecutionInfo): ListedRun {
  const memo = readRunMemo(run);
  const end = run.closeTime ?? new Date();
  return {
    dagId: run.type,
    workflowId: run.workflowId,
    ...(memo === undefined
      ? {}
      : { runId: memo.runId, runType: memo.runType, logicalDate: memo.logicalDate }),
    status: run.status.name,
    startedAt: run.startTime.toISOString(),
    duration: formatDuration(end.getTime() - run.startTime.getTime()),
  };
}

/** Temporal's word for an execution as Airflow's for a run, with its icon and colour. */
export function formatStatus(status: string): string {
  if (status === 'COMPLETED') return style('green', '✔ success');
  if (status === 'RUNNING') return style('cyan', '▶ running');
  return style(status === 'CANCELLED' ? 'magenta' : 'red', `✘ ${status.toLowerCase()}`);
}
