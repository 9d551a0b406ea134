/** `airtempo runs`: list, show, watch; and the repairs of whole runs. */
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_TASK_QUEUE } from '../workers/worker.js';
import { BACKFILL, BACKFILL_CLAIM } from '../workflows/backfill-contract.js';
import { RUN_SLOTS } from '../workflows/contract.js';
import type { App } from './app.js';
import { readRun } from './follow-run.js';
import { formatDuration, formatTable, print, printJson } from './output.js';
import { controlCommands } from './runs/control.js';
import { logsCommand } from './runs/logs.js';
import { markRunCommand } from './runs/mark.js';
import { rerunCommand } from './runs/rerun.js';
import { runUrl, withTemporal, type TemporalSession } from './temporal.js';
import { formatTasks, watchToEnd } from './watch.js';
import type { RunReport } from '../workflows/run-report.js';

const STATUSES = {
  running: 'Running',
  success: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
} as const;
type StatusName = keyof typeof STATUSES;

interface ListOptions {
  readonly dag?: string;
  readonly state?: StatusName;
  readonly limit: number;
  readonly taskQueue: string;
  readonly json?: boolean;
}

/** The command group. */
export function runsCommand(app: App): Command {
  const runs = new Command('runs').description('list, show, watch and repair runs');
  runs
    .command('list')
    .description('list the newest runs')
    .option('--dag <dagId>', 'runs of this DAG only')
    .option('--state <state>', `one of ${Object.keys(STATUSES).join(', ')}`, parseStatus)
    .option('--limit <n>', 'how many at most', parseLimit, 20)
    .option(
      '--task-queue <name>',
      'task queue of the workers',
      app.env['AIRTEMPO_TASK_QUEUE'] ?? DEFAULT_TASK_QUEUE,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  airtempo runs list --dag awst_redshift_dag --state failed')
    .action((options: ListOptions) => withTemporal(app, (session) => list(session, options)));
  runs
    .command('show <workflowId>')
    .description('show a run and its tasks')
    .option('--json', 'print JSON')
    .action((id: string, options: { json?: boolean }) =>
      withTemporal(app, (session) => show(session, id, options)),
    );
  runs
    .command('watch <workflowId>')
    .description('follow a run to its end; exit code 1 if it fails')
    .option('--json', 'print the run as JSON at the end')
    .action((id: string, options: { json?: boolean }) =>
      withTemporal(app, (session) => watchToEnd(session, id, options)),
    );
  runs.addCommand(logsCommand(app));
  runs.addCommand(rerunCommand(app));
  runs.addCommand(markRunCommand(app));
  for (const command of controlCommands(app)) runs.addCommand(command);
  return runs;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit;
  throw new InvalidArgumentError('Use a whole number from 1 to 1000.');
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
  const found: Record<string, string>[] = [];
  for await (const run of client.workflow.list({
    query: conditions.join(' AND '),
    pageSize: options.limit,
  })) {
    if (run.status.name === 'CONTINUED_AS_NEW') continue; // its successor stands for it
    const end = run.closeTime ?? new Date();
    found.push({
      dagId: run.type,
      workflowId: run.workflowId,
      status: run.status.name,
      startedAt: run.startTime.toISOString(),
      duration: formatDuration(end.getTime() - run.startTime.getTime()),
    });
    if (found.length >= options.limit) break;
  }
  if (options.json === true) printJson(found);
  else {
    const columns = ['dagId', 'workflowId', 'status', 'startedAt', 'duration'];
    print(
      formatTable(
        columns,
        found.map((run) => columns.map((column) => run[column] ?? '')),
      ),
    );
  }
}

/** Workflows of the engine's own are no runs; what they start is. */
const RUNS_ONLY = `WorkflowType NOT IN ("${BACKFILL}", "${BACKFILL_CLAIM}", "${RUN_SLOTS}")`;

/** A value in a visibility query; a quote in it must not end it. */
function quote(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '')}"`;
}

async function show(
  session: TemporalSession,
  workflowId: string,
  options: { json?: boolean },
): Promise<void> {
  const run = await readRun(session.client, workflowId);
  const url = runUrl(session.target, workflowId, run.executionId);
  if (options.json === true) {
    printJson({ ...run, url });
    return;
  }
  const interval = run.run === undefined ? '' : `data interval  ${run.run.dataInterval.join(' to ')}`;
  const head = [`${run.dagId}  ${run.run?.runId ?? run.workflowId}  ${run.status}`, interval, url ?? ''];
  print(
    [
      ...head.filter((line) => line !== ''),
      '',
      formatTasks(run),
      ...formatCallbackFailures(run),
      run.failure ?? '',
    ]
      .join('\n')
      .trimEnd(),
  );
}

/** Whom nobody could tell. */
function formatCallbackFailures({
  callbackFailures = [],
}: Pick<RunReport, 'callbackFailures'>): readonly string[] {
  if (callbackFailures.length === 0) return [];
  return [
    '',
    ...callbackFailures.map(({ callback, message }) => `callback ${callback} failed: ${message}`),
    '',
  ];
}
