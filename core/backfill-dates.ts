/** The dates of a backfill, in its order and lazily, and what is to be done with each. Pure. */
import type { DateRange, Reprocess } from './backfill-input.js';
import { listRuns, type BoundedTimetable, type ScheduledRun } from './next-runs.js';

/** How the latest run of a date stands. */
export type ExistingRun = 'none' | 'running' | 'success' | 'failed';

/** What a backfill does with a date: `in_flight` is left to whoever started it. */
export type DateAction = 'run' | 'skip' | 'in_flight';

/** Airflow's rule: what is in flight is never touched, what has ended is run again if `reprocess` says so. */
export function decideAction(reprocess: Reprocess, existing: ExistingRun): DateAction {
  if (existing === 'none') return 'run';
  if (existing === 'running') return 'in_flight';
  if (reprocess === 'completed') return 'run';
  return reprocess === 'failed' && existing === 'failed' ? 'run' : 'skip';
}

/** Runs listed at once when going backwards. */
const WINDOW_RUNS = 200;

/** The runs of the range, newest first if `reverse`. `total` is how many there are, about. */
export function* listBackfillDates(
  timetable: BoundedTimetable,
  { from, to }: DateRange,
  { reverse, total }: { readonly reverse: boolean; readonly total: number },
): Generator<ScheduledRun, void, undefined> {
  if (!reverse) {
    yield* listRuns(timetable, { from, to });
    return;
  }
  const first = from.getTime();
  const windows = Math.ceil(Math.max(total, 1) / WINDOW_RUNS);
  const windowMs = Math.max(1000, Math.ceil((to.getTime() - first) / windows));
  for (let end = to.getTime(); end >= first; end -= windowMs) {
    const start = Math.max(first, end - windowMs + 1);
    yield* [...listRuns(timetable, { from: new Date(start), to: new Date(end) })].toReversed();
  }
}
