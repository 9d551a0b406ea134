/** Data-quality checks as data: what a DAG file writes, and what a check reports. Runs nothing. */
import { z } from 'zod';
import type { SqlParameters } from '../sql/named-parameters.js';

interface Named {
  /** How the result is called. Default: kind, table and columns. */
  readonly name?: string | undefined;
}

/** No row has NULL in any of the columns. */
export interface NotNullCheck extends Named {
  readonly kind: 'not_null';
  readonly table: string;
  readonly columns: readonly string[];
  /** Columns that tell offending rows apart in the report. Default: the checked columns. */
  readonly key?: readonly string[] | undefined;
}

/** No two rows agree in all of the columns. Redshift enforces no key, so this is where keys are held. */
export interface UniqueCheck extends Named {
  readonly kind: 'unique';
  readonly table: string;
  readonly columns: readonly string[];
}

/** Rows whose timestamp (UTC) is in `[start, end)`; ISO instants. */
export interface CheckedInterval {
  readonly column: string;
  readonly start: string;
  readonly end: string;
}

/** Each value of the column that is not NULL exists in the referenced column. */
export interface ForeignKeyCheck extends Named {
  readonly kind: 'foreign_key';
  readonly table: string;
  readonly column: string;
  readonly references: { readonly table: string; readonly column: string };
  /** Only rows of `table` in this interval are looked at: other runs may be loading theirs. Default: all rows. */
  readonly interval?: CheckedInterval | undefined;
}

/** The table has so many rows. Give at least one bound; `equals` excludes the others. */
export interface RowCountCheck extends Named {
  readonly kind: 'row_count';
  readonly table: string;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly equals?: number | undefined;
}

/** The newest timestamp (UTC) is at most so many hours older than the end of the run's data interval. */
export interface FreshnessCheck extends Named {
  readonly kind: 'freshness';
  readonly table: string;
  readonly column: string;
  readonly maxAgeHours: number;
}

/**
 * A query of one's own, from a file or as text. With `expect`, the first column of its first row must equal
 * it; without, the query must return no rows, and those it returns are the examples: select key columns only.
 */
export interface CustomCheck extends Named {
  readonly kind: 'custom';
  readonly name: string;
  readonly file?: string | undefined;
  readonly sql?: string | undefined;
  readonly parameters?: SqlParameters | undefined;
  readonly expect?: string | number | boolean | null | undefined;
}

export type Check =
  NotNullCheck | UniqueCheck | ForeignKeyCheck | RowCountCheck | FreshnessCheck | CustomCheck;

/** A value as a report shows it. */
export type CheckValue = string | number | boolean | null;

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly found: CheckValue;
  /** In words, e.g. `0 duplicates`. */
  readonly expected: string;
  /** Up to five offending rows, by their key columns. */
  readonly examples?: readonly Readonly<Record<string, CheckValue>>[];
}

const name = z.string().min(1).optional();
const column = z.string().min(1);
const columns = z.array(column).min(1).readonly();
const count = z.int().nonnegative().optional();
const primitive = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const rowCount = z
  .strictObject({ kind: z.literal('row_count'), name, table: column, min: count, max: count, equals: count })
  .refine((check) => (check.equals ?? check.min ?? check.max) !== undefined, 'give min, max or equals')
  .refine(
    ({ equals, min, max }) => equals === undefined || (min === undefined && max === undefined),
    'equals excludes min and max',
  )
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, 'min is above max');

const custom = z
  .strictObject({
    kind: z.literal('custom'),
    name: column,
    file: column.optional(),
    sql: column.optional(),
    parameters: z.record(z.string(), primitive).optional(),
    expect: primitive.optional(),
  })
  .refine(({ file, sql }) => (file === undefined) !== (sql === undefined), 'give either file or sql');

/** Checks that a value from a DAG file is a check. */
export const checkSchema: z.ZodType<Check> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not_null'), name, table: column, columns, key: columns.optional() }),
  z.strictObject({ kind: z.literal('unique'), name, table: column, columns }),
  z.strictObject({
    kind: z.literal('foreign_key'),
    name,
    table: column,
    column,
    references: z.strictObject({ table: column, column }),
    interval: z.strictObject({ column, start: column, end: column }).optional(),
  }),
  rowCount,
  z.strictObject({
    kind: z.literal('freshness'),
    name,
    table: column,
    column,
    maxAgeHours: z.number().positive(),
  }),
  custom,
]);

/** The check's own name, or kind, table and columns. */
export function nameOf(check: Check): string {
  if (check.name !== undefined) return check.name;
  switch (check.kind) {
    case 'not_null':
    case 'unique':
      return `${check.kind} ${check.table}(${check.columns.join(', ')})`;
    case 'foreign_key':
      return `foreign_key ${check.table}.${check.column} -> ${check.references.table}.${check.references.column}`;
    case 'row_count':
      return `row_count ${check.table}`;
    case 'freshness':
      return `freshness ${check.table}.${check.column}`;
    case 'custom':
      return check.name;
  }
}
