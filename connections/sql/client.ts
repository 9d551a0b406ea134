/**
 * What the operators need of a SQL server, and no more: one statement, or a list of them as one transaction. Both drivers
 * can do that, the wire protocol and Redshift's Data API, which knows no transaction that waits for its client.
 */
import { AirtempoError } from '../../core/errors.js';
import type { SqlStatement } from './statement.js';

export type SqlDialect = 'postgres' | 'redshift';
export type SqlRow = Record<string, unknown>;

export interface SqlResult<Row extends SqlRow = SqlRow> {
  /**
   * `bigint` is a number where it is safe as one, else a text; `numeric`, dates and timestamps are texts as the server
   * prints them (UTC), so that nothing is rounded and all of it is JSON.
   */
  readonly rows: readonly Row[];
  /** Rows returned or changed. */
  readonly rowCount: number;
  /** Redshift's own number of the query, where the driver is told it. */
  readonly queryId?: number;
}

export interface SqlClient {
  readonly driver: 'wire' | 'data-api';
  /** What the server really is: a `redshift` connection to a Postgres stand-in says `postgres`. */
  readonly dialect: SqlDialect;
  readonly connId: string;
  /** Runs one statement, which commits by itself. */
  run(statement: SqlStatement): Promise<SqlResult>;
  /** Runs the statements in order as one transaction: all of them count, or none. A result for each. */
  transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]>;
  /** Ends the connection. Safe to call twice; never rejects. */
  close(): Promise<void>;
}

/** Why a statement failed, as the server says; the cause of the error that is thrown. */
export class StatementFailure extends Error {
  override readonly name = 'StatementFailure';
  /** Redshift's own number of the query, by which its error tables know it. */
  readonly queryId: number | undefined;

  constructor(message: string, queryId?: number) {
    super(message);
    this.queryId = queryId;
  }
}

/** The error with the statement's place before its message, and with its code. */
export function nameStatement(error: unknown, { place }: SqlStatement): unknown {
  if (!(error instanceof AirtempoError)) return error;
  return new AirtempoError(error.code, `${place}: ${error.message}`, { cause: error.cause ?? error });
}
