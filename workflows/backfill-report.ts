/** What a backfill tells about itself: the `state` query's JSON and the table in the Web UI. Pure. */
import type { BackfillInput } from '../core/backfill-input.js';
import { formatDateInZone } from '../core/wall-clock.js';
import type { BackfillPlan } from './backfill-contract.js';
import type { BackfillProgress, DateCounts, DateRecord } from './backfill-progress.js';

/** `paused`: starts nothing until it is resumed. `failed`: ended, and a run failed or it was refused. */
export type BackfillState = 'planning' | 'running' | 'paused' | 'success' | 'failed' | 'cancelled';

/** One date in the answer of the `state` query; 4,000 of them stay below the size at which Temporal warns. */
export interface DateReport extends Omit<DateRecord, 'startedAtMs' | 'endedAtMs'> {
  readonly logicalDate: string;
  readonly startedAt?: string;
  /** From start to end: set when the run has ended. */
  readonly durationMs?: number;
}

/** The answer of the `state` query. */
export interface BackfillReport {
  readonly state: BackfillState;
  /** Absent until the backfill has been planned, and when it was refused. */
  readonly backfill?: Omit<BackfillInput, 'from' | 'to'> & {
    /** As it was asked for. */
    readonly from: string;
    readonly to: string;
    /** In which dates are shown to people. */
    readonly timezone: string;
  };
  readonly total: number;
  readonly counts: DateCounts;
  /** In the order of the backfill; of more than 4,000 dates those that failed or run, and the latest. */
  readonly dates: readonly DateReport[];
}

/** The backfill as JSON. */
export function createBackfillReport(
  plan: BackfillPlan | undefined,
  state: BackfillState,
  progress: BackfillProgress,
): BackfillReport {
  return {
    state,
    ...(plan === undefined ? {} : { backfill: describePlan(plan) }),
    total: progress.total,
    counts: progress.counts,
    dates: [...progress.records].map(([logicalDate, record]) => describeDate(logicalDate, record)),
  };
}

function describePlan(plan: BackfillPlan): NonNullable<BackfillReport['backfill']> {
  const { dagId, reprocess, maxActiveRuns, reverse, conf, tasks, stopOnFailure, dryRun, timezone } = plan;
  const [from, to] = plan.asked;
  return {
    dagId,
    from,
    to,
    reprocess,
    maxActiveRuns,
    reverse,
    ...(conf === undefined ? {} : { conf }),
    ...(tasks === undefined ? {} : { tasks }),
    stopOnFailure,
    dryRun,
    timezone,
  };
}

function describeDate(logicalDate: string, record: DateRecord): DateReport {
  const { startedAtMs, endedAtMs, ...rest } = record;
  return {
    logicalDate,
    ...rest,
    ...(startedAtMs === undefined ? {} : { startedAt: new Date(startedAtMs).toISOString() }),
    ...(startedAtMs === undefined || endedAtMs === undefined ? {} : { durationMs: endedAtMs - startedAtMs }),
  };
}

/** Above so many dates the table shows only what failed and what runs. */
const TABLE_ROWS = 200;
/** … and at most so many of those that failed. */
const FAILED_ROWS = 50;

const ICONS = { done: '✔', running: '▶', failed: '✘', skipped: '↷', in_flight: '◦', left: '·' } as const;

/** The backfill as Markdown, for the current details in the Web UI (at most 20,000 bytes). */
export function formatBackfillTable(
  plan: BackfillPlan,
  state: BackfillState,
  progress: BackfillProgress,
): string {
  const { counts, records } = progress;
  const [from, to] = plan.asked;
  const numbers = Object.entries(counts).filter(([, count]) => count > 0);
  const head = [
    `**Backfill of ${plan.dagId}**, ${from} to ${to} · ${state} · ${formatCounts(numbers)}`,
    `Reprocess \`${plan.reprocess}\`, ${String(plan.maxActiveRuns)} runs at once${plan.reverse ? ', newest first' : ''}`,
  ];
  const shown = records.size <= TABLE_ROWS ? [...records] : chooseNotable(records);
  const rows = shown.map(([date, record]) => formatRow(formatDateInZone(date, plan.timezone), record));
  return cut([...head, '', '| date | state | duration |', '|---|---|---|', ...rows].join('\n'));
}

function formatCounts(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([state, count]) => `${String(count)} ${state.replace('_', ' ')}`).join(', ');
}

function chooseNotable(records: ReadonlyMap<string, DateRecord>): readonly (readonly [string, DateRecord])[] {
  const notable = [...records].filter(([, { state }]) => state === 'failed' || state === 'running');
  const failed = notable.filter(([, { state }]) => state === 'failed').slice(-FAILED_ROWS);
  return [...failed, ...notable.filter(([, { state }]) => state === 'running')].slice(0, TABLE_ROWS);
}

function formatRow(date: string, { state, existing, message, ...times }: DateRecord): string {
  const { startedAtMs, endedAtMs } = times;
  const before = existing === undefined ? '' : ` (was ${existing})`;
  const note = message === undefined ? '' : `: ${message.replaceAll(/[|\n]/g, ' ').slice(0, 120)}`;
  const duration =
    startedAtMs === undefined || endedAtMs === undefined
      ? ''
      : `${((endedAtMs - startedAtMs) / 1000).toFixed(1)} s`;
  return `| ${date} | ${ICONS[state]} ${state.replace('_', ' ')}${before}${note} | ${duration} |`;
}

const DETAILS_BYTES = 19_000; // the server's limit is 20,000

function cut(text: string): string {
  let kept = text;
  while (new TextEncoder().encode(kept).length > DETAILS_BYTES) {
    kept = kept.slice(0, kept.lastIndexOf('\n', Math.floor(kept.length * 0.9)));
  }
  return kept === text ? text : `${kept}\n\n… cut`;
}

/** At most so many dates are named in the failure of a backfill. */
const NAMED_FAILURES = 5;

/** Why a backfill failed, in one message. */
export function summarizeBackfill(plan: BackfillPlan, progress: BackfillProgress): string {
  const { counts, records, total } = progress;
  const [from, to] = plan.asked;
  const failed = [...records].filter(([, { state }]) => state === 'failed');
  const named = failed.slice(0, NAMED_FAILURES).map(([date, { message }]) => {
    return `${formatDateInZone(date, plan.timezone)} (${message ?? 'no message'})`;
  });
  const more = counts.failed > named.length ? `, and ${String(counts.failed - named.length)} more` : '';
  const what = counts.failed === 0 ? '' : ` Failed: ${named.join(', ')}${more}.`;
  const left = counts.left === 0 ? '' : ` ${String(counts.left)} were not started.`;
  const running = counts.running === 0 ? '' : ` ${String(counts.running)} go on by themselves.`;
  return (
    `Backfill of DAG ${plan.dagId}, ${from} to ${to}: ${String(counts.failed)} of ${String(total)} dates failed.` +
    what +
    left +
    running
  );
}
