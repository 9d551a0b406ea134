/** A run's tasks as a table that fits the terminal: state, tries, start, duration, waiting, message. */
import { stripVTControlCharacters } from 'node:util';
import type { FollowedRun, FollowedTask } from './follow-run.js';
import { fit, formatDuration, formatState, formatTable, style } from './output.js';

/** What fits. */
export interface TableSize {
  readonly width: number;
  readonly rows: number;
}

/** The head line, then the table. Of a run with more tasks than rows, those that want attention. */
export function formatTaskTable(run: FollowedRun, size: TableSize, now: Date): string {
  const tasks = chooseRows(run.tasks, size.rows);
  const rows = tasks.map((task) => formatCells(task, run.startedAt, now));
  const head = ['task', 'state', 'tries', 'start', 'duration', 'waited'];
  const kept = head.map((_, column) => column < 2 || rows.some((row) => row[column] !== ''));
  const choose = (cells: readonly string[]): string[] => cells.filter((_, column) => kept[column]);
  const table = formatTable(
    [...choose(head), ''],
    rows.map((row) => [...choose(row), '']),
  );
  const lines = table.split('\n');
  const used = Math.max(...lines.map((line) => plainLength(line))) + 2;
  const messages = [
    '',
    ...tasks.map((task) => fit(formatMessage(task, now), Math.max(20, size.width - used))),
  ];
  const shown = lines.map((line, index) => joinMessage(line, used, messages[index] ?? ''));
  const left = run.tasks.length - tasks.length;
  const more = left === 0 ? [] : [style('dim', `… ${String(left)} more tasks; --json has them all`)];
  return [...shown, ...more].join('\n');
}

/** `success`, `3 running, 2 success`: how the tasks stand. */
export function formatCounts(run: FollowedRun): string {
  if (run.tasks.length === 0) return run.status === 'RUNNING' ? 'waiting for a worker' : '';
  const counts = new Map<string, number>();
  for (const { state } of run.tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${String(count)} ${state}`).join(', ');
}

const URGENCY: Readonly<Record<string, number>> = {
  failed: 0,
  up_for_retry: 1,
  running: 2,
  queued: 3,
  up_for_reschedule: 4,
};

function chooseRows(tasks: readonly FollowedTask[], rows: number): readonly FollowedTask[] {
  if (tasks.length <= rows) return tasks;
  const rank = (task: FollowedTask): number => URGENCY[task.state] ?? 5;
  return tasks.toSorted((a, b) => rank(a) - rank(b)).slice(0, rows);
}

function formatCells(task: FollowedTask, runStart: string, now: Date): readonly string[] {
  const tries = task.tryNumber ?? (task.startedAt === undefined || task.operator === 'empty' ? undefined : 1);
  const max = task.attempt?.maxTries ?? 0;
  return [
    task.id,
    formatState(task.state),
    tries === undefined ? '' : max > 1 ? `${String(tries)} of ${String(max)}` : String(tries),
    task.startedAt === undefined ? '' : formatStart(task.startedAt, runStart),
    formatSpan(task, now),
    formatWait(task, now),
  ];
}

/** The time of day; with the date when the run began on another one. */
function formatStart(startedAt: string, runStart: string): string {
  const isSameDay = startedAt.slice(0, 10) === runStart.slice(0, 10);
  return isSameDay ? startedAt.slice(11, 19) : startedAt.slice(5, 19).replace('T', ' ');
}

function formatSpan(task: FollowedTask, now: Date): string {
  if (task.durationMs !== undefined) return formatDuration(task.durationMs);
  const since = task.attempt?.startedAt;
  return since === undefined ? '' : formatDuration(Math.max(0, now.getTime() - Date.parse(since)));
}

/** Between being able to run and starting: for a slot of the run, then for a worker. */
function formatWait(task: FollowedTask, now: Date): string {
  const since = task.scheduledAt ?? (task.state === 'queued' ? task.attempt?.dueAt : undefined);
  const open = since === undefined ? 0 : Math.max(0, now.getTime() - Date.parse(since));
  const waited = (task.waitedMs ?? 0) + (task.queuedMs ?? 0) + open;
  return waited === 0 ? '' : formatDuration(waited);
}

/** Its reason; between two tries also when the next one comes. */
function formatMessage({ state, message = '', attempt }: FollowedTask, now: Date): string {
  const isBetween = state === 'up_for_retry' || state === 'up_for_reschedule';
  if (!isBetween || attempt?.dueAt === undefined) return message;
  const left = Math.max(0, Date.parse(attempt.dueAt) - now.getTime());
  return `${state === 'up_for_retry' ? 'next try' : 'looks again'} in ${formatDuration(left)}: ${message}`;
}

function plainLength(line: string): number {
  return stripVTControlCharacters(line).length;
}

function joinMessage(line: string, column: number, message: string): string {
  return message === '' ? line : `${line}${' '.repeat(Math.max(2, column - plainLength(line)))}${message}`;
}
