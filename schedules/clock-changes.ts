/**
 * When the clocks of a zone change, and what Temporal would do then: its calendars match each reading literally, so
 * a reading in the gap never comes and one in the fold comes twice. Pure; the zones' rules are those of Intl.
 */
import { computeOffsetMs, toWallClock } from '../core/wall-clock.js';
import { matches, type Calendar } from './calendar.js';

const DAY_MS = 24 * 3_600_000;

/** A moment at which the offset to UTC changes. */
export interface ClockChange {
  /** The first instant at which the new offset holds. */
  readonly at: Date;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** The zone's changes from one instant to another. Looks once a day: zones do not change twice in one. */
export function findClockChanges(timezone: string, from: Date, to: Date): readonly ClockChange[] {
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

/** The readings that come twice at this change; none when clocks go forward. */
export function computeFold({ at, beforeMs, afterMs }: ClockChange): Readings | undefined {
  if (afterMs > beforeMs) return undefined;
  return { from: new Date(at.getTime() + afterMs), to: new Date(at.getTime() + beforeMs) };
}

/** The instants round a change at which readings may be missing or come twice: so much before it as after. */
export function computeWindow({ at, beforeMs, afterMs }: ClockChange): {
  readonly from: Date;
  readonly to: Date;
} {
  const sizeMs = Math.abs(afterMs - beforeMs);
  return { from: new Date(at.getTime() - sizeMs), to: new Date(at.getTime() + sizeMs) };
}

/** The instants of a window, its end excluded, whose reading is in a calendar: what Temporal would fire at. */
export function matchLiterally(
  calendars: readonly Calendar[],
  timezone: string,
  { from, to }: { readonly from: Date; readonly to: Date },
): readonly Date[] {
  const wholeMinutes = calendars.every(({ seconds }) => seconds.join() === '0');
  const stepMs = wholeMinutes ? 60_000 : 1000;
  const found: Date[] = [];
  for (let time = from.getTime(); time < to.getTime(); time += stepMs) {
    const reading = toWallClock(new Date(time), timezone);
    if (calendars.some((calendar) => matches(calendar, reading))) found.push(new Date(time));
  }
  return found;
}
