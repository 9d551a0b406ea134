/** `airtempo backfill show` and `watch`. */
import { print, printJson, say } from '../output.js';
import { runUrl, type TemporalSession } from '../temporal.js';
import { findBackfill, readBackfill } from './read.js';
import { formatDates, formatHead } from './render.js';
import { watchBackfill } from './watch.js';

interface JsonOption {
  readonly json?: boolean;
}

/** More dates than this are summed up; `--json` has them all. */
const MOST_ROWS = 400;

export async function showBackfill(
  session: TemporalSession,
  idOrDag: string,
  options: JsonOption,
): Promise<void> {
  const id = await findBackfill(session.client, idOrDag);
  const backfill = await readBackfill(session.client, id);
  const url = runUrl(session.target, id, backfill.executionId);
  if (options.json === true) {
    printJson({ ...backfill, url });
    return;
  }
  const lines = [
    formatHead(backfill),
    url ?? '',
    '',
    formatDates(backfill, MOST_ROWS),
    backfill.failure ?? '',
  ];
  print(lines.join('\n').trimEnd());
}

export async function watchAgain(
  session: TemporalSession,
  idOrDag: string,
  options: JsonOption,
): Promise<void> {
  await finishWatch(session, await findBackfill(session.client, idOrDag), options);
}

/** The exit code of a command that was stopped by Ctrl-C. */
const INTERRUPTED = 130;

/** Watches a backfill to its end, and sets the exit code by it. */
export async function finishWatch(session: TemporalSession, id: string, options: JsonOption): Promise<void> {
  const ended = await watchBackfill(session, id);
  if (ended === undefined) {
    process.exitCode = INTERRUPTED;
    return;
  }
  if (options.json === true) printJson({ ...ended, url: runUrl(session.target, id, ended.executionId) });
  if (ended.status === 'COMPLETED') return;
  say(ended.failure ?? `The backfill ended as ${ended.status.toLowerCase()}.`);
  process.exitCode = 1;
}
