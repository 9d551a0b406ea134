/** The lines of a day and of the one before: generated, or from a folder of the original's log files. */
import { formatChurnLine } from '../../../generator/churn/shape.js';
import { generateEvents } from '../../../generator/generate-events.js';
import { DAY_MS, parseGeneratorSpec } from '../../../generator/spec.js';
import { readDataFolder } from '../../../local/data-folder/read.js';
import { AirtempoError } from '../../../core/errors.js';

export interface FoundDay {
  readonly day: string;
  readonly today: readonly string[];
  readonly dayBefore: readonly string[];
}

const GENERATED_DAY = '2018-10-02';
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const before = (day: string): string => dayOf(Date.parse(day) - DAY_MS);

/** Events of invented listeners. Throws INVALID_ARGUMENT. */
export function generateDay(users: number, day = GENERATED_DAY): FoundDay {
  const to = dayOf(Date.parse(day) + DAY_MS);
  const byDay = new Map<string, string[]>();
  for (const event of generateEvents(parseGeneratorSpec({ users, from: before(day), to })))
    addTo(byDay, dayOf(event.ts), formatChurnLine(event));
  return pick(byDay, day, 'The generated data');
}

/** A day of the files below `log_data/`; unless it is named, the one with the most events. Throws SOURCE_NOT_FOUND. */
export async function readDay(folder: string, day?: string): Promise<FoundDay> {
  const byDay = new Map<string, string[]>();
  for await (const { key, body } of readDataFolder(folder)) {
    if (!key.startsWith('log_data/')) continue;
    for (const line of Buffer.from(body).toString('utf8').split('\n')) {
      if (line.trim() !== '') addTo(byDay, dayOf(readTime(line, key)), line.trim());
    }
  }
  const [busiest] = [...byDay].toSorted(([, a], [, b]) => b.length - a.length);
  return pick(byDay, day ?? busiest?.[0] ?? '', folder);
}

function addTo(byDay: Map<string, string[]>, day: string, line: string): void {
  const lines = byDay.get(day);
  if (lines === undefined) byDay.set(day, [line]);
  else lines.push(line);
}

function readTime(line: string, key: string): number {
  try {
    const { ts } = JSON.parse(line) as { readonly ts?: unknown };
    return new Date(ts as number).getTime() || Number.NaN;
  } catch (cause) {
    throw new AirtempoError('LOAD_FAILED', `${key} has a line that is no JSON. Give the original files.`, {
      cause,
    });
  }
}

function pick(byDay: ReadonlyMap<string, readonly string[]>, day: string, where: string): FoundDay {
  const today = byDay.get(day);
  if (today !== undefined) return { day, today, dayBefore: byDay.get(before(day)) ?? [] };
  const days = [...byDay.keys()].sort();
  throw new AirtempoError(
    'SOURCE_NOT_FOUND',
    `${where} has no events of ${day}. Give a --day from ${days[0] ?? ''} to ${days.at(-1) ?? ''}.`,
  );
}
