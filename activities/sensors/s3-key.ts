/** The sensor `s3_key_sensor`: waits for objects in S3. Lists from the part of the key before the first wildcard on. */
import { z } from 'zod';
import type { S3Object, S3Storage } from '../../connections/s3.js';
import { parseS3Url } from '../../connections/s3-url.js';
import type { TaskContext } from '../../core/context.js';
import { notYet, sensor, type NotYet } from '../../core/sensor.js';
import { hasWildcard, literalPrefix, matchesWildcard } from './wildcard.js';

export interface WaitForS3KeyArgs {
  /** A connection of type aws or s3. Default `aws_credentials`. */
  readonly connId?: string | undefined;
  /** `s3://bucket/key`; `*` in the key is any characters, `/` included, and `?` is one. */
  readonly key: string;
  /** An object counts from so many bytes on. Default 0. */
  readonly minSize?: number | undefined;
  /** How many objects must be there. Default 1. */
  readonly count?: number | undefined;
}

export interface WaitForS3KeyOutput {
  readonly bucket: string;
  /** The keys found, in the order of their names; at most 1,000. */
  readonly keys: readonly string[];
  /** How many there are in all. */
  readonly count: number;
  readonly bytes: number;
}

const argsSchema: z.ZodType<WaitForS3KeyArgs> = z.strictObject({
  connId: z.string().min(1).optional(),
  key: z.string().regex(/^s3[an]?:\/\/[^/*?]+\/./, 'write it as s3://bucket/key'),
  minSize: z.int().min(0).optional(),
  count: z.int().min(1).optional(),
});

/** A list of more keys is no output: the tasks below list for themselves. */
const MOST_KEYS = 1_000;

/**
 * Succeeds once `count` objects fit. Errors that a retry cannot cure: BUCKET_NOT_FOUND, ACCESS_DENIED. As Airflow's
 * S3KeySensor with wildcard_match.
 */
export const waitForS3Key = sensor(
  's3_key_sensor',
  async ({
    args,
    ctx,
  }: {
    args: WaitForS3KeyArgs;
    ctx: TaskContext;
  }): Promise<WaitForS3KeyOutput | NotYet> => {
    const { connectS3 } = await import('../../connections/s3.js');
    const s3 = connectS3(await ctx.connection(args.connId ?? 'aws_credentials'));
    try {
      return await look(s3, args, ctx.signal);
    } finally {
      s3.close();
    }
  },
  { args: argsSchema, summary: ({ key }) => `waits for ${key ?? 'objects in S3'}` },
);

async function look(
  s3: S3Storage,
  { key: url, minSize = 0, count: wanted = 1 }: WaitForS3KeyArgs,
  signal: AbortSignal,
): Promise<WaitForS3KeyOutput | NotYet> {
  const { bucket, key: pattern } = parseS3Url(url);
  const found = { keys: [] as string[], count: 0, bytes: 0, small: 0 };
  for await (const object of list(s3, bucket, pattern, signal)) {
    if (object.size < minSize) {
      found.small += 1;
      continue;
    }
    found.count += 1;
    found.bytes += object.size;
    if (found.keys.length < MOST_KEYS) found.keys.push(object.key);
  }
  const { small, ...output } = found;
  if (found.count >= wanted) return { bucket, ...output };
  const tooSmall = small === 0 ? '' : `; ${String(small)} smaller than ${String(minSize)} bytes`;
  if (wanted === 1) return notYet(`nothing fits ${url}${tooSmall}`);
  return notYet(`${String(found.count)} of ${String(wanted)} objects fit ${url}${tooSmall}`);
}

async function* list(
  s3: S3Storage,
  bucket: string,
  pattern: string,
  signal: AbortSignal,
): AsyncGenerator<S3Object> {
  const isExact = !hasWildcard(pattern);
  for await (const object of s3.listObjects(bucket, literalPrefix(pattern), signal)) {
    if (isExact) {
      if (object.key === pattern) yield object;
      return; // a key comes before all that it is a prefix of
    }
    if (matchesWildcard(pattern, object.key)) yield object;
  }
}
