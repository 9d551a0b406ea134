/** A process that ingests a topic and tells of each batch, until somebody kills it. Arguments and connections are JSON in AIRTEMPO_TEST_INGEST. */
import { kafkaIngest } from '../../activities/kafka-ingest.js';
import type { KafkaIngestArgs } from '../../activities/kafka/ingest-args.js';
import type { Connection } from '../../core/connection.js';
import { createTaskContext } from './task-context.js';

const { args, connections } = JSON.parse(process.env['AIRTEMPO_TEST_INGEST'] ?? '') as {
  readonly args: KafkaIngestArgs;
  readonly connections: readonly Connection[];
};
const ctx = createTaskContext(connections, { heartbeat: () => void process.stdout.write('batch\n') });
await kafkaIngest({ args, ctx });
