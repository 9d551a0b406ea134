/** Opens what the EMR operators work with: the AWS connection behind a connection of type emr, and its clients. */
import { readAwsExtra } from '../../connections/aws.js';
import type { EmrClient } from '../../connections/emr/emr.js';
import type { Connection } from '../../core/connection.js';
import type { TaskContext } from '../../core/context.js';

export const DEFAULT_EMR_CONN_ID = 'aws_credentials';

/** The connection that says who to be on AWS: the one named by `extra.aws_conn_id`, or itself if it is of type aws. */
export async function findAwsConnection(
  ctx: Pick<TaskContext, 'connection'>,
  connection: Connection,
): Promise<Connection> {
  if (connection.type === 'aws') return connection;
  return ctx.connection(readAwsExtra(connection, 'aws_conn_id') ?? DEFAULT_EMR_CONN_ID);
}

/** Works with an EMR client, which is closed afterwards. */
export async function withEmr<T>(
  ctx: Pick<TaskContext, 'connection'>,
  connId: string,
  work: (client: EmrClient, connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await ctx.connection(connId);
  const { connectEmr } = await import('../../connections/emr/emr.js');
  const client = connectEmr(await findAwsConnection(ctx, connection));
  try {
    return await work(client, connection);
  } finally {
    client.close();
  }
}
