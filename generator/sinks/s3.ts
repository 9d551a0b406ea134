/**
 * Objects on S3, an object a day, each uploaded in parts and visible when it is complete. The manifest comes last, so
 * where it is, everything is.
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Connection } from '../../core/connection.js';
import { mapS3Error } from '../../connections/s3-errors.js';
import type { S3Storage } from '../../connections/s3.js';
import type { S3Url } from '../../connections/s3-url.js';
import type { Sink } from './sink.js';

/** S3 takes 10,000 parts, none but the last below 5 MiB. */
const PART_BYTES = 8 * 1024 * 1024;

interface S3Target extends S3Url {
  readonly storage: S3Storage;
  readonly connection: Connection;
}

/** Makes the sink for a prefix, and removes what an earlier run has made there: its objects, then its manifest. */
export async function createS3Sink(target: S3Target): Promise<Sink> {
  const { storage, connection, bucket } = target;
  const prefix = target.key === '' || target.key.endsWith('/') ? target.key : `${target.key}/`;
  const manifestKey = `${prefix.slice(0, -1)}.manifest.json`;
  const written: string[] = [];
  let uploading: Upload | undefined;
  const guard = async <T>(key: string, work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw mapS3Error(error, connection, { bucket, key });
    });
  const remove = (key: string): Promise<unknown> =>
    guard(key, storage.client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })));
  for (const key of await readOldKeys(storage, bucket, manifestKey, prefix)) await remove(key);
  await remove(manifestKey);
  return {
    layout: 'days',
    open: async (name) => {
      const key = `${prefix}${name}`;
      const file = await guard(key, openUpload(storage, bucket, key));
      uploading = file;
      return {
        write: (chunk) => guard(key, file.write(chunk)),
        commit: async () => {
          await guard(key, file.commit());
          uploading = undefined;
          written.push(key);
        },
      };
    },
    finish: async (manifest) => {
      const put = new PutObjectCommand({ Bucket: bucket, Key: manifestKey, Body: manifest });
      await guard(manifestKey, storage.client.send(put));
    },
    discard: async () => {
      await uploading?.abort();
      for (const key of written) await remove(key);
    },
  };
}

interface Upload {
  write(chunk: Buffer): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** Keys that the manifest of an earlier run names; none when there is no such manifest. */
async function readOldKeys(
  { client }: S3Storage,
  bucket: string,
  key: string,
  prefix: string,
): Promise<readonly string[]> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    const { files = [] } = JSON.parse((await Body?.transformToString()) ?? '{}') as {
      readonly files?: readonly { readonly name: string }[];
    };
    return files.map(({ name }) => `${prefix}${name}`);
  } catch {
    return [];
  }
}

async function openUpload({ client }: S3Storage, bucket: string, key: string): Promise<Upload> {
  const place = { Bucket: bucket, Key: key };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
  const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
  let [blocks, bytes]: [Buffer[], number] = [[], 0];
  const flush = async (): Promise<void> => {
    const part = { ...place, UploadId, PartNumber: parts.length + 1, Body: Buffer.concat(blocks) };
    [blocks, bytes] = [[], 0];
    const { ETag } = await client.send(new UploadPartCommand(part));
    parts.push({ PartNumber: part.PartNumber, ETag });
  };
  return {
    write: async (chunk) => {
      blocks.push(chunk);
      bytes += chunk.length;
      if (bytes >= PART_BYTES) await flush();
    },
    commit: async () => {
      if (bytes > 0) await flush();
      const MultipartUpload = { Parts: parts };
      await client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload }));
    },
    abort: async () => {
      await client.send(new AbortMultipartUploadCommand({ ...place, UploadId }));
    },
  };
}
