/** Compares everything that was loaded with the oracle. What it finds is a list of sentences. */
import path from 'node:path';
import type { DayFile, SoakData } from '../data.js';
import { LAKE_BUCKET } from '../data.js';
import { TOPIC, type Sent } from '../messages.js';
import { compareRows } from '../oracle/compare.js';
import { computeEvents } from '../oracle/events.js';
import type { Row } from '../oracle/row.js';
import { computeStar } from '../oracle/star.js';
import type { Services } from '../services.js';
import { readLetters } from './read-letters.js';
import { queryText, readEvents, readLake, readTable } from './read-tables.js';

export interface Comparison {
  /** Rows of each table, as they were compared. */
  readonly rows: Readonly<Record<string, number>>;
  readonly breaches: readonly string[];
}

export interface Loaded {
  readonly data: SoakData;
  /** The days that were loaded. */
  readonly days: readonly DayFile[];
  readonly sent: Sent;
}

/** The tables of the warehouse that nothing but the loads makes; load_errors comes with the first bad record. */
const TABLES_OF_INGESTS = ['events', 'kafka_batches', 'kafka_positions'];

export async function compareTables(
  { direct, s3Folder }: Services,
  { data, days, sent }: Loaded,
): Promise<Comparison> {
  const rows: Record<string, number> = {};
  const breaches: string[] = [];
  const compare = (table: string, expected: readonly Row[], actual: readonly Row[]): void => {
    rows[table] = actual.length;
    const difference = compareRows(expected, actual);
    if (difference === undefined) return;
    const { missing, surplus, examples } = difference;
    breaches.push(
      [`${table}: ${String(missing)} rows are missing and ${String(surplus)} too many`, ...examples].join(
        '\n    ',
      ),
    );
  };
  const star = computeStar(
    days.flatMap(({ lines }) => lines),
    [...data.songs.values()],
  );
  for (const [table, expected] of star) compare(table, expected, await readTable(direct.postgres, table));
  const events = computeEvents(sent.events);
  compare('events', events, await readEvents(direct.postgres));
  compare('lake', events, await readLake(path.join(s3Folder, LAKE_BUCKET, 'kafka')));
  const { byPlace, messages } = await readLetters(direct.kafka, TOPIC);
  const toRow = (value: Buffer): Row => [value.toString('base64')];
  const letters = [
    ...new Map([...byPlace.values()].map((value) => [value.toString('base64'), value])).values(),
  ];
  compare('dead letters', sent.poison.map(toRow), letters.map(toRow));
  compare(
    'ledger',
    [[messages, events.length, messages - events.length - byPlace.size, byPlace.size].map(String)],
    await readLedger(direct.postgres),
  );
  const names = [...star.keys(), ...TABLES_OF_INGESTS].map((name): Row => [name]);
  compare(
    'list of tables',
    names,
    await queryText(direct.postgres, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"),
  );
  return { rows, breaches };
}

const readLedger = (postgres: Services['direct']['postgres']): Promise<readonly Row[]> =>
  queryText(
    postgres,
    'SELECT SUM(messages)::bigint, SUM(written)::bigint, SUM(duplicates)::bigint, SUM(dead_letters)::bigint FROM kafka_batches',
  );
