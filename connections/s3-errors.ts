/**
 * Turns what an S3 server or the network reports into airtempo's errors. Messages name the bucket, the key and
 * the connection's id, never a credential.
 */
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';

/** What was asked for, for messages. */
export interface S3Place {
  readonly bucket: string;
  readonly key?: string;
}

interface S3Failure {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

const ACCESS_NAMES =
  /^(AccessDenied|Forbidden|InvalidAccessKeyId|SignatureDoesNotMatch|XAdminUserNotFound|ExpiredToken|InvalidToken|TokenRefreshRequired|AuthorizationHeaderMalformed|CredentialsProviderError|RequestTimeTooSkewed)$/;
const CHANGED_NAMES = /^(PreconditionFailed|InvalidRange)$/;
const NETWORK_NAMES =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|TimeoutError/;

function readFailure(error: unknown): S3Failure {
  const fields: {
    name?: unknown;
    message?: unknown;
    code?: unknown;
    Code?: unknown;
    $metadata?: { httpStatusCode?: number };
  } = typeof error === 'object' && error !== null ? error : {};
  const name = [fields.name, fields.Code, fields.code].find(
    (value) => typeof value === 'string' && !/^(Error|AggregateError|Unknown\w*)$/.test(value),
  );
  return {
    name: typeof name === 'string' ? name : '',
    message: typeof fields.message === 'string' ? fields.message : String(error),
    status: fields.$metadata?.httpStatusCode,
  };
}

/** The error for a failed S3 call. */
export function mapS3Error(error: unknown, connection: Connection, place: S3Place): AirtempoError {
  if (error instanceof AirtempoError) return error;
  const { name, message, status } = readFailure(error);
  const where = `s3://${place.bucket}/${place.key ?? ''}`;
  const server = endpointOf(connection);
  if (name === 'NoSuchBucket') {
    return new AirtempoError(
      'BUCKET_NOT_FOUND',
      `There is no bucket "${place.bucket}" at ${server} (connection "${connection.id}"). Create it, or correct the name in ${where}.`,
      { cause: error },
    );
  }
  if (ACCESS_NAMES.test(name) || status === 401 || status === 403) {
    return new AirtempoError(
      'ACCESS_DENIED',
      `${server} refused the credentials of connection "${connection.id}" for ${where} (${name || `HTTP ${status}`}). Correct its login and password, or grant the access.`,
      { cause: error },
    );
  }
  if (name === 'NoSuchKey' || (status === 404 && place.key !== undefined)) {
    return new AirtempoError(
      'SOURCE_NOT_FOUND',
      `There is no object ${where} (connection "${connection.id}"). Correct the key.`,
      { cause: error },
    );
  }
  if (CHANGED_NAMES.test(name) || status === 412 || status === 416) {
    return new AirtempoError(
      'SOURCE_CHANGED',
      `${where} was replaced while it was being read. Try again to read the new version.`,
      { cause: error },
    );
  }
  if (NETWORK_NAMES.test(name) || NETWORK_NAMES.test(message)) {
    return new AirtempoError(
      'CONNECTION_REFUSED',
      `No answer from ${server} (connection "${connection.id}") for ${where}: ${message || name}. Is the server running, and is extra.endpoint_url right?`,
      { cause: error },
    );
  }
  return new AirtempoError(
    'STORAGE_UNAVAILABLE',
    `${server} could not serve ${where}: ${name} ${message} (HTTP ${status ?? 'none'}). Try again later.`,
    { cause: error },
  );
}

/** The endpoint of a connection, for messages. */
export function endpointOf(connection: Connection): string {
  const url = connection.extra['endpoint_url'];
  return typeof url === 'string' && url !== '' ? url : 'Amazon S3';
}
