/**
 * Runs one check on a session. A check that does not hold is a result, not an error; so is one that the
 * database refuses, e.g. for a missing table: the other checks must still be reported.
 */
import type { SqlRow, SqlSession } from '../../connections/postgres.js';
import { quoteIdentifier, quoteTable } from '../../connections/sql-identifiers.js';
import { AirtempoError } from '../../core/errors.js';
import { refuseUnusedParameters } from '../sql/named-parameters.js';
import { runStatement } from '../sql/run-statement.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { prepareStatement } from '../sql/statement.js';
import {
  type Check,
  type CheckResult,
  type CheckValue,
  type CustomCheck,
  type ForeignKeyCheck,
  type FreshnessCheck,
  type NotNullCheck,
  type RowCountCheck,
  type UniqueCheck,
  nameOf,
} from './check.js';

/** What a check may look at. */
export interface CheckScene {
  readonly session: SqlSession;
  /** The end of the run's data interval: what freshness is measured from. */
  readonly intervalEnd: Date;
}

const MAX_EXAMPLES = 5;
const HOUR_MS = 3_600_000;
const HOUR_DECIMALS = 2;

type Outcome = Omit<CheckResult, 'name'>;

/** Runs `check`. Throws only what trying again may cure, and what a SQL file has wrong. */
export async function runCheck(check: Check, scene: CheckScene): Promise<CheckResult> {
  try {
    return { name: nameOf(check), ...(await dispatch(check, scene)) };
  } catch (error) {
    if (!(error instanceof AirtempoError) || error.code !== 'SQL_FAILED') throw error;
    return { name: nameOf(check), passed: false, found: error.message, expected: 'a query that runs' };
  }
}

function dispatch(check: Check, scene: CheckScene): Promise<Outcome> {
  switch (check.kind) {
    case 'not_null':
      return checkNotNull(check, scene);
    case 'unique':
      return checkUnique(check, scene);
    case 'foreign_key':
      return checkForeignKey(check, scene);
    case 'row_count':
      return checkRowCount(check, scene);
    case 'freshness':
      return checkFreshness(check, scene);
    case 'custom':
      return checkCustom(check, scene);
  }
}

function list(columns: readonly string[]): string {
  return columns.map(quoteIdentifier).join(', ');
}

function toCheckValue(value: unknown): CheckValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

function toExample(row: SqlRow): Record<string, CheckValue> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, toCheckValue(value)]));
}

async function count(session: SqlSession, query: string, values: readonly unknown[] = []): Promise<number> {
  const { rows } = await session.query(`SELECT COUNT(*) AS found FROM (${query}) AS offenders`, values);
  return Number(rows[0]?.['found']);
}

/** The rule that `query` finds nothing. Only a failed check pays for a second look. */
async function expectNoRows(
  session: SqlSession,
  query: string,
  expected: string,
  values: readonly unknown[] = [],
): Promise<Outcome> {
  const found = await count(session, query, values);
  if (found === 0) return { passed: true, found, expected };
  const { rows } = await session.query(`SELECT * FROM (${query}) AS offenders LIMIT ${MAX_EXAMPLES}`, values);
  return { passed: false, found, expected, examples: rows.map(toExample) };
}

function checkNotNull({ table, columns, key }: NotNullCheck, { session }: CheckScene): Promise<Outcome> {
  const isNull = columns.map((column) => `${quoteIdentifier(column)} IS NULL`).join(' OR ');
  const query = `SELECT ${list(key ?? columns)} FROM ${quoteTable(table)} WHERE ${isNull}`;
  return expectNoRows(session, query, '0 rows with NULL');
}

function checkUnique({ table, columns }: UniqueCheck, { session }: CheckScene): Promise<Outcome> {
  const query =
    `SELECT ${list(columns)}, COUNT(*) AS occurrences FROM ${quoteTable(table)} ` +
    `GROUP BY ${list(columns)} HAVING COUNT(*) > 1`;
  return expectNoRows(session, query, '0 duplicates');
}

function checkForeignKey(check: ForeignKeyCheck, { session }: CheckScene): Promise<Outcome> {
  const { references, interval } = check;
  const child = `child.${quoteIdentifier(check.column)}`;
  const parent = `parent.${quoteIdentifier(references.column)}`;
  const within = interval === undefined ? '' : withinInterval(`child.${quoteIdentifier(interval.column)}`);
  const sql =
    `SELECT ${child}, COUNT(*) AS occurrences FROM ${quoteTable(check.table)} AS child ` +
    `LEFT JOIN ${quoteTable(references.table)} AS parent ON ${parent} = ${child} ` +
    `WHERE ${child} IS NOT NULL AND ${parent} IS NULL${within} GROUP BY ${child}`;
  const parameters = interval === undefined ? {} : { start: interval.start, end: interval.end };
  const { text, values } = prepareStatement({ place: nameOf(check), sql }, session.dialect, parameters);
  return expectNoRows(session, text, `0 values that ${references.table}.${references.column} lacks`, values);
}

function withinInterval(column: string): string {
  return ` AND ${column} >= CAST(:start AS TIMESTAMP) AND ${column} < CAST(:end AS TIMESTAMP)`;
}

function describeBounds({ equals, min, max }: RowCountCheck): string {
  if (equals !== undefined) return `${equals} rows`;
  if (min === undefined) return `at most ${max} rows`;
  return max === undefined ? `at least ${min} rows` : `${min} to ${max} rows`;
}

async function checkRowCount(check: RowCountCheck, { session }: CheckScene): Promise<Outcome> {
  const found = await count(session, `SELECT 1 AS one FROM ${quoteTable(check.table)}`);
  const min = check.equals ?? check.min ?? 0;
  const max = check.equals ?? check.max ?? Number.POSITIVE_INFINITY;
  return { passed: found >= min && found <= max, found, expected: describeBounds(check) };
}

async function checkFreshness(check: FreshnessCheck, { session, intervalEnd }: CheckScene): Promise<Outcome> {
  const expected = `at most ${check.maxAgeHours} h before ${intervalEnd.toISOString()}`;
  // as text: a driver would read a TIMESTAMP in the zone of the worker
  const column = `CAST(MAX(${quoteIdentifier(check.column)}) AS VARCHAR(64))`;
  const { rows } = await session.query(`SELECT ${column} AS newest FROM ${quoteTable(check.table)}`);
  const newest = rows[0]?.['newest'];
  if (typeof newest !== 'string') return { passed: false, found: 'no timestamp', expected };
  const ageHours = (intervalEnd.getTime() - parseUtc(newest)) / HOUR_MS;
  const found = `${newest} (${ageHours.toFixed(HOUR_DECIMALS)} h before)`;
  return { passed: ageHours <= check.maxAgeHours, found, expected };
}

/** `2018-11-01 20:57:10.796`, a bare date, or with the zone that a TIMESTAMPTZ prints (`+00`). */
function parseUtc(text: string): number {
  const withZone = /[+-]\d{2}(:?\d{2})?$/.exec(text.slice('yyyy-mm-dd'.length));
  const iso = text.replace(' ', 'T');
  if (withZone === null) return Date.parse(iso.includes('T') ? `${iso}Z` : iso);
  return Date.parse(withZone[1] === undefined ? `${iso}:00` : iso);
}

async function checkCustom(check: CustomCheck, { session }: CheckScene): Promise<Outcome> {
  const source =
    check.file === undefined
      ? { place: `check ${check.name}`, sql: check.sql ?? '' }
      : await readSqlFile(check.file);
  const parameters = check.parameters ?? {};
  const statement = prepareStatement(source, session.dialect, parameters);
  refuseUnusedParameters([statement], parameters);
  if (check.expect === undefined) return expectNoRows(session, statement.text, 'no rows', statement.values);
  const { rows } = await runStatement(session, statement);
  const found = rows[0] === undefined ? 'no rows' : toCheckValue(Object.values(rows[0])[0]);
  return {
    passed: rows[0] !== undefined && isSame(found, check.expect),
    found,
    expected: JSON.stringify(check.expect),
  };
}

/** NUMERIC arrives as text, so that a number is compared as a number. */
function isSame(found: CheckValue, expected: CheckValue): boolean {
  if (typeof expected === 'number' && typeof found === 'string' && found.trim() !== '')
    return Number(found) === expected;
  return found === expected;
}
