/**
 * A SQL session for the length of a task: connects, and always disconnects. Heartbeats are the worker's
 * business; when it learns of a cancellation, the signal stops the running statement on the server.
 */
import { type SqlSession, connectSql } from '../../connections/postgres.js';
import type { TaskContext } from '../../core/context.js';

/** Opens the connection, hands the session to `work`, and closes it however `work` ends. */
export async function withSqlSession<T>(
  ctx: Pick<TaskContext, 'connection' | 'signal'>,
  connId: string,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> {
  const session = await connectSql(await ctx.connection(connId), { signal: ctx.signal });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
