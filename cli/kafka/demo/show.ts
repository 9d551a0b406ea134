/** The demo's result as text. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { formatTable, style } from '../../output.js';
import type { DayCounts } from './day-of-events.js';

/** What a sink says that it has got. */
export interface Account {
  readonly messages: number;
  readonly rows: number;
  readonly duplicates: number;
  readonly deadLetters: number;
}

export interface DemoResult {
  readonly day: string;
  readonly topic: string;
  readonly lake: string;
  readonly runId: string;
  readonly state: string;
  /** Sent by this run; the rest was there. */
  readonly sentNow: number;
  readonly expected: DayCounts;
  readonly warehouse: Account | undefined;
  readonly lakeAccount: Account | undefined;
  /** Rows of the warehouse that are of another day than the demo's. */
  readonly lateRows: number;
  readonly letters: Readonly<Record<string, number>>;
}

const FIGURES = ['messages', 'rows', 'duplicates', 'deadLetters'] as const;

const agrees = (account: Account | undefined, expected: Account): boolean =>
  account !== undefined && FIGURES.every((name) => account[name] === expected[name]);
const isSame = (a: DemoResult['letters'], b: DemoResult['letters']): boolean => isDeepStrictEqual(a, b);

/** Whether all is accounted for. */
export function isRight(result: DemoResult): boolean {
  const { state, expected, warehouse, lakeAccount, lateRows, letters } = result;
  return (
    state === 'success' &&
    agrees(warehouse, expected) &&
    agrees(lakeAccount, expected) &&
    lateRows === expected.late &&
    isSame(letters, expected.reasons)
  );
}

/** A table, and a line for what is late and what is broken. */
export function formatResult(result: DemoResult): string {
  const { day, topic, sentNow, expected, warehouse, lakeAccount, lateRows, letters } = result;
  const mark = (ok: boolean): string => (ok ? style('green', '✔') : style('red', '✘'));
  const cells = (account: Account | undefined): readonly string[] =>
    FIGURES.map((name) => account?.[name].toLocaleString('en-US') ?? '–');
  const table = formatTable(
    ['', 'messages', 'rows', 'duplicates', 'dead letters', ''],
    [
      ['in the file', ...cells(expected), ''],
      ['warehouse', ...cells(warehouse), mark(agrees(warehouse, expected))],
      ['lake', ...cells(lakeAccount), mark(agrees(lakeAccount, expected))],
    ],
  );
  const count = (value: number): string => value.toLocaleString('en-US');
  const reasons = Object.entries(letters).map(([reason, times]) => `${reason} ${count(times)}`).sort((a, b) => (a < b ? -1 : 1)); // prettier-ignore
  const there = expected.messages - sentNow;
  return [
    `${style('bold', `${day} by way of the topic ${topic}`)}: ${count(sentNow)} messages sent${there > 0 ? `, ${count(there)} were there` : ''}`,
    '',
    table,
    '',
    `${mark(lateRows === expected.late)} late: ${count(expected.late)} events of the day before came in between; ${count(lateRows)} rows are under their own day`,
    `${mark(isSame(letters, expected.reasons))} broken: ${reasons.join(', ') || 'none'}`,
  ].join('\n');
}
