/**
 * Where a lake is kept: a folder, or a prefix on S3. Each partition is one file of a fixed name, and putting it in place is
 * atomic on both: a rename within one file system, or the PUT of one object. A reader finds the old file or the new one.
 */
import { createReadStream, ReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { mapS3Error } from '../s3-errors.js';
import { formatS3Url, parseS3Url } from '../s3-url.js';
import { connectS3, type S3Storage } from '../s3.js';

/** Which version of a file there is on S3. Undefined: there is none; or it is in a folder, whose writers take turns by a lock. */
export type FileVersion = string | undefined;

/** A small file. */
export interface SmallFile {
  readonly text: string;
  readonly version: FileVersion;
}

export interface LakeStore {
  /** With a slash at its end. */
  readonly url: string;
  /** For DuckDB's sources: undefined for a folder. */
  readonly storage: S3Storage | undefined;
  /** A local folder where files are made before they are put in place. */
  readonly staging: string;
  /** Puts a staged file in place under a name such as `events/date=2018-11-01/part-0.parquet`, atomically. */
  put(file: string, name: string, signal?: AbortSignal): Promise<void>;
  /**
   * As `put`, in place of the version that was seen: its new version, or undefined, and nothing done, when another has come
   * there since. In a folder it is `put`.
   */
  replace(
    file: string,
    name: string,
    seen: FileVersion,
    signal?: AbortSignal,
  ): Promise<{ readonly version: FileVersion } | undefined>;
  version(name: string, signal?: AbortSignal): Promise<FileVersion>;
  /** Removes a file; none there is no error. */
  remove(name: string, signal?: AbortSignal): Promise<void>;
  /** Undefined when there is none. */
  read(name: string, signal?: AbortSignal): Promise<SmallFile | undefined>;
  /** Whether there is a file below this folder of the lake. */
  has(folder: string, signal?: AbortSignal): Promise<boolean>;
  /** Removes what was staged. */
  close(): Promise<void>;
}

const STAGING = '_staging';
/** What a process that was killed has staged is removed by a later one. */
const KEEP_STAGED_MS = 24 * 3_600_000;
/** The most that S3 takes in one PUT. */
const LARGEST_OBJECT_BYTES = 5 * 2 ** 30;
/** Files of fewer bytes are sent at once, so that a refusal is heard, and sent again when an answer is lost. */
const STREAMED_BYTES = 2 * 2 ** 20;

/** Opens the lake at a path or an `s3://` URL; close it. Throws INVALID_ARGS for a URL without a connection. */
export function openLakeStore(
  lake: string,
  options: { readonly connection?: Connection | undefined; readonly tempFolder: string },
): Promise<LakeStore> {
  if (!/^s3[an]?:\/\//.test(lake)) return openFolder(path.resolve(lake));
  if (options.connection === undefined) {
    throw new AirtempoError('INVALID_ARGS', `${lake} is on S3: name a connection of type aws or s3 for it.`);
  }
  return openBucket(lake, options.connection, options.tempFolder);
}

async function openFolder(root: string): Promise<LakeStore> {
  const stagings = path.join(root, STAGING);
  await mkdir(stagings, { recursive: true });
  await removeOld(stagings);
  const staging = await mkdtemp(path.join(stagings, 'run-'));

  async function put(file: string, name: string): Promise<void> {
    const target = path.join(root, name);
    await mkdir(path.dirname(target), { recursive: true });
    await flush(file);
    await rename(file, target);
  }

  return {
    url: `${root}/`,
    storage: undefined,
    staging,
    put,
    replace: async (file, name) => {
      await put(file, name);
      return { version: undefined };
    },
    version: () => Promise.resolve(undefined),
    remove: (name) => rm(path.join(root, name), { force: true }),
    read: async (name) => {
      const text = await readFile(path.join(root, name), 'utf8').catch(ignoreAbsent);
      return text === undefined ? undefined : { text, version: undefined };
    },
    has: async (folder) => {
      const found = await readdir(path.join(root, folder), { recursive: true }).catch(() => []);
      return found.some((name) => name.endsWith('.parquet'));
    },
    close: () => rm(staging, { recursive: true, force: true }),
  };
}

function ignoreAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}

/** Content first, name then: after a power cut too, the name stands for all of the file. */
async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeOld(stagings: string): Promise<void> {
  for (const name of await readdir(stagings)) {
    const folder = path.join(stagings, name);
    const found = await stat(folder).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < KEEP_STAGED_MS) continue;
    await rm(folder, { recursive: true, force: true });
  }
}

function ignoreNotFound(error: AirtempoError): undefined {
  if (error.code !== 'SOURCE_NOT_FOUND') throw error;
}

/** What S3 says when the version that was seen is not the one there, or others are writing at this moment. */
const REPLACED = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);
const isReplaced = (error: unknown): boolean => error instanceof Error && REPLACED.has(error.name);

async function openBucket(lake: string, connection: Connection, tempFolder: string): Promise<LakeStore> {
  const { bucket, key } = parseS3Url(lake);
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  const staging = await mkdtemp(path.join(tempFolder, 'lake-'));
  const storage = connectS3(connection);
  const at = (name: string) => ({ bucket, key: `${prefix}${name}` });
  // a signal for each request: the SDK leaves its listeners where it has put them
  const sending = (signal?: AbortSignal) =>
    signal === undefined ? {} : { abortSignal: AbortSignal.any([signal]) };
  const failed = (name: string, signal: AbortSignal | undefined, error: unknown): AirtempoError => {
    signal?.throwIfAborted();
    return mapS3Error(error, connection, at(name));
  };

  async function version(name: string, signal?: AbortSignal): Promise<FileVersion> {
    const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new HeadObjectCommand({ Bucket: bucket, Key: at(name).key });
    try {
      return (await storage.client.send(command, sending(signal))).ETag;
    } catch (error) {
      return ignoreNotFound(failed(name, signal, error));
    }
  }

  /** Puts a file on a condition, and tells its version. */
  async function putObject(
    file: string,
    name: string,
    condition: { readonly IfMatch?: string; readonly IfNoneMatch?: string },
    signal?: AbortSignal,
  ): Promise<FileVersion> {
    const { size } = await stat(file);
    if (size > LARGEST_OBJECT_BYTES) {
      throw new AirtempoError(
        'LOAD_FAILED',
        `${name} has ${String(size)} bytes, more than S3 takes in one PUT: a day of this size is for Spark (emr_data_lake).`,
      );
    }
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    const Body = size < STREAMED_BYTES ? await readFile(file) : createReadStream(file);
    const object = { Bucket: bucket, Key: at(name).key, Body, ContentLength: size };
    try {
      const { ETag } = await storage.client.send(
        new PutObjectCommand({ ...object, ...condition }),
        sending(signal),
      );
      await rm(file);
      return ETag;
    } finally {
      if (Body instanceof ReadStream) Body.destroy(); // a refusal comes before it is read
    }
  }

  return {
    url: formatS3Url({ bucket, key: prefix }),
    storage,
    staging,
    put: async (file, name, signal) => {
      await putObject(file, name, {}, signal).catch((error: unknown) => {
        throw failed(name, signal, error);
      });
    },
    replace: async (file, name, seen, signal) => {
      const condition = seen === undefined ? { IfNoneMatch: '*' } : { IfMatch: seen };
      try {
        return { version: await putObject(file, name, condition, signal) };
      } catch (error) {
        if (isReplaced(error)) return undefined;
        const failure = failed(name, signal, error);
        // versitygw refuses, and cuts the line, before it has taken a long file: the answer may not be heard
        if ((await version(name, signal)) !== seen) return undefined;
        throw failure;
      }
    },
    version,
    remove: async (name, signal) => {
      const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: at(name).key });
      await storage.client.send(command, sending(signal)).catch((error: unknown) => {
        throw failed(name, signal, error);
      });
    },
    read: async (name, signal) => {
      const { GetObjectCommand } = await import('@aws-sdk/client-s3');
      const command = new GetObjectCommand({ Bucket: bucket, Key: at(name).key });
      try {
        const { Body, ETag: version } = await storage.client.send(command, sending(signal));
        return { text: (await Body?.transformToString()) ?? '', version };
      } catch (error) {
        return ignoreNotFound(failed(name, signal, error));
      }
    },
    has: async (folder, signal) => {
      for await (const { key } of storage.listObjects(bucket, `${prefix}${folder}`, signal)) {
        if (key.endsWith('.parquet')) return true;
      }
      return false;
    },
    close: async () => {
      storage.close();
      await rm(staging, { recursive: true, force: true });
    },
  };
}
