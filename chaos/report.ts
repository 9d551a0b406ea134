/** What a soak tells: lines while it goes on, and its result. Pure. */
import type { Fault } from './plan.js';
import type { LoadProgress } from './load.js';
import type { S3Mood } from './s3-proxy.js';

export interface SoakReport extends LoadProgress {
  readonly seed: number;
  readonly seconds: number;
  /** Faults by kind and target, such as `kill kafka`. */
  readonly faults: Readonly<Record<string, number>>;
  /** Events sent, each counted once; sent twice on purpose; and messages that are none. */
  readonly events: number;
  readonly duplicates: number;
  readonly poison: number;
  /** Requests to S3 by what happened to them. */
  readonly s3Requests: Readonly<Record<S3Mood, number>>;
  /** Rows of each table, as they were compared. */
  readonly rows: Readonly<Record<string, number>>;
  /** Workers that ended without being killed, and were started again. */
  readonly endedWorkers: readonly string[];
  /** What must not be; empty when all went well. */
  readonly breaches: readonly string[];
}

export function describeFault({ kind, target, forMs }: Fault): string {
  return `${kind} ${target}${forMs === 0 ? '' : ` for ${(forMs / 1000).toFixed(1)} s`}`;
}

/** How often each kind of fault was done to each target. */
export function countFaults(faults: readonly Fault[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { kind, target } of faults) counts[`${kind} ${target}`] = (counts[`${kind} ${target}`] ?? 0) + 1;
  return counts;
}

export function describeProgress(progress: LoadProgress, messages: number, open: number): string {
  const { backfills, starRuns, lakeRuns } = progress;
  return `    done: ${count(backfills, 'backfill')}, ${count(starRuns + lakeRuns, 'run')}, ${count(messages, 'message')}; under way: ${String(open)}`;
}

function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** The result for people. */
export function formatReport(report: SoakReport): string {
  const { seed, seconds, faults, rows, breaches, endedWorkers } = report;
  const list = (entries: Readonly<Record<string, number>>): string =>
    Object.entries(entries)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, number]) => `${name} ${String(number)}`)
      .join(', ');
  const total = Object.values(faults).reduce((sum, number) => sum + number, 0);
  return [
    `Seed ${String(seed)}, ${String(seconds)} s, ${count(total, 'fault')}: ${list(faults)}`,
    `Ended well: ${count(report.backfills, 'backfill')}, ${count(report.starRuns, 'load')} of a day, ${count(report.lakeRuns, 'ingest')} into the lake`,
    `Sent: ${count(report.events, 'event')}, ${String(report.duplicates)} of them twice, and ${count(report.poison, 'message')} that are none`,
    `Requests to S3: ${list(report.s3Requests)}`,
    `Compared: ${list(rows)}`,
    ...endedWorkers.map((text) => `A worker was started again: ${text}`),
    ...(breaches.length === 0
      ? ['Nothing lost, nothing twice, nothing left behind']
      : breaches.map((breach) => `BREACH  ${breach}`)),
  ].join('\n');
}

/** What repeats the faults of a soak. */
export function formatCommand({
  seed,
  minutes,
  short,
}: {
  readonly seed: number;
  readonly minutes: number;
  readonly short: boolean;
}): string {
  return `npm run chaos -- --seed ${String(seed)} ${short ? '--short' : `--minutes ${String(minutes)}`}`;
}
