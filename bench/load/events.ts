/**
 * The events of the benchmark: the real ones (or a few made-up ones without them) again and again, with shifted
 * times and session numbers, as JSON lines and as the CSV of the very same rows.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

type Value = string | number | null;
/** A log event, as far as this file looks at it. */
interface Event {
  readonly ts: number;
  readonly sessionId: number;
  readonly [key: string]: Value;
}

/** Keys in the order of staging_events' columns. */
const COLUMNS = [
  'artist', 'auth', 'firstName', 'gender', 'itemInSession', 'lastName', 'length', 'level', 'location', 'method', 'page',
  'registration', 'sessionId', 'song', 'status', 'ts', 'userAgent', 'userId',
] as const; // prettier-ignore
const SONG_COLUMNS = [
  'num_songs', 'artist_id', 'artist_latitude', 'artist_longitude', 'artist_location', 'artist_name', 'song_id', 'title',
  'duration', 'year',
] as const; // prettier-ignore

const MONTH_MS = 30 * 86_400_000;
/** Sessions of one copy are numbered below this. */
const SESSIONS_PER_COPY = 2_000;

const SYNTHETIC_SONG = JSON.stringify({
  num_songs: 1,
  artist_id: 'A1',
  artist_name: 'Artist 1 é',
  song_id: 'S1',
  title: 'Song 1',
  duration: 200.001,
  year: 0,
});

function createSyntheticEvent(index: number): Event {
  const song = index % 5 !== 0;
  return {
    artist: song ? `Artist ${String(index % 300)} é` : null,
    auth: 'Logged In',
    firstName: `First${String(index % 97)}`,
    gender: index % 2 === 0 ? 'F' : 'M',
    itemInSession: index % 40,
    lastName: `Last${String(index % 89)}`,
    length: song ? 200 + (index % 1000) / 1000 : null,
    level: index % 3 === 0 ? 'paid' : 'free',
    location: 'San Francisco-Oakland-Hayward, CA',
    method: song ? 'PUT' : 'GET',
    page: song ? 'NextSong' : 'Home',
    registration: 1540919166796,
    sessionId: Math.floor(index / 40),
    song: song ? `Song ${String(index % 700)}` : null,
    status: 200,
    ts: 1541105830796 + index * 1000,
    userAgent:
      '"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_4) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0"',
    userId: index % 50 === 0 ? '' : String(index % 97),
  };
}

async function readJsonFolder(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const files = names.filter((name) => name.endsWith('.json')).toSorted();
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.split('\n').filter((line) => line.trim() !== ''));
}

export interface BaseData {
  readonly events: readonly Event[];
  /** Song files' contents. */
  readonly songs: readonly string[];
  /** Whether these are the real files. */
  readonly real: boolean;
}

/** Reads `log_data/` and `song_data/` below `folder`, or makes events up when they are not there. */
export async function readBaseData(folder: string): Promise<BaseData> {
  if (!existsSync(path.join(folder, 'log_data'))) {
    return {
      events: Array.from({ length: 8_000 }, (_, index) => createSyntheticEvent(index)),
      songs: [SYNTHETIC_SONG],
      real: false,
    };
  }
  const lines = await readJsonFolder(path.join(folder, 'log_data'));
  // The files hold flat events with these two keys.
  const events = lines.map((line) => JSON.parse(line) as Event);
  return { events, songs: await readJsonFolder(path.join(folder, 'song_data')), real: true };
}

/** Copy number `copy` of all events. Copy 0 is the original. */
export function shiftEvents(events: readonly Event[], copy: number): readonly Event[] {
  const shiftMs = (copy % 12) * MONTH_MS + copy;
  const shiftSessions = SESSIONS_PER_COPY * copy;
  return events.map((event) => ({
    ...event,
    ts: event.ts + shiftMs,
    sessionId: event.sessionId + shiftSessions,
  }));
}

function csvField(value: Value | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  return /[",\n\r]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value;
}

/** The rows as `psql \copy … CSV` takes them: times as text, '' of a number as NULL. */
export function renderEventsCsv(events: readonly Event[]): string {
  const lines = events.map((event) => {
    const row: Readonly<Record<string, Value>> = {
      ...event,
      ts: new Date(event.ts).toISOString().slice(0, -1),
      userId: event['userId'] === '' ? null : (event['userId'] ?? null),
    };
    return COLUMNS.map((key) => csvField(row[key])).join(',');
  });
  return `${lines.join('\n')}\n`;
}

/** The songs as CSV. */
export function renderSongsCsv(songs: readonly string[]): string {
  return songs
    .map((text) => {
      const song = JSON.parse(text) as Readonly<Record<string, Value>>; // a flat song file
      return `${SONG_COLUMNS.map((key) => csvField(song[key])).join(',')}\n`;
    })
    .join('');
}
