/**
 * The operator `run_sql`: runs SQL files, and statements given in the DAG, in one transaction. It returns
 * counts only; rows do not travel through a run's history.
 */
import { z } from 'zod';
import { describeNamed } from '../connections/datasets.js';
import type { SqlDialect } from '../connections/sql/client.js';
import type { SqlStatement } from '../connections/sql/statement.js';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { type SqlParameters, refuseUnusedParameters } from './sql/named-parameters.js';
import { type SqlSource, readSqlFile } from './sql/sql-folder.js';
import { prepareStatement } from './sql/statement.js';
import { withSqlClient } from './sql/with-sql-client.js';

export interface RunSqlArgs {
  /** A connection of type postgres or redshift. */
  readonly connId: string;
  /** SQL files in the order to run: paths below sql/, or absolute ones. One statement a file. */
  readonly files?: string | readonly string[] | undefined;
  /** Statements given as text, run after the files. */
  readonly sql?: string | readonly string[] | undefined;
  /** Values for the `:name`s of all statements together. Each must be used by one of them at least. */
  readonly parameters?: SqlParameters | undefined;
  /** What the statements read, for lineage: tables of the connection (`table`, `schema.table`) or `s3://` URLs. */
  readonly inlets?: readonly string[] | undefined;
  /** What they write. A single one is taken to have got the rows of the last statement. */
  readonly outlets?: readonly string[] | undefined;
}

export interface RunSqlOutput {
  /** Rows that each statement changed or returned, in order. */
  readonly rowCounts: readonly number[];
  /** Their sum. */
  readonly rows: number;
}

const oneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).readonly()]);
const parameterValue = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const argsSchema: z.ZodType<RunSqlArgs> = z
  .strictObject({
    connId: z.string().min(1),
    files: oneOrMore.optional(),
    sql: oneOrMore.optional(),
    parameters: z.record(z.string(), parameterValue).optional(),
    inlets: z.array(z.string().min(1)).readonly().optional(),
    outlets: z.array(z.string().min(1)).readonly().optional(),
  })
  .refine(
    ({ files, sql }) => asList(files).length + asList(sql).length > 0,
    'give at least one of files and sql',
  );

function asList(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

async function readSources({ files, sql }: RunSqlArgs): Promise<readonly SqlSource[]> {
  const fromFiles = await Promise.all(asList(files).map(readSqlFile));
  const inline = asList(sql).map((text, index) => ({ place: `sql[${index}]`, sql: text }));
  return [...fromFiles, ...inline];
}

function prepareAll(
  sources: readonly SqlSource[],
  dialect: SqlDialect,
  args: RunSqlArgs,
): readonly SqlStatement[] {
  const parameters = args.parameters ?? {};
  const statements = sources.map((source) => prepareStatement(source, dialect, parameters));
  refuseUnusedParameters(statements, parameters);
  return statements;
}

/** The statements that the task runs, in order: what `tasks render` prints. */
export async function planRunSql(args: RunSqlArgs, dialect: SqlDialect): Promise<readonly SqlStatement[]> {
  return prepareAll(await readSources(args), dialect, args);
}

function summarize(args: { readonly files?: unknown; readonly sql?: unknown }): string {
  const files = typeof args.files === 'string' ? [args.files] : args.files;
  if (Array.isArray(files) && files.length > 0) return `runs ${files.join(', ')}`;
  return args.sql === undefined ? 'runs SQL' : 'runs SQL of the DAG file';
}

async function tellLineage(ctx: TaskContext, args: RunSqlArgs, lastCount?: number): Promise<void> {
  const { inlets = [], outlets = [] } = args;
  if (inlets.length + outlets.length === 0) return;
  const connection = await ctx.connection(args.connId);
  const rowCount = outlets.length === 1 && lastCount !== undefined ? { rowCount: lastCount } : {};
  ctx.lineage({
    inputs: inlets.map((name) => describeNamed(connection, name)),
    outputs: outlets.map((name) => ({ ...describeNamed(connection, name), ...rowCount })),
  });
}

/**
 * Runs all statements in one transaction: all of them count, or none. Safe to run twice as far as the
 * statements are; write DELETE + INSERT, and lock the target first.
 * Errors: INVALID_SQL_FILE (before anything ran), SQL_FAILED, SQL_UNAVAILABLE.
 */
export const runSql = operator<RunSqlArgs, RunSqlOutput>(
  'run_sql',
  async ({ args, ctx }) => {
    const sources = await readSources(args);
    await tellLineage(ctx, args);
    return withSqlClient(ctx, args, async (client) => {
      const statements = prepareAll(sources, client.dialect, args);
      const results = await client.transact(statements);
      const rowCounts = results.map(({ rowCount }) => rowCount);
      const rows = rowCounts.reduce((sum, count) => sum + count, 0);
      await tellLineage(ctx, args, rowCounts.at(-1));
      ctx.log.info(
        { connId: args.connId, rowCounts, statements: statements.map(({ place }) => place) },
        'ran SQL',
      );
      return { rowCounts, rows };
    });
  },
  { args: argsSchema, summary: summarize },
);
