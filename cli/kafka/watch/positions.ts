/** Where sinks are, read from the sinks themselves: the table in the warehouse, the file in the lake. Nothing is written. */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readLakePositions } from '../../../activities/kafka/lake-sink.js';
import { readWarehousePositions } from '../../../activities/kafka/warehouse-sink.js';
import { withSqlClient } from '../../../activities/sql/with-sql-client.js';
import { openLakeStore, type LakeStore } from '../../../connections/lake/lake-store.js';
import { readServerError } from '../../../connections/postgres-errors.js';
import type { Connection } from '../../../core/connection.js';
import { messageOf } from '../../../core/outside-value.js';
import type { App } from '../../app.js';
import type { SinkPositions } from './lag.js';

export interface SinkOptions {
  readonly warehouse?: string;
  readonly lake?: string;
  readonly lakeConnId?: string;
}

/** Where the ingest of the DAG kafka_ingest writes unless it is told otherwise. */
const USUAL = { warehouse: 'postgres', lake: path.join('data', 'event-lake') };

type Next = ReadonlyMap<number, number>;

/** A sink whose positions can be asked for. */
export interface WatchedSink {
  readonly name: string;
  readonly readNext: (signal: AbortSignal) => Promise<Next>;
}

/**
 * The sinks that are named; of those that are not, the usual ones that know the topic. Throws what one that is named throws when it
 * is asked the first time.
 */
export async function findSinks(
  app: App,
  topic: string,
  options: SinkOptions,
  signal: AbortSignal,
): Promise<readonly WatchedSink[]> {
  const { warehouse, lake } = options;
  const usualLake = path.resolve(app.cwd, USUAL.lake);
  const sinks = [
    { sink: watchWarehouse(app, topic, warehouse ?? USUAL.warehouse), isNamed: warehouse !== undefined },
    { sink: await watchLake(app, topic, lake ?? usualLake, options), isNamed: lake !== undefined },
  ];
  const found: WatchedSink[] = [];
  for (const { sink, isNamed } of sinks) {
    const next = isNamed ? await sink.readNext(signal) : await sink.readNext(signal).catch(() => undefined);
    if (isNamed || (next?.size ?? 0) > 0) found.push(sink);
  }
  return found;
}

/** A sink that does not answer is no reason to end a watch. */
export async function readSink({ name, readNext }: WatchedSink, signal: AbortSignal): Promise<SinkPositions> {
  try {
    return { name, next: await readNext(signal) };
  } catch (error) {
    return { name, problem: messageOf(error) };
  }
}

/** Postgres, or Redshift by either driver. */
function watchWarehouse(app: App, topic: string, connId: string): WatchedSink {
  const connection = (id: string): Promise<Connection> => app.registry.get(id);
  return {
    name: 'warehouse',
    readNext: (signal) => {
      const asker = { connection, signal, taskKey: '', tryNumber: 1, lastHeartbeat: undefined, heartbeat: () => undefined }; // prettier-ignore
      return withSqlClient(asker, { connId, repetition: 'never' }, (client) =>
        readWarehousePositions(client, topic),
      ).catch((error: unknown) => {
        if (isNoTable(error)) return new Map();
        throw error;
      });
    },
  };
}

/** Nothing was ingested yet. Not every driver tells SQLSTATE. */
function isNoTable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    readServerError(error.cause).state === '42P01' || /kafka_positions"? does not exist/.test(error.message)
  );
}

async function watchLake(
  app: App,
  topic: string,
  lake: string,
  { lakeConnId }: SinkOptions,
): Promise<WatchedSink> {
  const connection = lakeConnId === undefined ? undefined : await app.registry.get(lakeConnId);
  return {
    name: 'lake',
    readNext: async (signal) => {
      const { next } = await readPositionsFile(lake, connection, topic, signal);
      return new Map(Object.entries(next).map(([partition, offset]) => [Number(partition), offset]));
    },
  };
}

/** A folder is not opened as a lake: that would make one where there is none. */
async function readPositionsFile(
  lake: string,
  connection: Connection | undefined,
  topic: string,
  signal: AbortSignal,
): ReturnType<typeof readLakePositions> {
  if (!/^s3[an]?:\/\//.test(lake)) return readLakePositions(openFolder(lake), topic, signal);
  const store = await openLakeStore(lake, { connection, tempFolder: tmpdir() });
  try {
    return await readLakePositions(store, topic, signal);
  } finally {
    await store.close();
  }
}

function openFolder(folder: string): Pick<LakeStore, 'url' | 'read'> {
  const root = path.resolve(folder);
  return {
    url: `${root}/`,
    read: async (name) => {
      try {
        return { text: await readFile(path.join(root, name), 'utf8'), version: undefined };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
  };
}
