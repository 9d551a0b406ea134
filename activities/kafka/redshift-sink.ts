/**
 * Events into Redshift, which takes no rows from a client: each batch goes through a file on S3, and is one list of statements. The
 * list may outlive the worker that sent it; whichever list comes first moves the positions, and every other one of the same messages fails.
 */
import { explainLoadFailure } from '../../connections/copy/redshift-load-errors.js';
import type { CopyCredentials } from '../../connections/copy/redshift-copy.js';
import type { SqlClient } from '../../connections/sql/client.js';
import { isAirtempoError } from '../../core/errors.js';
import { countBatch, type Batch, type Positions } from './batch.js';
import { encodeForRedshift, planIngestTables, planRedshiftBatch } from './redshift-batch.js';
import type { RedshiftStage } from './redshift-stage.js';
import type { EventSink } from './sink.js';
import { readWarehousePositions } from './warehouse-sink.js';

export interface RedshiftSinkOptions {
  readonly topic: string;
  readonly stage: RedshiftStage;
  /** As whom Redshift reads the stage. */
  readonly credentials: CopyCredentials;
  /** Told of a file that could not be removed. */
  readonly onLog: (message: string) => void;
}

/** Opens the sink, makes its tables where absent, and sweeps the stage. */
export async function openRedshiftSink(
  client: SqlClient,
  { topic, stage, credentials, onLog }: RedshiftSinkOptions,
): Promise<EventSink> {
  await stage.sweep();
  await createTables(client);

  /** Undefined when the list failed because others have moved the positions. */
  async function insert(batch: Batch, from: string | undefined): Promise<number | undefined> {
    const { statements, countAt } = await planRedshiftBatch(batch, {
      staged: from === undefined ? undefined : { from, credentials },
      movedAtMs: Date.now(),
    });
    try {
      return Number((await client.transact(statements))[countAt]?.rows[0]?.['written']);
    } catch (error) {
      if (hasFailed(error) && isElsewhere(await readWarehousePositions(client, topic), batch))
        return undefined;
      throw await explainLoadFailure(client, error);
    }
  }

  return {
    encode: encodeForRedshift(topic),
    readState: async () => ({ next: await readWarehousePositions(client, topic) }),
    write: async (batch) => {
      const from = batch.rows === 0 ? undefined : await stage.put(batch);
      const written = await insert(batch, from);
      // after a failure the file stays: a list may be under way that reads it
      if (from !== undefined)
        await stage.remove(from).catch((error: unknown) => onLog(`${from} is left: ${String(error)}`));
      return written === undefined ? undefined : countBatch(batch, written);
    },
  };
}

/** Whether the warehouse said that the statements failed. An answer that is lost is another matter: they may have been done. */
const hasFailed = (error: unknown): boolean => isAirtempoError(error) && error.code === 'SQL_FAILED';

const isElsewhere = (positions: Positions, { from }: Batch): boolean =>
  [...from].some(([partition, offset]) => (positions.get(partition) ?? offset) !== offset);

/** Redshift has no lock to take before there is a table: who makes one at the same time as another finds it at the second time. */
async function createTables(client: SqlClient): Promise<void> {
  const statements = await planIngestTables();
  try {
    await client.transact(statements);
  } catch (error) {
    if (!hasFailed(error)) throw error;
    await client.transact(statements);
  }
}
