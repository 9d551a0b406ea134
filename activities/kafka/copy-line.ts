/** An event as a line of COPY into the table `events`. Its texts have passed `parseEvent`, so none is refused here. Pure. */
import { escapeText } from '../../connections/copy/cell.js';
import type { Encode } from './batch.js';

/** The columns of a line, in their order. */
export const EVENT_COLUMNS =
  'event_key, event_date, ts, user_id, session_id, item_in_session, page, auth, method, status, level, location, user_agent, ' +
  'first_name, last_name, gender, registration, artist, song, length, kafka_topic, kafka_partition, kafka_offset';

const plain = (value: string | null): string => value ?? '\\N';
const escaped = (value: string | null): string => (value === null ? '\\N' : (escapeText(value) as string));
const number = (value: number | null): string => (value === null ? '\\N' : String(value));
const instant = (ms: number | null): string => (ms === null ? '\\N' : `${dateOf(ms)} ${timeOf(ms)}`);

/** How an event of the topic is written. */
export function encodeFor(topic: string): Encode {
  return (event, key, { partition, offset }, isPlain) => {
    const text = isPlain ? plain : escaped;
    return (
      `${text(key)}\t${dateOf(event.ts)}\t${instant(event.ts)}\t${text(event.userId)}\t${number(event.sessionId)}\t` +
      `${number(event.itemInSession)}\t${text(event.page)}\t${text(event.auth)}\t${text(event.method)}\t${number(event.status)}\t` +
      `${text(event.level)}\t${text(event.location)}\t${text(event.userAgent)}\t${text(event.firstName)}\t${text(event.lastName)}\t` +
      `${text(event.gender)}\t${instant(event.registration)}\t${text(event.artist)}\t${text(event.song)}\t${number(event.length)}\t` +
      `${topic}\t${String(partition)}\t${String(offset)}\n`
    );
  };
}

const DAY_MS = 86_400_000;
/** Few days come again and again, and `toISOString` is the dearest part of a line. */
const DATES = new Map<number, string>();

function dateOf(ms: number): string {
  const day = Math.floor(ms / DAY_MS);
  const known = DATES.get(day);
  if (known !== undefined) return known;
  const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
  DATES.set(day, date);
  return date;
}

const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));

function timeOf(ms: number): string {
  const seconds = Math.floor((ms % DAY_MS) / 1000);
  const [hour, minute] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${TWO[hour] ?? ''}:${TWO[minute] ?? ''}:${TWO[seconds % 60] ?? ''}.${THREE[ms % 1000] ?? ''}`;
}
