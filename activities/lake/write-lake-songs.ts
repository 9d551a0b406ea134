/** The operator `write_lake_songs`: rebuilds the lake's songs and artists from the catalogue, with DuckDB in the worker. */
import { z } from 'zod';
import { operator } from '../../core/define-operator.js';
import { writeCatalogue, type CatalogueSummary } from '../../connections/lake/write-catalogue.js';
import { lakeFields, withLake, type LakeArgs } from './lake-args.js';

export interface WriteLakeSongsArgs extends LakeArgs {
  /** The song files: a folder on the worker, or `s3://bucket/prefix/`. */
  readonly songs: string;
}

const argsSchema: z.ZodType<WriteLakeSongsArgs> = z.strictObject({
  ...lakeFields,
  songs: z.string().min(1),
});

/** Replaces the tables songs and artists, each at once. Errors: SOURCE_NOT_FOUND, LOAD_FAILED, SQL_FAILED, and those of S3. */
export const writeLakeSongs = operator<WriteLakeSongsArgs, CatalogueSummary>(
  'write_lake_songs',
  ({ args, ctx }) =>
    withLake(ctx, args, ({ db, store, storage }) =>
      writeCatalogue(db, store, {
        songs: args.songs,
        storage,
        maxErrors: args.maxErrors ?? 0,
        signal: ctx.signal,
      }),
    ),
  { args: argsSchema, summary: ({ lake }) => `rebuilds songs and artists in ${lake ?? 'the lake'}` },
);
