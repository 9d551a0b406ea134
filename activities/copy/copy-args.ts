/** The arguments that `copy_from_s3` and `copy_from_files` share: Redshift's COPY options, flat, and the write mode. */
import { z } from 'zod';
import {
  copyOptionFields,
  type CopyOptions,
  type CopyOptionsInput,
  parseCopyOptions,
} from '../../connections/copy/copy-options.js';
import type { WriteMode } from '../../connections/copy/write-mode.js';

/** A moment: a `Date`, or ISO 8601 text. */
type Moment = Date | string;

/** Replaces the rows of a span of time, and the rows that come again by their key. */
export interface IntervalWrite {
  /** `column` in [start, end). */
  readonly interval: { readonly column: string; readonly start: Moment; readonly end: Moment };
  /** Columns that identify a row; may be empty. */
  readonly key: readonly string[];
}

/** COPY's options, and: */
export interface CopyTableArgs extends CopyOptionsInput {
  /** A connection of type postgres or redshift. */
  readonly connId: string;
  /** `table` or `schema.table`. */
  readonly table: string;
  /** The columns to fill, in the order of CSV fields or JSONPaths. Default: all that the server does not fill itself. */
  readonly columns?: readonly string[] | undefined;
  /**
   * `replace` (default): all rows of the table go. `append`: none goes, and running twice loads twice. Or the rows of
   * an interval and those that share a key with a loaded row. Always one transaction with the COPY.
   */
  readonly write?: 'replace' | 'append' | IntervalWrite | undefined;
}

/** What both operators return. */
export interface CopyTableOutput {
  /** Rows loaded. */
  readonly rows: number;
  readonly files: number;
  /** Bytes read, after decompression; 0 on Redshift, which does not tell. */
  readonly bytes: number;
  /** Bad records left out, at most `maxErrors`; table `load_errors` has them. */
  readonly rejected: number;
}

const moment = z.union([
  z.date(),
  z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'not a date'),
]);

const intervalWrite = z.strictObject({
  interval: z
    .strictObject({ column: z.string().min(1), start: moment, end: moment })
    .refine(({ start, end }) => toDate(start) <= toDate(end), 'start is after end'),
  key: z.array(z.string().min(1)).readonly(),
});

/** Fields for a strict schema. */
export const copyTableFields = {
  ...copyOptionFields,
  connId: z.string().min(1),
  table: z.string().min(1),
  columns: z.array(z.string().min(1)).min(1).readonly().optional(),
  write: z.union([z.enum(['replace', 'append']), intervalWrite]).optional(),
};

function toDate(value: Moment): Date {
  return typeof value === 'string' ? new Date(value) : value;
}

/** The write mode of the arguments; times become UTC text. */
export function toWriteMode(write: CopyTableArgs['write']): WriteMode {
  if (write === undefined || write === 'replace') return { kind: 'replace' };
  if (write === 'append') return { kind: 'append' };
  const { column, start, end } = write.interval;
  return {
    kind: 'interval',
    column,
    start: toDate(start).toISOString(),
    end: toDate(end).toISOString(),
    key: write.key,
  };
}

/** COPY's options out of the arguments, with defaults. */
export function toCopyOptions(args: CopyTableArgs): CopyOptions {
  const known = new Set(Object.keys(copyOptionFields));
  return parseCopyOptions(Object.fromEntries(Object.entries(args).filter(([name]) => known.has(name))));
}

/** `COPY into songplays`, for the Web UI. */
export function summarizeCopy(args: { readonly table?: unknown }): string {
  return typeof args.table === 'string' ? `COPY into ${args.table}` : 'COPY';
}
