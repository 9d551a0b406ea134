/** The queries of checks. Pure, but for reading the file of a check of one's own. */
import type { SqlDialect } from '../../connections/sql/client.js';
import { quoteIdentifier, quoteTable } from '../../connections/sql-identifiers.js';
import {
  createStatement,
  type SqlPart,
  type SqlStatement,
  wrapStatement,
} from '../../connections/sql/statement.js';
import { refuseUnusedParameters } from '../sql/named-parameters.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { prepareStatement } from '../sql/statement.js';
import {
  type Check,
  type CustomCheck,
  type ForeignKeyCheck,
  type FreshnessCheck,
  nameOf,
  type NotNullCheck,
  type RowCountCheck,
  type UniqueCheck,
} from './check.js';

const MAX_EXAMPLES = 5;

/** Checks that select the rows which should not be there. */
export type OffenderCheck = NotNullCheck | UniqueCheck | ForeignKeyCheck;

function list(columns: readonly string[]): string {
  return columns.map(quoteIdentifier).join(', ');
}

/** The rows that a check objects to, by their key columns. */
export function selectOffenders(check: OffenderCheck): SqlStatement {
  switch (check.kind) {
    case 'not_null': {
      const isNull = check.columns.map((column) => `${quoteIdentifier(column)} IS NULL`).join(' OR ');
      const shown = list(check.key ?? check.columns);
      return createStatement(
        nameOf(check),
        `SELECT ${shown} FROM ${quoteTable(check.table)} WHERE ${isNull}`,
      );
    }
    case 'unique':
      return createStatement(
        nameOf(check),
        `SELECT ${list(check.columns)}, COUNT(*) AS occurrences FROM ${quoteTable(check.table)} ` +
          `GROUP BY ${list(check.columns)} HAVING COUNT(*) > 1`,
      );
    case 'foreign_key':
      return selectOrphans(check);
  }
}

function selectOrphans(check: ForeignKeyCheck): SqlStatement {
  const { references, interval } = check;
  const child = `child.${quoteIdentifier(check.column)}`;
  const parent = `parent.${quoteIdentifier(references.column)}`;
  const within = interval === undefined ? [] : withinInterval(interval);
  return createStatement(
    nameOf(check),
    `SELECT ${child}, COUNT(*) AS occurrences FROM ${quoteTable(check.table)} AS child ` +
      `LEFT JOIN ${quoteTable(references.table)} AS parent ON ${parent} = ${child} ` +
      `WHERE ${child} IS NOT NULL AND ${parent} IS NULL`,
    ...within,
    ` GROUP BY ${child}`,
  );
}

function withinInterval({
  column,
  start,
  end,
}: NonNullable<ForeignKeyCheck['interval']>): readonly SqlPart[] {
  const at = `child.${quoteIdentifier(column)}`;
  return [
    ` AND ${at} >= CAST(`,
    { name: 'start', value: start },
    ` AS TIMESTAMP) AND ${at} < CAST(`,
    { name: 'end', value: end },
    ' AS TIMESTAMP)',
  ];
}

/** How many rows a query gives, as `found`. */
export function countRows(query: SqlStatement): SqlStatement {
  return wrapStatement('SELECT COUNT(*) AS found FROM (', query, ') AS offenders');
}

/** Its first rows. */
export function selectExamples(query: SqlStatement): SqlStatement {
  return wrapStatement('SELECT * FROM (', query, `) AS offenders LIMIT ${String(MAX_EXAMPLES)}`);
}

/** How many rows the table has, as `found`. */
export function countTable(check: RowCountCheck): SqlStatement {
  return createStatement(nameOf(check), `SELECT COUNT(*) AS found FROM ${quoteTable(check.table)}`);
}

/** The newest timestamp as text: a driver would read a TIMESTAMP in the zone of the worker. */
export function selectNewest(check: FreshnessCheck): SqlStatement {
  const column = `CAST(MAX(${quoteIdentifier(check.column)}) AS VARCHAR(64))`;
  return createStatement(nameOf(check), `SELECT ${column} AS newest FROM ${quoteTable(check.table)}`);
}

/** The query of a check of one's own. Throws INVALID_SQL_FILE. */
export async function prepareCustom(check: CustomCheck, dialect: SqlDialect): Promise<SqlStatement> {
  const source =
    check.file === undefined
      ? { place: `check ${check.name}`, sql: check.sql ?? '' }
      : await readSqlFile(check.file);
  const parameters = check.parameters ?? {};
  const statement = prepareStatement(source, dialect, parameters);
  refuseUnusedParameters([statement], parameters);
  return statement;
}

/** The query that decides a check; a failed one asks for examples besides. */
export async function planCheck(check: Check, dialect: SqlDialect): Promise<SqlStatement> {
  switch (check.kind) {
    case 'not_null':
    case 'unique':
    case 'foreign_key':
      return countRows(selectOffenders(check));
    case 'row_count':
      return countTable(check);
    case 'freshness':
      return selectNewest(check);
    case 'custom': {
      const query = await prepareCustom(check, dialect);
      return check.expect === undefined ? countRows(query) : query;
    }
  }
}
