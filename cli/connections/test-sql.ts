/** How `connections test` tries a SQL server: by the driver that tasks use, with the one question that every server answers. */
import { connectSql } from '../../connections/postgres.js';
import { connectRedshiftData } from '../../connections/redshift-data.js';
import { resolveSessionLogin } from '../../connections/redshift-clusters/session-login.js';
import { readRedshiftDriver } from '../../connections/redshift-data/target.js';
import { createStatement } from '../../connections/sql/statement.js';
import type { Connection } from '../../core/connection.js';

/** The server's version. Throws why it could not be asked. */
export async function describeSql(
  connection: Connection,
  find: (connId: string) => Promise<Connection>,
  signal: AbortSignal,
): Promise<string> {
  const driver = readRedshiftDriver(connection);
  const client =
    driver === 'wire'
      ? await connectSql(await resolveSessionLogin(connection, find, signal), { signal })
      : await connectRedshiftData(connection, find, { signal });
  try {
    const { rows } = await client.run(createStatement('probe', 'select version()'));
    const version = String(Object.values(rows[0] ?? {})[0]);
    return driver === 'wire' ? version : `${version} (Data API)`;
  } finally {
    await client.close();
  }
}
