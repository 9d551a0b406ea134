/**
 * What the Temporal Schedule of a DAG should be, whole: times, policies, and the workflow that it starts. Pure.
 */
import { createHash } from 'node:crypto';
import { formatTimetable, type Timetable } from '../core/timetable.js';
import { compileSpec, computeShortestGapMs, type ScheduledDag, type ScheduleSpec } from './schedule-spec.js';

/** How runs that overlap in time are treated. */
export type Overlap = 'ALLOW_ALL' | 'BUFFER_ONE';

/** Everything about a schedule that comes from its DAG; whether it is on or off does not. */
export interface DesiredSchedule {
  readonly dagId: string;
  readonly taskQueue: string;
  readonly spec: ScheduleSpec;
  readonly overlap: Overlap;
  readonly catchupWindowMs: number;
  readonly summary: string;
  /** The timetable in a word or two. */
  readonly timetable: string;
  /** Changes when anything above does. */
  readonly specHash: string;
}

/** Temporal takes no less. */
const SHORTEST_WINDOW_MS = 10_000;
const YEAR_MS = 365 * 24 * 3_600_000;
/** Temporal's limit for a summary is 400 bytes; a character has up to four. */
const SUMMARY_CHARACTERS = 100;

/** The schedule of a DAG. Throws INVALID_SCHEDULE for a timetable that Temporal cannot be told. */
export function computeDesiredSchedule(dag: ScheduledDag, taskQueue: string, now: Date): DesiredSchedule {
  const desired = {
    dagId: dag.id,
    taskQueue,
    spec: compileSpec(dag, now),
    overlap: computeOverlap(dag.schedule),
    catchupWindowMs: computeCatchupWindowMs(dag),
    summary: dag.description.slice(0, SUMMARY_CHARACTERS),
    timetable: formatTimetable(dag.schedule),
  };
  return { ...desired, specHash: hash(JSON.stringify([desired, dag.catchup])) };
}

/** Runs may overlap; a continuous DAG has one at a time, and its next begins when it ends. */
function computeOverlap(timetable: Timetable): Overlap {
  return timetable.kind === 'continuous' ? 'BUFFER_ONE' : 'ALLOW_ALL';
}

/**
 * How late a run may start when the server was down. Without catchup: less than one interval, so that of all missed
 * runs only the latest is made up for.
 */
function computeCatchupWindowMs({ schedule, catchup }: ScheduledDag): number {
  if (schedule.kind === 'continuous') return SHORTEST_WINDOW_MS;
  const gapMs = computeShortestGapMs(schedule);
  if (catchup || gapMs === undefined) return YEAR_MS;
  return Math.min(YEAR_MS, Math.max(SHORTEST_WINDOW_MS, gapMs - 1000));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
