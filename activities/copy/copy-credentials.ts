/** As whom Redshift reads S3: a role attached to the cluster, unless keys in the statement are asked for by name. */
import type { CopyCredentials } from '../../connections/copy/redshift-copy.js';
import { readAwsExtra } from '../../connections/aws.js';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';

export interface CredentialsRequest {
  /** Looks up the connection whose keys may be written into the statement. */
  readonly findKeys: () => Promise<Connection>;
  /** Overrides `extra.allow_inline_keys` of the Redshift connection. */
  readonly allowInlineKeys: boolean | undefined;
}

/**
 * `extra.iam_role` of the Redshift connection, else the cluster's default role. With `allowInlineKeys` the keys of the
 * AWS connection: Redshift then keeps them with the statement's text. Throws INVALID_CONNECTION.
 */
export async function resolveCopyCredentials(
  redshift: Connection,
  { findKeys, allowInlineKeys = redshift.extra['allow_inline_keys'] === true }: CredentialsRequest,
): Promise<CopyCredentials> {
  if (!allowInlineKeys) return { kind: 'role', arn: readAwsExtra(redshift, 'iam_role') };
  const aws = await findKeys();
  const { login: accessKeyId, password: secretAccessKey } = aws;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new AirtempoError(
      'INVALID_CONNECTION',
      `Connection "${aws.id}" has no keys that COPY could be given, although allowInlineKeys asks for them. ` +
        `Better: remove allowInlineKeys and attach a role to the cluster (extra.iam_role of "${redshift.id}").`,
    );
  }
  const sessionToken = readAwsExtra(aws, 'session_token', 'aws_session_token');
  return { kind: 'keys', accessKeyId, secretAccessKey, sessionToken };
}
