/** A process that sends lines to a topic and tells of each batch, until somebody kills it. Arguments and connections are JSON in AIRTEMPO_TEST_PRODUCE. */
import { kafkaProduce, type KafkaProduceArgs } from '../../activities/kafka-produce.js';
import type { Connection } from '../../core/connection.js';
import { createTaskContext } from './task-context.js';

const { args, connections } = JSON.parse(process.env['AIRTEMPO_TEST_PRODUCE'] ?? '') as {
  readonly args: KafkaProduceArgs;
  readonly connections: readonly Connection[];
};
const ctx = createTaskContext(connections, { heartbeat: () => void process.stdout.write('batch\n') });
await kafkaProduce({ args, ctx });
