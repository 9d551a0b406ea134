/** The sensor `sql_sensor`: waits until the first cell of a query's answer is what it should be. */
import { z } from 'zod';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { refuseUnusedParameters, type SqlParameters } from '../sql/named-parameters.js';
import { prepareStatement } from '../sql/statement.js';
import { withSqlClient } from '../sql/with-sql-client.js';

export interface WaitForSqlArgs {
  /** A connection of type postgres or redshift. */
  readonly connId: string;
  /** One statement. Its first cell decides: the first column of the first row. */
  readonly sql: string;
  /** Values for the `:name`s of the statement. */
  readonly parameters?: SqlParameters | undefined;
  /**
   * The value of the cell, or the number that it must reach. Default: anything but 0, '0', '', false and null, as
   * Airflow's SqlSensor.
   */
  readonly expect?: string | number | boolean | { readonly atLeast: number } | undefined;
}

export interface WaitForSqlOutput {
  /** The cell that ended the wait, as the database writes it. */
  readonly value: string;
}

const argsSchema: z.ZodType<WaitForSqlArgs> = z.strictObject({
  connId: z.string().min(1),
  sql: z.string().min(1),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  expect: z.union([z.string(), z.number(), z.boolean(), z.strictObject({ atLeast: z.number() })]).optional(),
});

const SHOWN_CHARACTERS = 100;

/** Succeeds once the cell is as expected. Errors: INVALID_SQL_FILE, SQL_FAILED (no retry), SQL_UNAVAILABLE. */
export const waitForSql = sensor(
  'sql_sensor',
  ({ args, ctx }: { args: WaitForSqlArgs; ctx: TaskContext }): Promise<WaitForSqlOutput | NotYet> =>
    withSqlClient(ctx, { connId: args.connId, repetition: 'never' }, async (client) => {
      const parameters = args.parameters ?? {};
      const statement = prepareStatement({ place: 'sql', sql: args.sql }, client.dialect, parameters);
      refuseUnusedParameters([statement], parameters);
      const { rows } = await client.run(statement);
      const [row] = rows;
      if (row === undefined) return notYet('the query gives no row');
      const cell = Object.values(row)[0];
      return isThere(cell, args.expect)
        ? { value: show(cell) }
        : notYet(`the first cell is ${show(cell)}${describeExpectation(args.expect)}`);
    }),
  { args: argsSchema, summary: ({ connId }) => `waits for rows in ${connId ?? 'a database'}` },
);

function isThere(cell: unknown, expect: WaitForSqlArgs['expect']): boolean {
  if (expect === undefined) return !['', '0', 'false', 'null', 'undefined'].includes(show(cell));
  if (typeof expect === 'object') return cell !== null && Number(cell) >= expect.atLeast;
  // a driver gives wide numbers as texts
  return typeof expect === 'number'
    ? cell !== null && Number(cell) === expect
    : show(cell) === String(expect);
}

function describeExpectation(expect: WaitForSqlArgs['expect']): string {
  if (expect === undefined) return '';
  return typeof expect === 'object' ? `, not yet ${String(expect.atLeast)}` : `, not ${String(expect)}`;
}

function show(cell: unknown): string {
  const isPlain =
    cell === null || ['string', 'number', 'boolean', 'bigint', 'undefined'].includes(typeof cell);
  const text = cell instanceof Date ? cell.toISOString() : isPlain ? String(cell) : JSON.stringify(cell);
  return text.slice(0, SHOWN_CHARACTERS);
}
