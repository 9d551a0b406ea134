/** COPY on Redshift: the options of a COPY, written as the statement that Redshift runs itself. */
import { quoteIdentifier, quoteTable } from '../sql-identifiers.js';
import type { SqlPart } from '../sql/statement.js';
import type { CopyOptions } from './copy-options.js';

/**
 * As whom Redshift reads S3. A role is how it should be: Redshift keeps the text of statements in its system tables, with
 * any key in it.
 */
export type CopyCredentials =
  /** A role attached to the cluster; without `arn` its default one. */
  | { readonly kind: 'role'; readonly arn?: string | undefined }
  | {
      readonly kind: 'keys';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string | undefined;
    };

export interface RedshiftCopy {
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly columns?: readonly string[] | undefined;
  /** `s3://bucket/prefix`. */
  readonly from: string;
  readonly options: CopyOptions;
  readonly credentials: CopyCredentials;
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

function renderCredentials(credentials: CopyCredentials): readonly SqlPart[] {
  if (credentials.kind === 'role') {
    return [credentials.arn === undefined ? 'IAM_ROLE default' : `IAM_ROLE ${literal(credentials.arn)}`];
  }
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return [
    'ACCESS_KEY_ID ',
    { secret: literal(accessKeyId) },
    '\nSECRET_ACCESS_KEY ',
    { secret: literal(secretAccessKey) },
    ...(sessionToken === undefined ? [] : ['\nSESSION_TOKEN ', { secret: literal(sessionToken) }]),
  ];
}

/**
 * The statement's text. MAXERROR is one more than `maxErrors`: Redshift fails *at* that many. `gzip: 'auto'` writes
 * nothing, as Redshift does not look at the data.
 */
export function renderRedshiftCopy(copy: RedshiftCopy): readonly SqlPart[] {
  const { table, columns, from, options } = copy;
  const names = columns === undefined ? '' : ` (${columns.map(quoteIdentifier).join(', ')})`;
  const flags: readonly (readonly [boolean, string])[] = [
    [options.manifest, 'MANIFEST'],
    [options.gzip === true, 'GZIP'],
    [options.emptyAsNull, 'EMPTYASNULL'],
    [options.blanksAsNull, 'BLANKSASNULL'],
    [options.truncateColumns, 'TRUNCATECOLUMNS'],
    [options.roundDec, 'ROUNDEC'],
  ];
  const clauses = [
    ...renderFormat(options),
    `TIMEFORMAT ${literal(options.timeFormat)}`,
    ...(options.region === undefined ? [] : [`REGION ${literal(options.region)}`]),
    ...(options.maxErrors > 0 ? [`MAXERROR ${options.maxErrors + 1}`] : []),
    ...(options.nullAs === undefined ? [] : [`NULL AS ${literal(options.nullAs)}`]),
    ...flags.filter(([on]) => on).map(([, word]) => word),
  ];
  return [
    `COPY ${quoteTable(table)}${names}\nFROM ${literal(from)}\n`,
    ...renderCredentials(copy.credentials),
    `\n${clauses.join('\n')}`,
  ];
}
