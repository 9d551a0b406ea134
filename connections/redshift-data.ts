/**
 * The driver `data-api` of connections of type `redshift`: SQL by Amazon's HTTP service instead of port 5439. A statement
 * outlives the process that handed it over, so a task's next try goes on waiting for it (see redshift-data/journal.ts).
 */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DescribeStatementCommandOutput } from '@aws-sdk/client-redshift-data';
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { createRedshiftDataApi, isTooManyWaiting, type RedshiftDataApi } from './redshift-data/api.js';
import {
  createJournal,
  type Journal,
  type JournalEntry,
  type StatementMemory,
} from './redshift-data/journal.js';
import { createDataRequest, type DataRequest } from './redshift-data/request.js';
import { parseRedshiftDataTarget } from './redshift-data/target.js';
import { nameStatement, type SqlClient, type SqlResult, StatementFailure } from './sql/client.js';
import { isPassingFailure } from './sql/passing-failure.js';
import { showStatement, type SqlStatement } from './sql/statement.js';

export type { StatementMemory } from './redshift-data/journal.js';

export interface ConnectRedshiftDataOptions {
  /** When it aborts, the statement is cancelled and the pending promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** The task's memory of its statements. Without it each call is a new statement. */
  readonly memory?: StatementMemory | undefined;
}

/** What one call has become: the statement that the service knows by its id, and its answer for each statement given. */
type Described = DescribeStatementCommandOutput;

/** Between two questions when the service does not wait for us: it has too many who wait, or it does not know how to. */
const PAUSE_MS = 1_000;
const STATEMENT_PREVIEW_CHARS = 160;
const TOKEN_CHARACTERS = 64;

class RedshiftDataSession implements SqlClient {
  readonly driver = 'data-api';
  readonly dialect = 'redshift';
  readonly connId: string;
  readonly #api: RedshiftDataApi;
  readonly #journal: Journal | undefined;
  readonly #refresh: boolean;
  readonly #signal: AbortSignal | undefined;

  constructor(connId: string, api: RedshiftDataApi, { memory, signal }: ConnectRedshiftDataOptions) {
    this.connId = connId;
    this.#api = api;
    this.#journal = memory === undefined ? undefined : createJournal(memory);
    this.#refresh = memory?.refresh === true;
    this.#signal = signal;
  }

  async run(statement: SqlStatement): Promise<SqlResult> {
    const [result] = await this.transact([statement]);
    return result ?? { rows: [], rowCount: 0 };
  }

  async transact(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    if (statements.length === 0) return [];
    this.#signal?.throwIfAborted();
    const request = createDataRequest(statements);
    const entry = this.#journal?.next(request) ?? unrecorded();
    const ended = await this.#finish(await this.#adopt(entry), entry, request);
    if (ended.Status !== 'FINISHED') throw this.#failureOf(ended, statements);
    return this.#readResults(ended, statements.length);
  }

  close(): Promise<void> {
    this.#api.close();
    return Promise.resolve();
  }

  /** The statement of the former try, if it is one to go on with: not one that has failed, or that is forgotten. */
  async #adopt({ known }: JournalEntry): Promise<Described | 'lost' | 'over'> {
    if (known === undefined) return 'lost';
    const found = await this.#api.describe(known, { signal: this.#signal, wait: false });
    if (found === undefined) return 'lost';
    if (found.Status === 'FAILED' || found.Status === 'ABORTED') return 'over';
    return isOver(found) && this.#refresh ? 'over' : found;
  }

  async #finish(
    adopted: Described | 'lost' | 'over',
    entry: JournalEntry,
    request: DataRequest,
  ): Promise<Described> {
    if (typeof adopted === 'object') {
      const ended = await this.#await(adopted.Id ?? entry.known ?? '');
      // the former try was stopped, and its statement was on its way to its end
      return ended.Status === 'ABORTED' ? this.#finish('over', entry, request) : ended;
    }
    const current = adopted === 'over' ? entry.renew() : entry;
    const id = await this.#api.submit(request, current.token);
    current.keep(id); // before anything else: what is lost now runs on unknown
    return this.#await(id);
  }

  /** Waits for the end; an abort stops the statement, whichever moment it comes in. */
  async #await(id: string): Promise<Described> {
    try {
      for (let wait = true; ;) {
        this.#signal?.throwIfAborted();
        const askedAt = performance.now();
        const described = await this.#ask(id, wait);
        wait = described !== 'busy';
        if (described !== 'busy' && isOver(described)) return described;
        if (!wait || performance.now() - askedAt < PAUSE_MS)
          await sleep(PAUSE_MS, undefined, { signal: this.#signal });
      }
    } catch (error) {
      if (this.#signal?.aborted !== true) throw error;
      await this.#api.cancel(id);
      throw this.#signal.reason;
    }
  }

  async #ask(id: string, wait: boolean): Promise<Described | 'busy'> {
    try {
      const described = await this.#api.describe(id, { signal: this.#signal, wait });
      if (described !== undefined) return described;
    } catch (error) {
      if (wait && isTooManyWaiting(error)) return 'busy';
      throw error;
    }
    throw new AirtempoError(
      'SQL_UNAVAILABLE',
      `The Redshift Data API no longer knows statement ${id} (connection "${this.connId}"); it keeps them for a day. The next try hands it over anew.`,
    );
  }

  /** Of a list, each statement has an answer of its own under its own id. */
  async #readResults(ended: Described, count: number): Promise<readonly SqlResult[]> {
    const parts = ended.SubStatements ?? [];
    const each = count === 1 && parts.length === 0 ? [ended] : parts;
    const results: SqlResult[] = [];
    for (const { Id: id, HasResultSet: hasRows, ResultRows: count = 0, RedshiftQueryId: queryId } of each) {
      const rows = hasRows === true && id !== undefined ? await this.#api.readResult(id, this.#signal) : [];
      results.push({
        rows,
        rowCount: hasRows === true ? rows.length : Math.max(0, count), // -1: Redshift does not tell
        ...(queryId === undefined || queryId <= 0 ? {} : { queryId }),
      });
    }
    return results;
  }

  #failureOf(ended: Described, statements: readonly SqlStatement[]): unknown {
    const parts = ended.SubStatements ?? [];
    // those before the failed one are called aborted, as they were rolled back
    const at = Math.max(
      0,
      parts.findIndex(({ Status: status }) => status === 'FAILED'),
    );
    const part = parts[at];
    const statement = statements[at] ?? { place: 'batch', parts: [] };
    if (ended.Status === 'ABORTED') return nameStatement(this.#aborted(ended), statement);
    const message = part?.Error ?? ended.Error ?? 'no reason given';
    const preview = showStatement(statement).replace(/\s+/g, ' ').trim().slice(0, STATEMENT_PREVIEW_CHARS);
    const error = new AirtempoError(
      isPassingFailure(message) ? 'SQL_UNAVAILABLE' : 'SQL_FAILED',
      `${message} on connection "${this.connId}" (Data API, statement ${ended.Id ?? '?'}). Statement: ${preview}`,
      { cause: new StatementFailure(message, part?.RedshiftQueryId ?? ended.RedshiftQueryId) },
    );
    return nameStatement(error, statement);
  }

  #aborted({ Id: id }: Described): AirtempoError {
    return new AirtempoError(
      'SQL_UNAVAILABLE',
      `Statement ${id ?? '?'} on connection "${this.connId}" was cancelled by somebody else. The next try hands it over anew.`,
    );
  }
}

function isOver({ Status: status }: Described): boolean {
  return status === 'FINISHED' || status === 'FAILED' || status === 'ABORTED';
}

/** For a call that nobody is to recognise: a new statement each time. */
function unrecorded(): JournalEntry {
  const token = createHash('sha256').update(randomUUID()).digest('hex').slice(0, TOKEN_CHARACTERS);
  return { known: undefined, token, keep: () => undefined, renew: unrecorded };
}

/**
 * A session over the Data API, as the identity of the connection that `extra.aws_conn_id` names. Makes no request yet.
 * Throws INVALID_CONNECTION; its calls ACCESS_DENIED, AWS_UNAVAILABLE, AWS_REFUSED, SQL_FAILED and SQL_UNAVAILABLE.
 */
export async function connectRedshiftData(
  connection: Connection,
  findConnection: (connId: string) => Promise<Connection>,
  options: ConnectRedshiftDataOptions = {},
): Promise<RedshiftDataSession> {
  const { target, awsConnId } = parseRedshiftDataTarget(connection);
  const api = createRedshiftDataApi(await findConnection(awsConnId), target);
  return new RedshiftDataSession(connection.id, api, options);
}

export type { RedshiftDataSession };
