/** The operator `churn_stage_scores`: brings the file of spark/churn.py's scores into staging_churn_scores, which it replaces. */
import { z } from 'zod';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import type { CopyTableOutput } from './copy/copy-args.js';
import { copyFromFiles } from './copy-from-files.js';
import { copyFromS3 } from './copy-from-s3.js';

export interface ChurnStageScoresArgs {
  /** A connection of type postgres or redshift. */
  readonly connId: string;
  /** On the worker's disk. */
  readonly file: string;
  /** `s3://bucket/prefix/` where the file is put first: Redshift reads nothing else. */
  readonly uploadTo?: string | undefined;
  /** Of type aws or s3, to upload with. Default `aws_credentials`. */
  readonly awsConnId?: string | undefined;
}

const argsSchema: z.ZodType<ChurnStageScoresArgs> = z.strictObject({
  connId: z.string().min(1),
  file: z.string().min(1),
  uploadTo: z
    .string()
    .regex(/^s3:\/\/[^/]+/, 'write it as s3://bucket/prefix/')
    .optional(),
  awsConnId: z.string().min(1).optional(),
});

async function run(args: ChurnStageScoresArgs, ctx: TaskContext): Promise<CopyTableOutput> {
  const { connId, file, uploadTo, awsConnId = 'aws_credentials' } = args;
  const table = { connId, table: 'staging_churn_scores', format: 'json' } as const;
  if (uploadTo === undefined) return copyFromFiles({ args: { ...table, from: file }, ctx });
  const from = await upload(file, { uploadTo, awsConnId }, ctx);
  return copyFromS3({ args: { ...table, awsConnId, from }, ctx });
}

async function upload(
  file: string,
  { uploadTo, awsConnId }: { readonly uploadTo: string; readonly awsConnId: string },
  ctx: TaskContext,
): Promise<string> {
  const { connectS3 } = await import('../connections/s3.js');
  const { uploadJobFile } = await import('./spark/upload-job-files.js');
  const aws = await ctx.connection(awsConnId);
  const storage = connectS3(aws);
  try {
    return await uploadJobFile(file, { storage, aws, uploadTo }, ctx.signal);
  } finally {
    storage.close();
  }
}

/** Stages the scores; again gives the same. Errors as `copy_from_files` and `copy_from_s3`. */
export const churnStageScores = operator<ChurnStageScoresArgs, CopyTableOutput>(
  'churn_stage_scores',
  ({ args, ctx }) => run(args, ctx),
  { args: argsSchema, summary: () => 'COPY into staging_churn_scores' },
);
