/** Events made by hand, and what a query of sql/insights says of them. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { readQuery } from '../../insights/read-query.js';
import type { Rows } from '../../insights/insight.js';

export type RawEvent = Readonly<Record<string, string | number | null>>;

/** `at('1 10:00')` is 2018-10-01 10:00 UTC, a Monday; the day may be beyond 31. */
export function at(when: string): number {
  const [day = '1', time = '00:00'] = when.split(' ');
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return Date.UTC(2018, 9, Number(day), hours, minutes, seconds);
}

/** An event of a logged-in user at level free; items are numbered by the caller where the order matters. */
export function event(when: string, user: string, page: string, more: RawEvent = {}): RawEvent {
  return {
    ts: at(when),
    userId: user,
    sessionId: 1,
    itemInSession: 0,
    page,
    auth: 'Logged In',
    level: 'free',
    gender: 'F',
    location: 'Springfield, IL',
    userAgent: 'Mozilla/5.0 (Macintosh)',
    ...more,
  };
}

/** A song. */
export function song(when: string, user: string, more: RawEvent = {}): RawEvent {
  return event(when, user, 'NextSong', { artist: 'A', song: 'S', length: 180, ...more });
}

/** The rows of a query over the events. */
export async function ask(file: string, events: readonly RawEvent[]): Promise<Rows> {
  const db = await openDuckDb({ threads: 1 });
  try {
    const source = path.join(db.tempFolder, 'hand-made.json');
    await writeFile(source, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    await createEvents(db, source);
    return await db.rows((await readQuery(file)).sql);
  } finally {
    await db.close();
  }
}
