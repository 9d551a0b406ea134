/** The input of a soak, made of its seed and put where the DAGs look for it. Afterwards nothing but the oracle looks at it again. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Connection } from '../core/connection.js';
import { createCatalogue } from '../generator/catalogue.js';
import { formatChurnLine } from '../generator/churn/shape.js';
import { formatDate, nameOfDay } from '../generator/file-names.js';
import { generateEvents } from '../generator/generate-events.js';
import { formatLogLine, makeSongFiles } from '../generator/log/shape.js';
import { DAY_MS, parseGeneratorSpec } from '../generator/spec.js';

export const BUCKET = 'sparkify';
export const LAKE_BUCKET = 'lake';

/** A day of event logs. */
export interface DayFile {
  /** `2018-11-01`. */
  readonly date: string;
  readonly key: string;
  readonly lines: readonly string[];
}

export interface SoakData {
  readonly days: readonly DayFile[];
  /** Key and line. */
  readonly songs: ReadonlyMap<string, string>;
  /** Events for Kafka, in order, each once. */
  readonly messages: readonly string[];
}

const FIRST_DAY = Date.UTC(2018, 10, 1);
/** So many that no day is without a play, which the checks of the load would take for a fault. */
const LOG_USERS = 120;
const SONGS = 60;
const KAFKA_USERS = 60;

/** Makes `days` days of logs, and events for Kafka. */
export function createData(seed: number, days: number): SoakData {
  const catalogue = createCatalogue(seed);
  const to = formatDate(FIRST_DAY + days * DAY_MS);
  const log = parseGeneratorSpec({
    shape: 'log',
    users: LOG_USERS,
    songs: SONGS,
    seed,
    from: formatDate(FIRST_DAY),
    to,
  });
  const byDay = new Map<number, string[]>();
  for (const event of generateEvents(log, catalogue)) {
    const day = Math.floor(event.ts / DAY_MS);
    const lines = byDay.get(day) ?? [];
    byDay.set(day, lines);
    lines.push(formatLogLine(event));
  }
  const churn = parseGeneratorSpec({ shape: 'churn', users: KAFKA_USERS, seed });
  return {
    days: [...byDay].map(([day, lines]) => ({
      date: formatDate(day * DAY_MS),
      key: nameOfDay('log', day),
      lines,
    })),
    songs: new Map([...makeSongFiles(catalogue, seed, SONGS)].map(({ name, line }) => [name, line])),
    messages: [...generateEvents(churn, catalogue)].map(formatChurnLine),
  };
}

/** Makes the buckets, and uploads logs and songs. */
export async function uploadData(data: SoakData, { login, password, extra }: Connection): Promise<void> {
  const client = new S3Client({
    endpoint: String(extra['endpoint_url']),
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: login ?? '', secretAccessKey: password ?? '' },
  });
  for (const Bucket of [BUCKET, LAKE_BUCKET]) await client.send(new CreateBucketCommand({ Bucket }));
  const files = [...data.songs, ...data.days.map(({ key, lines }) => [key, lines.join('\n')] as const)];
  for (const [Key, Body] of files) await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  client.destroy();
}
