/**
 * Events from Kafka into the warehouse and into the lake, each exactly once: what came since the last run. The two ingests know
 * nothing of each other; each goes on where its own sink is.
 */
import { z } from 'zod';
import { checkSql } from '../activities/check-sql.js';
import { kafkaIngest } from '../activities/kafka-ingest.js';
import { checkIngestedLake } from '../activities/kafka/check-ingested-lake.js';
import { cron, dag } from '../index.js';
import { mailOnFailure } from './mail-on-failure.js';

const params = z.object({
  topic: z.string().min(1).default('events'),
  /** Of type postgres or redshift. */
  warehouseConnId: z.string().min(1).default('postgres'),
  /** For a Redshift: `s3://bucket/prefix/`, where the files of batches lie until they are in. */
  stage: z.string().min(1).optional(),
  /** Writes them: of type aws or s3; `aws_credentials` without it. */
  stageConnId: z.string().min(1).optional(),
  /** A folder on the worker, or `s3://bucket/prefix/`; a lake of its own, which nothing else writes into. */
  lake: z.string().min(1).default('data/event-lake'),
  /** Of type aws or s3; needed for `s3://…`. */
  lakeConnId: z.string().min(1).optional(),
  memoryLimit: z.string().min(1).default('1GB'),
  /** No further batch is begun after so many messages. */
  maxMessages: z.number().int().min(1).optional(),
  /** Goes on when messages were deleted before they were read. */
  allowLoss: z.boolean().default(false),
});
type Run = { readonly params: z.infer<typeof params> };

export default dag(
  'kafka_ingest',
  {
    description: 'Ingests event data from Kafka into the warehouse and into the lake, exactly once',
    schedule: cron('@daily'),
    startDate: '2018-11-01',
    catchup: false,
    maxActiveRuns: 1,
    defaultArgs: { retries: 5, retryDelay: '1m', onFailure: mailOnFailure },
    params,
    tags: ['sparkify', 'kafka'],
  },
  ({ task }) => {
    const topic = ({ params: { topic } }: Run): string => topic;
    const warehouseConnId = ({ params: { warehouseConnId } }: Run): string => warehouseConnId;
    const common = {
      connId: 'kafka',
      topic,
      maxMessages: ({ params: { maxMessages } }: Run) => maxMessages,
      allowLoss: ({ params: { allowLoss } }: Run) => allowLoss,
    };
    const lake = {
      lake: ({ params: { lake } }: Run) => lake,
      connId: ({ params: { lakeConnId } }: Run) => lakeConnId,
      memoryLimit: ({ params: { memoryLimit } }: Run) => memoryLimit,
    };

    const warehouse = {
      kind: 'warehouse',
      connId: warehouseConnId,
      stage: ({ params: { stage } }: Run) => stage,
      stageConnId: ({ params: { stageConnId } }: Run) => stageConnId,
    } as const;

    const ingestWarehouse = task(
      'ingest_warehouse',
      kafkaIngest,
      { ...common, sink: warehouse },
      { executionTimeout: '6h' },
    );
    const ingestLake = task(
      'ingest_lake',
      kafkaIngest,
      { ...common, sink: { kind: 'lake', ...lake } },
      { executionTimeout: '6h' },
    );
    const checkWarehouse = task('check_warehouse', checkSql, {
      connId: warehouseConnId,
      checks: [
        {
          kind: 'custom',
          name: 'each message is accounted for',
          file: 'kafka/check-accounts.sql',
          parameters: { topic },
        },
      ],
    });
    const checkLake = task('check_lake', checkIngestedLake, { ...lake, topic });

    ingestWarehouse.then(checkWarehouse);
    ingestLake.then(checkLake);
  },
);
