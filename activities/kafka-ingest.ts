/**
 * The operator `kafka_ingest`: the messages of a topic into the warehouse or the lake, each exactly once, until the end that the
 * topic had at the start. What is no event goes to the dead-letter topic.
 */
import { operator } from '../core/define-operator.js';
import { describeSink, ingestArgsSchema, type KafkaIngestArgs } from './kafka/ingest-args.js';
import { ingestTopic, type IngestResult } from './kafka/ingest-topic.js';
import { ingestOptions, withIngest } from './kafka/open-ingest.js';

/**
 * Goes on where the sink is. Whatever it is interrupted by, it may be run again.
 * Errors: OFFSETS_GONE, SOURCE_NOT_FOUND, ACCESS_DENIED, CONNECTION_REFUSED, KAFKA_UNAVAILABLE, SQL_UNAVAILABLE, and those of S3.
 */
export const kafkaIngest = operator<KafkaIngestArgs, IngestResult>(
  'kafka_ingest',
  ({ args, ctx }) =>
    withIngest(ctx, args, async (reader, sink) => {
      const onBatch = (progress: IngestResult): void => ctx.heartbeat(progress);
      const result = await ingestTopic(reader, sink, { ...ingestOptions(ctx, args), onBatch });
      ctx.log.info(result, `ingested ${args.topic} into ${describeSink(args.sink)}`);
      return result;
    }),
  { args: ingestArgsSchema, summary: ({ topic, sink }) => `ingests ${topic} into ${describeSink(sink)}` },
);
