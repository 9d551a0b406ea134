/** Prints what a repair has done, and follows the run when asked to. */
import { print, printJson, say } from '../output.js';
import type { TemporalSession } from '../temporal.js';
import { watchToEnd } from '../watch.js';
import type { RepairedRun } from './repair-run.js';

/** How to tell it. */
export interface ReportOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Prints the repair; with `watch`, follows the run, and a run that fails makes the exit code 1. */
export async function reportRepair(
  session: TemporalSession,
  repaired: RepairedRun,
  options: ReportOptions,
): Promise<void> {
  const { watch = false, json = false } = options;
  if (!watch) {
    if (json) printJson(repaired);
    else print(formatRepair(repaired));
    return;
  }
  say(formatRepair(repaired));
  await watchToEnd(session, repaired.workflowId, { json });
}

/** A repair in two lines. */
export function formatRepair({ workflowId, done, url }: RepairedRun): string {
  return [`${workflowId}: ${done}`, ...(url === undefined ? [] : [url])].join('\n');
}
