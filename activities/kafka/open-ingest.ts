/** Opens the two ends of an ingest by its arguments: the topic, and the sink. Their clients are loaded when they are used. */
import { describeTable } from '../../connections/datasets.js';
import type { TaskContext } from '../../core/context.js';
import { parseDuration } from '../../core/duration.js';
import { withLake } from '../lake/lake-args.js';
import type { KafkaIngestArgs } from './ingest-args.js';
import type { IngestOptions, TopicReader } from './ingest-topic.js';
import type { EventSink } from './sink.js';

const MIB = 2 ** 20;
const LIMITS = {
  warehouse: { messages: 20_000, bytes: 16 * MIB },
  lake: { messages: 500_000, bytes: 256 * MIB },
} as const;

/** What an ingest needs of a task's context. */
export type IngestContext = Pick<TaskContext, 'connection' | 'signal' | 'log' | 'lineage'>;

/** Both ends are closed after the work. */
export function withIngest<T>(
  ctx: IngestContext,
  args: KafkaIngestArgs,
  work: (reader: TopicReader, sink: EventSink) => Promise<T>,
): Promise<T> {
  return withSink(ctx, args, (sink) => withReader(ctx, args, (reader) => work(reader, sink)));
}

async function withSink<T>(
  ctx: IngestContext,
  { topic, sink }: KafkaIngestArgs,
  work: (sink: EventSink) => Promise<T>,
): Promise<T> {
  if (sink.kind === 'lake') {
    const { openLakeSink } = await import('./lake-sink.js');
    return withLake(ctx, sink, ({ db, store }) => work(openLakeSink(db, store, topic, ctx.signal)));
  }
  const { connectSql } = await import('../../connections/postgres.js');
  const { openWarehouseSink } = await import('./warehouse-sink.js');
  const connection = await ctx.connection(sink.connId);
  ctx.lineage({ outputs: [describeTable(connection, 'events')] });
  const session = await connectSql(connection, { signal: ctx.signal });
  try {
    return await work(await openWarehouseSink(session, topic));
  } finally {
    await session.close();
  }
}

async function withReader<T>(
  ctx: IngestContext,
  { connId, topic, deadLetterTopic = `${topic}.dlq` }: KafkaIngestArgs,
  work: (reader: TopicReader) => Promise<T>,
): Promise<T> {
  const { openTopicReader } = await import('./topic-reader.js');
  const reader = openTopicReader(await ctx.connection(connId), {
    topic,
    deadLetterTopic,
    signal: ctx.signal,
    onLog: (message) => ctx.log.warn({ topic }, message),
  });
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

/** How to ingest by the arguments, with their defaults. */
export function ingestOptions({ signal }: IngestContext, args: KafkaIngestArgs): IngestOptions {
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
    signal,
  };
}
