/** The operator `check_lake`: counts the lake's tables and checks keys and references, as readers find them. */
import { z } from 'zod';
import { checkLake as findProblems } from '../../connections/lake/check-lake.js';
import { operator } from '../../core/define-operator.js';
import { AirtempoError } from '../../core/errors.js';
import { lakeFields, withLake, type LakeArgs } from './lake-args.js';

export interface CheckLakeArgs extends Omit<LakeArgs, 'maxErrors'> {
  /** Counts that the tables must have, such as `users=97`. */
  readonly expect?: readonly string[] | undefined;
}

const { lake, connId, memoryLimit } = lakeFields;

const argsSchema: z.ZodType<CheckLakeArgs> = z.strictObject({
  lake,
  connId,
  memoryLimit,
  expect: z
    .array(z.string().regex(/^\w+=\d+$/, 'write it as users=97'))
    .readonly()
    .optional(),
});

/** Returns the rows of each table. Throws CHECK_FAILED with everything that is wrong. */
export const checkLake = operator<CheckLakeArgs, Readonly<Record<string, number>>>(
  'check_lake',
  ({ args, ctx }) =>
    withLake(ctx, args, async ({ db, store }) => {
      const expected = (args.expect ?? []).map((text) => text.split('=') as [string, string]);
      const counts = Object.fromEntries(expected.map(([table, rows]) => [table, Number(rows)]));
      const state = await findProblems(db, store, counts, ctx.signal);
      if (state.problems.length > 0) {
        throw new AirtempoError(
          'CHECK_FAILED',
          `The lake ${store.url} is not sound: ${state.problems.join('; ')}. Write the days again, or look at _bad_records/.`,
        );
      }
      return state.counts;
    }),
  { args: argsSchema, summary: ({ lake }) => `checks ${lake ?? 'the lake'}` },
);
