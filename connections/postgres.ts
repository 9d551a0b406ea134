/**
 * SQL sessions for the connection types `postgres` and `redshift`, both over pg. One session is one server
 * connection: statements run one after another on it. It holds no SQL of the business and no COPY semantics.
 */
import pg from 'pg';

import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { readErrorFields } from './error-fields.js';
import { createCopyWriter, type CopyWriter } from './postgres-copy-writer.js';
import { mapConnectError, mapStatementError, type SqlEndpoint } from './postgres-errors.js';
import { resolveSslAttempts, type SslAttempt } from './postgres-ssl.js';
import { readRedshiftDriver } from './redshift-data/target.js';
import { nameStatement, type SqlClient, type SqlDialect, type SqlResult, type SqlRow } from './sql/client.js';
import { showStatement, type SqlStatement, toPositional } from './sql/statement.js';

export type { SqlResult, SqlRow } from './sql/client.js';

/** One connection to a SQL server. */
export interface SqlSession extends SqlClient {
  readonly driver: 'wire';
  /**
   * Runs one statement. `bigint` arrives as a number when it is safe as one, else as text; `numeric`, dates and
   * timestamps arrive as the server prints them (UTC), so that nothing is rounded and all of it is JSON.
   */
  query<Row extends SqlRow = SqlRow>(text: string, params?: readonly unknown[]): Promise<SqlResult<Row>>;
  /** Runs `work` between BEGIN and COMMIT; any error, and an abort before COMMIT, rolls back. Does not nest. */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /** Starts a `COPY … FROM STDIN`; nothing else may run on the session until it is finished or aborted. */
  copyFrom(statement: string): CopyWriter;
}

/** A column of a result, as the server describes it. */
export interface SqlColumn {
  readonly name: string;
  /** The type's object id in Postgres. */
  readonly typeId: number;
  /** Length or precision, as Postgres packs it; -1 for none. */
  readonly typeModifier: number;
}

/** A result as the server prints it: every value is text, and columns may share a name. */
export interface SqlTable {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows returned or changed; undefined for a statement that does neither. */
  readonly rowCount: number | undefined;
}

/** A session that also tells columns and their types. */
export interface SqlTableSession extends SqlSession {
  queryTable(text: string, params?: readonly unknown[]): Promise<SqlTable>;
}

export interface ConnectSqlOptions {
  /**
   * When it aborts, the running statement is cancelled on the server, the transaction rolls back, and the pending
   * promise rejects with the signal's reason.
   */
  readonly signal?: AbortSignal | undefined;
}

const DEFAULT_PORTS = { postgres: 5432, redshift: 5439 } as const;
const DEFAULT_CONNECT_TIMEOUT_S = 10;
/** How long a ROLLBACK or a goodbye may take before the socket is cut; the server then rolls back by itself. */
const GOODBYE_TIMEOUT_MS = 5_000;

const TEXT_TYPES = new Set([1082, 1114, 1184]); // date, timestamp, timestamptz
const INT8 = 20;

function parseInt8(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

const TYPE_PARSERS: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return parseInt8;
    if (TEXT_TYPES.has(oid)) return (text: string) => text;
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
  },
};

const AS_PRINTED: pg.CustomTypesConfig = { getTypeParser: () => (text: string) => text };

function resolveEndpoint(connection: Connection): SqlEndpoint {
  if (connection.type !== 'postgres' && connection.type !== 'redshift') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" is of type ${connection.type}, but SQL needs type postgres or redshift. Name another connection or change its type.`,
    );
  }
  if (readRedshiftDriver(connection) === 'data-api') {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" uses the Data API (extra.driver), but this needs the wire protocol. Remove extra.driver, or name another connection.`,
    );
  }
  if (connection.host === undefined) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${connection.id}" has no host. Set it, for example to localhost.`,
    );
  }
  return {
    connection,
    host: connection.host,
    port: connection.port ?? DEFAULT_PORTS[connection.type],
    database: connection.schema ?? (connection.type === 'redshift' ? 'dev' : 'postgres'),
  };
}

function createClient(endpoint: SqlEndpoint, ssl: SslAttempt): pg.Client {
  const { connection, host, port, database } = endpoint;
  const timeoutS = Number(connection.extra['connect_timeout'] ?? DEFAULT_CONNECT_TIMEOUT_S);
  const client = new pg.Client({
    host,
    port,
    database,
    ssl,
    keepAlive: true,
    connectionTimeoutMillis: timeoutS * 1000,
    types: TYPE_PARSERS,
    // Redshift has refused connections over unknown startup keys, so it is sent none.
    ...(connection.type === 'postgres' ? { application_name: 'airtempo' } : {}),
    ...(connection.login === undefined ? {} : { user: connection.login }),
    ...(connection.password === undefined ? {} : { password: connection.password }),
  });
  // Without a listener a link lost while idle would end the process; the next statement reports it instead.
  client.on('error', () => undefined);
  return client;
}

async function openClient(endpoint: SqlEndpoint): Promise<pg.Client> {
  const attempts = await resolveSslAttempts(endpoint.connection, endpoint.host);
  for (const [index, ssl] of attempts.entries()) {
    const client = createClient(endpoint, ssl);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const tlsRefused = /does not support SSL|no encryption/i.test(readErrorFields(error).message);
      if (!tlsRefused || index === attempts.length - 1) throw mapConnectError(error, endpoint);
    }
  }
  throw new AirtempoError(
    'INVALID_CONNECTION',
    `Connection "${endpoint.connection.id}" has no usable sslmode.`,
  );
}

/** Asks the server, over a second connection, to stop what `pid` is doing. False when it could not be asked. */
async function cancelBackend(endpoint: SqlEndpoint, pid: number | undefined): Promise<boolean> {
  if (pid === undefined) return false;
  try {
    const client = await openClient(endpoint);
    await client.query('SELECT pg_cancel_backend($1)', [pid]);
    await client.end();
    return true;
  } catch {
    return false;
  }
}

function within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    work
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(timer))
      .catch(() => undefined);
  });
}

class PgSession implements SqlTableSession {
  readonly driver = 'wire';
  readonly dialect: SqlDialect;
  readonly connId: string;
  readonly #client: pg.Client;
  readonly #pid: number | undefined;
  readonly #endpoint: SqlEndpoint;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.#cancel();
  #inTransaction = false;
  #closing: Promise<void> | undefined;

  constructor(client: pg.Client, facts: ServerFacts, endpoint: SqlEndpoint, signal?: AbortSignal) {
    this.#client = client;
    this.#pid = facts.pid;
    this.#endpoint = endpoint;
    this.dialect = facts.dialect;
    this.connId = endpoint.connection.id;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  query<Row extends SqlRow = SqlRow>(text: string, params?: readonly unknown[]): Promise<SqlResult<Row>> {
    return this.#send<Row>(text, params, text);
  }

  async run(statement: SqlStatement): Promise<SqlResult> {
    const { text, values } = toPositional(statement);
    try {
      return await this.#send(text, values, showStatement(statement));
    } catch (error) {
      throw nameStatement(error, statement);
    }
  }

  transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    return this.transaction(async () => {
      const results: SqlResult[] = [];
      for (const statement of statements) results.push(await this.run(statement));
      return results;
    });
  }

  /** `shown` is what a failure quotes: `text` may hold what must not be seen. */
  async #send<Row extends SqlRow = SqlRow>(
    text: string,
    params: readonly unknown[] | undefined,
    shown: string,
  ): Promise<SqlResult<Row>> {
    this.#signal?.throwIfAborted();
    try {
      const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await this.#client.query<Row>(
        text,
        params === undefined ? undefined : [...params],
      );
      const last = Array.isArray(result) ? result.at(-1) : result;
      return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? 0 };
    } catch (error) {
      throw this.#mapError(error, shown);
    }
  }

  async queryTable(text: string, params: readonly unknown[] = []): Promise<SqlTable> {
    this.#signal?.throwIfAborted();
    try {
      const result = await this.#client.query<(string | null)[]>({
        text,
        values: [...params],
        rowMode: 'array',
        types: AS_PRINTED,
      });
      return {
        columns: result.fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
          name,
          typeId: dataTypeID,
          typeModifier: dataTypeModifier,
        })),
        rows: result.rows,
        rowCount: result.rowCount ?? undefined,
      };
    } catch (error) {
      throw this.#mapError(error, text);
    }
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inTransaction) {
      throw new AirtempoError(
        'SQL_FAILED',
        `Connection "${this.connId}" is in a transaction already: do not nest them.`,
      );
    }
    await this.query('BEGIN');
    this.#inTransaction = true;
    try {
      const value = await work();
      await this.query('COMMIT');
      return value;
    } catch (error) {
      await this.#rollback();
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  copyFrom(statement: string): CopyWriter {
    this.#signal?.throwIfAborted();
    return createCopyWriter(this.#client, statement, (error) => this.#mapError(error, statement));
  }

  close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#closing ??= within(GOODBYE_TIMEOUT_MS, this.#client.end()).then((ended) => {
      if (!ended) this.#cutSocket();
    });
    return this.#closing;
  }

  async #rollback(): Promise<void> {
    const done = await within(GOODBYE_TIMEOUT_MS, this.#client.query('ROLLBACK'));
    if (!done) this.#cutSocket();
  }

  async #cancel(): Promise<void> {
    if (!(await cancelBackend(this.#endpoint, this.#pid))) this.#cutSocket();
  }

  #cutSocket(): void {
    this.#client.connection.stream.destroy();
  }

  #mapError(error: unknown, statement: string): unknown {
    return this.#signal?.aborted === true
      ? this.#signal.reason
      : mapStatementError(error, this.#endpoint, statement);
  }
}

interface ServerFacts {
  readonly dialect: SqlDialect;
  /** Undefined when a pooler in between has not told it. */
  readonly pid: number | undefined;
}

async function readServerFacts(client: pg.Client): Promise<ServerFacts> {
  // the one probe that every Redshift user may run and every Postgres answers
  const { rows } = await client.query<{ version: string }>('select version()');
  const dialect = rows[0]?.version.includes('Redshift') === true ? 'redshift' : 'postgres';
  // Redshift's sessions are UTC already; a Postgres server may live in another zone.
  if (dialect === 'postgres') await client.query(`SET TIME ZONE 'UTC'`);
  return { dialect, pid: readBackendPid(client) };
}

/** The server tells it with the key for cancelling, before the first query; pg's types leave it out. */
function readBackendPid(client: pg.Client & { readonly processID?: unknown }): number | undefined {
  return typeof client.processID === 'number' ? client.processID : undefined;
}

/**
 * Opens a session. `host` is required; `port` is 5432 (postgres) or 5439 (redshift) by default, `schema` is the
 * database, `extra.sslmode` is libpq's, `extra.connect_timeout` is in seconds (10). Throws CONNECTION_REFUSED,
 * ACCESS_DENIED, INVALID_CONNECTION or SQL_UNAVAILABLE.
 */
export async function connectSql(
  connection: Connection,
  options: ConnectSqlOptions = {},
): Promise<SqlTableSession> {
  options.signal?.throwIfAborted();
  const endpoint = resolveEndpoint(connection);
  const client = await openClient(endpoint);
  try {
    const facts = await readServerFacts(client);
    options.signal?.throwIfAborted();
    return new PgSession(client, facts, endpoint, options.signal);
  } catch (error) {
    await client.end().catch(() => undefined);
    options.signal?.throwIfAborted();
    throw mapConnectError(error, endpoint);
  }
}
