/** The part of a COPY task that does not depend on where the files are: loads a source, reports, and logs. */
import type { CopyResult } from '../../connections/copy/copy.js';
import { loadTable } from '../../connections/copy/load-table.js';
import type { CopySource } from '../../connections/copy/source.js';
import { connectSql, type SqlSession } from '../../connections/postgres.js';
import type { TaskContext } from '../../core/context.js';
import { tellCopiedRows } from './copy-lineage.js';
import { type CopyTableArgs, type CopyTableOutput, toCopyOptions, toWriteMode } from './copy-args.js';

/** Progress is reported at most this often. */
const REPORT_INTERVAL_MS = 1_000;

function createReporter(
  ctx: Pick<TaskContext, 'heartbeat'>,
): (progress: { rows: number; files: number }) => void {
  let reportedAt = Number.NEGATIVE_INFINITY;
  return ({ rows, files }) => {
    const now = performance.now();
    if (now - reportedAt < REPORT_INTERVAL_MS) return;
    reportedAt = now;
    ctx.heartbeat({ rows, files });
  };
}

/** Loads `source` as the arguments say. */
export async function loadIntoPostgres(
  ctx: TaskContext,
  args: CopyTableArgs,
  session: SqlSession,
  source: CopySource,
): Promise<CopyResult> {
  const connection = await ctx.connection(args.connId);
  return loadTable({
    session,
    openSession: () => connectSql(connection),
    source,
    table: args.table,
    columns: args.columns,
    options: toCopyOptions(args),
    write: toWriteMode(args.write),
    loadId: `${ctx.dagId}/${ctx.runId}/${ctx.taskId}`,
    signal: ctx.signal,
    onProgress: createReporter(ctx),
  });
}

/** Logs the result and cuts it down to what a run's history keeps. */
export async function reportCopy(
  ctx: TaskContext,
  args: CopyTableArgs,
  from: string,
  result: CopyResult,
): Promise<CopyTableOutput> {
  const { rows, files, bytes, rejected, skippedFiles } = result;
  const fields = { connId: args.connId, table: args.table, from, rows, files, bytes, rejected, skippedFiles };
  if (rejected > 0) ctx.log.warn(fields, 'copied, but for the bad records in load_errors');
  else ctx.log.info(fields, 'copied');
  await tellCopiedRows(ctx, args, rows);
  return { rows, files, bytes, rejected };
}
