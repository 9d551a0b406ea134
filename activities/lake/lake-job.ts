/** What the Spark job of the lake is made of, and what it is told: for DAGs that run it by sparkJob. */
import { resolveDays, type DayChoice } from '../../connections/lake/file-day.js';
import type { RunContext } from '../../core/context.js';
import { shippedJob } from '../spark/shipped-job.js';

export interface LakeJobChoice extends DayChoice {
  readonly songs: string;
  readonly logs: string;
  readonly lake: string;
  /** Bad records that are allowed. */
  readonly maxErrors: number;
  /** Counts that the tables must have, such as `users=97`. */
  readonly expect: readonly string[];
}

const MODULES = ['sparkify_sql.py', 'lake_store.py', 'lake_tables.py', 'lake_check.py'];

/** Paths of the job and its modules. Call it when the task runs: workers lie elsewhere. */
export const lakeJobFiles = {
  file: (): string => shippedJob('lake_etl.py'),
  pyFiles: (): readonly string[] => MODULES.map(shippedJob),
};

/** The arguments that write the days of a run and check the lake. */
export function listLakeJobArgs(
  choice: LakeJobChoice,
  { dataInterval }: Pick<RunContext, 'dataInterval'>,
): readonly string[] {
  const { songs, logs, lake, maxErrors, expect } = choice;
  const { from, to } = resolveDays(choice, dataInterval);
  const days = ['--from', from, '--to', to];
  const expected = expect.flatMap((count) => ['--expect', count]);
  const rules = ['--max-errors', String(maxErrors), '--check', ...expected];
  return ['--songs', songs, '--logs', logs, '--lake', lake, ...days, ...rules];
}
