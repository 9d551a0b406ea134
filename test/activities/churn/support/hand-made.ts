/** Hand-made events in a DuckDB of their own, for tests that know the answers. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createEvents } from '../../../../connections/duckdb/create-events.js';
import { openDuckDb, type DuckDb } from '../../../../connections/duckdb/duckdb.js';

/** The midnight before the first event. */
export const START_MS = Date.UTC(2018, 9, 1);
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface HandMade {
  readonly user: string;
  readonly session: number;
  /** Hours after START_MS. */
  readonly hour: number;
  readonly page: string;
  readonly level?: 'free' | 'paid';
  readonly gender?: 'M' | 'F';
}

/** Opens a DuckDB whose relation `events` holds these; close it. */
export async function openWith(events: readonly HandMade[]): Promise<DuckDb> {
  const db = await openDuckDb({ threads: 1 });
  const file = path.join(db.tempFolder, 'hand-made.json');
  const items = new Map<string, number>();
  const lines = events.map(({ user, session, hour, page, level = 'free', gender = 'F' }) => {
    const key = `${user} ${String(session)}`;
    const itemInSession = items.get(key) ?? 0;
    items.set(key, itemInSession + 1);
    return JSON.stringify({
      ts: START_MS + Math.round(hour * HOUR_MS),
      userId: user,
      sessionId: session,
      itemInSession,
      page,
      level,
      gender,
      auth: 'Logged In',
      method: 'GET',
      status: 200,
      registration: START_MS - 10 * DAY_MS,
    });
  });
  await writeFile(file, `${lines.join('\n')}\n`);
  await createEvents(db, file);
  return db;
}

/** So many events of one page, a minute apart. */
export function several(count: number, first: HandMade): readonly HandMade[] {
  return Array.from({ length: count }, (_, index) => ({ ...first, hour: first.hour + index / 60 }));
}
