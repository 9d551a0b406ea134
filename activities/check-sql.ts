/**
 * The operator `check_sql`: data-quality checks. All of them run and all are reported, then any failed one
 * fails the task, without retry: the data would not change by asking again.
 */
import { z } from 'zod';
import { describeTable } from '../connections/datasets.js';
import { operator } from '../core/define-operator.js';
import { AirtempoError } from '../core/errors.js';
import { type Check, type CheckResult, checkSchema } from './checks/check.js';
import { type CheckScene, runCheck } from './checks/run-check.js';
import { withSqlClient } from './sql/with-sql-client.js';

export interface CheckSqlArgs {
  /** A connection of type postgres or redshift. */
  readonly connId: string;
  readonly checks: readonly Check[];
}

export interface CheckSqlOutput {
  readonly checks: readonly CheckResult[];
}

const argsSchema: z.ZodType<CheckSqlArgs> = z.strictObject({
  connId: z.string().min(1),
  checks: z.array(checkSchema).min(1).readonly(),
});

function describeFailure({ name, found, expected, examples = [] }: CheckResult): string {
  const rows = examples.map((example) => JSON.stringify(example)).join(', ');
  return `${name}: found ${String(found)}, expected ${expected}${rows === '' ? '' : `; e.g. ${rows}`}`;
}

function refuseFailures(results: readonly CheckResult[]): void {
  const failed = results.filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  throw new AirtempoError(
    'CHECK_FAILED',
    `${failed.length} of ${results.length} checks failed. ${failed.map(describeFailure).join('. ')}. ` +
      `Correct the data or the check, then clear the task.`,
  );
}

/** The tables that the checks name; a query of one's own may read others. */
function tablesOf(checks: readonly Check[]): readonly string[] {
  const tables = checks.flatMap((check) => {
    if (check.kind === 'custom') return [];
    return check.kind === 'foreign_key' ? [check.table, check.references.table] : [check.table];
  });
  return [...new Set(tables)];
}

async function runChecks(checks: readonly Check[], scene: CheckScene): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) results.push(await runCheck(check, scene));
  return results;
}

/**
 * Runs the checks one after another on one connection.
 * Errors: CHECK_FAILED naming check, found, expected and up to five offending rows; INVALID_SQL_FILE;
 * SQL_UNAVAILABLE.
 */
export const checkSql = operator<CheckSqlArgs, CheckSqlOutput>(
  'check_sql',
  ({ args, ctx }) =>
    withSqlClient(ctx, { connId: args.connId, repetition: 'fresh' }, async (client) => {
      const connection = await ctx.connection(args.connId);
      ctx.lineage({ inputs: tablesOf(args.checks).map((table) => describeTable(connection, table)) });
      const checks = await runChecks(args.checks, { client, intervalEnd: ctx.dataInterval.end });
      for (const check of checks) {
        const { passed, ...fields } = check;
        if (passed) ctx.log.info(fields, 'check passed');
        else ctx.log.error(fields, 'check failed');
      }
      refuseFailures(checks);
      return { checks };
    }),
  {
    args: argsSchema,
    summary: ({ checks }) =>
      Array.isArray(checks) ? `runs ${checks.length} checks` : 'runs data-quality checks',
  },
);
