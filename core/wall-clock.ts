/**
 * The clock on the wall of a time zone: what it shows at an instant, and which instant a reading means.
 * A reading is a Date whose UTC fields are those of the wall. Pure; the zones' rules are those of Intl.
 */
const DAY_MS = 24 * 3_600_000;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock is ahead of UTC, in milliseconds. Throws RangeError for an unknown zone. */
export function computeOffsetMs(instant: Date, timezone: string): number {
  const known = formatters.get(timezone);
  const formatter =
    known ?? new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
  if (known === undefined) formatters.set(timezone, formatter);
  // "1/1/1880, GMT+00:53:28"; some releases of Intl write plain GMT for zero
  const [, offset = ''] = formatter.format(instant).split('GMT');
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number);
  const ms = ((hours * 60 + minutes) * 60 + seconds) * 1000;
  return offset.startsWith('-') ? -ms : ms;
}

/** Whether Intl knows the zone. */
export function isTimezone(timezone: string): boolean {
  try {
    computeOffsetMs(new Date(0), timezone);
    return true;
  } catch {
    return false;
  }
}

/** What the wall clock shows at an instant. */
export function toWallClock(instant: Date, timezone: string): Date {
  return shift(instant, computeOffsetMs(instant, timezone));
}

/** What the wall clock shows, with its distance from UTC: `2018-11-03T02:00:00+01:00`; in UTC `…Z`. */
export function formatInZone(instant: Date, timezone: string): string {
  const offsetMs = computeOffsetMs(instant, timezone);
  const reading = shift(instant, offsetMs)
    .toISOString()
    .replace(/\.\d{3}Z$/, '');
  if (offsetMs === 0) return timezone === 'UTC' ? `${reading}Z` : `${reading}+00:00`;
  const distance = new Date(Math.abs(offsetMs)).toISOString().slice(11, offsetMs % 60_000 === 0 ? 16 : 19);
  return `${reading}${offsetMs < 0 ? '-' : '+'}${distance}`;
}

/** An instant as people in the zone write it: `2018-11-02` at midnight, else `2018-11-02 02:30`, with seconds if there are any. */
export function formatDateInZone(instant: string, timezone: string): string {
  const text = toWallClock(new Date(instant), timezone).toISOString();
  const time = text.slice(11, 19).replace(/:00$/, '');
  return time === '00:00' ? text.slice(0, 10) : `${text.slice(0, 10)} ${time}`;
}

/**
 * The instant that a reading means. A reading that comes twice, when clocks go back, means the second
 * time; one that never comes, when they go forward, means the first instant after the gap.
 */
export function fromWallClock(reading: Date, timezone: string): Date {
  const before = computeOffsetMs(shift(reading, -DAY_MS), timezone);
  const after = computeOffsetMs(shift(reading, DAY_MS), timezone);
  for (const offset of [Math.min(before, after), Math.max(before, after)]) {
    const instant = shift(reading, -offset);
    if (computeOffsetMs(instant, timezone) === offset) return instant; // the smaller offset is the later instant
  }
  return findTransition(shift(reading, -DAY_MS), shift(reading, DAY_MS), timezone);
}

/** How far back to look for readings that are still to come again: nothing, but shortly before clocks go back. */
export function computeFoldMs(instant: Date, timezone: string): number {
  const ahead = computeOffsetMs(shift(instant, DAY_MS), timezone);
  return Math.max(0, computeOffsetMs(instant, timezone) - ahead);
}

/** The first second at which the later offset holds. */
function findTransition(from: Date, to: Date, timezone: string): Date {
  const after = computeOffsetMs(to, timezone);
  let low = Math.floor(from.getTime() / 1000);
  let high = Math.ceil(to.getTime() / 1000);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (computeOffsetMs(new Date(middle * 1000), timezone) === after) high = middle;
    else low = middle;
  }
  return new Date(high * 1000);
}

function shift(date: Date, ms: number): Date {
  return new Date(date.getTime() + ms);
}
