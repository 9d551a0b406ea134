/**
 * One load of one table on Redshift: the list of statements that is one transaction, and what became of it. TRUNCATE is
 * not in it: Redshift commits at it. The same list for both drivers.
 */
import { AirtempoError } from '../../core/errors.js';
import { quoteIdentifier, quoteTable } from '../sql-identifiers.js';
import type { SqlClient, SqlResult } from '../sql/client.js';
import { createStatement, type SqlStatement } from '../sql/statement.js';
import type { CopyResult } from './copy.js';
import { type RedshiftCopy, renderRedshiftCopy } from './redshift-copy.js';
import { countRejected, explainLoadFailure, readLoadSize } from './redshift-load-errors.js';
import { findColumn, STAGE_TABLE, type WriteMode } from './write-mode.js';

export interface RedshiftLoad extends RedshiftCopy {
  readonly write: WriteMode;
}

/** The statements of a load, and which of them is the COPY. */
export interface LoadPlan {
  readonly statements: readonly SqlStatement[];
  readonly copyAt: number;
}

/** Plans the load. Throws INVALID_COPY_OPTION. */
export function planRedshiftLoad(load: RedshiftLoad): LoadPlan {
  const target = quoteTable(load.table);
  const lock = createStatement('lock the table', `LOCK TABLE ${target}`);
  const copy = createStatement('COPY', ...renderRedshiftCopy(load));
  switch (load.write.kind) {
    case 'append':
      return { statements: [lock, copy], copyAt: 1 };
    case 'replace':
      return {
        statements: [lock, createStatement('empty the table', `DELETE FROM ${target}`), copy],
        copyAt: 2,
      };
    case 'interval':
      return planInterval(load, load.write, lock);
  }
}

function columnsOf({ table, columns }: RedshiftLoad): readonly string[] {
  if (columns !== undefined) return columns.map((name) => name.toLowerCase());
  throw new AirtempoError(
    'INVALID_COPY_OPTION',
    `write by interval into ${table} needs "columns" on Redshift, whose catalog does not tell which columns it fills itself. List them.`,
  );
}

/** COPY goes into a temporary table, whose rows then replace the interval's and those of the same key. */
function planInterval(
  load: RedshiftLoad,
  write: Extract<WriteMode, { kind: 'interval' }>,
  lock: SqlStatement,
): LoadPlan {
  const columns = columnsOf(load);
  const target = quoteTable(load.table);
  const stage = quoteIdentifier(STAGE_TABLE);
  const within = findColumn(write.column, columns, load.table);
  const names = columns.map(quoteIdentifier).join(', ');
  const matches = write.key
    .map((name) => findColumn(name, columns, load.table))
    .map((key) => `${target}.${key} = ${stage}.${key}`);
  const statements = [
    lock,
    createStatement('create the stage', `CREATE TEMP TABLE ${stage} (LIKE ${target} INCLUDING DEFAULTS)`),
    createStatement('COPY', ...renderRedshiftCopy({ ...load, table: STAGE_TABLE, columns })),
    createStatement(
      'remove the interval',
      `DELETE FROM ${target} WHERE ${within} >= `,
      { name: 'interval_start', value: write.start },
      ` AND ${within} < `,
      { name: 'interval_end', value: write.end },
    ),
    ...(matches.length === 0
      ? []
      : [
          createStatement(
            'remove what comes again',
            `DELETE FROM ${target} USING ${stage} WHERE ${matches.join(' AND ')}`,
          ),
        ]),
    createStatement('take over the stage', `INSERT INTO ${target} (${names}) SELECT ${names} FROM ${stage}`),
    createStatement('drop the stage', `DROP TABLE ${stage}`),
  ];
  return { statements, copyAt: 2 };
}

/** Loads the table. A load that fails over its data is LOAD_FAILED with what Redshift's error tables say. */
export async function loadTableOnRedshift(client: SqlClient, load: RedshiftLoad): Promise<CopyResult> {
  const { statements, copyAt } = planRedshiftLoad(load);
  const results = await client.transact(statements).catch(async (error: unknown) => {
    throw await explainLoadFailure(client, error);
  });
  const { queryId, rows } = await describeCopy(client, results[copyAt]);
  const rejected = load.options.maxErrors > 0 ? await countRejected(client, queryId) : 0;
  return { rows, ...(await readLoadSize(client, queryId)), rejected, skippedFiles: [] };
}

/** The Data API tells it with the result; on the wire the session knows its last COPY. */
async function describeCopy(
  client: SqlClient,
  result: SqlResult | undefined,
): Promise<{ readonly rows: number; readonly queryId: number | undefined }> {
  if (client.driver === 'data-api') return { rows: result?.rowCount ?? 0, queryId: result?.queryId };
  const query = 'SELECT pg_last_copy_count() AS loaded, pg_last_copy_id() AS query_id';
  const { rows } = await client.run(createStatement('count what was loaded', query));
  return { rows: Number(rows[0]?.['loaded'] ?? 0), queryId: Number(rows[0]?.['query_id']) };
}
