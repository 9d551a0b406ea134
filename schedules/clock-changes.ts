/**
 * When the clocks of a zone change, and which readings Temporal's calendars get wrong then (`next` in the server's
 * service/worker/scheduler/calendar.go). Pure; the zones' rules are those of Intl.
 */
import { computeOffsetMs } from '../core/wall-clock.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A moment at which the offset to UTC changes. */
export interface ClockChange {
  /** The first instant at which the new offset holds. */
  readonly at: Date;
  readonly beforeMs: number;
  readonly afterMs: number;
}

const known = new Map<string, readonly ClockChange[]>();

/** The zone's changes from one instant to another. Looks once a day: zones do not change twice in one. */
export function findClockChanges(timezone: string, from: Date, to: Date): readonly ClockChange[] {
  // a deploy asks for the same years of the same zones again and again, and Intl takes its time
  const key = `${timezone} ${from.toISOString()} ${to.toISOString()}`;
  const changes = known.get(key) ?? lookForChanges(timezone, from, to);
  known.set(key, changes);
  return changes;
}

function lookForChanges(timezone: string, from: Date, to: Date): readonly ClockChange[] {
  const changes: ClockChange[] = [];
  let previous = from.getTime();
  let beforeMs = computeOffsetMs(from, timezone);
  for (let time = previous + DAY_MS; time < to.getTime() + DAY_MS; time += DAY_MS) {
    const afterMs = computeOffsetMs(new Date(time), timezone);
    if (afterMs !== beforeMs) {
      changes.push({ at: findChange(previous, time, beforeMs, timezone), beforeMs, afterMs });
    }
    previous = time;
    beforeMs = afterMs;
  }
  return changes;
}

function findChange(fromMs: number, toMs: number, beforeMs: number, timezone: string): Date {
  let low = Math.floor(fromMs / 1000);
  let high = Math.ceil(toMs / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (computeOffsetMs(new Date(middle * 1000), timezone) === beforeMs) low = middle;
    else high = middle;
  }
  return new Date(high * 1000);
}

/** Readings from `from` until `to`, each a Date whose UTC fields are those of the wall. */
export interface Readings {
  readonly from: Date;
  readonly to: Date;
}

/**
 * The readings that must not be in a calendar on the day of a change. Forward: those of the gap, which never come.
 * Back: the hours of the fold, which the server takes for the first time, the second, or an hour later; and east of
 * Greenwich the hour before as well, which it repeats instead of the fold: a DAG of midnight in London would run twice.
 */
export function computeDoubtful({ at, beforeMs, afterMs }: ClockChange): Readings {
  const [from, to] = [at.getTime() + beforeMs, at.getTime() + afterMs].sort((a, b) => a - b) as [
    number,
    number,
  ];
  if (afterMs > beforeMs) return { from: new Date(from), to: new Date(to) };
  const wholeFrom = Math.floor(from / HOUR_MS) * HOUR_MS;
  const wholeTo = Math.ceil(to / HOUR_MS) * HOUR_MS;
  return { from: new Date(beforeMs > 0 ? wholeFrom - HOUR_MS : wholeFrom), to: new Date(wholeTo) };
}

/** The instants at which a doubtful reading may come, or what stands for it; the end excluded. */
export function computeWindow({ at, beforeMs, afterMs }: ClockChange): readonly [from: Date, to: Date] {
  const sizeMs = Math.abs(afterMs - beforeMs);
  if (afterMs > beforeMs) return [at, new Date(at.getTime() + sizeMs)];
  // whole hours, and one more, lie before the fold
  return [new Date(at.getTime() - sizeMs - 2 * HOUR_MS), new Date(at.getTime() + sizeMs + HOUR_MS)];
}

/** The day that begins later than at midnight because of this change, whole; undefined for other changes. */
export function findLostDay({ at, beforeMs, afterMs }: ClockChange): Readings | undefined {
  if (afterMs < beforeMs) return undefined;
  const midnight = Math.floor((at.getTime() + afterMs) / DAY_MS) * DAY_MS;
  if (midnight < at.getTime() + beforeMs) return undefined;
  return { from: new Date(midnight), to: new Date(midnight + DAY_MS) };
}
