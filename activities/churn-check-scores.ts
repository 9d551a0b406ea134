/**
 * The operator `churn_check_scores`: looks at staged scores before anybody else can: one for each user, each a probability, and
 * spread as on the former day. Scores of another model are spread otherwise for good reason, and are not compared.
 */
import { z } from 'zod';
import type { SqlClient } from '../connections/sql/client.js';
import type { TaskContext } from '../core/context.js';
import { operator } from '../core/define-operator.js';
import { AirtempoError } from '../core/errors.js';
import { checkSql } from './check-sql.js';
import type { Check } from './checks/check.js';
import {
  compareHistograms,
  describeDrifts,
  driftLimitsSchema,
  judgeDrift,
  type Drift,
  type DriftLimits,
  type Histogram,
} from './churn/drift.js';
import { readModel } from './churn/model.js';
import { readSqlFile } from './sql/sql-folder.js';
import { prepareStatement } from './sql/statement.js';
import { withSqlClient } from './sql/with-sql-client.js';

export interface ChurnCheckScoresArgs {
  /** A connection of type postgres or redshift. */
  readonly connId: string;
  /** The day, such as `2018-12-01`. */
  readonly scoredOn: string;
  /** The output of `churn_scoring_features`: how many users there must be. */
  readonly features: { readonly users: number };
  /** The folder of the model that has scored. */
  readonly model: string;
  readonly limits: DriftLimits;
}

/** Against the last day before that has scores. */
type FormerDrift = Drift & { readonly formerDay: string };

export interface CheckedScores {
  readonly users: number;
  /** Null when there was nothing to compare with. */
  readonly drift: FormerDrift | null;
}

const argsSchema: z.ZodType<ChurnCheckScoresArgs> = z.strictObject({
  connId: z.string().min(1),
  scoredOn: z.iso.date(),
  features: z.object({ users: z.int() }),
  model: z.string().min(1),
  limits: driftLimitsSchema,
});

/** What must hold of the day's staged scores, whatever they were before. */
export function scoreChecks(scoredOn: string, users: number): readonly Check[] {
  const parameters = { scored_on: scoredOn };
  return [
    {
      kind: 'custom',
      name: 'a score for each user with features',
      file: 'churn-scores/count-staged.sql',
      parameters,
      expect: users,
    },
    {
      kind: 'custom',
      name: 'one score a user',
      file: 'churn-scores/repeated-users.sql',
      parameters,
    },
    {
      kind: 'custom',
      name: 'scores from 0 to 1',
      file: 'churn-scores/unusable-scores.sql',
      parameters,
    },
  ];
}

async function run(args: ChurnCheckScoresArgs, ctx: TaskContext): Promise<CheckedScores> {
  const { connId, scoredOn, features } = args;
  await checkSql({ args: { connId, checks: scoreChecks(scoredOn, features.users) }, ctx });
  const { sha256 } = await readModel(args.model);
  return withSqlClient(ctx, { connId, repetition: 'fresh' }, async (client) => {
    const former = await findFormer(client, scoredOn);
    if (former === undefined || former.modelSha256 !== sha256) {
      const why =
        former === undefined ? 'there is no former day' : `${former.day} has scores of another model`;
      ctx.log.info({ formerDay: former?.day ?? null }, `the spread of the scores is not compared: ${why}`);
      return { users: features.users, drift: null };
    }
    const before = await readHistogram(client, 'spread-of-scores', former.day);
    const now = await readHistogram(client, 'spread-of-staged-scores', scoredOn);
    const drift = { ...compareHistograms(before, now), formerDay: former.day };
    judgeScores(drift, args, ctx);
    ctx.log.info(drift, 'the scores are spread as before');
    return { users: features.users, drift };
  });
}

/** Throws CHECK_FAILED when the spread has moved too far. */
function judgeScores(
  drift: FormerDrift,
  { scoredOn, connId, limits }: ChurnCheckScoresArgs,
  ctx: TaskContext,
): void {
  const { failed, warned } = judgeDrift([{ name: 'score', ...drift }], limits);
  if (warned.length > 0) ctx.log.warn(drift, `moved, but within the limit: ${describeDrifts(warned)}`);
  if (failed.length === 0) return;
  throw new AirtempoError(
    'CHECK_FAILED',
    `The scores of ${scoredOn} are spread otherwise than those of ${drift.formerDay}, by the same model: PSI ${drift.drift.toFixed(2)}, limit ${String(limits.fail)}. ` +
      `They are in staging_churn_scores of connection "${connId}" and are not published. Look at the features; if the change is real, raise psiFail for this run.`,
  );
}

async function query(
  client: SqlClient,
  name: string,
  scoredOn: string,
): Promise<readonly Record<string, unknown>[]> {
  const source = await readSqlFile(`churn-scores/${name}.sql`);
  return (await client.run(prepareStatement(source, client.dialect, { scored_on: scoredOn }))).rows;
}

async function findFormer(
  client: SqlClient,
  scoredOn: string,
): Promise<{ readonly day: string; readonly modelSha256: string } | undefined> {
  const [row] = await query(client, 'former-day', scoredOn);
  if (row === undefined) return undefined;
  return {
    day: String(row['scored_on']).slice(0, 'yyyy-mm-dd'.length),
    modelSha256: String(row['model_sha256']),
  };
}

async function readHistogram(client: SqlClient, name: string, day: string): Promise<Histogram> {
  const rows = await query(client, name, day);
  return new Map(rows.map((row) => [Number(row['thousandth']), Number(row['users'])]));
}

/** Checks the scores. Errors: CHECK_FAILED with what was found; then nothing of them is published. */
export const churnCheckScores = operator<ChurnCheckScoresArgs, CheckedScores>(
  'churn_check_scores',
  ({ args, ctx }) => run(args, ctx),
  { args: argsSchema, summary: ({ scoredOn }) => `checks the scores of ${scoredOn ?? 'the day'}` },
);
