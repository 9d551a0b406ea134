/** Runs one prepared statement on a session of Postgres, and a COPY with the COPY module. */
import { AirtempoError } from '../../core/errors.js';
import type { Connection } from '../../core/connection.js';
import { type CopyResult, copyIntoTable } from '../../connections/copy/copy.js';
import { createS3Source } from '../../connections/copy/s3-source.js';
import type { CopySource } from '../../connections/copy/source.js';
import { readErrorFields } from '../../connections/error-fields.js';
import { readServerError } from '../../connections/postgres-errors.js';
import type { SqlSession, SqlTable, SqlTableSession } from '../../connections/postgres.js';
import { connectS3 } from '../../connections/s3.js';
import type { CopyAuthorization } from './copy-authorization.js';
import type { CopyStatement } from './copy-statement.js';
import type { PreparedStatement } from './prepare-statement.js';
import { sqlError } from './statement-reader.js';
import { createLoadErrorLog, explainLoadFailure, recordCopy } from './system-catalog.js';

export interface StatementOutcome {
  /** -1 for a statement that neither returns nor changes rows. */
  readonly resultRows: number;
  /** Undefined when the statement returns none. */
  readonly table: SqlTable | undefined;
}

/** What statements run with. */
export interface RunContext {
  readonly session: SqlTableSession;
  readonly pid: number;
  readonly queryId: number;
  readonly openSession: () => Promise<SqlSession>;
  /** The S3 server that a role opens. */
  readonly s3: Connection;
  readonly allowInlineKeys: boolean;
  readonly signal: AbortSignal;
}

export async function runStatement(
  statement: PreparedStatement,
  context: RunContext,
): Promise<StatementOutcome> {
  if (statement.kind === 'copy') {
    const { rows } = await runCopy(statement.copy, context);
    return { resultRows: rows, table: undefined };
  }
  const table = await context.session.queryTable(statement.text, statement.values);
  const hasResult = table.columns.length > 0;
  return { resultRows: table.rowCount ?? -1, table: hasResult ? table : undefined };
}

async function runCopy(copy: CopyStatement, context: RunContext): Promise<CopyResult> {
  const { session, openSession, pid, queryId, signal } = context;
  const { table, columns, options, from } = copy;
  const rejects = createLoadErrorLog({ openSession, queryId, pid, table });
  const storage = connectS3(resolveReader(copy.authorization, context), { region: options.region });
  const files: string[] = [];
  try {
    const source = noteFiles(createS3Source(storage, { from, manifest: options.manifest }), files);
    const result = await copyIntoTable({ session, source, table, columns, options, rejects, signal });
    await rejects.drain(true);
    await recordCopy(session, { queryId, pid, table, result, files });
    return result;
  } catch (error) {
    if (!(error instanceof AirtempoError) || error.code !== 'LOAD_FAILED') throw error;
    await rejects.drain(true);
    throw explainLoadFailure(table, error);
  } finally {
    storage.close();
    await rejects.close();
  }
}

function resolveReader(authorization: CopyAuthorization, { s3, allowInlineKeys }: RunContext): Connection {
  if (authorization.kind === 'role') return s3;
  if (!allowInlineKeys) {
    throw sqlError(
      'Keys in a COPY end up in logs and system tables, so they are refused here. Write IAM_ROLE default, or start the service with inline keys allowed.',
    );
  }
  const { accessKeyId, secretAccessKey, sessionToken } = authorization;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw sqlError('ACCESS_KEY_ID and SECRET_ACCESS_KEY must both be given');
  const { session_token: _none, ...extra } = s3.extra;
  return {
    ...s3,
    login: accessKeyId,
    password: secretAccessKey,
    extra: sessionToken === undefined ? extra : { ...extra, session_token: sessionToken },
  };
}

/** Notes the files that a COPY reads, for stl_load_commits. */
function noteFiles(source: CopySource, names: string[]): CopySource {
  async function* files(signal: AbortSignal | undefined): ReturnType<CopySource['files']> {
    for await (const file of source.files(signal)) {
      names.push(file.name);
      yield file;
    }
  }
  return {
    from: source.from,
    skipped: source.skipped,
    files,
    readText: (name, signal) => source.readText(name, signal),
  };
}

/** An error as the service tells it. Connections and statements are left out: the client knows its own. */
export function describeFailure(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const ownWords = readServerError(cause).state === undefined ? message : readErrorFields(cause).message;
  return `ERROR: ${ownWords}`;
}
