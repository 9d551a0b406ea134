/** What the Spark job of a topic is made of, and what it is told: for the command that deploys it. Pure, but for paths. */
import { createHash } from 'node:crypto';
import { shippedJob } from '../spark/shipped-job.js';

export interface StreamJobChoice {
  readonly topic: string;
  /** A folder, or `s3://bucket/prefix/`. */
  readonly lake: string;
  /** `available-now`, or the time from batch to batch, such as `30 seconds`. */
  readonly trigger: string;
  readonly deadLetterTopic?: string | undefined;
  readonly batchMessages?: number | undefined;
  readonly maxMessageBytes?: number | undefined;
  readonly allowLoss?: boolean | undefined;
}

const MODULES = [
  'sparkify_sql', 'parse_event', 'kafka_topic', 'kafka_messages', 'kafka_ingest', 'lake_lock', 'lake_merge', 'lake_positions', 'lake_store', 'lake_tables',
]; // prettier-ignore

/** Paths of the job and its modules. */
export const streamJobFiles = {
  file: (): string => shippedJob('stream_events.py'),
  pyFiles: (): readonly string[] => MODULES.map((name) => shippedJob(`${name}.py`)),
};

/** What a Spark that has no connector for Kafka fetches: for Spark 3.5, the line of EMR 7. */
export const KAFKA_CONNECTOR = 'org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7';

/** Where the job finds the settings of Kafka's client, in its environment. */
export const SETTINGS_VARIABLE = 'KAFKA_CLIENT_SETTINGS';

const LONGEST_WORDS = 160;

/** The same for the same topic and lake: by it a job is found again. */
export function nameStreamJob({ topic, lake }: Pick<StreamJobChoice, 'topic' | 'lake'>): string {
  const key = createHash('sha256')
    .update(JSON.stringify([topic, lake]))
    .digest('hex');
  return `${`airtempo kafka ${topic} into ${lake}`.slice(0, LONGEST_WORDS)} ${key.slice(0, 12)}`;
}

/** The arguments, without the place of Kafka's settings. */
export function listStreamJobArgs(choice: StreamJobChoice): readonly string[] {
  const { topic, lake, trigger, deadLetterTopic, batchMessages, maxMessageBytes, allowLoss } = choice;
  const option = (name: string, value: string | number | undefined): readonly string[] =>
    value === undefined ? [] : [name, String(value)];
  return [
    ...option('--topic', topic),
    ...option('--lake', lake),
    ...option('--trigger', trigger),
    ...option('--dlq', deadLetterTopic),
    ...option('--batch-messages', batchMessages),
    ...option('--max-message-bytes', maxMessageBytes),
    ...(allowLoss === true ? ['--allow-loss'] : []),
  ];
}
