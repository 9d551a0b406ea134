/** Whatever the borders of batches, crashes between any two steps, and two ingests at once: each sink has each event once. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import path from 'node:path';
import fc from 'fast-check';
import type { DeadLetter } from '../../../activities/kafka/dead-letter.js';
import {
  ingestTopic,
  type IngestOptions,
  type IngestResult,
} from '../../../activities/kafka/ingest-topic.js';
import { openLakeSink, readLakePositions } from '../../../activities/kafka/lake-sink.js';
import type { EventSink } from '../../../activities/kafka/sink.js';
import { openWarehouseSink } from '../../../activities/kafka/warehouse-sink.js';
import { openDuckDb, type DuckDb } from '../../../connections/duckdb/duckdb.js';
import { openLakeStore, type LakeStore } from '../../../connections/lake/lake-store.js';
import { connectSql } from '../../../connections/postgres.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestDatabase, type TestDatabase } from '../../support/services.js';
import { countsOf, createSmallTopic, INGEST_OPTIONS, readLines } from './support/sample-topic.js';

const TOPIC = 'events';
const sample = createSmallTopic();
const OPTIONS: IngestOptions = { ...INGEST_OPTIONS, limits: { messages: 50, bytes: 1_000_000 } };
const ingest = (
  sink: EventSink,
  options: Partial<IngestOptions> = {},
  letters?: DeadLetter[],
): Promise<IngestResult> => ingestTopic(readLines(sample, letters), sink, { ...OPTIONS, ...options });
const WHOLE = countsOf(sample);

test('the sample has something of everything', () => {
  expect(sample.messages).toBe(sample.keys.length + sample.duplicates + sample.broken);
  expect(Math.min(sample.keys.length, sample.duplicates, sample.broken)).toBeGreaterThan(5);
});

class Crash extends Error {}

describe('the warehouse', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('ingest');
  });
  afterAll(() => database.drop());

  const query = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    (await database.session.query(sql)).rows;
  const readKeys = async (): Promise<readonly unknown[]> =>
    (
      await query(`
      SELECT CONCAT_WS('|', ROUND(EXTRACT(EPOCH FROM ts) * 1000), COALESCE(user_id, ''), session_id, item_in_session) AS key FROM events`)
    )
      .map(({ key }) => key as string)
      .toSorted((a, b) => (a < b ? -1 : 1));
  const empty = (): Promise<unknown> =>
    query(
      'DROP TABLE IF EXISTS events; DROP TABLE IF EXISTS kafka_positions; DROP TABLE IF EXISTS kafka_batches',
    );
  async function onSink<T>(work: (sink: EventSink) => Promise<T>): Promise<T> {
    const session = await connectSql(database.connection);
    try {
      return await work(await openWarehouseSink(session, TOPIC));
    } finally {
      await session.close();
    }
  }

  test('has every event once, and a second ingest finds nothing to do', async () => {
    await empty();
    const letters: DeadLetter[] = [];
    const first = await onSink((sink) => ingest(sink, {}, letters));
    expect(first).toMatchObject({ ...WHOLE, lag: 0, lost: 0 });
    expect(await readKeys()).toEqual(sample.keys);
    expect(letters).toHaveLength(sample.broken);
    expect(new Set(letters.map(({ reason }) => reason))).toEqual(new Set(['invalid_json']));
    expect(await onSink((sink) => ingest(sink))).toMatchObject({ messages: 0, batches: 0, lag: 0 });
    const [row] = await query('SELECT * FROM events WHERE song IS NOT NULL ORDER BY event_key LIMIT 1');
    const line = sample.lines[Number(row?.['kafka_partition'])]?.[Number(row?.['kafka_offset'])] ?? '';
    const event = JSON.parse(line) as Record<string, unknown>;
    expect(row).toMatchObject({
      song: event['song'],
      artist: event['artist'],
      length: event['length'],
      user_agent: event['userAgent'],
      event_date: new Date(Number(event['ts'])).toISOString().slice(0, 10),
    });
  });

  test('is the same after ends at any message and batches of any size', async () => {
    const step = fc.record({
      limit: fc.integer({ min: 1, max: 200 }),
      stop: fc.integer({ min: 1, max: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 4 }), async (steps) => {
        await empty();
        for (const { limit, stop } of steps) {
          await onSink((sink) =>
            ingest(sink, { limits: { messages: limit, bytes: 1e9 }, maxMessages: stop }),
          );
        }
        await onSink((sink) => ingest(sink));
        expect(await readKeys()).toEqual(sample.keys);
      }),
      { numRuns: 4 },
    );
  });

  test('takes nothing twice from two ingests at once, and accounts for each message', async () => {
    await empty();
    const limits = { messages: 20, bytes: 1e9 };
    const both = await Promise.all([1, 2].map(() => onSink((sink) => ingest(sink, { limits }))));
    expect(await readKeys()).toEqual(sample.keys);
    expect(both.reduce((sum, { messages }) => sum + messages, 0)).toBe(sample.messages);
    const [ledger] = await query(`
      SELECT SUM(messages)::int AS messages, SUM(written)::int AS written, SUM(duplicates)::int AS duplicates, SUM(dead_letters)::int AS "deadLetters"
      FROM kafka_batches`);
    expect(ledger).toEqual(WHOLE);
  });

  test('a batch that fails leaves nothing behind', async () => {
    await empty();
    await onSink(async (sink) => {
      await query('ALTER TABLE kafka_batches ADD CONSTRAINT full_disk CHECK (FALSE)');
      await expect(ingest(sink)).rejects.toMatchObject({ code: 'SQL_FAILED' });
      expect(await readKeys()).toEqual([]);
      expect(await query('SELECT * FROM kafka_positions')).toEqual([]);
      await query('ALTER TABLE kafka_batches DROP CONSTRAINT full_disk');
      expect(await ingest(sink)).toMatchObject(WHOLE);
    });
  });

  test('messages that are gone, or a topic made anew, are an error; a loss that is allowed is told', async () => {
    await empty();
    const later = { ...sample, lines: sample.lines.map((lines) => [...lines, ...lines]) };
    const reader = readLines(later);
    const cut = {
      ...reader,
      readBounds: async () =>
        (await reader.readBounds()).map((bound) => ({ ...bound, first: bound.end / 2 + 1 })),
    };
    const ingestCut = (allowLoss: boolean): Promise<IngestResult> =>
      onSink((sink) => ingestTopic(cut, sink, { ...OPTIONS, allowLoss }));
    await onSink((sink) => ingest(sink));
    await expect(ingestCut(false)).rejects.toMatchObject({ code: 'OFFSETS_GONE' });
    expect(await ingestCut(true)).toMatchObject({ lost: 3, written: 0 });
    await expect(onSink((sink) => ingest(sink))).rejects.toThrow(/made anew/);
  });
});

describe('the lake', () => {
  let scratch: { dir: string; remove: () => Promise<void> };
  let db: DuckDb;
  let lakes = 0;
  beforeAll(async () => {
    scratch = await createScratchFolder();
    db = await openDuckDb({ tempFolder: scratch.dir, threads: 1 });
  });
  afterAll(async () => {
    await db.close();
    await scratch.remove();
  });
  const newLake = (): string => path.join(scratch.dir, `lake-${String((lakes += 1))}`);
  const readKeys = async (lake: string): Promise<readonly unknown[]> =>
    (
      await db.rows(
        `SELECT concat_ws('|', ts_ms, coalesce(user_id, ''), session_id, item_in_session) AS key FROM read_parquet('${lake}/events/*/part-0.parquet')`,
      )
    )
      .map(({ key }) => key as string)
      .toSorted((a, b) => (a < b ? -1 : 1));
  async function onStore<T>(lake: string, work: (store: LakeStore) => Promise<T>): Promise<T> {
    const store = await openLakeStore(lake, { tempFolder: db.tempFolder });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  test('has every event once in the file of its own day, whatever the batches', async () => {
    const lake = newLake();
    const limits = { messages: 150, bytes: 1e9 };
    const first = await onStore(lake, (store) => ingest(openLakeSink(db, store, TOPIC), { limits }));
    expect(first).toMatchObject({ ...WHOLE, lag: 0 });
    expect(await readKeys(lake)).toEqual(sample.keys);
    const misplaced = await db.rows(
      `SELECT ts FROM read_parquet('${lake}/events/*/part-0.parquet', hive_partitioning = true, hive_types = {'date': DATE}) WHERE CAST(ts AS DATE) <> date`,
    );
    expect(misplaced).toEqual([]);
    expect(await onStore(lake, (store) => ingest(openLakeSink(db, store, TOPIC)))).toMatchObject({
      messages: 0,
    });
  });

  test('is right, with its counts, after a crash before any of its files was put in place', async () => {
    const lake = newLake();
    const limits = { messages: 200, bytes: 1e9 };
    const open = (store: LakeStore): Promise<IngestResult> =>
      ingest(openLakeSink(db, store, TOPIC), { limits });
    let crashes = 0;
    for (let survived = 0; ; survived += 3) {
      const isDone = await onStore(lake, async (store) => {
        let left = survived;
        const replace: LakeStore['replace'] = async (...args) => {
          if (left === 0) throw new Crash();
          left -= 1;
          return store.replace(...args);
        };
        return open({ ...store, replace }).then(
          () => true,
          (error: unknown) => {
            if (error instanceof Crash) return false;
            throw error;
          },
        );
      });
      if (isDone) break;
      crashes += 1;
    }
    expect(crashes).toBeGreaterThan(2);
    expect(await readKeys(lake)).toEqual(sample.keys);
    const { counts, pending } = await onStore(lake, (store) => readLakePositions(store, TOPIC));
    expect({ counts, pending }).toEqual({ counts: WHOLE, pending: undefined });
  });

  test('takes nothing twice, and loses nothing, by two ingests at once', async () => {
    const lake = newLake();
    const limits = { messages: 100, bytes: 1e9 };
    const other = await openDuckDb({ tempFolder: scratch.dir, threads: 1 });
    try {
      await Promise.all(
        [db, other].map((each) =>
          onStore(lake, (store) => ingest(openLakeSink(each, store, TOPIC), { limits })),
        ),
      );
    } finally {
      await other.close();
    }
    expect(await readKeys(lake)).toEqual(sample.keys);
    const { counts } = await onStore(lake, (store) => readLakePositions(store, TOPIC));
    expect(counts).toEqual(WHOLE);
  });
});
