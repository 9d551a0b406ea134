/** `airtempo backfill list`. */
import { formatTable, print, printJson } from '../output.js';
import type { TemporalSession } from '../temporal.js';
import { listAllBackfills, readBackfill, type ListedBackfill } from './read.js';
import { formatCounts } from './render.js';

export interface ListOptions {
  readonly dag?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export async function listBackfills({ client }: TemporalSession, options: ListOptions): Promise<void> {
  const found: ListedBackfill[] = [];
  for await (const backfill of listAllBackfills(client)) {
    if (options.dag === undefined || backfill.memo?.dagId === options.dag) found.push(backfill);
    if (found.length >= options.limit) break;
  }
  const rows = await Promise.all(
    found.map(async ({ memo, ...backfill }) => {
      const now = backfill.status === 'RUNNING' ? await readBackfill(client, backfill.id) : undefined;
      return {
        ...backfill,
        ...(memo === undefined ? {} : { dagId: memo.dagId, from: memo.from, to: memo.to, total: memo.total }),
        state: now?.state ?? toState(backfill.status),
        counts: now?.counts ?? memo?.counts,
      };
    }),
  );
  if (options.json === true) {
    printJson(rows);
    return;
  }
  const cells = rows.map(({ id, from = '', to = '', state, counts }) => {
    return [id, from === '' ? '' : `${from} to ${to}`, state, formatCounts(counts)];
  });
  print(formatTable(['backfill', 'dates', 'state', 'progress'], cells));
}

function toState(status: string): string {
  return status === 'COMPLETED' ? 'success' : status.toLowerCase();
}
