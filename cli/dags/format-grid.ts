/** The grid of runs and tasks as text: a column a run, the newest at the right, dates above, a legend below. */
import type { FollowedRun } from '../follow-run.js';
import { iconOfState, style, styleOfState, type ShownState } from '../output.js';

/** One column. */
export interface GridRun {
  readonly run: FollowedRun;
  /** ISO. */
  readonly logicalDate: string;
}

const CELL = 3;
const WIDEST_NAME = 36;

/** As many of the newest runs as the width has room for. */
export function formatGrid(dagId: string, runs: readonly GridRun[], width: number): string {
  const ids = [...new Set(runs.toReversed().flatMap(({ run }) => run.tasks.map(({ id }) => id)))];
  const names = Math.min(WIDEST_NAME, Math.max(dagId.length, ...ids.map((id) => id.length)));
  const room = Math.max(1, Math.floor((width - names - 1) / CELL));
  const shown = runs.slice(-room);
  const states = shown.map(({ run }) => new Map(run.tasks.map(({ id, state }) => [id, state])));
  const rows = ids.map((id) => {
    const cells = states.map((byId) => formatCell(byId.get(id)));
    return `${cut(id, names)} ${cells.join('')}`;
  });
  const runRow = `${style('bold', cut(dagId, names))} ${shown.map(({ run }) => formatRunCell(run)).join('')}`;
  return [...formatDates(shown, names), runRow, ...rows, '', formatLegend(states)].join('\n');
}

function cut(name: string, width: number): string {
  return name.length > width ? `${name.slice(0, width - 1)}…` : name.padEnd(width);
}

function formatCell(state: ShownState | undefined): string {
  return state === undefined ? ' '.repeat(CELL) : ` ${style(styleOfState(state), iconOfState(state))} `;
}

/** The run itself; one that nobody answers for shows by its status alone. */
function formatRunCell(run: FollowedRun): string {
  if (run.status === 'RUNNING') return formatCell('running');
  if (run.status === 'COMPLETED') return formatCell('success');
  return run.status === 'CANCELED' || run.status === 'CANCELLED'
    ? formatCell('skipped')
    : formatCell('failed');
}

/** Years and months where they change, then days; times for runs that share a day. */
function formatDates(runs: readonly GridRun[], names: number): readonly string[] {
  const days = runs.map(({ logicalDate }) => logicalDate.slice(0, 10));
  const hasTimes = new Set(days).size < days.length;
  const months = formatChanges(days.map((day) => day.slice(0, 7)));
  const lines = [months, runs.map(({ logicalDate }) => ` ${logicalDate.slice(8, 10)}`).join('')];
  const times = runs.map(({ logicalDate }) => ` ${logicalDate.slice(11, 13)}`).join('');
  const minutes = runs.map(({ logicalDate }) => ` ${logicalDate.slice(14, 16)}`).join('');
  const all = hasTimes ? [...lines, style('dim', times), style('dim', minutes)] : lines;
  const labels = ['', 'day', 'hour', 'minute'];
  return all.map(
    (line, index) => `${style('dim', (labels[index] ?? '').padStart(names))} ${style('dim', line)}`,
  );
}

/** A label at the first column it holds for, if it has room before the next. */
function formatChanges(labels: readonly string[]): string {
  let line = '';
  labels.forEach((label, column) => {
    if (label === labels[column - 1] || line.length > column * CELL) return;
    line = `${line.padEnd(column * CELL)} ${label}`;
  });
  return line;
}

function formatLegend(states: readonly ReadonlyMap<string, ShownState>[]): string {
  const seen = new Set<ShownState>([
    'success',
    'failed',
    'running',
    ...states.flatMap((byId) => [...byId.values()]),
  ]);
  return [...seen]
    .map((state) => `${style(styleOfState(state), iconOfState(state))} ${style('dim', state)}`)
    .join('  ');
}
