/** Numbers, dates and cells as words of the findings. Pure; English, with a thin rule: the same input, the same text. */
import type { PlainRow } from '../connections/duckdb/plain-value.js';

/** A cell as a number; 0 where there is none. */
export function num(row: PlainRow | undefined, column: string): number {
  const value = row?.[column];
  return value === null || value === undefined ? 0 : Number(value);
}

/** A cell as text; empty where there is none. */
export function text(row: PlainRow | undefined, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** `12,345`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `12,345 users`, `1 user`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}

/** `12.3 %`; `0.04 %` below a tenth. */
export function percent(share: number): string {
  const value = Math.abs(share) < 1e-9 ? 0 : share * 100;
  const digits = value !== 0 && Math.abs(value) < 0.1 ? 2 : 1;
  return `${value.toFixed(digits)} %`;
}

/** `3.2`, without digits that say nothing: `120`. */
export function decimal(value: number): string {
  return Math.abs(value) >= 100 ? count(value) : value.toFixed(1);
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ');

/** `1 November 2018`, of `2018-11-01`. */
export function day(date: string): string {
  const [year, month, dayOfMonth] = date.split('-').map(Number);
  return `${String(dayOfMonth)} ${MONTHS[(month ?? 1) - 1] ?? ''} ${String(year)}`;
}

/** `Monday`, of 1. */
export function weekday(number: number): string {
  return WEEKDAYS[number - 1] ?? '';
}

/** `a, b and c`. */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}

/** The row with the highest value of a column; the first of equal ones. */
export function highest<Row extends PlainRow>(rows: readonly Row[], column: string): Row | undefined {
  let best: Row | undefined;
  for (const row of rows) if (best === undefined || num(row, column) > num(best, column)) best = row;
  return best;
}

/** The row with the lowest value of a column; the first of equal ones. */
export function lowest<Row extends PlainRow>(rows: readonly Row[], column: string): Row | undefined {
  let best: Row | undefined;
  for (const row of rows) if (best === undefined || num(row, column) < num(best, column)) best = row;
  return best;
}

/** Sum of a column. */
export function sum(rows: readonly PlainRow[], column: string): number {
  return rows.reduce((total, row) => total + num(row, column), 0);
}

/** Whether two intervals, `low` to `high`, have nothing in common: a careful test for a difference. */
export function areApart(
  a: PlainRow | undefined,
  b: PlainRow | undefined,
  low = 'low',
  high = 'high',
): boolean {
  if (a === undefined || b === undefined) return false;
  return num(a, low) > num(b, high) || num(b, low) > num(a, high);
}
