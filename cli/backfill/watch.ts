/** Shows a backfill in the terminal as it goes: redrawn, or a line per change where there is no terminal. */
import { createLogUpdate } from 'log-update';
import { say } from '../output.js';
import type { TemporalSession } from '../temporal.js';
import { waitForStop } from '../wait-for-stop.js';
import { followBackfill, type FollowedBackfill } from './read.js';
import { formatCounts, formatDateLine, formatDates, formatHead } from './render.js';

/** Lines of the terminal that are not for dates. */
const OTHER_LINES = 6;

/** Follows a backfill to its end. Ctrl-C ends the watching, not the backfill: then undefined. */
export async function watchBackfill(
  { client }: TemporalSession,
  id: string,
): Promise<FollowedBackfill | undefined> {
  const stop = waitForStop();
  const show = process.stderr.isTTY ? showTable() : showLines();
  let backfill: FollowedBackfill | undefined;
  try {
    for await (backfill of followBackfill(client, id, stop.signal)) show(backfill);
  } finally {
    stop.dispose();
  }
  if (backfill !== undefined && backfill.status !== 'RUNNING') return backfill;
  say(
    `The backfill goes on. See it with "airtempo backfill watch ${id}", end it with "airtempo backfill cancel ${id}".`,
  );
  return undefined;
}

function showTable(): (backfill: FollowedBackfill) => void {
  const draw = createLogUpdate(process.stderr);
  return (backfill) => {
    const rows = Math.max(5, (process.stderr.rows ?? 24) - OTHER_LINES);
    draw(`${formatHead(backfill)}\n${formatDates(backfill, rows)}`);
    if (backfill.status !== 'RUNNING') draw.done();
  };
}

function showLines(): (backfill: FollowedBackfill) => void {
  const shown = new Map<string, string>();
  return ({ dates = [], backfill, counts, total, status }) => {
    for (const date of dates) {
      if (date.state === 'left' || shown.get(date.logicalDate) === date.state) continue;
      shown.set(date.logicalDate, date.state);
      say(formatDateLine(date, backfill?.timezone ?? 'UTC'));
    }
    if (status !== 'RUNNING' && total !== undefined) say(`${String(total)} dates: ${formatCounts(counts)}`);
  };
}
