/**
 * The operator `copy_from_s3`: Redshift's COPY from S3, on Redshift by its own COPY and on Postgres by ours. One
 * transaction replaces what the load replaces; safe to run again, but for `write: 'append'`.
 */
import { z } from 'zod';
import { createS3Source } from '../connections/copy/s3-source.js';
import {
  loadTableOnRedshift,
  planRedshiftLoad,
  type RedshiftLoad,
} from '../connections/copy/redshift-load.js';
import { describeObjects } from '../connections/datasets.js';
import type { SqlStatement } from '../connections/sql/statement.js';
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
import { withSqlClient } from './sql/with-sql-client.js';
import { resolveCopyCredentials } from './copy/copy-credentials.js';

export interface CopyFromS3Args extends CopyTableArgs {
  /** A connection of type aws or s3. Default `aws_credentials`. Redshift reads S3 by a role of its own instead. */
  readonly awsConnId?: string | undefined;
  /** `s3://bucket/prefix`: every key that begins so; end a folder with `/`. With `manifest`, the manifest's URL. */
  readonly from: string;
  /**
   * On Redshift: write the keys of `awsConnId` into the COPY instead of a role. Redshift keeps them with the statement's
   * text. Default: `extra.allow_inline_keys` of the connection, else false.
   */
  readonly allowInlineKeys?: boolean | undefined;
}

const argsSchema: z.ZodType<CopyFromS3Args> = z.strictObject({
  ...copyTableFields,
  awsConnId: z.string().min(1).optional(),
  allowInlineKeys: z.boolean().optional(),
  from: z.string().regex(/^s3[an]?:\/\/[^/]+/, 'write it as s3://bucket/prefix'),
});

const DEFAULT_AWS_CONN_ID = 'aws_credentials';

type FindConnection = (connId: string) => Promise<Connection>;

async function toRedshiftLoad(args: CopyFromS3Args, find: FindConnection): Promise<RedshiftLoad> {
  const { table, columns, from } = args;
  const credentials = await resolveCopyCredentials(await find(args.connId), {
    findKeys: () => find(args.awsConnId ?? DEFAULT_AWS_CONN_ID),
    allowInlineKeys: args.allowInlineKeys,
  });
  return { table, columns, from, credentials, options: toCopyOptions(args), write: toWriteMode(args.write) };
}

/** The statements that the task runs on Redshift, in order: what `tasks render` prints. */
export async function planCopyFromS3(
  args: CopyFromS3Args,
  find: FindConnection,
): Promise<readonly SqlStatement[]> {
  return planRedshiftLoad(await toRedshiftLoad(args, find)).statements;
}

/**
 * Loads a table from S3. Errors that a retry cannot cure: BUCKET_NOT_FOUND, SOURCE_NOT_FOUND, INVALID_COPY_OPTION,
 * ACCESS_DENIED, LOAD_FAILED (more than `maxErrors` bad records; the old rows are still there).
 */
export const copyFromS3 = operator<CopyFromS3Args, CopyTableOutput>(
  'copy_from_s3',
  async ({ args, ctx }) => {
    const options = toCopyOptions(args);
    await tellCopyLineage(ctx, args, describeObjects(args.from));
    return withSqlClient(ctx, args, async (client) => {
      if (client.dialect === 'redshift') {
        const load = await toRedshiftLoad(args, (connId) => ctx.connection(connId));
        return reportCopy(ctx, args, args.from, await loadTableOnRedshift(client, load));
      }
      const aws = await ctx.connection(args.awsConnId ?? DEFAULT_AWS_CONN_ID);
      const { connectS3 } = await import('../connections/s3.js');
      const s3 = connectS3(aws, { region: options.region });
      try {
        const source = createS3Source(s3, { from: args.from, manifest: options.manifest });
        return reportCopy(ctx, args, args.from, await loadIntoPostgres(ctx, args, client, source));
      } finally {
        s3.close();
      }
    });
  },
  { args: argsSchema, summary: summarizeCopy },
);
