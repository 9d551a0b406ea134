/**
 * Turns what an AWS service or the network reports into airtempo's errors: who may try again and who must not. Messages
 * name the call, the service and the connection's id, never a credential.
 */
import type { Connection } from '../core/connection.js';
import { AirtempoError, isAirtempoError } from '../core/errors.js';

/** What was asked of which service, for messages: `RunJobFlow`, `Amazon EMR`. */
export interface AwsCall {
  readonly service: string;
  readonly action: string;
}

const ACCESS_NAMES =
  /^(AccessDenied\w*|UnauthorizedOperation|AuthFailure|NotAuthorized\w*|OptInRequired|InvalidClientTokenId|UnrecognizedClientException|InvalidSignatureException|SignatureDoesNotMatch|IncompleteSignature\w*|MissingAuthenticationToken\w*|CredentialsProviderError)$/;
/** The default chain fetches new ones, so the next try may have better luck. */
const EXPIRED_NAMES = /^(ExpiredToken\w*|RequestExpired|TokenRefreshRequired|RequestTimeTooSkewed)$/;
const THROTTLE_NAMES =
  /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceededException|ActiveStatementsExceeded/;
const NETWORK_NAMES =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|TimeoutError/;

/** What the SDK tells of a failure, by shape: an error may come from another realm. */
export interface AwsFailure {
  /** The service's code, such as `ClusterNotFound`; '' when there is none. */
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** Reads the fields of whatever an SDK client has thrown. */
export function readAwsFailure(error: unknown): AwsFailure {
  const fields: {
    name?: unknown;
    message?: unknown;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  } = typeof error === 'object' && error !== null ? error : {};
  const name = [fields.name, fields.code].find(
    (value) => typeof value === 'string' && !/^(Error|AggregateError|Unknown\w*)$/.test(value),
  );
  return {
    name: typeof name === 'string' ? name : '',
    message: typeof fields.message === 'string' ? fields.message : String(error),
    status: fields.$metadata?.httpStatusCode,
  };
}

/** The error for a failed call. An abort passes as it is: pass the signal's reason on before asking. */
export function mapAwsError(error: unknown, connection: Connection, call: AwsCall): AirtempoError {
  if (isAirtempoError(error)) return error;
  const { name, message, status } = readAwsFailure(error);
  const subject = `${call.service} (${call.action}, connection "${connection.id}")`;
  const options = { cause: error };
  if (EXPIRED_NAMES.test(name)) {
    return new AirtempoError(
      'AWS_UNAVAILABLE',
      `${subject}: the credentials have expired (${name}). The next try asks for new ones.`,
      options,
    );
  }
  if (ACCESS_NAMES.test(name) || status === 401 || status === 403) {
    return new AirtempoError(
      'ACCESS_DENIED',
      `${subject} refused the credentials: ${name || `HTTP ${String(status)}`}: ${message} Grant the access (docs/aws.md lists the least that is needed), or correct the connection.`,
      options,
    );
  }
  if (NETWORK_NAMES.test(name) || NETWORK_NAMES.test(message)) {
    return new AirtempoError(
      'CONNECTION_REFUSED',
      `No answer from ${subject}: ${message || name}. Check the network, extra.region_name and extra.endpoint_url.`,
      options,
    );
  }
  if (THROTTLE_NAMES.test(name) || status === 429 || (status !== undefined && status >= 500)) {
    return new AirtempoError(
      'AWS_UNAVAILABLE',
      `${subject} could not answer: ${name} ${message} (HTTP ${String(status ?? 'none')}). Try again later.`,
      options,
    );
  }
  return new AirtempoError('AWS_REFUSED', `${subject} refused the request: ${name}: ${message}`, options);
}
