/** Opens the two ends of an ingest by its arguments: the topic, and the sink. Their clients are loaded when they are used. */
import { describeTable } from '../../connections/datasets.js';
import type { TaskContext } from '../../core/context.js';
import { parseDuration } from '../../core/duration.js';
import { AirtempoError } from '../../core/errors.js';
import type { SqlClient } from '../../connections/sql/client.js';
import { resolveCopyCredentials } from '../copy/copy-credentials.js';
import { withLake } from '../lake/lake-args.js';
import { DEFAULT_STAGE_CONN_ID, type KafkaIngestArgs, type WarehouseSink } from './ingest-args.js';
import type { IngestOptions, TopicReader } from './ingest-topic.js';
import type { EventSink } from './sink.js';

const MIB = 2 ** 20;
const LIMITS = {
  warehouse: { messages: 20_000, bytes: 16 * MIB },
  /** Each list of statements takes Redshift seconds, however short it is. */
  staged: { messages: 100_000, bytes: 64 * MIB },
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
  const { connectSqlClient } = await import('../sql/with-sql-client.js');
  ctx.lineage({ outputs: [describeTable(await ctx.connection(sink.connId), 'events')] });
  const client = await connectSqlClient(ctx, sink.connId);
  try {
    if (client.dialect === 'redshift') return await withRedshiftSink(ctx, { client, topic, sink }, work);
    const { openWarehouseSink } = await import('./warehouse-sink.js');
    return await work(await openWarehouseSink(client, topic));
  } finally {
    await client.close();
  }
}

async function withRedshiftSink<T>(
  ctx: IngestContext,
  {
    client,
    topic,
    sink,
  }: { readonly client: SqlClient; readonly topic: string; readonly sink: WarehouseSink },
  work: (sink: EventSink) => Promise<T>,
): Promise<T> {
  const { connId, stage: url, stageConnId = DEFAULT_STAGE_CONN_ID } = sink;
  if (url === undefined) {
    throw new AirtempoError(
      'INVALID_ARGS',
      `Connection "${connId}" is a Redshift, which takes rows from S3 only: name a prefix of its own for the files of batches, such as stage: 's3://bucket/ingest/'.`,
    );
  }
  const { openRedshiftStage } = await import('./redshift-stage.js');
  const { openRedshiftSink } = await import('./redshift-sink.js');
  const connection = await ctx.connection(stageConnId);
  const credentials = await resolveCopyCredentials(await ctx.connection(connId), {
    findKeys: () => Promise.resolve(connection),
    allowInlineKeys: undefined,
  });
  const stage = openRedshiftStage({ stage: url, topic, connection, signal: ctx.signal });
  try {
    const onLog = (message: string): void => ctx.log.warn({ topic }, message);
    return await work(await openRedshiftSink(client, { topic, stage, credentials, onLog }));
  } finally {
    stage.close();
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
  const { maxDuration, sink } = args;
  const isStaged = sink.kind === 'warehouse' && sink.stage !== undefined;
  const defaults = isStaged ? LIMITS.staged : LIMITS[sink.kind];
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
    // a lake's batches are large, and DuckDB writes them with all cores
    readAhead: args.sink.kind !== 'lake',
    signal,
  };
}
