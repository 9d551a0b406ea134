/**
 * A batch as Redshift gets it: one list of statements, which is one transaction, and which fails as a whole when another ingest has
 * moved the positions. The lock comes first: Redshift looks at the tables as they are at the first statement after it. Opens no connection.
 */
import { parseCopyOptions } from '../../connections/copy/copy-options.js';
import { renderRedshiftCopy, type CopyCredentials } from '../../connections/copy/redshift-copy.js';
import { createStatement, type SqlPart, type SqlStatement } from '../../connections/sql/statement.js';
import type { SqlParameters } from '../sql/named-parameters.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { prepareStatement } from '../sql/statement.js';
import type { Batch, Encode } from './batch.js';

const TABLES = ['create-events', 'create-kafka-positions', 'create-kafka-batches'];

/** The columns of `events`, in the order of a row. */
const COLUMNS = [
  'event_key', 'event_date', 'ts', 'user_id', 'session_id', 'item_in_session', 'page', 'auth', 'method', 'status', 'level',
  'location', 'user_agent', 'first_name', 'last_name', 'gender', 'registration', 'artist', 'song', 'length', 'kafka_topic',
  'kafka_partition', 'kafka_offset',
] as const; // prettier-ignore

type Row = Readonly<Record<(typeof COLUMNS)[number], string | number | null>>;

/** Where the rows of a batch are, and who may read them. */
export interface StagedRows {
  /** `s3://bucket/key`. */
  readonly from: string;
  readonly credentials: CopyCredentials;
}

export interface BatchPlan {
  readonly statements: readonly SqlStatement[];
  /** Which of them tells how many events were new, in its column `written`. */
  readonly countAt: number;
}

const COPY_OPTIONS = parseCopyOptions({ format: 'json', gzip: true });

/** As every cast of Redshift takes it, UTC. */
const formatTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** An object of JSON in a line, which COPY matches to the columns by their names. */
export function encodeForRedshift(topic: string): Encode {
  const time = (ms: number | null): string | null => (ms === null ? null : formatTime(ms));
  return (event, key, { partition, offset }) => {
    const row: Row = {
      event_key: key,
      event_date: new Date(event.ts).toISOString().slice(0, 10),
      ts: time(event.ts),
      user_id: event.userId,
      session_id: event.sessionId,
      item_in_session: event.itemInSession,
      page: event.page,
      auth: event.auth,
      method: event.method,
      status: event.status,
      level: event.level,
      location: event.location,
      user_agent: event.userAgent,
      first_name: event.firstName,
      last_name: event.lastName,
      gender: event.gender,
      registration: time(event.registration),
      artist: event.artist,
      song: event.song,
      length: event.length,
      kafka_topic: topic,
      kafka_partition: partition,
      kafka_offset: offset,
    };
    return `${JSON.stringify(row)}\n`;
  };
}

const prepare = async (file: string, parameters?: SqlParameters): Promise<SqlStatement> =>
  prepareStatement(await readSqlFile(`kafka/${file}.sql`), 'redshift', parameters);

/** The tables, made where absent. */
export function planIngestTables(): Promise<readonly SqlStatement[]> {
  return Promise.all(TABLES.map((table) => prepare(table)));
}

/** `staged` is undefined for a batch without rows. */
export async function planRedshiftBatch(
  batch: Batch,
  { staged, movedAtMs }: { readonly staged: StagedRows | undefined; readonly movedAtMs: number },
): Promise<BatchPlan> {
  const { topic, messages, deadLetters } = batch;
  const movedAt = formatTime(movedAtMs);
  const moved = { topic, moved_at: movedAt };
  const counts = { topic, ingested_at: movedAt, messages, dead_letters: deadLetters };
  const statements = [
    await prepare('lock-positions'),
    await prepare('create-incoming-positions'),
    listPositions(batch),
    await prepare('insert-new-positions', moved),
    await prepare('move-positions', moved),
    await prepare('create-incoming-events'),
    ...(staged === undefined ? [] : [copyRows(staged)]),
    await prepare('delete-known-events'),
    await prepare('insert-incoming-events'),
    await prepare('insert-counted-batch', counts),
    await prepare('count-incoming-events'),
    await prepare('drop-incoming-events'),
    await prepare('drop-incoming-positions'),
  ];
  return { statements, countAt: statements.length - 3 };
}

/** One statement however many partitions there are: a list has forty at most. */
function listPositions({ from, to }: Batch): SqlStatement {
  const rows = [...to].flatMap(([partition, next], index): readonly SqlPart[] => {
    const value = (name: string, value: number): SqlPart => ({ name: `${name}_${String(partition)}`, value });
    const former = value('former', from.get(partition) ?? 0);
    return [
      index === 0 ? '(' : ', (',
      value('partition', partition),
      ', ',
      former,
      ', ',
      value('next', next),
      ')',
    ];
  });
  return createStatement(
    'list the positions',
    'INSERT INTO incoming_positions (kafka_partition, former_offset, next_offset) VALUES ',
    ...rows,
  );
}

/** A table of a moment needs neither compression nor statistics, which take longer than its rows. */
function copyRows({ from, credentials }: StagedRows): SqlStatement {
  const copy = renderRedshiftCopy({
    table: 'incoming_events',
    columns: COLUMNS,
    from,
    options: COPY_OPTIONS,
    credentials,
  });
  return createStatement('COPY', ...copy, '\nCOMPUPDATE OFF\nSTATUPDATE OFF');
}
