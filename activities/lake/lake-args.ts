/** What the operators of the lake have in common: where it is, who reads S3, and what DuckDB may use. */
import { z } from 'zod';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import type { LakeStore } from '../../connections/lake/lake-store.js';
import type { S3Storage } from '../../connections/s3.js';
import type { TaskContext } from '../../core/context.js';

export interface LakeArgs {
  /** Where the lake is: a folder on the worker, or `s3://bucket/prefix/`. */
  readonly lake: string;
  /** For `s3://…`: a connection of type aws or s3. */
  readonly connId?: string | undefined;
  /** What DuckDB may hold in memory. Default `1GB`. */
  readonly memoryLimit?: string | undefined;
  /** Bad records that are allowed; they are kept in `_bad_records/`. Default 0. */
  readonly maxErrors?: number | undefined;
}

export const lakeFields = {
  lake: z.string().min(1),
  connId: z.string().min(1).optional(),
  memoryLimit: z
    .string()
    .regex(/^\d+(\.\d+)? ?(MB|GB|TB|MiB|GiB|TiB)$/, 'write it as 2GB or 500MB')
    .optional(),
  maxErrors: z.number().int().min(0).optional(),
};

export interface OpenLake {
  readonly db: DuckDb;
  readonly store: LakeStore;
  /** For raw data on S3. */
  readonly storage: S3Storage | undefined;
}

/** Opens DuckDB and the lake, and closes both after the work. */
export async function withLake<Result>(
  ctx: Pick<TaskContext, 'connection' | 'signal'>,
  { lake, connId, memoryLimit }: LakeArgs,
  work: (open: OpenLake) => Promise<Result>,
): Promise<Result> {
  const { openLakeStore } = await import('../../connections/lake/lake-store.js');
  const { connectS3 } = await import('../../connections/s3.js');
  const connection = connId === undefined ? undefined : await ctx.connection(connId);
  const db = await openDuckDb({ memoryLimit, signal: ctx.signal });
  const storage = connection === undefined ? undefined : connectS3(connection);
  try {
    const store = await openLakeStore(lake, { connection, tempFolder: db.tempFolder });
    try {
      return await work({ db, store, storage });
    } finally {
      await store.close();
    }
  } finally {
    storage?.close();
    await db.close();
  }
}
