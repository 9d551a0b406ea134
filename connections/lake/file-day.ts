/** Which day a file of raw events is of, as its name says, and days as text. Pure. */

const DAY_MS = 86_400_000;

/** `2018/11/2018-11-01-events.json`, `date=2018-11-01/x.json` and `2018/11/01/x.json` are of 2018-11-01; others of none. */
export function findFileDay(name: string): string | undefined {
  const found = [...name.matchAll(/(\d{4})-(\d{2})-(\d{2})|(?:^|\/|=)(\d{4})\/(\d{2})\/(\d{2})\//g)].at(-1);
  if (found === undefined) return undefined;
  const [, y1, m1, d1, y2, m2, d2] = found;
  const day = `${y1 ?? y2 ?? ''}-${m1 ?? m2 ?? ''}-${d1 ?? d2 ?? ''}`;
  return isDay(day) ? day : undefined;
}

/** Whether a text is a day of the calendar, as `2018-11-01`. */
export function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The day so many days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** The days of `[from, to)`. */
export function listDays(from: string, to: string): readonly string[] {
  const days: string[] = [];
  for (let day = from; day < to; day = addDays(day, 1)) days.push(day);
  return days;
}

/** Which days a run writes. */
export interface DayChoice {
  /** The first day, UTC. Default: that of the run's data interval. */
  readonly from?: string | undefined;
  /** The first day no more. Default: the end of the run's data interval. */
  readonly to?: string | undefined;
  /** So many days before `from` are written again, for events that came late. Default 0. */
  readonly lateDays?: number | undefined;
}

/** The days that an interval touches: of one shorter than a day, its day. */
export function resolveDays(
  { from, to, lateDays = 0 }: DayChoice,
  { start, end }: { readonly start: Date; readonly end: Date },
): { readonly from: string; readonly to: string } {
  const first = from ?? start.toISOString().slice(0, 10);
  const lastMoment = new Date(Math.max(start.getTime(), end.getTime() - 1));
  const after = to ?? addDays(lastMoment.toISOString().slice(0, 10), 1);
  return { from: addDays(first, -lateDays), to: after };
}
