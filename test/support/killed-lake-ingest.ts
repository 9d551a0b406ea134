/**
 * A process that ingests a sample into a lake on S3 and kills itself in its first batch: when the batch is announced, when one day is
 * in place, or when all of them are and the positions have not moved: node … OPTIONS, a file of JSON.
 */
import { readFile } from 'node:fs/promises';
import { openLakeSink, positionsName } from '../../activities/kafka/lake-sink.js';
import { ingestTopic } from '../../activities/kafka/ingest-topic.js';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { openLakeStore, type LakeStore } from '../../connections/lake/lake-store.js';
import type { Connection } from '../../core/connection.js';
import { readLines, type SampleTopic } from '../activities/kafka/support/sample-topic.js';

export type Moment = 'announced' | 'one day' | 'all days';
export interface KilledLakeIngest {
  readonly lake: string;
  readonly connection: Connection;
  readonly topic: string;
  readonly sample: SampleTopic;
  readonly batchMessages: number;
  readonly moment: Moment;
}

const options = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as KilledLakeIngest;
const { lake, connection, topic, sample, batchMessages, moment } = options;
const db = await openDuckDb({ threads: 1, tempFolder: process.env['TMPDIR'] });
const store = await openLakeStore(lake, { connection, tempFolder: db.tempFolder });
const die = (): void => void process.kill(process.pid, 'SIGKILL');
let announcements = 0;
let days = 0;
const replace: LakeStore['replace'] = async (file, name, ...rest) => {
  const isPositions = name === positionsName(topic);
  if (isPositions) announcements += 1;
  if (moment === 'all days' && announcements === 2) die();
  const answer = await store.replace(file, name, ...rest);
  if (!isPositions) days += 1;
  if (moment === 'announced' || (moment === 'one day' && days === 1)) die();
  return answer;
};
await ingestTopic(readLines(sample), openLakeSink(db, { ...store, replace }, topic), {
  topic,
  limits: { messages: batchMessages, bytes: 1e9 },
  maxMessageBytes: 10_000,
  now: () => 0,
  allowLoss: false,
  signal: new AbortController().signal,
});
