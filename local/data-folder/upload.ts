/**
 * Puts sample or real data into a bucket. Objects that are there already, byte for byte, are left alone, so
 * it may run at every start. It deletes nothing.
 */
import { createHash } from 'node:crypto';
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { DataFile } from './read.js';

/** What is needed of an S3 client. */
export type S3Sender = Pick<S3Client, 'send'>;

export interface UploadProgress {
  readonly uploaded: number;
  /** There already with the same content. */
  readonly skipped: number;
  readonly bytes: number;
}

export interface UploadOptions {
  /** Uploads at once. Default 8. */
  readonly concurrency?: number;
  /** Called after each file. */
  readonly onProgress?: (progress: UploadProgress) => void;
  readonly signal?: AbortSignal;
}

const DEFAULT_CONCURRENCY = 8;
const DATA_PREFIXES = ['log_data/', 'song_data/'] as const;
const BUCKET_IS_OURS = new Set(['BucketAlreadyOwnedByYou', 'BucketAlreadyExists']);

async function ensureBucket(client: S3Sender, bucket: string): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (!(error instanceof Error) || !BUCKET_IS_OURS.has(error.name)) throw error;
  }
}

/** Fingerprints of the objects below one prefix, by key. */
async function* listFingerprints(
  client: S3Sender,
  bucket: string,
  prefix: string,
): AsyncGenerator<[string, string]> {
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    for (const { Key: key, Size: size, ETag: etag } of page.Contents ?? []) {
      if (key !== undefined) yield [key, `${size}:${etag?.replaceAll('"', '')}`];
    }
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

async function listExisting(client: S3Sender, bucket: string): Promise<ReadonlyMap<string, string>> {
  const existing = new Map<string, string>();
  for (const prefix of DATA_PREFIXES) {
    for await (const [key, fingerprint] of listFingerprints(client, bucket, prefix))
      existing.set(key, fingerprint);
  }
  return existing;
}

/** Size and MD5: what S3 gives as ETag for an object put in one piece. */
function fingerprint(body: Uint8Array): string {
  return `${body.byteLength}:${createHash('md5').update(body).digest('hex')}`;
}

/**
 * Creates the bucket if need be and uploads `files`, a few at a time, however many they are. The first
 * failure stops the upload and is thrown.
 */
export async function uploadData(
  client: S3Sender,
  bucket: string,
  files: AsyncGenerator<DataFile>,
  options: UploadOptions = {},
): Promise<UploadProgress> {
  await ensureBucket(client, bucket);
  const existing = await listExisting(client, bucket);
  let progress: UploadProgress = { uploaded: 0, skipped: 0, bytes: 0 };
  const stopped = new AbortController();

  const put = async ({ key, body }: DataFile): Promise<void> => {
    const present = existing.get(key) === fingerprint(body);
    if (!present) await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
    progress = {
      uploaded: progress.uploaded + (present ? 0 : 1),
      skipped: progress.skipped + (present ? 1 : 0),
      bytes: progress.bytes + (present ? 0 : body.byteLength),
    };
    options.onProgress?.(progress);
  };
  // Each of these takes the next file when it is done with one: the source is never read ahead.
  const work = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      options.signal?.throwIfAborted();
      const next = await files.next();
      if (next.done === true) return;
      await put(next.value);
    }
  };
  const stop = (error: unknown): never => {
    stopped.abort();
    throw error;
  };
  await Promise.all(
    Array.from({ length: options.concurrency ?? DEFAULT_CONCURRENCY }, () => work().catch(stop)),
  );
  return progress;
}
