/**
 * Where a lake is kept: a folder, or a prefix on S3. Each partition is one file of a fixed name, and putting it in place is
 * atomic on both: a rename within one file system, or the PUT of one object. A reader finds the old file or the new one.
 */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Connection } from '../../core/connection.js';
import { AirtempoError } from '../../core/errors.js';
import { mapS3Error } from '../s3-errors.js';
import { formatS3Url, parseS3Url } from '../s3-url.js';
import { connectS3, type S3Storage } from '../s3.js';

export interface LakeStore {
  /** With a slash at its end. */
  readonly url: string;
  /** For DuckDB's sources: undefined for a folder. */
  readonly storage: S3Storage | undefined;
  /** A local folder where files are made before they are put in place. */
  readonly staging: string;
  /** Puts a staged file in place under a name such as `events/date=2018-11-01/part-0.parquet`, atomically. */
  put(file: string, name: string, signal?: AbortSignal): Promise<void>;
  /** Removes a file; none there is no error. */
  remove(name: string, signal?: AbortSignal): Promise<void>;
  /** The text of a small file; undefined when there is none. */
  read(name: string, signal?: AbortSignal): Promise<string | undefined>;
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
  return {
    url: `${root}/`,
    storage: undefined,
    staging,
    put: async (file, name) => {
      const target = path.join(root, name);
      await mkdir(path.dirname(target), { recursive: true });
      await flush(file);
      await rename(file, target);
    },
    remove: (name) => rm(path.join(root, name), { force: true }),
    read: (name) => readFile(path.join(root, name), 'utf8').catch(ignoreAbsent),
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

async function openBucket(lake: string, connection: Connection, tempFolder: string): Promise<LakeStore> {
  const { bucket, key } = parseS3Url(lake);
  const prefix = key === '' || key.endsWith('/') ? key : `${key}/`;
  const staging = await mkdtemp(path.join(tempFolder, 'lake-'));
  const storage = connectS3(connection);
  const at = (name: string) => ({ bucket, key: `${prefix}${name}` });
  // a signal for each request: the SDK leaves its listeners where it has put them
  const sending = (signal?: AbortSignal) =>
    signal === undefined ? {} : { abortSignal: AbortSignal.any([signal]) };
  return {
    url: formatS3Url({ bucket, key: prefix }),
    storage,
    staging,
    put: async (file, name, signal) => {
      const { size } = await stat(file);
      if (size > LARGEST_OBJECT_BYTES) {
        throw new AirtempoError(
          'LOAD_FAILED',
          `${name} has ${String(size)} bytes, more than S3 takes in one PUT: a day of this size is for Spark (emr_data_lake).`,
        );
      }
      const { PutObjectCommand } = await import('@aws-sdk/client-s3');
      const Body = createReadStream(file);
      const command = new PutObjectCommand({ Bucket: bucket, Key: at(name).key, Body, ContentLength: size });
      await storage.client.send(command, sending(signal)).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw mapS3Error(error, connection, at(name));
      });
      await rm(file);
    },
    remove: async (name, signal) => {
      const { DeleteObjectCommand } = await import('@aws-sdk/client-s3');
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: at(name).key });
      await storage.client.send(command, sending(signal)).catch((error: unknown) => {
        signal?.throwIfAborted();
        throw mapS3Error(error, connection, at(name));
      });
    },
    read: async (name, signal) => {
      for await (const object of storage.listObjects(bucket, at(name).key, signal)) {
        if (object.key === at(name).key) return text(Readable.from(storage.openObject(object, signal)));
      }
      return undefined;
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
