/** Task logs in S3. Objects cannot be appended to, so a log is a row of numbered objects, most often one. */
import type { Connection } from '../core/connection.js';
import { AirtempoError } from '../core/errors.js';
import { parseS3Place, type S3Place } from './s3-place.js';
import type { LogBlobs } from './task-logs.js';

/** Each flush is a request that costs; a task that ends within this time makes one object. */
const FLUSH = { bytes: 256 * 1024, everyMs: 15_000 };
const NUMBER_DIGITS = 5;

/** Logs below `place`, `s3://bucket/prefix?conn=…`. */
export function createS3LogBlobs(
  place: string,
  connection: (connId: string) => Promise<Connection>,
): LogBlobs {
  const s3 = parseS3Place(place, connection);
  const keyOf = (folder: string, name: string, part: number): string =>
    s3.keyOf(`${folder}/${name}.${String(part).padStart(NUMBER_DIGITS, '0')}.jsonl`);
  return {
    flush: FLUSH,
    open(folder, name) {
      let part = 0;
      return {
        append: (chunk) => put(s3, keyOf(folder, name, part++), chunk),
        close: () => Promise.resolve(),
      };
    },
    listFolders: async (folder) => (await list(s3, folder)).folders,
    listLogs: async (folder) => {
      const { files } = await list(s3, folder);
      const names = files.flatMap((file) => /^(.+)\.\d+\.jsonl$/.exec(file)?.[1] ?? []);
      return [...new Set(names)];
    },
    async read(folder, name, position) {
      const text = await get(s3, keyOf(folder, name, position));
      return text === undefined ? { text: '', position } : { text, position: position + 1 };
    },
    addressOf: (folder, name) => `s3://${s3.bucket}/${s3.keyOf(`${folder}/${name}.*.jsonl`)}`,
  };
}

function put(s3: S3Place, key: string, chunk: Uint8Array): Promise<void> {
  return s3.withStorage(async ({ client }) => {
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    await client.send(
      new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: chunk, ContentType: 'application/x-ndjson' }),
    );
  });
}

/** An object, or undefined when there is none. */
function get(s3: S3Place, key: string): Promise<string | undefined> {
  return s3.withStorage(async ({ client }) => {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    try {
      const { Body: body } = await client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: key }));
      return await body?.transformToString('utf8');
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      throw unreadable(s3, key, error);
    }
  });
}

interface Listing {
  readonly folders: string[];
  readonly files: string[];
}

function list(s3: S3Place, folder: string): Promise<Listing> {
  const prefix = s3.keyOf(`${folder}/`);
  return s3.withStorage(async ({ client }) => {
    const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
    const found: Listing = { folders: [], files: [] };
    let token: string | undefined;
    do {
      const page = await client
        .send(
          new ListObjectsV2Command({
            Bucket: s3.bucket,
            Prefix: prefix,
            Delimiter: '/',
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
        )
        .catch((cause: unknown) => {
          throw unreadable(s3, prefix, cause);
        });
      for (const { Prefix: key = '' } of page.CommonPrefixes ?? []) {
        found.folders.push(key.slice(prefix.length, -1));
      }
      for (const { Key: key = '' } of page.Contents ?? []) found.files.push(key.slice(prefix.length));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  });
}

function unreadable(s3: S3Place, key: string, cause: unknown): AirtempoError {
  return new AirtempoError(
    'STORAGE_UNAVAILABLE',
    `The task logs at s3://${s3.bucket}/${key} cannot be read with connection ${s3.connId}. Check AIRTEMPO_LOGS and the connection.`,
    { cause },
  );
}
