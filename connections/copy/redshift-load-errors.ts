/**
 * What Redshift's system tables say of a COPY. `sys_…` is there on Serverless too, `stl_…` on provisioned clusters, also
 * old ones; whichever answers is believed. Where none does, a load is not failed over it.
 */
import { AirtempoError, isAirtempoError } from '../../core/errors.js';
import { type SqlClient, type SqlRow, StatementFailure } from '../sql/client.js';
import { createStatement, type SqlPart } from '../sql/statement.js';

const MOST_SHOWN = 10;

/** The rows of the first query that the server answers with any. */
async function askAll(
  client: SqlClient,
  queries: readonly (readonly SqlPart[])[],
): Promise<readonly SqlRow[]> {
  for (const parts of queries) {
    const rows = await client.run(createStatement('read the load errors', ...parts)).then(
      (result) => result.rows,
      (error: unknown) => {
        if (isAirtempoError(error) && error.code === 'SQL_FAILED') return []; // no such view here, or no right to it
        throw error;
      },
    );
    if (rows.length > 0) return rows;
  }
  return [];
}

const SYS_ERRORS =
  'SELECT TRIM(file_name) AS file, line_number AS line, TRIM(column_name) AS col, TRIM(error_message) AS reason\n' +
  'FROM sys_load_error_detail WHERE ';
const STL_ERRORS =
  'SELECT TRIM(filename) AS file, line_number AS line, TRIM(colname) AS col, TRIM(err_reason) AS reason\n' +
  'FROM stl_load_errors WHERE ';

/** By the query's number where the driver knows it; on the wire by the session, whose last COPY it was. */
function errorQueries(queryId: number | undefined): readonly (readonly SqlPart[])[] {
  const limit = `LIMIT ${String(MOST_SHOWN)}`;
  if (queryId === undefined) {
    return [
      [`${SYS_ERRORS}session_id = pg_backend_pid() ORDER BY start_time DESC ${limit}`],
      [`${STL_ERRORS}session = pg_backend_pid() ORDER BY starttime DESC ${limit}`],
    ];
  }
  const query: SqlPart = { name: 'query_id', value: queryId };
  return [
    [`${SYS_ERRORS}query_id = `, query, ` ORDER BY file_name, line_number ${limit}`],
    [`${STL_ERRORS}query = `, query, ` ORDER BY filename, line_number ${limit}`],
  ];
}

/** The error of a failed load with the bad records that the server has written down. Call it after the rollback. */
export async function explainLoadFailure(client: SqlClient, error: unknown): Promise<unknown> {
  if (!isAirtempoError(error) || error.code !== 'SQL_FAILED') return error;
  const queryId = error.cause instanceof StatementFailure ? error.cause.queryId : undefined;
  if (client.driver === 'data-api' && queryId === undefined) return error;
  // what the reading fails over must not hide why the load failed
  const rows = await askAll(client, errorQueries(queryId)).catch(() => []);
  if (rows.length === 0) return error;
  const records = rows.map(
    ({ file, line, col, reason }) =>
      `${String(file)} line ${String(line)}, column ${String(col)}: ${String(reason)}`,
  );
  return new AirtempoError('LOAD_FAILED', `COPY was rolled back: ${records.join('; ')}. Correct the data.`, {
    cause: error,
  });
}

/** How many records a COPY with MAXERROR has left out. */
export async function countRejected(client: SqlClient, queryId: number | undefined): Promise<number> {
  if (queryId === undefined) return 0;
  const query: SqlPart = { name: 'query_id', value: queryId };
  const counts = await Promise.all(
    [
      ['SELECT COUNT(*) AS rejected FROM sys_load_error_detail WHERE query_id = ', query],
      ['SELECT COUNT(*) AS rejected FROM stl_load_errors WHERE query = ', query],
    ].map((parts) => askAll(client, [parts])),
  );
  return Math.max(0, ...counts.map((rows) => Number(rows[0]?.['rejected'] ?? 0)));
}

/** Files and bytes of a COPY; 0 where the server does not tell. */
export async function readLoadSize(
  client: SqlClient,
  queryId: number | undefined,
): Promise<{ readonly files: number; readonly bytes: number }> {
  if (queryId === undefined) return { files: 0, bytes: 0 };
  const query: SqlPart = { name: 'query_id', value: queryId };
  const [row] = await askAll(client, [
    [
      'SELECT source_file_count AS files, source_file_bytes AS bytes\nFROM sys_load_history WHERE query_id = ',
      query,
    ],
    ['SELECT COUNT(*) AS files, 0 AS bytes FROM stl_load_commits WHERE query = ', query],
  ]).catch(() => []);
  return { files: Number(row?.['files'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) };
}
