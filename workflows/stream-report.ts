/** What a stream tells about itself: the `state` query's JSON and the table in the Web UI. Pure. */
import type { StreamCounts, StreamPlan, StreamPortion } from './stream-contract.js';

/** The answer of the `state` query. Counts are those that portions have reported; the sink's own account is exact. */
export interface StreamReport {
  readonly state: 'planning' | 'running' | 'paused';
  /** Absent until the input has been checked. */
  readonly stream?: Pick<StreamPlan, 'name' | 'topic' | 'sink' | 'intervalMs'>;
  /** When it was started: the counts are from then on. */
  readonly startedAt: string;
  /** When a portion ended last. */
  readonly updatedAt?: string;
  readonly counts: StreamCounts;
  /** Where each partition goes on. */
  readonly positions: Readonly<Record<string, number>>;
  /** Messages of each partition that were still to be read at `updatedAt`. */
  readonly lag: Readonly<Record<string, number>>;
}

const NO_COUNTS: StreamCounts = { messages: 0, written: 0, duplicates: 0, deadLetters: 0, lost: 0 };

export function beginReport(startedAt: string): StreamReport {
  return { state: 'planning', startedAt, counts: NO_COUNTS, positions: {}, lag: {} };
}

/** The report once a portion has ended. */
export function addPortion(report: StreamReport, portion: StreamPortion, updatedAt: string): StreamReport {
  const { counts, positions, lag } = report;
  return {
    ...report,
    updatedAt,
    counts: {
      messages: counts.messages + portion.messages,
      written: counts.written + portion.written,
      duplicates: counts.duplicates + portion.duplicates,
      deadLetters: counts.deadLetters + portion.deadLetters,
      lost: counts.lost + portion.lost,
    },
    positions: { ...positions, ...portion.positions },
    lag: portion.lag ?? lag,
  };
}

/** Messages that are still to be read. */
export function totalLag({ lag }: Pick<StreamReport, 'lag'>): number {
  return Object.values(lag).reduce((sum, one) => sum + one, 0);
}

/** A topic may have thousands of partitions; the details of a workflow hold 20,000 bytes. */
const MOST_ROWS = 200;

/** The stream as Markdown. */
export function formatStreamTable(report: StreamReport): string {
  const { stream, state, startedAt, updatedAt, counts, positions, lag } = report;
  if (stream === undefined) return 'Checks its input.';
  const { messages, written, duplicates, deadLetters, lost } = counts;
  const rows = Object.entries(positions).map(
    ([partition, position]) => `| ${partition} | ${String(position)} | ${String(lag[partition] ?? '')} |`,
  );
  const more = rows.length > MOST_ROWS ? [`… and ${String(rows.length - MOST_ROWS)} more`] : [];
  return [
    `**Stream ${stream.name}**: ${stream.topic} into ${stream.sink} · ${state} · lag ${String(totalLag(report))}`,
    '',
    `Since ${startedAt}: ${String(messages)} messages = ${String(written)} rows + ${String(duplicates)} duplicates + ${String(deadLetters)} dead letters` +
      `${lost === 0 ? '' : `; ${String(lost)} were gone`}${updatedAt === undefined ? '' : `. As of ${updatedAt}`}`,
    '',
    '| partition | goes on at | lag |',
    '|---|---|---|',
    ...rows.slice(0, MOST_ROWS),
    ...more,
  ].join('\n');
}
