/**
 * Turns one mapped row into one line of COPY text, or into the reason why it cannot be loaded. Pure apart from the
 * scratch memory it reuses from row to row.
 */
import { type Cell, DEFAULT_CELL, NULL_CELL, type CellConverter, type ConvertOptions } from './cell.js';
import { createConverter } from './convert-value.js';
import type { RowMapping } from './row-mapping.js';
import type { TargetColumn } from './target-columns.js';

/** Why a row was not loaded. */
export interface RowProblem {
  readonly reason: string;
  /** Absent when the row as a whole is wrong. */
  readonly column?: TargetColumn;
  /** The source text of the value. */
  readonly raw?: string;
}

/** Encodes rows of one file format for one table. */
export interface RowEncoder<Row> {
  /** A line with its newline, or the problem. */
  encode(row: Row, text: string): string | RowProblem;
}

const NO_DEFAULT_REASON =
  'no value, and Postgres before 16 cannot fill in the DEFAULT of a column within COPY: ' +
  'give a value, or leave the column out of the column list';

export interface RowEncoderOptions extends ConvertOptions {
  /** Whether the server's COPY can be told to use a column's DEFAULT (Postgres 16 and later). */
  readonly serverFillsDefaults: boolean;
}

/** What stands for a missing value: the column's DEFAULT where it has one, else NULL. */
function pickMissingCell(column: TargetColumn, serverFillsDefaults: boolean): Cell {
  if (!column.hasDefault) return NULL_CELL;
  return serverFillsDefaults ? DEFAULT_CELL : { reason: NO_DEFAULT_REASON };
}

export function createRowEncoder<Row>(
  columns: readonly TargetColumn[],
  mapping: RowMapping<Row>,
  options: RowEncoderOptions,
): RowEncoder<Row> {
  const converters: readonly CellConverter[] = columns.map(({ type }) => createConverter(type, options));
  const missing = columns.map((column) => pickMissingCell(column, options.serverFillsDefaults));
  const required = columns.map(({ notNull }) => notNull);
  const values: unknown[] = columns.map(() => undefined);
  const count = columns.length;
  // One function for all cells: it reads what the loop below set last, so no cell allocates a closure.
  let currentText = '';
  let currentIndex = 0;
  const raw = (): string => mapping.raw(currentText, currentIndex, values[currentIndex]);

  function describeProblem(index: number, reason: string): RowProblem {
    const column = columns[index];
    const problem = { reason, raw: values[index] === undefined ? '' : raw() };
    return column === undefined ? problem : { ...problem, column };
  }

  function convertCell(index: number): Cell {
    const value = values[index];
    const cell = value === undefined ? missing[index] : converters[index]?.(value, raw);
    if (cell === NULL_CELL && required[index] === true) return { reason: 'no value for a NOT NULL column' };
    return cell ?? NULL_CELL;
  }

  return {
    encode(row, text) {
      const refusal = mapping.map(row, values);
      if (refusal !== undefined) return { reason: refusal };
      currentText = text;
      let line = '';
      for (let index = 0; index < count; index += 1) {
        currentIndex = index;
        const cell = convertCell(index);
        if (typeof cell !== 'string') return describeProblem(index, cell.reason);
        line += index === 0 ? cell : `\t${cell}`;
      }
      return `${line}\n`;
    },
  };
}
