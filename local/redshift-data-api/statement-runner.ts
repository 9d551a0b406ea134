/**
 * Runs what was submitted, on Postgres: each submission on a connection and in a transaction of its own, as the service
 * does. Few at a time; the others wait as PICKED.
 */
import type { Connection } from '../../core/connection.js';
import { connectSql, type SqlTableSession } from '../../connections/postgres.js';
import { type PreparedStatement, prepareStatement } from './prepare-statement.js';
import { measureResult } from './result-cells.js';
import { describeFailure, runStatement, type StatementOutcome } from './run-statement.js';
import { createSlots } from './slots.js';
import { sqlError } from './statement-reader.js';
import type { Part, SubmittedStatement } from './submitted-statement.js';
import { enterCatalog, nextQueryId } from './system-catalog.js';

export interface StatementRunnerOptions {
  readonly postgres: Connection;
  readonly s3: Connection;
  readonly allowInlineKeys: boolean;
  /** Connections to Postgres at once. */
  readonly slots: number;
  readonly maxResultBytes: number;
}

export interface StatementRunner {
  /** Runs it to its end, whatever that is. Never rejects. */
  run(statement: SubmittedStatement): Promise<void>;
}

/** Creates a runner; it holds no connection while nothing runs. */
export function createStatementRunner(options: StatementRunnerOptions): StatementRunner {
  const slots = createSlots(options.slots);

  async function runParts(statement: SubmittedStatement): Promise<void> {
    const { submission, signal } = statement;
    const connection: Connection = { ...options.postgres, schema: submission.target.Database };
    const session = await connectSql(connection, { signal });
    try {
      const pid = await enterCatalog(session);
      statement.start(pid);
      const alone = submission.sqls.length === 1;
      const work = async (): Promise<void> => {
        for (const part of statement.parts)
          await runPart(part, { statement, session, connection, pid, alone });
      };
      await (needsTransaction(submission.sqls) ? session.transaction(work) : work());
    } finally {
      await session.close();
    }
  }

  async function runPart(part: Part, context: PartContext): Promise<void> {
    const { statement, session, connection, pid, alone } = context;
    const { signal, submission } = statement;
    const queryId = await nextQueryId(session);
    statement.beginPart(part, queryId);
    const startedAt = performance.now();
    const prepared: PreparedStatement = prepareStatement(part.sql, submission.parameters, alone);
    const outcome = await runStatement(prepared, {
      ...options,
      session,
      pid,
      queryId,
      signal,
      openSession: () => connectSql(connection, { signal }),
    });
    checkSize(outcome, options.maxResultBytes);
    statement.finishPart(part, outcome, performance.now() - startedAt);
  }

  return {
    async run(statement) {
      statement.pick();
      const release = await slots.take();
      try {
        statement.signal.throwIfAborted();
        await runParts(statement);
        statement.finish();
      } catch (error) {
        if (statement.signal.aborted) statement.abort();
        else statement.fail(describeFailure(error));
      } finally {
        release();
      }
    },
  };
}

interface PartContext {
  readonly statement: SubmittedStatement;
  readonly session: SqlTableSession;
  readonly connection: Connection;
  readonly pid: number;
  readonly alone: boolean;
}

/** Postgres's VACUUM runs outside a transaction only; alone it needs none. */
function needsTransaction(sqls: readonly string[]): boolean {
  return sqls.length > 1 || !/^\s*VACUUM\b/i.test(sqls[0] ?? '');
}

function checkSize({ table }: StatementOutcome, maxBytes: number): void {
  if (table === undefined) return;
  const bytes = measureResult(table);
  if (bytes > maxBytes)
    throw sqlError(`Query result of ${bytes} bytes exceeds the limit of ${maxBytes} bytes.`);
}
