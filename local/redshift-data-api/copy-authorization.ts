/** How a COPY says who reads its files. A role stands for the local S3 server's own connection; keys are keys. */
import { sqlError, type StatementReader } from './statement-reader.js';

export type CopyAuthorization =
  | { readonly kind: 'role'; readonly arn: string | undefined }
  | {
      readonly kind: 'keys';
      readonly accessKeyId?: string;
      readonly secretAccessKey?: string;
      readonly sessionToken?: string;
    };

const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

function readRole(arn: string): CopyAuthorization {
  // A chain of roles: each assumes the next.
  if (!arn.split(',').every((one) => ROLE_ARN.test(one))) {
    throw sqlError(`Invalid IAM role: '${arn}' is not the ARN of a role.`);
  }
  return { kind: 'role', arn };
}

/** `CREDENTIALS 'aws_iam_role=…'` or `'aws_access_key_id=…;aws_secret_access_key=…[;token=…]'`. */
function readCredentials(text: string): CopyAuthorization {
  const pairs = new Map(
    text.split(';').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
    }),
  );
  const role = pairs.get('aws_iam_role');
  if (role !== undefined && pairs.size === 1) return readRole(role);
  const accessKeyId = pairs.get('aws_access_key_id');
  const secretAccessKey = pairs.get('aws_secret_access_key');
  const sessionToken = pairs.get('token');
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    // The text may hold a secret, so it is not shown.
    throw sqlError(
      "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or 'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'",
    );
  }
  return {
    kind: 'keys',
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

/** Reads one clause; `before` is what earlier clauses said. */
export function readAuthorization(
  word: string,
  reader: StatementReader,
  before: CopyAuthorization | undefined,
): CopyAuthorization {
  const conflict = sqlError('conflicting or redundant options: give one of IAM_ROLE, CREDENTIALS and keys');
  if (word === 'IAM_ROLE') {
    if (before !== undefined) throw conflict;
    return reader.takeWords('DEFAULT') ? { kind: 'role', arn: undefined } : readRole(reader.expectLiteral());
  }
  reader.takeWords('AS');
  const value = reader.expectLiteral();
  if (word === 'CREDENTIALS') {
    if (before !== undefined) throw conflict;
    return readCredentials(value);
  }
  if (before?.kind === 'role') throw conflict;
  const name =
    word === 'ACCESS_KEY_ID'
      ? 'accessKeyId'
      : word === 'SECRET_ACCESS_KEY'
        ? 'secretAccessKey'
        : 'sessionToken';
  return { kind: 'keys', ...before, [name]: value };
}
