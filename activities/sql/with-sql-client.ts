/**
 * A SQL client for the length of a task: the driver that the connection asks for, connected, and always disconnected.
 * When the worker learns of a cancellation, the signal stops the running statement on the server.
 */
import { connectSql, type SqlSession } from '../../connections/postgres.js';
import type { RedshiftDataSession, StatementMemory } from '../../connections/redshift-data.js';
import { resolveSessionLogin } from '../../connections/redshift-clusters/session-login.js';
import { readRedshiftDriver } from '../../connections/redshift-data/target.js';
import type { TaskContext } from '../../core/context.js';

/** Either driver. Only a session on the wire protocol can be a Postgres. */
export type AnySqlClient = SqlSession | RedshiftDataSession;

/**
 * What a later try does with the statements of this one, where they outlive the worker. `once`: it goes on with them.
 * `fresh`: it goes on with one that is in flight, but what has ended is asked again. `never`: each call is a new
 * statement, as a sensor's questions are.
 */
export type Repetition = 'once' | 'fresh' | 'never';

type SqlContext = Pick<
  TaskContext,
  'connection' | 'signal' | 'taskKey' | 'tryNumber' | 'lastHeartbeat' | 'heartbeat'
>;

/** Connects by the driver that the connection asks for; close it. Without a memory each call is a new statement. */
export async function connectSqlClient(
  ctx: Pick<SqlContext, 'connection' | 'signal'>,
  connId: string,
  memory?: StatementMemory,
): Promise<AnySqlClient> {
  const connection = await ctx.connection(connId);
  const { signal } = ctx;
  const findConnection = (id: string): ReturnType<SqlContext['connection']> => ctx.connection(id);
  if (readRedshiftDriver(connection) === 'wire') {
    return connectSql(await resolveSessionLogin(connection, findConnection, signal), { signal });
  }
  const { connectRedshiftData } = await import('../../connections/redshift-data.js');
  return connectRedshiftData(connection, findConnection, { signal, memory });
}

function memoryOf(ctx: SqlContext, repetition: Repetition): StatementMemory | undefined {
  if (repetition === 'never') return undefined;
  return {
    key: repetition === 'once' ? ctx.taskKey : JSON.stringify([ctx.taskKey, ctx.tryNumber]),
    refresh: repetition === 'fresh',
    former: ctx.lastHeartbeat,
    keep: (details) => ctx.heartbeat(details),
  };
}

/** Opens the connection, hands the client to `work`, and closes it however `work` ends. */
export async function withSqlClient<T>(
  ctx: SqlContext,
  { connId, repetition = 'once' }: { readonly connId: string; readonly repetition?: Repetition },
  work: (client: AnySqlClient) => Promise<T>,
): Promise<T> {
  const client = await connectSqlClient(ctx, connId, memoryOf(ctx, repetition));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
