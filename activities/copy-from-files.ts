/**
 * The operator `copy_from_files`: `copy_from_s3` for files on the worker's disk. The server must be Postgres:
 * Redshift reads only S3.
 */
import { z } from 'zod';
import { createFileSource } from '../connections/copy/file-source.js';
import { describeFiles } from '../connections/datasets.js';
import { operator } from '../core/define-operator.js';
import { AirtempoError } from '../core/errors.js';
import {
  type CopyTableArgs,
  copyTableFields,
  type CopyTableOutput,
  summarizeCopy,
  toCopyOptions,
} from './copy/copy-args.js';
import { loadIntoPostgres, reportCopy } from './copy/load-into-postgres.js';
import { tellCopyLineage } from './copy/copy-lineage.js';
import { withSqlClient } from './sql/with-sql-client.js';

export interface CopyFromFilesArgs extends CopyTableArgs {
  /** A folder (all files below it), a glob (`*`, `?`, `**`), a file, or with `manifest` a manifest's path. */
  readonly from: string;
}

const argsSchema: z.ZodType<CopyFromFilesArgs> = z.strictObject({
  ...copyTableFields,
  from: z
    .string()
    .min(1)
    .refine((from) => !/^s3[an]?:\/\//.test(from), 'an S3 URL belongs to copy_from_s3'),
});

/** Loads a table from local files. Errors as `copy_from_s3`. */
export const copyFromFiles = operator<CopyFromFilesArgs, CopyTableOutput>(
  'copy_from_files',
  async ({ args, ctx }) => {
    await tellCopyLineage(ctx, args, describeFiles(args.from));
    const source = createFileSource({ from: args.from, manifest: toCopyOptions(args).manifest });
    return withSqlClient(ctx, args, async (client) => {
      if (client.dialect === 'redshift') {
        throw new AirtempoError(
          'INVALID_COPY_OPTION',
          `Connection "${args.connId}" is a Redshift cluster, which reads no local files. Upload ${args.from} to S3 and use copy_from_s3.`,
        );
      }
      return reportCopy(ctx, args, args.from, await loadIntoPostgres(ctx, args, client, source));
    });
  },
  { args: argsSchema, summary: summarizeCopy },
);
