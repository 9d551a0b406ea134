/**
 * Which runs a DAG is owed when it is switched on, as Airflow answers it, and in which ranges to ask the server for
 * them. Pure: `now` is passed in.
 */
import { computeScheduledInterval } from '../core/data-interval.js';
import { computeFirstRun, listRuns, type ScheduledRun } from '../core/next-runs.js';
import { isPeriodic } from '../core/timetable.js';
import type { ScheduledDag } from './schedule-spec.js';

/** What is known about the past of a DAG that is switched on. */
export interface Past {
  readonly now: Date;
  /** When the last run fired that its schedule started. */
  readonly lastFireTime: Date | undefined;
}

/**
 * The runs to start at once, in order. With catchup all since the last one or the start date; without it only the
 * latest that is due, if it has not run. Airflow's `next_dagrun_info` for one moment; see `computeFirstRun`.
 */
export function computeOwedRuns(dag: ScheduledDag, { now, lastFireTime }: Past): readonly ScheduledRun[] {
  const { schedule: timetable, startDate, endDate, catchup } = dag;
  if (timetable.kind === 'continuous') return []; // its schedule starts it at once
  const lastRun = lastFireTime === undefined ? undefined : computeScheduledInterval(timetable, lastFireTime);
  const first = computeFirstRun({ timetable, startDate, endDate, catchup }, { now, lastRun });
  if (first === undefined || first.fireTime > now) return [];
  if (!catchup || !isPeriodic(timetable)) return [first];
  const runs: ScheduledRun[] = [];
  for (const run of listRuns({ timetable, startDate, endDate }, { from: first.logicalDate, to: now })) {
    if (run.fireTime > now) break;
    runs.push(run);
  }
  return runs;
}

/** A stretch of fire times to start, both ends included. */
export interface BackfillRange {
  readonly start: Date;
  readonly end: Date;
}

/**
 * The fewest ranges that hold the fire times of `wanted` and none of the others in `owed`. The server picks runs by
 * the time at which they would really start, jitter included, so a range ends that much later, but never so late
 * that the next run could be meant.
 */
export function computeRanges(
  owed: readonly Date[],
  wanted: ReadonlySet<number>,
  {
    jitterMs,
    nextFireTime,
  }: { readonly jitterMs: number; readonly nextFireTime: (after: Date) => Date | undefined },
): readonly BackfillRange[] {
  const ranges: { start: Date; end: Date }[] = [];
  let isOpen = false;
  for (const fireTime of owed) {
    const isWanted = wanted.has(fireTime.getTime());
    const range = ranges.at(-1);
    if (isWanted && isOpen && range !== undefined) range.end = fireTime;
    else if (isWanted) ranges.push({ start: fireTime, end: fireTime });
    isOpen = isWanted;
  }
  return ranges.map(({ start, end }) => {
    const next = jitterMs === 0 ? undefined : nextFireTime(end);
    const latest = Math.min(end.getTime() + jitterMs, (next?.getTime() ?? Infinity) - 1000);
    return { start, end: new Date(Math.max(end.getTime(), latest)) };
  });
}
