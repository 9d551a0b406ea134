/**
 * Checks the signature (AWS Signature Version 4) of a request that an AWS SDK has sent. The signature is computed again
 * by the SDK's own library from what arrived, so anything that was changed on the way is refused.
 */
import { createHash, createHmac, timingSafeEqual, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

import { ServiceError } from './service-error.js';

/** What one access key opens. */
export interface AccessKey {
  readonly secretAccessKey: string;
  /** Temporary credentials are refused without it. */
  readonly sessionToken?: string;
  /** From then on they are refused as expired. */
  readonly expiresAt?: Date;
}

/** Who may ask: the key for an access key id, or undefined. */
export type FindAccessKey = (accessKeyId: string) => AccessKey | undefined;

/** A request as it arrived; header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query string. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export interface SignatureRules {
  readonly service: string;
  readonly region: string;
  readonly findKey: FindAccessKey;
  readonly now: Date;
}

/** AWS refuses what was signed earlier or later than this. */
export const MAX_SKEW_MS = 5 * 60_000;

/** Headers that decide what is asked of whom: unsigned, they could be exchanged. */
const MUST_BE_SIGNED = ['host', 'x-amz-date', 'x-amz-target'];

interface Authorization {
  readonly accessKeyId: string;
  readonly scope: readonly string[];
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Throws the error that AWS answers, unless the request is signed by a known key. Returns that key's id. */
export async function verifySignature(request: SignedRequest, rules: SignatureRules): Promise<string> {
  const authorization = parseAuthorization(request.headers['authorization']);
  checkScope(authorization, rules);
  const key = rules.findKey(authorization.accessKeyId);
  if (key === undefined) throw invalidToken();
  checkToken(request, key, rules.now);
  const signedAt = checkDate(request, rules.now);
  const expected = await sign(request, authorization, key, signedAt, rules);
  if (!isEqual(expected, authorization.signature)) {
    throw new ServiceError(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  return authorization.accessKeyId;
}

function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined)
    throw new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  const match =
    /^AWS4-HMAC-SHA256 +Credential=([^,/\s]+)\/([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  const [, accessKeyId, scope, signedHeaders, signature] = match ?? [];
  if (!accessKeyId || !scope || !signedHeaders || !signature) {
    throw new ServiceError(
      'IncompleteSignatureException',
      'Authorization header must be AWS4-HMAC-SHA256 with Credential, SignedHeaders and Signature.',
    );
  }
  return { accessKeyId, scope: scope.split('/'), signedHeaders: signedHeaders.split(';'), signature };
}

function checkScope({ scope, signedHeaders }: Authorization, { region, service }: SignatureRules): void {
  const [date, signedRegion, signedService, end] = scope;
  if (scope.length !== 4 || !/^\d{8}$/.test(date ?? '') || end !== 'aws4_request') {
    throw new ServiceError(
      'IncompleteSignatureException',
      'Credential must have 5 slash-delimited elements, ending in aws4_request.',
    );
  }
  if (signedRegion !== region || signedService !== service) {
    throw new ServiceError(
      'InvalidSignatureException',
      `Credential should be scoped to region '${region}' and service '${service}', not to '${String(signedRegion)}' and '${String(signedService)}'.`,
    );
  }
  const unsigned = MUST_BE_SIGNED.filter((name) => !signedHeaders.includes(name));
  if (unsigned.length > 0) {
    throw new ServiceError(
      'InvalidSignatureException',
      `These headers must be signed: ${unsigned.join(', ')}.`,
    );
  }
}

function invalidToken(): ServiceError {
  return new ServiceError(
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
  );
}

function checkToken({ headers }: SignedRequest, key: AccessKey, now: Date): void {
  if (!isEqual(headers['x-amz-security-token'] ?? '', key.sessionToken ?? '')) throw invalidToken();
  if (key.expiresAt !== undefined && key.expiresAt <= now) {
    throw new ServiceError('ExpiredTokenException', 'The security token included in the request is expired');
  }
}

function checkDate({ headers }: SignedRequest, now: Date): Date {
  const text = headers['x-amz-date'] ?? '';
  const signedAt = new Date(
    text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6.000Z'),
  );
  if (Number.isNaN(signedAt.getTime())) {
    throw new ServiceError('IncompleteSignatureException', 'Date must be in ISO-8601 basic format.');
  }
  const skewMs = signedAt.getTime() - now.getTime();
  if (Math.abs(skewMs) > MAX_SKEW_MS) {
    // The SDK reads the right time from the answer's Date header and signs again.
    const problem = skewMs < 0 ? 'Signature expired' : 'Signature not yet current';
    throw new ServiceError(
      'InvalidSignatureException',
      `${problem}: ${text} is more than 5 min. from ${now.toISOString()}`,
    );
  }
  return signedAt;
}

async function sign(
  request: SignedRequest,
  { accessKeyId, signedHeaders }: Authorization,
  key: AccessKey,
  signingDate: Date,
  { service, region }: SignatureRules,
): Promise<string> {
  const { secretAccessKey, sessionToken } = key;
  const url = new URL(request.url, 'http://localhost');
  // The body's hash is always computed: the header could claim the hash of another body.
  const hashHeader = 'x-amz-content-sha256';
  const headers = Object.fromEntries(
    signedHeaders
      .filter((name) => name !== hashHeader)
      .map((name) => [name, request.headers[name] ?? ''] as const),
  );
  const signer = new SignatureV4({
    service,
    region,
    sha256: NodeSha256,
    applyChecksum: signedHeaders.includes(hashHeader),
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers,
      body: request.body,
    },
    { signingDate, signableHeaders: new Set(signedHeaders) },
  );
  return /Signature=([0-9a-f]{64})$/.exec(signed.headers['authorization'] ?? '')?.[1] ?? '';
}

/** Takes the same time wherever the two differ. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** SHA-256, and HMAC when a secret is given, in the shape the signing library asks for. */
class NodeSha256 {
  readonly #hash: Hash | Hmac;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBytes(data));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): never {
    throw new Error('a digest is taken once');
  }
}

function toBytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
