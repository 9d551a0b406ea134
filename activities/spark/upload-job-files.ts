/** Puts a job's files where its runner can read them: on S3 under a name made of their content, once. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readAwsFailure } from '../../connections/aws-errors.js';
import { mapS3Error } from '../../connections/s3-errors.js';
import { formatS3Url, parseS3Url } from '../../connections/s3-url.js';
import type { S3Storage } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';

/** Where uploads go, and as whom. */
export interface UploadPlace {
  readonly storage: S3Storage;
  readonly aws: Connection;
  /** `s3://bucket/prefix` */
  readonly uploadTo: string | undefined;
}

/** Whether a file is on S3 already. */
export function isOnS3(file: string): boolean {
  return /^s3[an]?:\/\//.test(file);
}

/** The file's URL. A file of the same content is not uploaded again, so a retry and the next run find it there. */
export async function uploadJobFile(
  file: string,
  { storage, aws, uploadTo }: UploadPlace,
  signal: AbortSignal,
): Promise<string> {
  if (isOnS3(file)) return file;
  if (uploadTo === undefined) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `The job file ${file} is on the worker's disk: pass uploadTo, an s3://bucket/prefix/ where it may be put.`,
    );
  }
  const content = await readJobFile(file);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const { bucket, key: prefix } = parseS3Url(uploadTo);
  const key = [prefix.replace(/\/+$/, ''), hash, path.basename(file)].filter((part) => part !== '').join('/');
  const place = { Bucket: bucket, Key: key };
  try {
    if (!(await exists(storage, place, signal))) {
      const { PutObjectCommand } = await import('@aws-sdk/client-s3');
      await storage.client.send(new PutObjectCommand({ ...place, Body: content }), { abortSignal: signal });
    }
  } catch (error) {
    signal.throwIfAborted();
    throw mapS3Error(error, aws, { bucket, key });
  }
  return formatS3Url({ bucket, key });
}

async function exists(
  storage: S3Storage,
  place: { readonly Bucket: string; readonly Key: string },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
    await storage.client.send(new HeadObjectCommand(place), { abortSignal: signal });
    return true;
  } catch (error) {
    if (readAwsFailure(error).status === 404) return false;
    throw error;
  }
}

async function readJobFile(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new AirtempoError(
      'SOURCE_NOT_FOUND',
      `The job file ${file} cannot be read on this worker: ${(cause as Error).message}. Give an absolute path, or an s3:// URL.`,
      { cause },
    );
  }
}
