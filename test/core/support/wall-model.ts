/**
 * What a cron expression means, by brute force: every minute of a span is read off the wall clock with Intl.
 * Slow, and independent of croner and of core/wall-clock.ts: the ticks are compared with it.
 */
export interface Pattern {
  readonly minutes: readonly number[];
  /** Absent: every hour. */
  readonly hours?: readonly number[];
}

/** The pattern as five fields. */
export function toExpression({ minutes, hours }: Pattern): string {
  return `${minutes.join(',')} ${hours?.join(',') ?? '*'} * * *`;
}

const MINUTE_MS = 60_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** The wall clock at an instant, as if it were UTC, in milliseconds. */
function readWall(instantMs: number, timezone: string): number {
  const known = formatters.get(timezone);
  const formatter =
    known ??
    new Intl.DateTimeFormat('en-US', {
      timeZone: timezone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric',
    }); // prettier-ignore
  if (known === undefined) formatters.set(timezone, formatter);
  const parts = Object.fromEntries(
    formatter.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute);
}

/** What the clock shows at each minute of a span, in the order of time. */
export interface WallSpan {
  readonly from: Date;
  readonly to: Date;
  readonly walls: Walls;
}

type Walls = readonly (readonly [instant: number, reading: number])[];

/** Reads a span, and a day on each side of it; both ends are whole minutes. */
export function readSpan(timezone: string, from: Date, to: Date): WallSpan {
  const walls: (readonly [instant: number, reading: number])[] = [];
  for (let ms = from.getTime() - 26 * 3_600_000; ms < to.getTime() + 26 * 3_600_000; ms += MINUTE_MS) {
    walls.push([ms, readWall(ms, timezone)]);
  }
  return { from, to, walls };
}

/** The ticks in `[from, to)`. */
export function listTicks(pattern: Pattern, { from, to, walls }: WallSpan): readonly string[] {
  const ticks = pattern.hours === undefined ? followTime(pattern, walls) : followWall(pattern, walls);
  return [...new Set(ticks)]
    .toSorted((a, b) => a - b)
    .filter((ms) => ms >= from.getTime() && ms < to.getTime())
    .map((ms) => new Date(ms).toISOString());
}

function matches({ minutes, hours }: Pattern, reading: number): boolean {
  const date = new Date(reading);
  return minutes.includes(date.getUTCMinutes()) && (hours?.includes(date.getUTCHours()) ?? true);
}

/** Every instant at which the clock shows a matching time, twice where it does so twice. */
function followTime(pattern: Pattern, walls: Walls): readonly number[] {
  return walls.filter(([, reading]) => matches(pattern, reading)).map(([instant]) => instant);
}

/** Each matching time of each day once: the last instant that shows it, else the first that shows a later one. */
function followWall(pattern: Pattern, walls: Walls): readonly number[] {
  const [first, last] = [walls[0]?.[1] ?? 0, walls.at(-1)?.[1] ?? 0];
  const instants = new Map(walls.map(([instant, reading]) => [reading, instant]));
  const ticks: number[] = [];
  for (let reading = first; reading <= last; reading += MINUTE_MS) {
    if (!matches(pattern, reading)) continue;
    const shown = instants.get(reading) ?? walls.find(([, later]) => later > reading)?.[0];
    if (shown !== undefined) ticks.push(shown);
  }
  return ticks;
}
