/** The operator `check_ingested_lake`: whether each message of a topic is accounted for in the lake that it was ingested into. */
import { z } from 'zod';
import { EVENTS } from '../../connections/lake/lake-tables.js';
import { viewParquet } from '../../connections/lake/write-days.js';
import { operator } from '../../core/define-operator.js';
import { AirtempoError } from '../../core/errors.js';
import { lakeFields, withLake, type LakeArgs } from '../lake/lake-args.js';
import type { Counts } from './batch.js';
import { readLakePositions } from './lake-sink.js';

export interface CheckIngestedLakeArgs extends Omit<LakeArgs, 'maxErrors'> {
  readonly topic: string;
}

const { lake, connId, memoryLimit } = lakeFields;
const argsSchema: z.ZodType<CheckIngestedLakeArgs> = z.strictObject({
  lake,
  connId,
  memoryLimit,
  topic: z.string().min(1),
});

export interface LakeAccount extends Counts {
  readonly rows: number;
  readonly days: number;
}

/** Rows = messages − duplicates − dead letters, each key once, and each row in the file of its day. Throws CHECK_FAILED. */
export const checkIngestedLake = operator<CheckIngestedLakeArgs, LakeAccount>(
  'check_ingested_lake',
  ({ args, ctx }) =>
    withLake(ctx, args, async ({ db, store }) => {
      const { counts } = await readLakePositions(store, args.topic, ctx.signal);
      if (!(await store.has(`${EVENTS.name}/`, ctx.signal))) return account(counts, 0, 0);
      await viewParquet(db, store, `${store.url}${EVENTS.name}/`, 'stored_events', ctx.signal);
      const [row] = await db.rows(`
        SELECT COUNT(*) AS rows, COUNT(DISTINCT (${EVENTS.key.join(', ')})) AS keys, COUNT(DISTINCT date) AS days,
          COUNT(*) FILTER (WHERE CAST(ts AS DATE) <> CAST(date AS DATE)) AS misplaced
        FROM stored_events`);
      const number = (name: string): number => Number(row?.[name]);
      const [rows, twice] = [number('rows'), number('rows') - number('keys')];
      if (twice + number('misplaced') > 0) {
        throw new AirtempoError(
          'CHECK_FAILED',
          `The events of ${store.url} are not sound: ${String(twice)} are there twice, ${String(number('misplaced'))} in the file of another day. Something else writes into this lake: give it one of its own, and ingest the topic into a new one.`,
        );
      }
      return account(counts, rows, number('days'));
    }),
  { args: argsSchema, summary: ({ topic, lake }) => `accounts for ${topic} in ${lake ?? 'the lake'}` },
);

function account(counts: Counts, rows: number, days: number): LakeAccount {
  const expected = counts.messages - counts.duplicates - counts.deadLetters;
  if (rows === expected) return { ...counts, rows, days };
  throw new AirtempoError(
    'CHECK_FAILED',
    `The lake has ${String(rows)} events, and ${String(expected)} are expected of ${String(counts.messages)} messages without ${String(counts.duplicates)} duplicates and ${String(counts.deadLetters)} dead letters. Something else writes into this lake: give it one of its own.`,
  );
}
