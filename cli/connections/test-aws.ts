/** How `connections test` tries a connection to AWS or to an S3 server of one's own: who are we there, and may we look? */
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { mapAwsError } from '../../connections/aws-errors.js';
import { fetchAwsCaller } from '../../connections/aws-identity.js';
import { readAwsEndpoint } from '../../connections/aws.js';
import { connectS3 } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import { isAirtempoError } from '../../core/errors.js';

/**
 * The account and the user or role on AWS. A server of one's own that has no STS is asked for its buckets instead:
 * that it answers proves the keys.
 */
export async function describeAws(connection: Connection, signal: AbortSignal): Promise<string> {
  if (connection.type === 's3') return describeBuckets(connection, signal);
  try {
    const { account, arn } = await fetchAwsCaller(connection, { signal });
    return `signed in to account ${account} as ${arn}`;
  } catch (error) {
    if (!isServerWithoutSts(error, connection)) throw error;
    return `${await describeBuckets(connection, signal)}; ${String(readAwsEndpoint(connection, 'sts'))} is an S3 server without identities (sts:GetCallerIdentity)`;
  }
}

/** Such a server takes the question for a request of S3 and refuses it in one way or another. */
function isServerWithoutSts(error: unknown, connection: Connection): boolean {
  const own = readAwsEndpoint(connection, 'sts');
  if (own === undefined || own !== readAwsEndpoint(connection, 's3')) return false;
  return isAirtempoError(error) && error.code !== 'CONNECTION_REFUSED';
}

async function describeBuckets(connection: Connection, signal: AbortSignal): Promise<string> {
  const storage = connectS3(connection);
  try {
    const { Buckets: buckets = [] } = await storage.client.send(new ListBucketsCommand({}), {
      abortSignal: signal,
    });
    return `signed in; ${String(buckets.length)} buckets`;
  } catch (error) {
    signal.throwIfAborted();
    throw mapAwsError(error, connection, { service: 'The S3 server', action: 'ListBuckets' });
  } finally {
    storage.close();
  }
}
