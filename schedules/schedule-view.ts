/**
 * A schedule as lines of text, made alike of what a DAG asks for and of what the server holds: comparing the two is
 * comparing texts, and a difference can be shown as it is. Pure.
 */
import { formatCalendar } from './calendar.js';
import { SINGLE_INSTANT_MS, type Interval, type ScheduleSpec } from './schedule-spec.js';

/** What a schedule starts and how, besides its spec. */
export interface ScheduleParts {
  readonly dagId: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly spec: ScheduleSpec;
  readonly overlap: string;
  readonly catchupWindowMs: number;
  readonly summary: string;
  readonly taskTimeoutMs: number;
  /** What airtempo never sets, as somebody else may have: input, retry policy, time-outs. JSON. */
  readonly foreign: string;
}

/** The parts as texts by name. */
export interface ScheduleView {
  /** One line a calendar or interval, sorted. */
  readonly times: readonly string[];
  readonly fields: Readonly<Record<string, string>>;
}

/** Nothing that airtempo does not set. */
export const NOTHING_FOREIGN = '{}';

/** The view of a schedule. */
export function createView(parts: ScheduleParts): ScheduleView {
  const { spec } = parts;
  return {
    times: [...spec.calendars.map(formatCalendar), ...spec.intervals.map(formatInterval)].sort(),
    fields: {
      timezone: spec.timezone,
      'first run': spec.startAt?.toISOString() ?? 'none',
      'last run': spec.endAt?.toISOString() ?? 'none',
      jitter: formatMs(spec.jitterMs),
      'catchup window': formatMs(parts.catchupWindowMs),
      overlap: parts.overlap,
      'task queue': parts.taskQueue,
      'workflow type': parts.dagId,
      'workflow id': parts.workflowId,
      summary: JSON.stringify(parts.summary),
      'workflow task timeout': formatMs(parts.taskTimeoutMs),
      'other options': parts.foreign,
    },
  };
}

function formatInterval({ everyMs, offsetMs }: Interval): string {
  if (everyMs > SINGLE_INSTANT_MS) return `at ${new Date(everyMs + offsetMs).toISOString()}`;
  return `every ${formatMs(everyMs)}${offsetMs === 0 ? '' : `, ${formatMs(offsetMs)} after the multiples of it`}`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** `1d 2h`, `23h 59m 59s`. */
function formatMs(ms: number): string {
  let left = ms;
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count}${unit}`];
  });
  return parts.length === 0 ? '0' : parts.join(' ');
}

/** One difference. */
export interface Change {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

/** What differs between two views, times last: one change for each line that is only in one of them. */
export function diffViews(actual: ScheduleView, desired: ScheduleView): readonly Change[] {
  const fields = Object.keys(desired.fields).flatMap((field) => {
    const from = actual.fields[field] ?? 'none';
    const to = desired.fields[field] ?? 'none';
    return from === to ? [] : [{ field, from, to }];
  });
  const gone = actual.times.filter((line) => !desired.times.includes(line));
  const added = desired.times.filter((line) => !actual.times.includes(line));
  return [
    ...fields,
    ...gone.map((line) => ({ field: 'times', from: line, to: 'none' })),
    ...added.map((line) => ({ field: 'times', from: 'none', to: line })),
  ];
}
