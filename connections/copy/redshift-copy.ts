/**
 * COPY on a real Redshift: the same options, written as the statement that Redshift runs itself. Credentials are an
 * IAM role, never keys: a statement's text ends up in logs and system tables.
 */
import { AirtempoError } from '../../core/errors.js';
import type { SqlSession } from '../postgres.js';
import { quoteIdentifier, quoteTable } from '../sql-identifiers.js';
import type { CopyResult } from './copy.js';
import type { CopyOptions } from './copy-options.js';

export interface RedshiftCopy {
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly columns?: readonly string[] | undefined;
  /** `s3://bucket/prefix`. */
  readonly from: string;
  readonly options: CopyOptions;
  /** ARN of a role attached to the cluster. Default: the cluster's default role. */
  readonly iamRole?: string | undefined;
}

/** Redshift reads backslashes in literals as escapes. */
function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function renderFormat(options: CopyOptions): readonly string[] {
  if (options.format === 'json') {
    const source = options.jsonPaths ?? (options.ignoreCase ? 'auto ignorecase' : 'auto');
    return [`FORMAT AS JSON ${literal(source)}`];
  }
  const header = options.ignoreHeader > 0 ? [`IGNOREHEADER ${options.ignoreHeader}`] : [];
  return ['FORMAT AS CSV', `DELIMITER AS ${literal(options.delimiter)}`, ...header];
}

/**
 * The statement's text. MAXERROR is one more than `maxErrors`: Redshift fails *at* that many. `gzip: 'auto'` writes
 * nothing, as Redshift does not look at the data.
 */
export function renderRedshiftCopy({ table, columns, from, options, iamRole }: RedshiftCopy): string {
  const names = columns === undefined ? '' : ` (${columns.map(quoteIdentifier).join(', ')})`;
  const flags: readonly (readonly [boolean, string])[] = [
    [options.manifest, 'MANIFEST'],
    [options.gzip === true, 'GZIP'],
    [options.emptyAsNull, 'EMPTYASNULL'],
    [options.blanksAsNull, 'BLANKSASNULL'],
    [options.truncateColumns, 'TRUNCATECOLUMNS'],
    [options.roundDec, 'ROUNDEC'],
  ];
  return [
    `COPY ${quoteTable(table)}${names}`,
    `FROM ${literal(from)}`,
    iamRole === undefined ? 'IAM_ROLE default' : `IAM_ROLE ${literal(iamRole)}`,
    ...renderFormat(options),
    `TIMEFORMAT ${literal(options.timeFormat)}`,
    ...(options.region === undefined ? [] : [`REGION ${literal(options.region)}`]),
    ...(options.maxErrors > 0 ? [`MAXERROR ${options.maxErrors + 1}`] : []),
    ...(options.nullAs === undefined ? [] : [`NULL AS ${literal(options.nullAs)}`]),
    ...flags.filter(([on]) => on).map(([, word]) => word),
  ].join('\n');
}

const COUNTS = `
  SELECT pg_last_copy_count() AS rows,
         (SELECT COUNT(*) FROM stl_load_commits WHERE query = pg_last_copy_id()) AS files,
         (SELECT COUNT(*) FROM stl_load_errors WHERE query = pg_last_copy_id()) AS rejected`;

/** Runs the COPY in the caller's transaction. Redshift reports no bytes: `bytes` is 0. */
export async function copyOnRedshift(session: SqlSession, copy: RedshiftCopy): Promise<CopyResult> {
  await session.query(renderRedshiftCopy(copy));
  const { rows } = await session.query(COUNTS);
  const count = (name: string): number => Number(rows[0]?.[name] ?? 0);
  return {
    rows: count('rows'),
    files: count('files'),
    bytes: 0,
    rejected: count('rejected'),
    skippedFiles: [],
  };
}

const ERROR_VIEWS = [
  `SELECT TRIM(filename) AS file, line_number AS line, TRIM(colname) AS col, TRIM(err_reason) AS reason
   FROM stl_load_errors WHERE session = pg_backend_pid() ORDER BY starttime DESC LIMIT 10`,
  // The only one that Serverless lets a person read.
  `SELECT TRIM(file_name) AS file, line_number AS line, TRIM(column_name) AS col, TRIM(error_message) AS reason
   FROM sys_load_error_detail WHERE session_id = pg_backend_pid() ORDER BY start_time DESC LIMIT 10`,
];

/** The error of a failed COPY with what Redshift's error table says. Call it after the rollback. */
export async function explainRedshiftFailure(session: SqlSession, error: unknown): Promise<unknown> {
  if (!(error instanceof AirtempoError) || error.code !== 'SQL_FAILED') return error;
  for (const view of ERROR_VIEWS) {
    const rows = await session.query(view).then(
      (result) => result.rows,
      () => [],
    );
    const first = rows[0];
    if (first === undefined) continue;
    return new AirtempoError(
      'LOAD_FAILED',
      `COPY was rolled back: ${String(first['file'])} line ${String(first['line'])}, column ${String(first['col'])}: ${String(first['reason'])}. Correct the data.`,
      { cause: error },
    );
  }
  return error;
}
