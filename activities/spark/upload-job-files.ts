/** Puts a job's files where its runner can read them: on S3 under a name made of their content, once. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pMap from 'p-map';
import { readAwsFailure } from '../../connections/aws-errors.js';
import { mapS3Error } from '../../connections/s3-errors.js';
import { formatS3Url, parseS3Url, type S3Url } from '../../connections/s3-url.js';
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
export async function uploadJobFile(file: string, place: UploadPlace, signal: AbortSignal): Promise<string> {
  if (isOnS3(file)) return file;
  const content = await readJobFile(file);
  const { bucket, key: prefix } = parseUploadPlace(file, place);
  const key = `${prefix}${hashOf(content)}/${path.basename(file)}`;
  await put(place, { bucket, key }, content, signal);
  return formatS3Url({ bucket, key });
}

/** Puts a text under a name that says nothing of it, over what is there; its URL. */
export async function putJobFile(
  name: string,
  content: Buffer,
  place: UploadPlace,
  signal: AbortSignal,
): Promise<string> {
  const { bucket, key: prefix } = parseUploadPlace(name, place);
  const at = { bucket, key: `${prefix}${name}` };
  await overwrite(place, at, content, signal);
  return formatS3Url(at);
}

/** What is uploaded last: where it is, the whole folder is. */
const COMPLETE = '_complete';
const UPLOADS_AT_ONCE = 8;

/** The URL of a folder with all that is in it, `s3://…/`; of the same content it is uploaded once. */
export async function uploadJobFolder(
  folder: string,
  place: UploadPlace,
  signal: AbortSignal,
): Promise<string> {
  if (isOnS3(folder)) return folder;
  const names = await listFolder(folder);
  const files = await Promise.all(
    names.map(async (name) => ({ name, content: await readJobFile(path.join(folder, name)) })),
  );
  const digests = files.map(({ name, content }) => `${name} ${hashOf(content)}`);
  const { bucket, key: prefix } = parseUploadPlace(folder, place);
  const key = `${prefix}${hashOf(Buffer.from(digests.join('\n')))}/${path.basename(folder)}/`;
  if (!(await exists(place, { bucket, key: `${key}${COMPLETE}` }, signal))) {
    await pMap(files, ({ name, content }) => put(place, { bucket, key: `${key}${name}` }, content, signal), {
      concurrency: UPLOADS_AT_ONCE,
    });
    await put(place, { bucket, key: `${key}${COMPLETE}` }, Buffer.from('ok\n'), signal);
  }
  return formatS3Url({ bucket, key });
}

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** The bucket, and the prefix that keys begin with: empty, or with a slash at its end. */
function parseUploadPlace(file: string, { uploadTo }: UploadPlace): S3Url {
  if (uploadTo === undefined) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `The job file ${file} is on the worker's disk: pass uploadTo, an s3://bucket/prefix/ where it may be put.`,
    );
  }
  const { bucket, key } = parseS3Url(uploadTo);
  const prefix = key.replace(/\/+$/, '');
  return { bucket, key: prefix === '' ? '' : `${prefix}/` };
}

async function put(place: UploadPlace, at: S3Url, content: Buffer, signal: AbortSignal): Promise<void> {
  if (!(await exists(place, at, signal))) await overwrite(place, at, content, signal);
}

async function overwrite(place: UploadPlace, at: S3Url, content: Buffer, signal: AbortSignal): Promise<void> {
  try {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new PutObjectCommand({ Bucket: at.bucket, Key: at.key, Body: content });
    await place.storage.client.send(command, { abortSignal: AbortSignal.any([signal]) });
  } catch (error) {
    signal.throwIfAborted();
    throw mapS3Error(error, place.aws, at);
  }
}

async function exists(place: UploadPlace, at: S3Url, signal: AbortSignal): Promise<boolean> {
  try {
    const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new HeadObjectCommand({ Bucket: at.bucket, Key: at.key });
    await place.storage.client.send(command, { abortSignal: AbortSignal.any([signal]) });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (readAwsFailure(error).status === 404) return false;
    throw mapS3Error(error, place.aws, at);
  }
}

/** The files below a folder, by their paths in it. */
async function listFolder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new AirtempoError(
      'SOURCE_NOT_FOUND',
      `The folder ${folder} cannot be read on this worker. Check its path.`,
      {
        cause,
      },
    );
  });
  const files = entries.filter((entry) => entry.isFile());
  return files
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
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
