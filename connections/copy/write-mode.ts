/**
 * What a load does with the rows that are in the table: the statements around the COPY on Postgres. Each mode is safe to
 * run again, but for `append`. Redshift's are in redshift-load.ts.
 */
import { AirtempoError } from '../../core/errors.js';
import type { SqlSession } from '../postgres.js';
import { quoteIdentifier, quoteTable } from '../sql-identifiers.js';
import { readTargetColumns } from './target-columns.js';

export type WriteMode =
  /** They go. */
  | { readonly kind: 'replace' }
  /** They stay: running the load again adds the rows again. */
  | { readonly kind: 'append' }
  /** Those with `column` in [start, end) go, and those that share `key` with a loaded row. */
  | {
      readonly kind: 'interval';
      readonly column: string;
      readonly start: string;
      readonly end: string;
      readonly key: readonly string[];
    };

type IntervalMode = Extract<WriteMode, { kind: 'interval' }>;

/** Runs the COPY: into the table itself, or into the stage, with exactly these columns. */
export type CopyStep<Result> = (stage?: {
  readonly table: string;
  readonly columns: readonly string[];
}) => Promise<Result>;

export interface WriteRequest<Result> {
  readonly session: SqlSession;
  readonly table: string;
  readonly columns: readonly string[] | undefined;
  readonly write: WriteMode;
  readonly copy: CopyStep<Result>;
}

/** A session has one load at a time, and the table lives no longer than its transaction. */
export const STAGE_TABLE = 'airtempo_load_stage';

/** The quoted name of a loaded column, as a person has spelt it. Throws INVALID_COPY_OPTION. */
export function findColumn(name: string, columns: readonly string[], table: string): string {
  const found =
    columns.find((column) => column === name) ?? columns.find((column) => column === name.toLowerCase());
  if (found !== undefined) return quoteIdentifier(found);
  throw new AirtempoError(
    'INVALID_COPY_OPTION',
    `Column "${name}" of write.interval or write.key is not loaded into ${table}. Name one of: ${columns.join(', ')}.`,
  );
}

async function replaceInterval<Result>(
  request: WriteRequest<Result>,
  write: IntervalMode,
  target: string,
): Promise<Result> {
  const { session, table } = request;
  const columns = (await readTargetColumns(session, target, request.columns)).map(({ name }) => name);
  const within = findColumn(write.column, columns, table);
  const keys = write.key.map((name) => findColumn(name, columns, table));
  const stage = quoteIdentifier(STAGE_TABLE);
  const like = `LIKE ${target} INCLUDING DEFAULTS INCLUDING IDENTITY INCLUDING GENERATED`;
  await session.query(`CREATE TEMP TABLE ${stage} (${like}) ON COMMIT DROP`);
  const result = await request.copy({ table: STAGE_TABLE, columns });
  await session.query(`ANALYZE ${stage}`); // Postgres knows nothing of a new table without it
  await session.query(`DELETE FROM ${target} WHERE ${within} >= $1 AND ${within} < $2`, [
    write.start,
    write.end,
  ]);
  if (keys.length > 0) {
    const matches = keys.map((key) => `${target}.${key} = ${stage}.${key}`).join(' AND ');
    await session.query(`DELETE FROM ${target} USING ${stage} WHERE ${matches}`);
  }
  const names = columns.map(quoteIdentifier).join(', ');
  await session.query(`INSERT INTO ${target} (${names}) SELECT ${names} FROM ${stage}`);
  return result;
}

/** Locks the table, removes what the load replaces and runs the COPY. The caller's transaction surrounds it. */
export async function writeTable<Result>(request: WriteRequest<Result>): Promise<Result> {
  const { session, write } = request;
  const target = quoteTable(request.table);
  // the weakest lock that keeps other writers out, so that readers go on
  await session.query(`LOCK TABLE ${target} IN SHARE ROW EXCLUSIVE MODE`);
  switch (write.kind) {
    case 'replace':
      await session.query(`DELETE FROM ${target}`);
      return request.copy();
    case 'append':
      return request.copy();
    case 'interval':
      return replaceInterval(request, write, target);
  }
}
