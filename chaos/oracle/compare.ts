/** Compares rows as multisets: nothing lost, nothing twice, nothing else. Pure. */
import type { Row } from './row.js';

export interface Difference {
  readonly missing: number;
  readonly surplus: number;
  /** A few of the rows, as JSON. */
  readonly examples: readonly string[];
}

const EXAMPLES = 3;

/** Undefined when they are equal, however they are ordered. */
export function compareRows(expected: readonly Row[], actual: readonly Row[]): Difference | undefined {
  const open = new Map<string, number>();
  for (const row of expected) add(open, JSON.stringify(row), 1);
  for (const row of actual) add(open, JSON.stringify(row), -1);
  const missing = [...open].filter(([, count]) => count > 0);
  const surplus = [...open].filter(([, count]) => count < 0);
  if (missing.length === 0 && surplus.length === 0) return undefined;
  const show = (what: string, rows: typeof missing): readonly string[] =>
    rows
      .slice(0, EXAMPLES)
      .map(
        ([row, count]) =>
          `${what}${Math.abs(count) === 1 ? '' : ` ${String(Math.abs(count))} times`}: ${row}`,
      );
  return {
    missing: sum(missing),
    surplus: sum(surplus),
    examples: [...show('missing', missing), ...show('surplus', surplus)],
  };
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function sum(rows: readonly (readonly [string, number])[]): number {
  return rows.reduce((total, [, count]) => total + Math.abs(count), 0);
}
