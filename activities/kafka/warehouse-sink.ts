/**
 * Events into Postgres. A batch is one transaction: take turns, move the positions if they are where the batch begins, COPY, commit.
 * When some of its rows are known, it is copied to a temporary table, and what is not known is inserted from there. So a crash at any
 * moment, and a message that comes again, change nothing.
 */
import { readErrorFields } from '../../connections/error-fields.js';
import type { SqlSession } from '../../connections/postgres.js';
import type { SqlClient, SqlResult } from '../../connections/sql/client.js';
import { prepareStatement } from '../sql/statement.js';
import type { SqlParameters } from '../sql/named-parameters.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { countBatch, type Batch, type Positions } from './batch.js';
import { EVENT_COLUMNS, encodeFor } from './copy-line.js';
import type { EventSink } from './sink.js';

const TABLES = ['create-events', 'create-kafka-positions', 'create-kafka-batches'];

/** Another ingest has moved the positions meanwhile. */
const MOVED = Symbol('moved');

/** Where each partition of the topic goes on. Throws SQL_FAILED where nothing was ingested before: there is no table then. */
export async function readWarehousePositions(client: SqlClient, topic: string): Promise<Positions> {
  const file = await readSqlFile('kafka/select-positions.sql');
  const { rows } = await client.run(prepareStatement(file, client.dialect, { topic }));
  return new Map(rows.map((row) => [Number(row['kafka_partition']), Number(row['next_offset'])]));
}

/** Opens the sink on a session, and makes its tables where absent. */
export async function openWarehouseSink(session: SqlSession, topic: string): Promise<EventSink> {
  const run = async (file: string, parameters: SqlParameters = {}): Promise<SqlResult> =>
    session.run(prepareStatement(await readSqlFile(file), 'postgres', parameters));
  await session.transaction(async () => {
    await run('schema/lock-schema.sql');
    for (const table of TABLES) await run(`kafka/${table}.sql`);
  });

  async function movePositions({ from, to }: Batch, movedAt: string): Promise<void> {
    await run('kafka/lock-positions.sql');
    for (const [partition, nextOffset] of to) {
      const formerOffset = from.get(partition) ?? 0;
      const place = { topic, partition, moved_at: movedAt };
      await run('kafka/insert-position.sql', { ...place, next_offset: formerOffset });
      const former = { ...place, next_offset: nextOffset, former_offset: formerOffset };
      if ((await run('kafka/move-position.sql', former)).rowCount === 0) throw MOVED;
    }
  }

  async function copyInto(table: string, { chunks }: Batch): Promise<number> {
    const writer = session.copyFrom(`COPY ${table} (${EVENT_COLUMNS}) FROM STDIN`);
    for (const chunk of chunks) await writer.write(chunk);
    return writer.finish();
  }

  /** Straight into the table; undefined when some of the rows are known, and then nothing is written. */
  async function copyNew(batch: Batch): Promise<number | undefined> {
    await run('kafka/save-batch.sql');
    try {
      return await copyInto('events', batch);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      await run('kafka/return-to-batch.sql');
      return undefined;
    }
  }

  async function insertUnknown(batch: Batch): Promise<number> {
    await run('kafka/create-incoming-events.sql');
    await copyInto('incoming_events', batch);
    const { rowCount } = await run('kafka/insert-new-events.sql');
    await run('kafka/drop-incoming-events.sql');
    return rowCount;
  }

  /** A batch with known rows is likely to be followed by another one: a replay, or messages that are read again. */
  let expectsKnown = false;
  async function insertRows(batch: Batch): Promise<number> {
    const copied = expectsKnown ? undefined : await copyNew(batch);
    const written = copied ?? (await insertUnknown(batch));
    expectsKnown = written < batch.rows;
    return written;
  }

  return {
    encode: encodeFor(topic),
    readState: async () => ({ next: await readWarehousePositions(session, topic) }),
    write: async (batch) => {
      const now = new Date().toISOString();
      try {
        return await session.transaction(async () => {
          await movePositions(batch, now);
          const counts = countBatch(batch, await insertRows(batch));
          const { messages, written, duplicates, deadLetters } = counts;
          const kept = { messages, written, duplicates, dead_letters: deadLetters };
          await run('kafka/insert-batch.sql', { topic, ingested_at: now, ...kept });
          return counts;
        });
      } catch (error) {
        if (error === MOVED) return undefined;
        throw error;
      }
    },
  };
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && readErrorFields(error.cause).code === '23505';
}
