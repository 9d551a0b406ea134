/** `airtempo runs show`: a run and its tasks as a table, as bars over time, or as JSON. */
import { Command } from 'commander';
import type { App } from '../app.js';
import { readRun, type FollowedRun } from '../follow-run.js';
import { formatDuration, print, printJson, style, terminalWidth } from '../output.js';
import { formatCounts, formatTaskTable } from '../task-table.js';
import { runUrl, withTemporal } from '../temporal.js';
import { formatGantt } from './gantt.js';
import { formatStatus } from './list.js';

interface ShowOptions {
  readonly gantt?: boolean;
  readonly json?: boolean;
}

/** More rows than this are for a script, which reads JSON. */
const MOST_ROWS = 500;

/** The command. */
export function showCommand(app: App): Command {
  return new Command('show')
    .description('show a run: its tasks with tries, start, duration and waiting time')
    .argument('<workflowId>')
    .option('--gantt', 'draw the tasks as bars over time')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  airtempo runs show awst_redshift_dag-2018-11-03T00:00:00Z
  airtempo runs show awst_redshift_dag-2018-11-03T00:00:00Z --gantt
Times are UTC. "waited" is the time between being able to run and starting: for a slot of the run, then for a worker.`,
    )
    .action((workflowId: string, options: ShowOptions) => show(app, workflowId, options));
}

async function show(app: App, workflowId: string, options: ShowOptions): Promise<void> {
  await withTemporal(app, async ({ client, target }) => {
    const run = await readRun(client, workflowId);
    const url = runUrl(target, workflowId, run.executionId);
    if (options.json === true) return printJson({ ...run, url });
    const now = new Date();
    const width = terminalWidth();
    const body =
      options.gantt === true
        ? formatGantt(run, width, now)
        : formatTaskTable(run, { width, rows: MOST_ROWS }, now);
    // the table has the failed tasks with their messages already
    const isTold =
      run.failure === undefined || (!run.cancelled && run.tasks.some((task) => task.state === 'failed'));
    const failure = isTold ? [] : ['', style('red', run.failure ?? '')];
    print(
      [
        ...formatRunHead(run, now),
        ...(url === undefined ? [] : [style('dim', url)]),
        '',
        body,
        ...formatCallbackFailures(run),
        ...failure,
      ].join('\n'),
    );
  });
}

/** Which run it is, how it stands, and which interval it is responsible for. */
export function formatRunHead(run: FollowedRun, now: Date): readonly string[] {
  const name = `${style('bold', run.dagId)}  ${run.run?.runId ?? run.workflowId}`;
  const end = run.endedAt === undefined ? now : new Date(run.endedAt);
  const took = formatDuration(end.getTime() - Date.parse(run.startedAt));
  const started = run.startedAt.slice(0, 19).replace('T', ' ');
  const interval =
    run.run === undefined ? [] : [`data interval ${run.run.dataInterval.map(shorten).join(' to ')}`];
  return [
    `${name}  ${run.paused === true ? style('yellow', '‖ paused') : formatStatus(run.status)}`,
    style(
      'dim',
      [`started ${started} UTC`, took, formatCounts(run)].filter((text) => text !== '').join('  ·  '),
    ),
    ...interval.map((text) => style('dim', text)),
  ];
}

function shorten(instant: string): string {
  return instant.replace(/(:00)?\.000Z$/, 'Z').replace(/T00:00Z$/, '');
}

/** Whom nobody could tell. */
function formatCallbackFailures({ callbackFailures = [] }: FollowedRun): readonly string[] {
  const lines = callbackFailures.map(({ callback, message }) => `callback ${callback} failed: ${message}`);
  return lines.length === 0 ? [] : ['', ...lines.map((line) => style('yellow', line))];
}
