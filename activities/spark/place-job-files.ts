/** The files of a job where its runner can read them, and its arguments with the place of its SQL. */
import type { SparkJob, SparkRunner } from '../../connections/spark/spark-runner.js';
import type { TaskContext } from '../../core/context.js';
import { findAwsConnection } from '../emr/open-emr.js';
import type { SparkJobArgs } from '../spark-job.js';
import { isOnS3, uploadJobFile, uploadJobFolder } from './upload-job-files.js';

type Files = Pick<SparkJobArgs, 'connId' | 'file' | 'pyFiles' | 'uploadTo' | 'sqlFolder' | 'args'>;

/** Uploads what is not there yet. Throws INVALID_ARGS, SOURCE_NOT_FOUND, and those of S3. */
export async function placeJobFiles(
  runner: Pick<SparkRunner, 'filesAt'>,
  { connId, file, pyFiles = [], uploadTo, sqlFolder, args = [] }: Files,
  ctx: Pick<TaskContext, 'connection' | 'signal'>,
): Promise<Pick<SparkJob, 'file' | 'pyFiles' | 'args'>> {
  const tell = (folder: string | undefined): readonly string[] =>
    folder === undefined ? args : [...args, '--sql', folder];
  const needed = [file, ...pyFiles, ...(sqlFolder === undefined ? [] : [sqlFolder])];
  if (runner.filesAt === 'disk' || needed.every(isOnS3)) return { file, pyFiles, args: tell(sqlFolder) };
  const aws = await findAwsConnection(ctx, await ctx.connection(connId));
  const { connectS3 } = await import('../../connections/s3.js');
  const place = { storage: connectS3(aws), aws, uploadTo };
  try {
    const uploaded: string[] = [];
    for (const each of [file, ...pyFiles]) uploaded.push(await uploadJobFile(each, place, ctx.signal));
    const [main = file, ...modules] = uploaded;
    const sql = sqlFolder === undefined ? undefined : await uploadJobFolder(sqlFolder, place, ctx.signal);
    return { file: main, pyFiles: modules, args: tell(sql) };
  } finally {
    place.storage.close();
  }
}
