/** What a COPY task tells of the data that it moves: where it came from, into which table, how many rows. */
import { describeTable } from '../../connections/datasets.js';
import type { TaskContext } from '../../core/context.js';
import type { Dataset } from '../../core/lineage.js';
import type { CopyTableArgs } from './copy-args.js';

/** Tells source and target, before anything is read: a load that fails has them too. */
export async function tellCopyLineage(ctx: TaskContext, args: CopyTableArgs, source: Dataset): Promise<void> {
  ctx.lineage({ inputs: [source], outputs: [await targetOf(ctx, args)] });
}

/** Tells how many rows the target got. */
export async function tellCopiedRows(ctx: TaskContext, args: CopyTableArgs, rowCount: number): Promise<void> {
  ctx.lineage({ outputs: [{ ...(await targetOf(ctx, args)), rowCount }] });
}

async function targetOf(ctx: TaskContext, { connId, table, columns }: CopyTableArgs): Promise<Dataset> {
  const dataset = describeTable(await ctx.connection(connId), table);
  return columns === undefined ? dataset : { ...dataset, columns };
}
