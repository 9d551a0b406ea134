/** Shows a run in the terminal as it goes: a table that is redrawn, or a line per change where there is no terminal. */
import logUpdate, { createLogUpdate } from 'log-update';
import type { Client } from '@temporalio/client';
import { followRun, type FollowedRun, type FollowedTask } from './follow-run.js';
import { formatDuration, formatState, printJson, say } from './output.js';
import { formatRunHead } from './runs/show.js';
import { formatTaskTable } from './task-table.js';
import { runUrl, type TemporalSession } from './temporal.js';

/** Head, table head and prompt: a redrawn table must fit the screen. */
const ROWS_AROUND = 8;

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
    const now = new Date();
    const size = { width: process.stderr.columns, rows: Math.max(5, process.stderr.rows - ROWS_AROUND) };
    draw([...formatRunHead(run, now), '', formatTaskTable(run, size, now)].join('\n'));
    if (run.status !== 'RUNNING') draw.done();
  };
}

/** States that pass by themselves and are not worth a line. */
const QUIET: readonly string[] = ['none', 'scheduled', 'queued'];

function showLines(): (run: FollowedRun) => void {
  const shown = new Map<string, string>();
  return (run) => {
    for (const task of run.tasks) {
      const line = formatTaskLine(task);
      if (QUIET.includes(task.state) || shown.get(task.id) === line) continue;
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
