/** The operator `check_ingested_warehouse`: whether each message of a topic is accounted for in the warehouse that it was ingested into. */
import { z } from 'zod';
import { operator } from '../../core/define-operator.js';
import { AirtempoError } from '../../core/errors.js';
import { readSqlFile } from '../sql/sql-folder.js';
import { prepareStatement } from '../sql/statement.js';
import { withSqlClient } from '../sql/with-sql-client.js';
import type { Counts } from './batch.js';

export interface CheckIngestedWarehouseArgs {
  /** A connection of type postgres or redshift. */
  readonly connId: string;
  readonly topic: string;
}

const argsSchema: z.ZodType<CheckIngestedWarehouseArgs> = z.strictObject({
  connId: z.string().min(1),
  topic: z.string().min(1),
});

export interface WarehouseAccount extends Counts {
  readonly rows: number;
  readonly days: number;
}

/** Rows = messages − duplicates − dead letters. Throws CHECK_FAILED. */
export const checkIngestedWarehouse = operator<CheckIngestedWarehouseArgs, WarehouseAccount>(
  'check_ingested_warehouse',
  ({ args: { connId, topic }, ctx }) =>
    withSqlClient(ctx, { connId, repetition: 'fresh' }, async (client) => {
      const file = await readSqlFile('kafka/select-account.sql');
      const { rows } = await client.run(prepareStatement(file, client.dialect, { topic }));
      const number = (name: string): number => Number(rows[0]?.[name]);
      return account(topic, {
        messages: number('messages'),
        written: number('written'),
        duplicates: number('duplicates'),
        deadLetters: number('dead_letters'),
        rows: number('stored'),
        days: number('days'),
      });
    }),
  { args: argsSchema, summary: ({ topic }) => `accounts for ${topic ?? 'a topic'} in the warehouse` },
);

function account(topic: string, found: WarehouseAccount): WarehouseAccount {
  const { messages, written, duplicates, deadLetters, rows } = found;
  const expected = messages - duplicates - deadLetters;
  if (rows === expected && rows === written) return found;
  throw new AirtempoError(
    'CHECK_FAILED',
    `The warehouse has ${String(rows)} events of ${topic}, and ${String(expected)} are expected of ${String(messages)} messages without ${String(duplicates)} duplicates and ${String(deadLetters)} dead letters. Something else has changed the table events: put it right, then clear the task.`,
  );
}
