/** Asks AWS who a connection is: the first thing to know when access is denied. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

import type { Connection } from '../core/connection.js';
import { mapAwsError } from './aws-errors.js';
import { resolveAwsConfig, type AwsConfigOptions } from './aws.js';

export interface AwsCaller {
  readonly account: string;
  /** The user's or role's name for policies: `arn:aws:sts::123456789012:assumed-role/airtempo/airtempo`. */
  readonly arn: string;
}

/**
 * The identity behind the connection's credentials, whatever they come from. Needs no permission.
 * @throws AirtempoError ACCESS_DENIED, CONNECTION_REFUSED, AWS_UNAVAILABLE, AWS_REFUSED (a server without STS)
 */
export async function fetchAwsCaller(
  connection: Connection,
  options: AwsConfigOptions & { readonly signal?: AbortSignal | undefined } = {},
): Promise<AwsCaller> {
  const client = new STSClient(resolveAwsConfig(connection, 'sts', options));
  const { signal } = options;
  try {
    const answer = await client.send(
      new GetCallerIdentityCommand({}),
      signal === undefined ? {} : { abortSignal: signal },
    );
    if (answer.Account === undefined || answer.Arn === undefined) throw new Error('the answer names nobody');
    return { account: answer.Account, arn: answer.Arn };
  } catch (error) {
    signal?.throwIfAborted();
    throw mapAwsError(error, connection, { service: 'AWS STS', action: 'GetCallerIdentity' });
  } finally {
    client.destroy();
  }
}
