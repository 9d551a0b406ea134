/** What an ingest is told: the topic, the sink, and its limits. */
import { z } from 'zod';
import { parseDuration, type Duration } from '../../core/duration.js';
import { lakeFields, type LakeArgs } from '../lake/lake-args.js';

export const DEFAULT_STAGE_CONN_ID = 'aws_credentials';

/** Tables of a Postgres, or of a Redshift. */
export interface WarehouseSink {
  readonly kind: 'warehouse';
  readonly connId: string;
  /** For a Redshift: `s3://bucket/prefix/`, where the files of batches lie until they are in. A prefix of its own. */
  readonly stage?: string | undefined;
  /** Writes them: of type aws or s3. Default `aws_credentials`. Redshift reads them by its role. */
  readonly stageConnId?: string | undefined;
}

/** Where events go: a warehouse, or a lake. */
export type IngestSink =
  WarehouseSink | ({ readonly kind: 'lake' } & Pick<LakeArgs, 'lake' | 'connId' | 'memoryLimit'>);

export interface KafkaIngestArgs {
  /** A connection of type kafka. */
  readonly connId: string;
  readonly topic: string;
  readonly sink: IngestSink;
  /** No further batch is begun after so many messages. */
  readonly maxMessages?: number | undefined;
  /** No further batch is begun after this time, such as `30m`. */
  readonly maxDuration?: Duration | undefined;
  /**
   * Messages written at once. Default 20,000 to Postgres, 100,000 to Redshift, 500,000 to the lake, which rewrites a day's file for
   * each batch.
   */
  readonly batchMessages?: number | undefined;
  /** Bytes of messages held until they are written. Default 16 MiB to Postgres, 64 MiB to Redshift, 256 MiB to the lake. */
  readonly batchBytes?: number | undefined;
  /** Default: the topic with `.dlq` behind its name. */
  readonly deadLetterTopic?: string | undefined;
  /** Longer messages are dead letters. Default 1 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Goes on when messages were deleted before they were read. Default false: that is an error. */
  readonly allowLoss?: boolean | undefined;
}

const positive = z.number().int().min(1);
const duration = (where: string): z.ZodType<Duration> =>
  z.custom<Duration>((value) => parseDuration(value, where) > 0, 'write it as 30m');
const { lake, connId, memoryLimit } = lakeFields;
const sinkSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('warehouse'),
    connId: z.string().min(1),
    stage: z
      .string()
      .regex(/^s3:\/\/[^/]+\//, 'write it as s3://bucket/prefix/')
      .optional(),
    stageConnId: z.string().min(1).optional(),
  }),
  z.strictObject({ kind: z.literal('lake'), lake, connId, memoryLimit }),
]);
const commonFields = {
  connId: z.string().min(1),
  topic: z.string().min(1),
  sink: sinkSchema,
  batchMessages: positive.optional(),
  batchBytes: positive.optional(),
  deadLetterTopic: z.string().min(1).optional(),
  maxMessageBytes: positive.optional(),
  allowLoss: z.boolean().optional(),
};

/** Of a task. */
export const ingestArgsSchema: z.ZodType<KafkaIngestArgs> = z.strictObject({
  ...commonFields,
  maxMessages: positive.optional(),
  maxDuration: duration('maxDuration').optional(),
});

/** A stream: an ingest that goes on. */
export interface StreamArgs extends Omit<KafkaIngestArgs, 'maxMessages' | 'maxDuration'> {
  /** How it is named to people. Default: topic and kind of sink, such as `events-warehouse`. */
  readonly name?: string | undefined;
  /** Between two looks at the topic. Default 5 s; 1 min into a Redshift; 5 min into a lake, which rewrites a day's file for each batch. */
  readonly interval?: Duration | undefined;
}

const STREAM_NAME = /^[A-Za-z0-9_.-]{1,100}$/;
export const streamArgsSchema: z.ZodType<StreamArgs> = z.strictObject({
  ...commonFields,
  name: z.string().regex(STREAM_NAME, 'use 1 to 100 letters, digits, "_", "." or "-"').optional(),
  interval: duration('interval').optional(),
});

/** The sink in words. */
export function describeSink(sink: Partial<IngestSink> | undefined): string {
  return sink?.kind === 'lake' ? `the lake ${sink.lake ?? ''}`.trim() : 'the warehouse';
}
