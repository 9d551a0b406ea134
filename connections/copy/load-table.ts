/**
 * One load of one table on Postgres as one transaction: lock, remove what the load replaces, COPY, commit. TRUNCATE is not used:
 * Redshift commits at it. Bad records are written down on a separate connection, whatever becomes of the load.
 */
import { AirtempoError } from '../../core/errors.js';
import { readErrorFields } from '../error-fields.js';
import type { SqlSession } from '../postgres.js';
import { copyIntoTable, type CopyProgress, type CopyResult } from './copy.js';
import type { CopyOptions } from './copy-options.js';
import { createRejectLog } from './load-errors.js';
import type { CopySource } from './source.js';
import { type WriteMode, writeTable } from './write-mode.js';

export interface LoadRequest {
  readonly session: SqlSession;
  /** Opens a second session of the same connection, for `load_errors`. */
  readonly openSession: () => Promise<SqlSession>;
  readonly source: CopySource;
  readonly table: string;
  readonly columns?: readonly string[] | undefined;
  readonly options: CopyOptions;
  readonly write: WriteMode;
  /** Names the load in `load_errors`, e.g. the run id and the task id. */
  readonly loadId: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

/**
 * Loads a table on Postgres. Loads of one table wait for each other; readers see the old rows until the commit. On an
 * error or an abort nothing of the load remains but its lines in `load_errors`.
 */
export async function loadTable(request: LoadRequest): Promise<CopyResult> {
  const { session, table, signal } = request;
  const rejects = createRejectLog({ openSession: request.openSession, loadId: request.loadId, table });
  try {
    return await session.transaction(async () => {
      const result = await writeTable({
        session,
        table,
        columns: request.columns,
        write: request.write,
        copy: (stage) =>
          copyIntoTable({
            ...request,
            rejects,
            stageTable: stage?.table,
            columns: stage?.columns ?? request.columns,
          }),
      });
      // Before the commit: rows may only be left out once it is written down which.
      await rejects.drain(true);
      return result;
    });
  } catch (error) {
    if (signal?.aborted !== true) await keepRejects(() => rejects.drain(true), error);
    throw error;
  } finally {
    await rejects.close();
  }
}

/** The load's own error must not be hidden by a second one, about writing it down. */
async function keepRejects(drain: () => Promise<void>, error: unknown): Promise<void> {
  try {
    await drain();
  } catch (second) {
    const { message } = readErrorFields(second);
    if (error instanceof AirtempoError) error.message += ` (load_errors could not be written: ${message})`;
  }
}
