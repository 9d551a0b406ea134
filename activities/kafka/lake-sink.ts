/**
 * Events into the lake, one file a day. A batch is merged into the days of its events: what a day's file knows already is left
 * out, and a day with nothing new is not touched. First the batch's end and counts are written down as pending, then the days are
 * put in place, then the positions move. After a crash in between exactly the pending messages are merged again, which adds what is missing.
 * On S3, where no lock is, each file takes the place of the version that was read: of two ingests at once one is refused, and looks again.
 */
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { quoteText, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { EVENT_COLUMNS } from '../../connections/duckdb/event-columns.js';
import { withFileLock } from '../../connections/file-lock.js';
import type { FileVersion, LakeStore } from '../../connections/lake/lake-store.js';
import { EVENTS, partitionName } from '../../connections/lake/lake-tables.js';
import { stageSelect, writeSchema, type StagedFile } from '../../connections/lake/write-table.js';
import { viewParquet } from '../../connections/lake/write-days.js';
import { AirtempoError, isAirtempoError } from '../../core/errors.js';
import { addCounts, countBatch, NO_COUNTS, type Batch, type Counts, type Positions } from './batch.js';
import type { EventSink } from './sink.js';

const offsets = z.record(z.string().regex(/^\d+$/), z.number().int().min(0));
const count = z.number().int().min(0);
const countsSchema = z.object({ messages: count, written: count, duplicates: count, deadLetters: count });
const fileSchema = z.object({
  topic: z.string(),
  /** The first offset of each partition that is not in the lake yet. */
  next: offsets,
  /** Of all batches. */
  counts: countsSchema,
  /** A batch whose days are being put in place. */
  pending: z.object({ next: offsets, counts: countsSchema }).optional(),
});

/** What `_positions/<topic>.json` holds. */
export type LakePositions = z.infer<typeof fileSchema>;

export const positionsName = (topic: string): string => `_positions/${topic}.json`;

const toMap = (record: Readonly<Record<string, number>>): Positions =>
  new Map(Object.entries(record).map(([partition, offset]) => [Number(partition), offset]));
const isAt = (positions: Positions, { from }: Batch): boolean =>
  [...from].every(([partition, offset]) => (positions.get(partition) ?? offset) === offset);
const isSame = (a: Positions, b: Positions): boolean =>
  a.size === b.size && [...a].every(([partition, offset]) => b.get(partition) === offset);

/** Reads the positions file of a topic; that of a topic that is not in the lake has no partitions. Throws CHECK_FAILED. */
export async function readLakePositions(
  store: Pick<LakeStore, 'url' | 'read'>,
  topic: string,
  signal?: AbortSignal,
): Promise<LakePositions> {
  return (await readPositionsFile(store, topic, signal)).positions;
}

async function readPositionsFile(
  store: Pick<LakeStore, 'url' | 'read'>,
  topic: string,
  signal?: AbortSignal,
): Promise<{ readonly positions: LakePositions; readonly version: FileVersion }> {
  const file = await store.read(positionsName(topic), signal);
  if (file === undefined) return { positions: { topic, next: {}, counts: NO_COUNTS }, version: undefined };
  try {
    return { positions: fileSchema.parse(JSON.parse(file.text)), version: file.version };
  } catch (cause) {
    throw new AirtempoError(
      'CHECK_FAILED',
      `${store.url}${positionsName(topic)} is not a positions file. Put back the version before, or remove the file: the topic is then read from its start, and what the lake has is known by its keys.`,
      { cause },
    );
  }
}

export function openLakeSink(db: DuckDb, store: LakeStore, topic: string, signal?: AbortSignal): EventSink {
  /** Throws OVERTAKEN when the file is not the version that was seen. */
  async function replace(file: string, name: string, seen: FileVersion): Promise<FileVersion> {
    const put = await store.replace(file, name, seen, signal);
    if (put === undefined) throw OVERTAKEN;
    return put.version;
  }

  async function keep(positions: LakePositions, seen: FileVersion): Promise<FileVersion> {
    const file = path.join(store.staging, 'positions.json');
    await writeFile(file, `${JSON.stringify(positions, undefined, 2)}\n`);
    return replace(file, positionsName(topic), seen);
  }

  async function merge(batch: Batch): Promise<Counts | undefined> {
    const { positions: former, version } = await readPositionsFile(store, topic, signal);
    const pending = former.pending;
    if (!isAt(toMap(former.next), batch)) return undefined;
    if (pending !== undefined && !isSame(toMap(pending.next), batch.to)) return undefined;
    const staged = await stageBatch(db, store, batch, signal);
    const counts = pending?.counts ?? countBatch(batch, staged.fresh);
    let announced = version;
    if (pending === undefined) {
      const next = { ...Object.fromEntries(batch.from), ...former.next };
      announced = await keep(
        { ...former, next, pending: { next: Object.fromEntries(batch.to), counts } },
        version,
      );
    }
    for (const { file, name, seen } of staged.days) await replace(file, name, seen);
    const next = { ...former.next, ...Object.fromEntries(batch.to) };
    await keep({ topic, next, counts: addCounts(former.counts, counts) }, announced);
    if (staged.days.length > 0) await writeSchema(db, store, EVENTS, signal);
    return counts;
  }

  return {
    encode: (event) => `${JSON.stringify(event)}\n`,
    readState: async () => {
      const { next, pending } = await readLakePositions(store, topic, signal);
      return { next: toMap(next), ...(pending === undefined ? {} : { pending: toMap(pending.next) }) };
    },
    write: (batch) => withLakeLock(store, () => merge(batch).catch(ignoreOvertaken)),
  };
}

/** Another ingest has put a file in place that this one has read before. */
const OVERTAKEN = Symbol('overtaken');

function ignoreOvertaken(error: unknown): undefined {
  const isOvertaken = error === OVERTAKEN || (isAirtempoError(error) && error.code === 'SOURCE_CHANGED');
  if (!isOvertaken) throw error;
}

/** In a folder one writer at a time; on S3 the versions of the files tell them apart. */
const LOCK_TIMEOUT_MS = 10 * 60_000;
function withLakeLock<T>(store: LakeStore, work: () => Promise<T>): Promise<T> {
  if (store.storage !== undefined) return work();
  return withFileLock(path.join(store.url, '_ingest.lock'), work, LOCK_TIMEOUT_MS);
}

/** A day's file to be put in place of the version that it was made of. */
interface StagedDay extends StagedFile {
  readonly seen: FileVersion;
}

interface StagedBatch {
  readonly days: readonly StagedDay[];
  /** Rows that no file had. */
  readonly fresh: number;
}

const STORED = Object.keys(EVENT_COLUMNS).filter((column) => column !== EVENTS.without);
const SAME_EVENT = EVENTS.key
  .map((column) => `known.${column} IS NOT DISTINCT FROM incoming.${column}`)
  .join(' AND ');

/** Stages the file of each day that gets new rows. */
async function stageBatch(
  db: DuckDb,
  store: LakeStore,
  batch: Batch,
  signal?: AbortSignal,
): Promise<StagedBatch> {
  if (batch.rows === 0) return { days: [], fresh: 0 };
  const source = path.join(db.tempFolder, 'batch.jsonl');
  await writeFile(source, batch.chunks);
  await createEvents(db, source, { signal });
  await rm(source);
  const days: StagedDay[] = [];
  let fresh = 0;
  for (const { day } of await db.rows(
    'SELECT DISTINCT CAST(day AS VARCHAR) AS day FROM events ORDER BY day',
  )) {
    const staged = await stageDay(db, store, day as string, signal);
    fresh += staged?.fresh ?? 0;
    if (staged !== undefined) days.push(staged.file);
  }
  return { days, fresh };
}

/** The day's file with the batch's rows added; undefined when it has them all. */
async function stageDay(
  db: DuckDb,
  store: LakeStore,
  day: string,
  signal?: AbortSignal,
): Promise<{ readonly file: StagedDay; readonly fresh: number } | undefined> {
  const name = partitionName(EVENTS, day);
  const seen = await store.version(name, signal); // before its rows: newer rows than this version are refused, never lost
  const columns = STORED.join(', ');
  const incoming = `SELECT ${columns} FROM events AS incoming WHERE day = DATE ${quoteText(day)}`;
  const isKnown = await viewDay(db, store, name, signal);
  const unknown = isKnown ? ` AND NOT EXISTS (SELECT 1 FROM known_events AS known WHERE ${SAME_EVENT})` : '';
  await db.run(`CREATE OR REPLACE TABLE fresh_events AS ${incoming}${unknown}`);
  const [counted] = await db.rows('SELECT COUNT(*) AS n FROM fresh_events');
  const fresh = Number(counted?.['n']);
  if (fresh === 0) return undefined;
  const known = isKnown ? `SELECT ${columns} FROM known_events UNION ALL ` : '';
  const file = await stageSelect(db, store, `${known}SELECT ${columns} FROM fresh_events`, name);
  return { file: { ...file, seen }, fresh };
}

/** The view known_events of a day's file, if there is one. */
async function viewDay(db: DuckDb, store: LakeStore, name: string, signal?: AbortSignal): Promise<boolean> {
  await rm(path.join(db.tempFolder, 'known_events'), { recursive: true, force: true }); // the day before, brought from S3
  try {
    await viewParquet(db, store, `${store.url}${name}`, 'known_events', signal);
    return true;
  } catch (error) {
    if (isAirtempoError(error) && error.code === 'SOURCE_NOT_FOUND') return false;
    throw error;
  }
}
