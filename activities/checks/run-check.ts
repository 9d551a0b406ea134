/**
 * Runs one check. A check that does not hold is a result, not an error; so is one that the
 * database refuses, e.g. for a missing table: the other checks must still be reported.
 */
import type { SqlClient, SqlRow } from '../../connections/sql/client.js';
import type { SqlStatement } from '../../connections/sql/statement.js';
import { AirtempoError } from '../../core/errors.js';
import {
  type Check,
  type CheckResult,
  type CheckValue,
  type CustomCheck,
  type FreshnessCheck,
  type RowCountCheck,
  nameOf,
} from './check.js';
import {
  countRows,
  countTable,
  type OffenderCheck,
  prepareCustom,
  selectExamples,
  selectNewest,
  selectOffenders,
} from './check-query.js';

/** What a check may look at. */
export interface CheckScene {
  readonly client: SqlClient;
  /** The end of the run's data interval: what freshness is measured from. */
  readonly intervalEnd: Date;
}

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
    case 'unique':
    case 'foreign_key':
      return expectNoRows(selectOffenders(check), expectationOf(check), scene);
    case 'row_count':
      return checkRowCount(check, scene);
    case 'freshness':
      return checkFreshness(check, scene);
    case 'custom':
      return checkCustom(check, scene);
  }
}

function expectationOf(check: OffenderCheck): string {
  switch (check.kind) {
    case 'not_null':
      return '0 rows with NULL';
    case 'unique':
      return '0 duplicates';
    case 'foreign_key':
      return `0 values that ${check.references.table}.${check.references.column} lacks`;
  }
}

function toCheckValue(value: unknown): CheckValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

function toExample(row: SqlRow): Record<string, CheckValue> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, toCheckValue(value)]));
}

async function readCount({ client }: CheckScene, query: SqlStatement): Promise<number> {
  const { rows } = await client.run(query);
  return Number(rows[0]?.['found']);
}

/** The rule that `query` finds nothing. Only a failed check pays for a second look. */
async function expectNoRows(query: SqlStatement, expected: string, scene: CheckScene): Promise<Outcome> {
  const found = await readCount(scene, countRows(query));
  if (found === 0) return { passed: true, found, expected };
  const { rows } = await scene.client.run(selectExamples(query));
  return { passed: false, found, expected, examples: rows.map(toExample) };
}

function describeBounds({ equals, min, max }: RowCountCheck): string {
  if (equals !== undefined) return `${equals} rows`;
  if (min === undefined) return `at most ${max} rows`;
  return max === undefined ? `at least ${min} rows` : `${min} to ${max} rows`;
}

async function checkRowCount(check: RowCountCheck, scene: CheckScene): Promise<Outcome> {
  const found = await readCount(scene, countTable(check));
  const min = check.equals ?? check.min ?? 0;
  const max = check.equals ?? check.max ?? Number.POSITIVE_INFINITY;
  return { passed: found >= min && found <= max, found, expected: describeBounds(check) };
}

async function checkFreshness(check: FreshnessCheck, { client, intervalEnd }: CheckScene): Promise<Outcome> {
  const expected = `at most ${check.maxAgeHours} h before ${intervalEnd.toISOString()}`;
  const { rows } = await client.run(selectNewest(check));
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

async function checkCustom(check: CustomCheck, scene: CheckScene): Promise<Outcome> {
  const statement = await prepareCustom(check, scene.client.dialect);
  if (check.expect === undefined) return expectNoRows(statement, 'no rows', scene);
  const { rows } = await scene.client.run(statement);
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
