/**
 * Events into Postgres. A batch is one transaction: COPY into a temporary table, take turns, move the positions if they are where
 * the batch begins, insert what is not known, commit. So a crash at any moment, and a message that comes again, change nothing.
 */
import { escapeText } from '../../connections/copy/cell.js';
import type { SqlSession } from '../../connections/postgres.js';
import type { SqlClient, SqlResult } from '../../connections/sql/client.js';
import { prepareStatement } from '../sql/statement.js';
import type { SqlParameters } from '../sql/named-parameters.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { countBatch, type Batch, type Encode, type Positions } from './batch.js';
import type { Event } from './parse-event.js';
import type { EventSink } from './sink.js';

const TABLES = ['create-events', 'create-kafka-positions', 'create-kafka-batches'];

const COLUMNS =
  'event_key, event_date, ts, user_id, session_id, item_in_session, page, auth, method, status, level, location, user_agent, ' +
  'first_name, last_name, gender, registration, artist, song, length, kafka_topic, kafka_partition, kafka_offset';

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

  async function insertRows({ chunks }: Batch): Promise<number> {
    await run('kafka/create-incoming-events.sql');
    const writer = session.copyFrom(`COPY incoming_events (${COLUMNS}) FROM STDIN`);
    for (const chunk of chunks) await writer.write(chunk);
    return writer.finish();
  }

  return {
    encode: encodeFor(topic),
    readState: async () => ({ next: await readWarehousePositions(session, topic) }),
    write: async (batch) => {
      const now = new Date().toISOString();
      try {
        return await session.transaction(async () => {
          await insertRows(batch);
          await movePositions(batch, now);
          const written = (await run('kafka/insert-new-events.sql')).rowCount;
          const counts = countBatch(batch, written);
          const { messages, duplicates, deadLetters } = counts;
          const kept = { messages, written, duplicates, dead_letters: deadLetters };
          await run('kafka/insert-batch.sql', { topic, ingested_at: now, ...kept });
          await run('kafka/drop-incoming-events.sql');
          return counts;
        });
      } catch (error) {
        if (error === MOVED) return undefined;
        throw error;
      }
    },
  };
}

/** A line of COPY: the texts have passed `parseEvent`, so none is refused here. */
function encodeFor(topic: string): Encode {
  const text = (value: string | null): string => (value === null ? '\\N' : (escapeText(value) as string));
  const number = (value: number | null): string => (value === null ? '\\N' : String(value));
  const instant = (ms: number | null): string => (ms === null ? '\\N' : new Date(ms).toISOString());
  return (event: Event, key, { partition, offset }) => {
    const ts = instant(event.ts);
    return (
      `${text(key)}\t${ts.slice(0, 10)}\t${ts}\t${text(event.userId)}\t${number(event.sessionId)}\t${number(event.itemInSession)}\t` +
      `${text(event.page)}\t${text(event.auth)}\t${text(event.method)}\t${number(event.status)}\t${text(event.level)}\t` +
      `${text(event.location)}\t${text(event.userAgent)}\t${text(event.firstName)}\t${text(event.lastName)}\t${text(event.gender)}\t` +
      `${instant(event.registration)}\t${text(event.artist)}\t${text(event.song)}\t${number(event.length)}\t` +
      `${topic}\t${String(partition)}\t${String(offset)}\n`
    );
  };
}
