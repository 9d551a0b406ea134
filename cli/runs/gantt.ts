/** A run's tasks as bars over time: waiting dotted, running solid, in the width of the terminal. */
import type { FollowedRun, FollowedTask } from '../follow-run.js';
import { formatDuration, style, styleOfState } from '../output.js';

const MOST_ROWS = 200;
const WIDEST_LABEL = 36;
const NARROWEST_BARS = 20;

/** The bars; `now` is where those end that still run. */
export function formatGantt(run: FollowedRun, width: number, now: Date): string {
  const tasks = run.tasks.filter((task) => beginOf(task) !== undefined);
  if (tasks.length === 0) return style('dim', 'no task has started');
  const shown = [...tasks].sort((a, b) => (beginOf(a) ?? 0) - (beginOf(b) ?? 0)).slice(0, MOST_ROWS);
  const start = Math.min(...shown.map((task) => beginOf(task) ?? Infinity));
  const end = Math.max(start + 1, ...shown.map((task) => endOf(task, now)));
  const labels = Math.min(WIDEST_LABEL, Math.max(...shown.map(({ id }) => id.length)));
  const bars = Math.max(NARROWEST_BARS, width - labels - 14);
  const scale = (ms: number): number => Math.round(((ms - start) / (end - start)) * bars);
  const lines = shown.map((task) => formatRow(task, labels, bars, scale, now));
  const more =
    tasks.length > MOST_ROWS ? [style('dim', `… and ${String(tasks.length - MOST_ROWS)} more`)] : [];
  return [formatAxis(labels, bars, end - start, new Date(start)), ...lines, ...more].join('\n');
}

/** When it was handed over, less the time it waited for a slot before. */
function beginOf(task: FollowedTask): number | undefined {
  if (task.startedAt === undefined) return undefined;
  return Date.parse(task.startedAt) - (task.waitedMs ?? 0);
}

function endOf(task: FollowedTask, now: Date): number {
  return task.endedAt === undefined ? now.getTime() : Date.parse(task.endedAt);
}

function formatRow(
  task: FollowedTask,
  labels: number,
  bars: number,
  scale: (ms: number) => number,
  now: Date,
): string {
  const started = Date.parse(task.startedAt ?? '');
  const end = endOf(task, now);
  const [from, run] = [scale(beginOf(task) ?? started), scale(started)];
  const until = Math.min(bars, Math.max(run + 1, scale(end)));
  const bar =
    ' '.repeat(Math.min(from, bars - 1)) +
    style('dim', '┈'.repeat(Math.max(0, run - from))) +
    formatWork(task, Math.max(1, until - Math.min(run, bars - 1)), end - started);
  const visible =
    Math.min(from, bars - 1) + Math.max(0, run - from) + Math.max(1, until - Math.min(run, bars - 1));
  const label = task.id.length > labels ? `${task.id.slice(0, labels - 1)}…` : task.id.padEnd(labels);
  return `${label}  ${bar}${' '.repeat(Math.max(0, bars - visible))}  ${style('dim', formatDuration(end - started))}`;
}

/** The time in a worker's hands; that in a queue before is dotted too. */
function formatWork(task: FollowedTask, cells: number, durationMs: number): string {
  const queued = Math.min(cells - 1, Math.round(((task.queuedMs ?? 0) / Math.max(1, durationMs)) * cells));
  return style('dim', '┈'.repeat(queued)) + style(styleOfState(task.state), '━'.repeat(cells - queued));
}

/** `21:17:02` at the left, the time passed in the middle and at the right. */
function formatAxis(labels: number, bars: number, spanMs: number, start: Date): string {
  const left = `${start.toISOString().slice(11, 19)} UTC`;
  const middle = `+${formatDuration(spanMs / 2)}`;
  const right = `+${formatDuration(spanMs)}`;
  const half = Math.floor(bars / 2);
  const head = left.padEnd(half - Math.floor(middle.length / 2)) + middle;
  const line = head.length + right.length + 1 > bars ? left : head.padEnd(bars - right.length) + right;
  return `${' '.repeat(labels)}  ${style('dim', line)}`;
}
