/**
 * The options of a COPY: Redshift's, with camelCase names. Parsed once; an unknown option is an error that names
 * it, never ignored. It reads no file: a JSONPaths option is only a URL here.
 */
import { z } from 'zod';

import { AirtempoError } from '../../core/errors.js';

/** Redshift's own upper limit of MAXERROR. */
export const MAX_ERRORS_LIMIT = 100_000;

/** The fields, for operators that offer them among other arguments. */
export const copyOptionFields = {
  /** `json`: root-level objects or arrays, one row each. `csv`: RFC 4180, or another delimiter. */
  format: z.enum(['json', 'csv']),
  /** URL or path of a file `{"jsonpaths": ["$.a", …]}`; path i feeds column i. Default: match keys to columns ('auto'). */
  jsonPaths: z.string().min(1).optional(),
  /** Match keys to columns in any case ('auto ignorecase'). Default false, as on Redshift. */
  ignoreCase: z.boolean().optional(),
  /** The source is a manifest, `{"entries": [{"url", "mandatory"}]}`: load exactly those files. Default false. */
  manifest: z.boolean().optional(),
  /** `auto` (default): files that begin as gzip or are named `.gz`. */
  gzip: z.union([z.literal('auto'), z.boolean()]).optional(),
  /** How dates and times are written: ISO 8601 text (`auto`, default) or seconds or milliseconds since 1970. */
  timeFormat: z.enum(['auto', 'epochsecs', 'epochmillisecs']).optional(),
  /** How many bad records a load may leave out and still succeed; each is kept in load_errors. Default 0. */
  maxErrors: z.int().min(0).max(MAX_ERRORS_LIMIT).optional(),
  /** '' in a text column becomes NULL. Default false. ('' in any other column always does.) */
  emptyAsNull: z.boolean().optional(),
  /** Only white space in a text column becomes NULL. Default false. */
  blanksAsNull: z.boolean().optional(),
  /** Cut text that is longer than its column, in bytes, instead of refusing it. Default false. */
  truncateColumns: z.boolean().optional(),
  /** Round decimals to the column's scale. Default false: they are cut, as on Redshift. */
  roundDec: z.boolean().optional(),
  /** AWS region of the bucket, when it is not the connection's. */
  region: z.string().min(1).optional(),
  /** CSV: one ASCII character. Default `,`. */
  delimiter: z
    .string()
    .length(1)
    .regex(/^[^"\r\n\u0080-\uffff]$/)
    .optional(),
  /** CSV: how many lines to leave out at the start of each file. Default 0. */
  ignoreHeader: z.int().min(0).optional(),
  /** This text means NULL. Default `\N` for csv; none for json, which has null. */
  nullAs: z.string().optional(),
};

const schema = z.strictObject(copyOptionFields);

/** Options as a person writes them. */
export type CopyOptionsInput = z.input<typeof schema>;

/** Options with every default filled in. */
export interface CopyOptions {
  readonly format: 'json' | 'csv';
  readonly jsonPaths: string | undefined;
  readonly ignoreCase: boolean;
  readonly manifest: boolean;
  readonly gzip: 'auto' | boolean;
  readonly timeFormat: 'auto' | 'epochsecs' | 'epochmillisecs';
  readonly maxErrors: number;
  readonly emptyAsNull: boolean;
  readonly blanksAsNull: boolean;
  readonly truncateColumns: boolean;
  readonly roundDec: boolean;
  readonly region: string | undefined;
  readonly delimiter: string;
  readonly ignoreHeader: number;
  readonly nullAs: string | undefined;
}

const JSON_ONLY = ['jsonPaths', 'ignoreCase'] as const;
const CSV_ONLY = ['delimiter', 'ignoreHeader'] as const;

function describeIssue(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown option ${issue.keys.map((key) => `"${key}"`).join(', ')} (known: ${Object.keys(copyOptionFields).join(', ')})`;
  }
  return `option "${issue.path.join('.')}": ${issue.message}`;
}

/** Checks options and fills in defaults. Throws INVALID_COPY_OPTION naming each option that is wrong. */
export function parseCopyOptions(input: unknown): CopyOptions {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(describeIssue).join('; ');
    throw new AirtempoError('INVALID_COPY_OPTION', `COPY cannot be done: ${issues}. Correct or remove it.`);
  }
  const given = parsed.data;
  const misplaced = (given.format === 'json' ? CSV_ONLY : JSON_ONLY).find(
    (name) => given[name] !== undefined,
  );
  if (misplaced !== undefined) {
    const other = given.format === 'json' ? 'csv' : 'json';
    throw new AirtempoError(
      'INVALID_COPY_OPTION',
      `COPY option "${misplaced}" belongs to format ${other}, but the format is ${given.format}. Remove it or change the format.`,
    );
  }
  if (given.jsonPaths !== undefined && given.ignoreCase !== undefined) {
    throw new AirtempoError(
      'INVALID_COPY_OPTION',
      'COPY option "ignoreCase" matches keys to columns, which "jsonPaths" replaces. Remove one of the two.',
    );
  }
  return {
    format: given.format,
    jsonPaths: given.jsonPaths,
    ignoreCase: given.ignoreCase ?? false,
    manifest: given.manifest ?? false,
    gzip: given.gzip ?? 'auto',
    timeFormat: given.timeFormat ?? 'auto',
    maxErrors: given.maxErrors ?? 0,
    emptyAsNull: given.emptyAsNull ?? false,
    blanksAsNull: given.blanksAsNull ?? false,
    truncateColumns: given.truncateColumns ?? false,
    roundDec: given.roundDec ?? false,
    region: given.region,
    delimiter: given.delimiter ?? ',',
    ignoreHeader: given.ignoreHeader ?? 0,
    nullAs: given.nullAs ?? (given.format === 'csv' ? '\\N' : undefined),
  };
}
