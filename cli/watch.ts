/** Shows a run in the terminal as it goes: a table that is redrawn, or a line per change where there is no terminal. */
import logUpdate, { createLogUpdate } from 'log-update';
import type { Client } from '@temporalio/client';
import { followRun, type FollowedRun, type FollowedTask } from './follow-run.js';
import { formatDuration, formatState, formatTable, printJson, say } from './output.js';
import { runUrl, type TemporalSession } from './temporal.js';

/** In a terminal, more tasks than this are summed up. */
const TABLE_ROWS = 40;

/** Follows a run to its end, showing it on stderr. Returns how it ended. */
export async function watchRun(
  client: Client,
  workflowId: string,
  signal?: AbortSignal,
): Promise<FollowedRun> {
  const show = process.stderr.isTTY ? showTable() : showLines();
  let run: FollowedRun | undefined;
  for await (run of followRun(client, workflowId, signal)) show(run);
  if (process.stderr.isTTY) logUpdate.done();
  if (run === undefined) throw new Error('a run is shown at least once');
  return run;
}

/** Follows a run to its end; one that fails makes the exit code 1. With `json`, prints the run at the end. */
export async function watchToEnd(
  { client, target }: TemporalSession,
  workflowId: string,
  options: { readonly json?: boolean },
): Promise<void> {
  const run = await watchRun(client, workflowId);
  if (options.json === true) printJson({ ...run, url: runUrl(target, workflowId, run.executionId) });
  if (run.state === 'success') return;
  say(run.failure ?? `The run ended as ${run.status}.`);
  process.exitCode = 1;
}

function showTable(): (run: FollowedRun) => void {
  const draw = createLogUpdate(process.stderr);
  return (run) => {
    draw(`${formatHead(run)}\n${formatTasks(run)}`);
    if (run.status !== 'RUNNING') draw.done();
  };
}

function showLines(): (run: FollowedRun) => void {
  const shown = new Map<string, string>();
  return (run) => {
    for (const task of run.tasks) {
      const line = formatTaskLine(task);
      if (task.state === 'none' || task.state === 'scheduled' || shown.get(task.id) === line) continue;
      shown.set(task.id, line);
      say(line);
    }
  };
}

function formatTaskLine(task: FollowedTask): string {
  const duration = task.durationMs === undefined ? '' : `  ${formatDuration(task.durationMs)}`;
  const tries = task.tryNumber === undefined ? '' : `  try ${String(task.tryNumber)}`;
  const message = task.message === undefined ? '' : `  ${task.message}`;
  return `  ${formatState(task.state)}  ${task.id}${duration}${tries}${message}`;
}

function formatHead(run: FollowedRun): string {
  const counts = Object.entries(run.counts).map(([state, count]) => `${String(count)} ${state}`);
  const waits = run.tasks.length === 0 ? 'waiting for a worker' : counts.join(', ');
  return `${run.dagId}  ${run.run?.runId ?? run.workflowId}  ${waits}`;
}

/** The tasks of a run as a table. */
export function formatTasks(run: FollowedRun): string {
  const tasks = run.tasks.length <= TABLE_ROWS ? run.tasks : run.tasks.filter(isNotable).slice(0, TABLE_ROWS);
  const rows = tasks.map((task) => [
    task.id,
    formatState(task.state),
    task.durationMs === undefined ? '' : formatDuration(task.durationMs),
    task.tryNumber === undefined ? '' : `try ${String(task.tryNumber)}`,
    oneLine(task.message ?? ''),
  ]);
  return formatTable(['task', 'state', 'duration', '', ''], rows);
}

function isNotable(task: FollowedTask): boolean {
  return ['running', 'failed', 'up_for_retry', 'up_for_reschedule'].includes(task.state);
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}
