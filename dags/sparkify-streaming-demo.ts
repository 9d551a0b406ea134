/**
 * A file of events by way of Kafka into the warehouse and into a lake, and the counts of all three compared. `npm run
 * demo:streaming` makes the file and starts it; with a file of your own it works as well.
 */
import { z } from 'zod';
import { kafkaIngest } from '../activities/kafka-ingest.js';
import { kafkaProduce } from '../activities/kafka-produce.js';
import { checkIngestedLake } from '../activities/kafka/check-ingested-lake.js';
import { checkIngestedWarehouse } from '../activities/kafka/check-ingested-warehouse.js';
import { dag, fail } from '../index.js';

const count = z.number().int().min(0);
const params = z.object({
  /** A .json or .json.gz file or a folder of the worker, or `s3://bucket/prefix/`. */
  file: z.string().min(1).default('data/events.json.gz'),
  /** Of the file alone: the counts are compared. */
  topic: z.string().min(1).default('streaming-demo'),
  /** A folder of the worker, of the topic alone. */
  lake: z.string().min(1).default('data/streaming-demo'),
  /** What is in the file, if that is known from elsewhere. */
  expected: z.object({ messages: count, rows: count, duplicates: count, deadLetters: count }).optional(),
});
type Run = { readonly params: z.infer<typeof params> };

const FIGURES = ['messages', 'rows', 'duplicates', 'deadLetters'] as const;

export default dag(
  'sparkify_streaming_demo',
  {
    description: 'Sends a day of events through Kafka into warehouse and lake, and compares the counts',
    maxActiveRuns: 1,
    defaultArgs: { retries: 3, retryDelay: '5s' },
    params,
    tags: ['sparkify', 'kafka', 'demo'],
  },
  ({ task }) => {
    const topic = ({ params: { topic } }: Run): string => topic;
    const lake = ({ params: { lake } }: Run): string => lake;
    const produce = task('produce', kafkaProduce, {
      connId: 'kafka',
      topic,
      file: ({ params: { file } }: Run) => file,
      source: topic, // what is in the topic already is not sent again by another run
    });
    const ingestWarehouse = task('ingest_warehouse', kafkaIngest, {
      connId: 'kafka',
      topic,
      sink: { kind: 'warehouse', connId: 'postgres' },
    });
    const ingestLake = task('ingest_lake', kafkaIngest, {
      connId: 'kafka',
      topic,
      sink: { kind: 'lake', lake },
    });
    const warehouse = task('check_warehouse', checkIngestedWarehouse, { connId: 'postgres', topic });
    const checkLake = task('check_lake', checkIngestedLake, { lake, topic });
    task(
      'compare_counts',
      ({ args: { produce, warehouse, lake }, ctx }) => {
        const { expected } = ctx.params;
        const problems = [
          ...FIGURES.filter((name) => warehouse[name] !== lake[name]).map((name) => `${name}: ${String(warehouse[name])} in the warehouse, ${String(lake[name])} in the lake`),
          ...(produce.messages === warehouse.messages ? [] : [`${String(produce.messages)} messages sent, ${String(warehouse.messages)} ingested`]),
          ...FIGURES.filter((name) => expected !== undefined && warehouse[name] !== expected[name]).map((name) => `${name}: ${String(warehouse[name])}, and ${String(expected?.[name])} are in the file`),
        ]; // prettier-ignore
        return problems.length === 0
          ? { warehouse, lake }
          : fail(`The counts differ. ${problems.join('. ')}.`);
      },
      { produce, warehouse, lake: checkLake },
      { summary: 'compares what was sent with what is there' },
    );
    produce.then(ingestWarehouse, ingestLake);
    ingestWarehouse.then(warehouse);
    ingestLake.then(checkLake);
  },
);
