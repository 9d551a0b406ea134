/**
 * The churn shape: one JSON object a line with up to 18 keys. Keys that do not apply are absent, not null; a line of
 * nobody has an empty userId. Pure.
 */
import { type Auth, isKnown, type Level, PAGES, type Page, type SparkifyEvent } from '../event.js';

type Middle = Readonly<Record<Auth, Readonly<Record<Level, string>>>>;

/** `,"page":…` to `"level":…`, made once for each combination. */
const MIDDLES = new Map<Page, Middle>(
  (Object.keys(PAGES) as Page[]).map((page) => [page, createMiddle(page)]),
);

function createMiddle(page: Page): Middle {
  const { method, status } = PAGES[page];
  const text = (auth: Auth, level: Level): string =>
    `,${JSON.stringify({ page, auth, method, status, level }).slice(1, -1)},"itemInSession":`;
  const both = (auth: Auth): Readonly<Record<Level, string>> => ({
    free: text(auth, 'free'),
    paid: text(auth, 'paid'),
  });
  return {
    'Logged In': both('Logged In'),
    'Logged Out': both('Logged Out'),
    Guest: both('Guest'),
    Cancelled: both('Cancelled'),
  };
}

/** An event as a line, without the line feed. */
export function formatChurnLine(event: SparkifyEvent): string {
  const { ts, person, sessionId, page, auth, level, itemInSession, song } = event;
  const known = isKnown(event);
  const middle = (MIDDLES.get(page) as Middle)[auth][level];
  const start = `{"ts":${ts},"userId":"${known ? person.userId : ''}","sessionId":${sessionId}`;
  return `${start}${middle}${itemInSession}${known ? person.json : ''}${song === undefined ? '' : song.json}}`;
}
