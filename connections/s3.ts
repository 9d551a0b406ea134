/**
 * The S3 client of a connection of type `aws` or `s3`: lists keys by prefix and reads objects as streams that
 * survive a lost socket and never mix two versions of an object. It does not know what the bytes mean.
 */
import { GetObjectCommand, ListObjectsV2Command, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { Readable } from 'node:stream';

import type { Connection } from '../core/connection.js';
import { resolveAwsConfig } from './aws.js';
import { mapS3Error } from './s3-errors.js';

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string | undefined;
  /** By the server's clock. */
  readonly modifiedAt?: Date | undefined;
}

/** Reads from S3 with one connection's credentials. */
export interface S3Storage {
  readonly connId: string;
  /** The SDK client, for calls this interface does not offer. */
  readonly client: S3Client;
  /** Every object whose key starts with `prefix`, in key order, page by page. */
  listObjects(bucket: string, prefix: string, signal?: AbortSignal): AsyncIterable<S3Object>;
  /**
   * Streams an object, pinned to its ETag: with the given one, else with the first answer's. A version replaced
   * meanwhile is SOURCE_CHANGED; a lost socket is resumed where it broke.
   */
  openObject(
    object: Pick<S3Object, 'bucket' | 'key'> & { readonly etag?: string | undefined },
    signal?: AbortSignal,
  ): AsyncIterable<Buffer>;
  /** Frees the sockets. */
  close(): void;
}

export interface ConnectS3Options {
  /** Overrides the connection's `extra.region_name`. */
  readonly region?: string | undefined;
}

/** A server that sends nothing for this long, while we wait for it, is taken for dead. */
const STALL_TIMEOUT_MS = 60_000;
/** Reconnects in a row that bring no byte before the read fails. */
const MAX_FRUITLESS_RESUMES = 3;

function createConfig(connection: Connection, options: ConnectS3Options): S3ClientConfig {
  const config = resolveAwsConfig(connection, 's3', options);
  // a server of one's own has no host name for each bucket
  return config.endpoint === undefined ? config : { ...config, forcePathStyle: true };
}

function rethrowAbort(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** Destroys a body whose next chunk does not come in time. Time the reader spends elsewhere does not count. */
async function* readWithStallLimit(body: Readable): AsyncGenerator<Buffer> {
  const iterator: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  let waitingSince: number | undefined;
  const timer = setInterval(() => {
    if (waitingSince !== undefined && performance.now() - waitingSince > STALL_TIMEOUT_MS) {
      body.destroy(
        Object.assign(new Error(`no data for ${STALL_TIMEOUT_MS / 1000} s`), { name: 'TimeoutError' }),
      );
    }
  }, STALL_TIMEOUT_MS / 4);
  timer.unref();
  try {
    for (;;) {
      waitingSince = performance.now();
      const next = await iterator.next();
      waitingSince = undefined;
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    clearInterval(timer);
    body.destroy();
  }
}

interface OpenBody {
  readonly body: Readable;
  readonly etag: string | undefined;
}

/** Opens clients for `connection`. No login means the default AWS credential chain. Makes no request yet. */
export function connectS3(connection: Connection, options: ConnectS3Options = {}): S3Storage {
  const client = new S3Client(createConfig(connection, options));

  async function openAt(
    bucket: string,
    key: string,
    etag: string | undefined,
    offset: number,
    signal?: AbortSignal,
  ): Promise<OpenBody> {
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(etag === undefined ? {} : { IfMatch: etag }),
      ...(offset === 0 ? {} : { Range: `bytes=${offset}-` }),
    });
    const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    if (!(answer.Body instanceof Readable)) throw new Error('the answer has no body');
    return { body: answer.Body, etag: etag ?? answer.ETag };
  }

  async function* openObject(
    { bucket, key, etag: known }: Pick<S3Object, 'bucket' | 'key'> & { readonly etag?: string | undefined },
    signal?: AbortSignal,
  ): AsyncGenerator<Buffer> {
    let etag = known;
    let offset = 0;
    for (let fruitless = 0; ; fruitless += 1) {
      try {
        const opened = await openAt(bucket, key, etag, offset, signal);
        etag = opened.etag;
        const stop = (): void => void opened.body.destroy(new Error('aborted'));
        signal?.addEventListener('abort', stop, { once: true });
        try {
          for await (const chunk of readWithStallLimit(opened.body)) {
            offset += chunk.length;
            fruitless = 0;
            yield chunk;
          }
        } finally {
          signal?.removeEventListener('abort', stop);
        }
        return;
      } catch (error) {
        rethrowAbort(signal);
        const mapped = mapS3Error(error, connection, { bucket, key });
        const resumable =
          offset > 0 && (mapped.code === 'CONNECTION_REFUSED' || mapped.code === 'STORAGE_UNAVAILABLE');
        if (!resumable || fruitless >= MAX_FRUITLESS_RESUMES) throw mapped;
      }
    }
  }

  async function* listObjects(
    bucket: string,
    prefix: string,
    signal?: AbortSignal,
  ): AsyncGenerator<S3Object> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
      let page;
      try {
        page = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
      } catch (error) {
        rethrowAbort(signal);
        throw mapS3Error(error, connection, { bucket });
      }
      for (const { Key: key, Size: size, ETag: etag, LastModified: modifiedAt } of page.Contents ?? []) {
        if (key !== undefined) yield { bucket, key, size: size ?? 0, etag, modifiedAt };
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  return { connId: connection.id, client, listObjects, openObject, close: () => client.destroy() };
}
