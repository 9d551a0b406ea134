/** Reads the end of a log that a Spark job has left on S3, packed or not. Memory does not grow with the log. */
import type { Readable } from 'node:stream';
import { Readable as ReadableStream } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { isAirtempoError } from '../../core/errors.js';
import type { S3Storage } from '../s3.js';
import { formatS3Url, parseS3Url } from '../s3-url.js';

/** What fits into an error's message beside the rest. */
const TAIL_CHARACTERS = 2_000;

/** The end of a text, from the beginning of a line on. */
export function cutTail(text: string): string {
  const trimmed = text.trimEnd();
  if (trimmed.length <= TAIL_CHARACTERS) return trimmed;
  const tail = trimmed.slice(-TAIL_CHARACTERS);
  return `…\n${tail.slice(tail.indexOf('\n') + 1)}`;
}

/** A sentence of our jobs, or a traceback, of which the beginning may be cut off. */
const PROBLEM = /^(error: |Traceback \(most recent call last\)|[\w.]*(Error|Exception)\b)/m;

/** What a job in Python says, on either stream, comes out of spark-submit's stdout; its stderr has Spark's own lines. */
export function chooseTail(stderr: string | undefined, stdout: string | undefined): string | undefined {
  return stdout !== undefined && PROBLEM.test(stdout) ? stdout : stderr;
}

/** The end of the first of these objects that is not empty; '' when all there are is empty, undefined when none is there. */
export async function readTailFromS3(
  storage: S3Storage,
  urls: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  let found: string | undefined;
  for (const url of urls) {
    const tail = await readTail(storage, url, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      // the log explains an error, and must not put another one in its place
      if (isAirtempoError(error)) return undefined;
      throw error;
    });
    if (tail !== undefined && tail !== '') return tail;
    found ??= tail;
  }
  return found;
}

async function readTail(storage: S3Storage, url: string, signal: AbortSignal): Promise<string | undefined> {
  const { bucket, key } = parseS3Url(url);
  let object;
  for await (const found of storage.listObjects(bucket, key, signal)) {
    if (found.key === key || found.key === `${key}.gz`) object = found;
  }
  if (object === undefined) return undefined;
  const body: Readable = ReadableStream.from(storage.openObject(object, signal));
  const chunks: AsyncIterable<Buffer> = object.key.endsWith('.gz') ? body.pipe(createGunzip()) : body;
  let tail = Buffer.alloc(0);
  // twice as many bytes, as a character may take several
  for await (const chunk of chunks) tail = Buffer.concat([tail, chunk]).subarray(-4 * TAIL_CHARACTERS);
  return cutTail(tail.toString('utf8'));
}

/** `base` with these folders and the name below it. */
export function joinS3Url(base: string, ...parts: readonly string[]): string {
  const { bucket, key } = parseS3Url(base);
  return formatS3Url({
    bucket,
    key: [key.replace(/\/+$/, ''), ...parts].filter((part) => part !== '').join('/'),
  });
}
