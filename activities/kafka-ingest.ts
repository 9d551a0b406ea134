/**
 * The operator `kafka_ingest`: the messages of a topic into the warehouse or the lake, each exactly once, until the end that the
 * topic had at the start. What is no event goes to the dead-letter topic.
 */
import { z } from 'zod';
import { describeTable } from '../connections/datasets.js';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { parseDuration, type Duration } from '../core/duration.js';
import { ingestTopic, type IngestOptions, type IngestResult } from './kafka/ingest-topic.js';
import type { EventSink } from './kafka/sink.js';
import { lakeFields, withLake, type LakeArgs } from './lake/lake-args.js';

/** Where events go: tables of a Postgres, or a lake. */
export type IngestSink =
  | { readonly kind: 'warehouse'; readonly connId: string }
  | ({ readonly kind: 'lake' } & Pick<LakeArgs, 'lake' | 'connId' | 'memoryLimit'>);

export interface KafkaIngestArgs {
  /** A connection of type kafka. */
  readonly connId: string;
  readonly topic: string;
  readonly sink: IngestSink;
  /** No further batch is begun after so many messages. */
  readonly maxMessages?: number | undefined;
  /** No further batch is begun after this time, such as `30m`. */
  readonly maxDuration?: Duration | undefined;
  /** Messages written at once. Default 20,000 to the warehouse, 500,000 to the lake, which rewrites a day's file for each batch. */
  readonly batchMessages?: number | undefined;
  /** Bytes of messages held until they are written. Default 16 MiB, 256 MiB to the lake. */
  readonly batchBytes?: number | undefined;
  /** Default: the topic with `.dlq` behind its name. */
  readonly deadLetterTopic?: string | undefined;
  /** Longer messages are dead letters. Default 1 MiB. */
  readonly maxMessageBytes?: number | undefined;
  /** Goes on when messages were deleted before they were read. Default false: that is an error. */
  readonly allowLoss?: boolean | undefined;
}

const positive = z.number().int().min(1);
const duration = z.custom<Duration>((value) => parseDuration(value, 'maxDuration') > 0, 'write it as 30m');
const { lake, connId, memoryLimit } = lakeFields;
const sinkSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('warehouse'), connId: z.string().min(1) }),
  z.strictObject({ kind: z.literal('lake'), lake, connId, memoryLimit }),
]);
const argsSchema: z.ZodType<KafkaIngestArgs> = z.strictObject({
  connId: z.string().min(1),
  topic: z.string().min(1),
  sink: sinkSchema,
  maxMessages: positive.optional(),
  maxDuration: duration.optional(),
  batchMessages: positive.optional(),
  batchBytes: positive.optional(),
  deadLetterTopic: z.string().min(1).optional(),
  maxMessageBytes: positive.optional(),
  allowLoss: z.boolean().optional(),
});

const MIB = 2 ** 20;
const LIMITS = {
  warehouse: { messages: 20_000, bytes: 16 * MIB },
  lake: { messages: 500_000, bytes: 256 * MIB },
} as const;

type IngestContext = Pick<
  TaskContext,
  'connection' | 'signal' | 'heartbeat' | 'log' | 'lineage' | 'taskKey' | 'tryNumber' | 'lastHeartbeat'
>;

/**
 * Goes on where the sink is. Whatever it is interrupted by, it may be run again.
 * Errors: OFFSETS_GONE, SOURCE_NOT_FOUND, ACCESS_DENIED, CONNECTION_REFUSED, KAFKA_UNAVAILABLE, SQL_UNAVAILABLE, and those of S3.
 */
export const kafkaIngest = operator<KafkaIngestArgs, IngestResult>(
  'kafka_ingest',
  ({ args, ctx }) => withSink(ctx, args, (sink) => ingest(ctx, args, sink)),
  { args: argsSchema, summary: ({ topic, sink }) => `ingests ${topic} into ${describeSink(sink)}` },
);

function describeSink(sink: Partial<IngestSink> | undefined): string {
  return sink?.kind === 'lake' ? `the lake ${sink.lake ?? ''}`.trim() : 'the warehouse';
}

async function withSink<T>(
  ctx: IngestContext,
  { topic, sink }: KafkaIngestArgs,
  work: (sink: EventSink) => Promise<T>,
): Promise<T> {
  if (sink.kind === 'lake') {
    const { openLakeSink } = await import('./kafka/lake-sink.js');
    return withLake(ctx, sink, ({ db, store }) => work(openLakeSink(db, store, topic, ctx.signal)));
  }
  const { connectSql } = await import('../connections/postgres.js');
  const { openWarehouseSink } = await import('./kafka/warehouse-sink.js');
  const connection = await ctx.connection(sink.connId);
  ctx.lineage({ outputs: [describeTable(connection, 'events')] });
  const session = await connectSql(connection, { signal: ctx.signal });
  try {
    return await work(await openWarehouseSink(session, topic));
  } finally {
    await session.close();
  }
}

async function ingest(ctx: IngestContext, args: KafkaIngestArgs, sink: EventSink): Promise<IngestResult> {
  const { openTopicReader } = await import('./kafka/topic-reader.js');
  const { topic, deadLetterTopic = `${topic}.dlq` } = args;
  const reader = openTopicReader(await ctx.connection(args.connId), {
    topic,
    deadLetterTopic,
    signal: ctx.signal,
    onLog: (message) => ctx.log.warn({ topic }, message),
  });
  try {
    const result = await ingestTopic(reader, sink, optionsOf(ctx, args));
    ctx.log.info(result, `ingested ${topic} into ${describeSink(args.sink)}`);
    return result;
  } finally {
    await reader.close();
  }
}

function optionsOf(ctx: IngestContext, args: KafkaIngestArgs): IngestOptions {
  const defaults = LIMITS[args.sink.kind];
  const { maxDuration } = args;
  return {
    topic: args.topic,
    limits: {
      messages: args.batchMessages ?? defaults.messages,
      bytes: args.batchBytes ?? defaults.bytes,
    },
    maxMessageBytes: args.maxMessageBytes ?? MIB,
    maxMessages: args.maxMessages,
    stopAtMs: maxDuration === undefined ? undefined : Date.now() + parseDuration(maxDuration, 'maxDuration'),
    now: Date.now,
    allowLoss: args.allowLoss ?? false,
    signal: ctx.signal,
    onBatch: (progress) => ctx.heartbeat(progress),
  };
}
