/**
 * The operator `copy_from_s3`: Redshift's COPY from S3, on Redshift by its own COPY and on Postgres by ours. One
 * transaction replaces what the load replaces; safe to run again, but for `write: 'append'`.
 */
import { z } from 'zod';
import { createS3Source } from '../connections/copy/s3-source.js';
import { loadTableOnRedshift } from '../connections/copy/load-table.js';
import { describeObjects } from '../connections/datasets.js';
import { connectS3 } from '../connections/s3.js';
import type { Connection } from '../core/connection.js';
import { operator } from '../core/define-operator.js';
import {
  type CopyTableArgs,
  copyTableFields,
  type CopyTableOutput,
  summarizeCopy,
  toCopyOptions,
  toWriteMode,
} from './copy/copy-args.js';
import { loadIntoPostgres, reportCopy } from './copy/load-into-postgres.js';
import { tellCopyLineage } from './copy/copy-lineage.js';
import { withSqlSession } from './sql/with-sql-session.js';

export interface CopyFromS3Args extends CopyTableArgs {
  /** A connection of type aws or s3. Default `aws_credentials`. Redshift does not use its keys, only its `role_arn`. */
  readonly awsConnId?: string | undefined;
  /** `s3://bucket/prefix`: every key that begins so; end a folder with `/`. With `manifest`, the manifest's URL. */
  readonly from: string;
}

const argsSchema: z.ZodType<CopyFromS3Args> = z.strictObject({
  ...copyTableFields,
  awsConnId: z.string().min(1).optional(),
  from: z.string().regex(/^s3[an]?:\/\/[^/]+/, 'write it as s3://bucket/prefix'),
});

const DEFAULT_AWS_CONN_ID = 'aws_credentials';

function pickIamRole(redshift: Connection, aws: Connection): string | undefined {
  return [redshift.extra['iam_role'], aws.extra['role_arn']].find(
    (role) => typeof role === 'string' && role !== '',
  ) as string | undefined; // what `find` tested
}

/**
 * Loads a table from S3. Errors that a retry cannot cure: BUCKET_NOT_FOUND, SOURCE_NOT_FOUND, INVALID_COPY_OPTION,
 * ACCESS_DENIED, LOAD_FAILED (more than `maxErrors` bad records; the old rows are still there).
 */
export const copyFromS3 = operator<CopyFromS3Args, CopyTableOutput>(
  'copy_from_s3',
  async ({ args, ctx }) => {
    const options = toCopyOptions(args);
    const aws = await ctx.connection(args.awsConnId ?? DEFAULT_AWS_CONN_ID);
    await tellCopyLineage(ctx, args, describeObjects(args.from));
    return withSqlSession(ctx, args.connId, async (session) => {
      if (session.dialect === 'redshift') {
        const iamRole = pickIamRole(await ctx.connection(args.connId), aws);
        const write = toWriteMode(args.write);
        const { table, columns, from } = args;
        const copied = await loadTableOnRedshift({ session, table, columns, options, write, from, iamRole });
        return reportCopy(ctx, args, from, copied);
      }
      const s3 = connectS3(aws, { region: options.region });
      try {
        const source = createS3Source(s3, { from: args.from, manifest: options.manifest });
        return reportCopy(ctx, args, args.from, await loadIntoPostgres(ctx, args, session, source));
      } finally {
        s3.close();
      }
    });
  },
  { args: argsSchema, summary: summarizeCopy },
);
