/**
 * The folder on S3 through which batches go into Redshift. A batch has one file, and the same one however often it is written: its
 * name follows from what is in it. It is removed when the batch is in; those of killed tries are removed when they are a day old.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { mapS3Error } from '../../connections/s3-errors.js';
import { formatS3Url, parseS3Url, type S3Url } from '../../connections/s3-url.js';
import { connectS3 } from '../../connections/s3.js';
import type { Connection } from '../../core/connection.js';
import type { Batch } from './batch.js';

const compress = promisify(gzip);
/** The Data API forgets a statement after a day: nobody reads an older file. */
const KEEP_MS = 24 * 3_600_000;
const NAME_CHARACTERS = 32;

export interface RedshiftStage {
  /** Writes the rows of a batch down, and tells where. */
  put(batch: Batch): Promise<string>;
  remove(url: string): Promise<void>;
  /** Removes what killed tries have left, as long as nobody can be reading it. */
  sweep(): Promise<void>;
  close(): void;
}

export interface StageOptions {
  /** `s3://bucket/prefix/`. */
  readonly stage: string;
  readonly topic: string;
  readonly connection: Connection;
  readonly signal?: AbortSignal | undefined;
  readonly now?: (() => number) | undefined;
}

/** Opens a topic's folder; close it. Makes no request yet. */
export function openRedshiftStage(options: StageOptions): RedshiftStage {
  const { stage, topic, connection, signal, now = Date.now } = options;
  const { bucket, key } = parseS3Url(stage);
  const prefix = `${key === '' || key.endsWith('/') ? key : `${key}/`}${topic}/`;
  const storage = connectS3(connection);
  // a signal for each request: the SDK leaves its listeners where it has put them
  const sending = () => (signal === undefined ? {} : { abortSignal: AbortSignal.any([signal]) });
  const fail =
    (place: S3Url) =>
    (error: unknown): never => {
      signal?.throwIfAborted();
      throw mapS3Error(error, connection, place);
    };

  async function removeObject(place: S3Url): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: place.bucket, Key: place.key });
    await storage.client.send(command, sending()).catch(fail(place));
  }

  return {
    put: async (batch) => {
      const place = { bucket, key: `${prefix}${nameOf(batch)}.json.gz` };
      const Body = await compress(Buffer.concat(batch.chunks), { level: constants.Z_BEST_SPEED });
      const command = new PutObjectCommand({ Bucket: bucket, Key: place.key, Body });
      await storage.client.send(command, sending()).catch(fail(place));
      return formatS3Url(place);
    },
    remove: (url) => removeObject(parseS3Url(url)),
    sweep: async () => {
      for await (const { key: found, modifiedAt } of storage.listObjects(bucket, prefix, signal)) {
        if (modifiedAt !== undefined && now() - modifiedAt.getTime() > KEEP_MS)
          await removeObject({ bucket, key: found });
      }
    },
    close: () => storage.close(),
  };
}

/** The counts are in it as well: a list that is under way must not find the rows of other rules. */
function nameOf({ topic, from, to, rows, messages, deadLetters }: Batch): string {
  const content = JSON.stringify([topic, [...from], [...to], rows, messages, deadLetters]);
  return createHash('sha256').update(content).digest('hex').slice(0, NAME_CHARACTERS);
}
