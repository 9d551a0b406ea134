/** Where events on S3 are read from, by the churn operators. */
import type { S3Storage } from '../../connections/s3.js';
import type { TaskContext } from '../../core/context.js';

/** Opens the connection, of type aws or s3, if one is given. Close it. */
export async function openEventStorage(
  ctx: Pick<TaskContext, 'connection'>,
  connId: string | undefined,
): Promise<S3Storage | undefined> {
  if (connId === undefined) return undefined;
  const { connectS3 } = await import('../../connections/s3.js');
  return connectS3(await ctx.connection(connId));
}
