/** What an ingest must have made of the events that were sent, computed from their lines alone. Pure. */
import { toText, toTimestamp, type Row } from './row.js';

type Json = Readonly<Record<string, string | number | undefined>>;

const TEXTS = [
  'page', 'auth', 'method', 'status', 'level', 'location', 'userAgent', 'firstName', 'lastName', 'gender', 'artist', 'song',
] as const; // prettier-ignore

/** Columns of a table of events by their names there, in the order of the rows below. */
export const EVENT_COLUMNS = [
  'ts', 'user_id', 'session_id', 'item_in_session', 'page', 'auth', 'method', 'status', 'level', 'location', 'user_agent',
  'first_name', 'last_name', 'gender', 'artist', 'song',
] as const; // prettier-ignore

/** Of lines that are distinct events: key and day, the columns above, then registration and length. */
export function computeEvents(lines: readonly string[]): readonly Row[] {
  return lines.map((line) => {
    const event = JSON.parse(line) as Json;
    const user = event.userId === '' ? null : toText(event.userId);
    const ts = Number(event.ts);
    const key = [event.ts, event.sessionId ?? '-', event.itemInSession ?? '-', user ?? ''].join('/');
    const texts = TEXTS.map((name) => toText(event[name]));
    const registration = event.registration === undefined ? null : toTimestamp(Number(event.registration));
    return [
      key, new Date(ts).toISOString().slice(0, 10), toTimestamp(ts), user, toText(event.sessionId), toText(event.itemInSession),
      ...texts, registration, toMicroseconds(event.length),
    ]; // prettier-ignore
  });
}

/** Lengths have five decimals: as whole numbers they are printed alike everywhere. */
function toMicroseconds(seconds: Json[string]): string | null {
  return seconds === undefined ? null : String(Math.round(Number(seconds) * 1e6));
}
