/** The wire protocol of a Redshift, for suites: one session of Postgres, whose COPY from S3 and table layout are those of the stand-in. */
import { connectSql } from '../../../../connections/postgres.js';
import type { SqlClient, SqlResult } from '../../../../connections/sql/client.js';
import { toPositional, type SqlStatement } from '../../../../connections/sql/statement.js';
import type { Connection } from '../../../../core/connection.js';
import { isCopy } from '../../../../local/redshift-data-api/copy-statement.js';
import { prepareStatement } from '../../../../local/redshift-data-api/prepare-statement.js';
import { runStatement } from '../../../../local/redshift-data-api/run-statement.js';
import { lexStatement } from '../../../../local/redshift-data-api/statement-reader.js';
import { enterCatalog, nextQueryId } from '../../../../local/redshift-data-api/system-catalog.js';
import { stripTableLayout } from '../../../../local/redshift-data-api/table-layout.js';

/** Close it. */
export async function connectRedshiftOverWire(postgres: Connection, s3: Connection): Promise<SqlClient> {
  const session = await connectSql(postgres);
  const pid = await enterCatalog(session);

  async function run(statement: SqlStatement): Promise<SqlResult> {
    const { text, values } = toPositional(statement);
    const pieces = lexStatement(text);
    if (!isCopy(pieces)) {
      const stripped = stripTableLayout(pieces).map((piece) => piece.text);
      return session.query(stripped.join(''), values);
    }
    const { resultRows } = await runStatement(prepareStatement(text, [], false), {
      session,
      pid,
      queryId: await nextQueryId(session),
      openSession: () => connectSql(postgres),
      s3,
      allowInlineKeys: false,
      signal: new AbortController().signal,
    });
    return { rows: [], rowCount: resultRows };
  }

  return {
    driver: 'wire',
    dialect: 'redshift',
    connId: 'redshift',
    run,
    transact: (statements) =>
      session.transaction(async () => {
        const results: SqlResult[] = [];
        for (const statement of statements) results.push(await run(statement));
        return results;
      }),
    close: () => session.close(),
  };
}
