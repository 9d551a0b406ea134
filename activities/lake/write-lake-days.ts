/** The operator `write_lake_days`: replaces days of the lake's events, songplays and time, with DuckDB in the worker. */
import { z } from 'zod';
import { isDay, listDays, resolveDays, type DayChoice } from '../../connections/lake/file-day.js';
import { writeDays, type DaysSummary } from '../../connections/lake/write-days.js';
import type { TaskContext } from '../../core/context.js';
import { operator } from '../../core/define-operator.js';
import { lakeFields, withLake, type LakeArgs } from './lake-args.js';

export interface WriteLakeDaysArgs extends LakeArgs, DayChoice {
  /** The log files: a folder on the worker, or `s3://bucket/prefix/`. A day in a file's name is the day it was delivered. */
  readonly logs: string;
}

const day = z.string().refine(isDay, 'write it as 2018-11-01');

const argsSchema: z.ZodType<WriteLakeDaysArgs> = z.strictObject({
  ...lakeFields,
  logs: z.string().min(1),
  from: day.optional(),
  to: day.optional(),
  lateDays: z.number().int().min(0).optional(),
});

/** In a long history the log says now and then how far it has come. */
const LOG_MS = 15_000;

/** Tells of each day that is in place: always as a heartbeat, in the log no more often than above. */
function createTeller(
  { heartbeat, log }: Pick<TaskContext, 'heartbeat' | 'log'>,
  from: string,
  to: string,
): (day: string) => void {
  const total = listDays(from, to).length;
  let nextAt = performance.now() + LOG_MS;
  return (day) => {
    heartbeat({ day });
    if (performance.now() < nextAt) return;
    nextAt = performance.now() + LOG_MS;
    const done = listDays(from, day).length + 1;
    log.info({ day, done, total }, `${day} is in place: day ${String(done)} of ${String(total)}`);
  };
}

/** Replaces each day at once. Errors: SOURCE_NOT_FOUND, LOAD_FAILED, CHECK_FAILED, SQL_FAILED, and those of S3. */
export const writeLakeDays = operator<WriteLakeDaysArgs, DaysSummary>(
  'write_lake_days',
  ({ args, ctx }) =>
    withLake(ctx, args, async ({ db, store, storage }) => {
      const { from, to } = resolveDays(args, ctx.dataInterval);
      ctx.log.info({ from, to, lake: store.url }, `writes the days from ${from} until before ${to}`);
      return writeDays(db, store, {
        logs: args.logs,
        storage,
        from,
        to,
        maxErrors: args.maxErrors ?? 0,
        signal: ctx.signal,
        onDay: createTeller(ctx, from, to),
      });
    }),
  { args: argsSchema, summary: ({ lake }) => `writes the run's days into ${lake ?? 'the lake'}` },
);
