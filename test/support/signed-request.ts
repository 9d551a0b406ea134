/** Requests to AWS stand-ins signed by hand, for what the SDK would never send. */
import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

export interface RawCall {
  readonly url: string;
  readonly service: string;
  readonly target: string;
  readonly body: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region?: string;
  readonly signedAt?: Date;
}

export interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly requestId: string | null;
}

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash =
      secret === undefined
        ? createHash('sha256')
        : createHmac('sha256', typeof secret === 'string' ? secret : new Uint8Array(secret as Uint8Array));
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

/** The headers of a signed call. */
export async function signCall(call: RawCall): Promise<Record<string, string>> {
  const { accessKeyId, secretAccessKey, region = 'us-east-1', service } = call;
  const url = new URL(call.url);
  const signer = new SignatureV4({
    service,
    region,
    sha256: Sha256,
    credentials: { accessKeyId, secretAccessKey },
  });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: url.protocol,
      hostname: url.hostname,
      path: '/',
      headers: {
        host: url.host,
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': call.target,
      },
      body: call.body,
    },
    { signingDate: call.signedAt ?? new Date() },
  );
  return signed.headers;
}

/** Sends a body with headers, and reads the error that comes back. */
export async function post(
  url: string,
  headers: Record<string, string>,
  body: string | Uint8Array,
): Promise<RawAnswer> {
  // fetch sets the host itself, and to the same value.
  const { host: _host, ...rest } = headers;
  const response = await fetch(url, { method: 'POST', headers: rest, body: Buffer.from(body) });
  const answer = (await response.json()) as { __type?: string; message?: string };
  return {
    status: response.status,
    type: answer.__type ?? '',
    message: answer.message ?? '',
    requestId: response.headers.get('x-amzn-requestid'),
  };
}
