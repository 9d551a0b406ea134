/** How backfills look in the terminal. */
import { formatDateInZone } from '../../core/wall-clock.js';
import type { DateCounts, DateState } from '../../workflows/backfill-progress.js';
import type { DateReport } from '../../workflows/backfill-report.js';
import { formatDuration, formatTable, style } from '../output.js';
import type { FollowedBackfill } from './read.js';

const STATES = {
  done: ['✔', 'green'],
  running: ['▶', 'cyan'],
  failed: ['✘', 'red'],
  skipped: ['↷', 'magenta'],
  in_flight: ['◦', 'yellow'],
  left: ['·', 'dim'],
} as const satisfies Record<DateState, readonly [icon: string, format: string]>;

function formatDateState(state: DateState): string {
  const [icon, format] = STATES[state];
  return style(format, `${icon} ${state.replace('_', ' ')}`);
}

/** `12 done, 4 running, 14 left`. */
export function formatCounts(counts: DateCounts | undefined): string {
  if (counts === undefined) return '';
  const present = Object.entries(counts).filter(([, count]) => count > 0);
  return present.map(([state, count]) => `${String(count)} ${state.replace('_', ' ')}`).join(', ');
}

/** What it is, how far it is, and a bar. */
export function formatHead({ id, status, state, backfill, counts, total = 0 }: FollowedBackfill): string {
  if (backfill === undefined || counts === undefined) {
    return `${id}  ${status === 'RUNNING' ? 'waiting for a worker' : status.toLowerCase()}`;
  }
  const settled = total - counts.left - counts.running;
  const range = `${backfill.from} to ${backfill.to}`;
  return `${backfill.dagId}  ${range}  ${state ?? ''}\n${formatBar(settled, total)}  ${formatCounts(counts)}`;
}

const BAR_WIDTH = 30;

function formatBar(settled: number, total: number): string {
  const filled = total === 0 ? 0 : Math.floor((BAR_WIDTH * settled) / total);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${String(settled)}/${String(total)}`;
}

/** The dates as a table; of more than `rows` those that run or failed first. */
export function formatDates({ dates = [], backfill }: FollowedBackfill, rows: number): string {
  const timezone = backfill?.timezone ?? 'UTC';
  const shown = dates.length <= rows ? dates : chooseDates(dates, rows);
  const hidden = dates.length - shown.length;
  const table = formatTable(
    ['date', 'state', 'duration', ''],
    shown.map((date) => [
      formatDateInZone(date.logicalDate, timezone),
      formatDateState(date.state),
      date.durationMs === undefined || date.state === 'in_flight' ? '' : formatDuration(date.durationMs),
      note(date),
    ]),
  );
  return hidden === 0 ? table : `${table}\n… and ${String(hidden)} more`;
}

function chooseDates(dates: readonly DateReport[], rows: number): readonly DateReport[] {
  const notable = dates.filter(({ state }) => state === 'running' || state === 'failed').slice(0, rows);
  const rest = dates.filter(({ state }) => state !== 'running' && state !== 'failed' && state !== 'left');
  const chosen = new Set([...notable, ...rest.slice(rest.length - (rows - notable.length))]);
  return dates.filter((date) => chosen.has(date));
}

/** A date as a line of its own, for where there is no terminal. */
export function formatDateLine(date: DateReport, timezone: string): string {
  const duration = date.durationMs === undefined ? '' : `  ${formatDuration(date.durationMs)}`;
  const text = note(date);
  return `  ${formatDateState(date.state)}  ${formatDateInZone(date.logicalDate, timezone)}${duration}${text === '' ? '' : `  ${text}`}`;
}

function note({ message, existing, state }: DateReport): string {
  if (message !== undefined) return message.replaceAll(/\s+/g, ' ').slice(0, 100);
  if (existing === undefined) return '';
  if (state === 'skipped') return `${existing} already`;
  return state === 'in_flight' ? 'started by somebody else' : `was ${existing}`;
}

const PLANS = {
  left: 'would be run',
  skipped: 'would stay as it is',
  in_flight: 'in flight: would be left alone',
  done: '',
  running: '',
  failed: '',
} as const satisfies Record<DateState, string>;

/** What a dry run found. */
export function formatDryRun(dates: readonly DateReport[], timezone: string): string {
  return formatTable(
    ['date', 'latest run', 'backfill'],
    dates.map(({ logicalDate, existing, state }) => [
      formatDateInZone(logicalDate, timezone),
      existing ?? 'none',
      PLANS[state],
    ]),
  );
}
