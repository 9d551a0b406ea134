/**
 * A day of events as a stream has them: most come as they happen, some a day late, some twice, and some are broken. What is in it
 * is counted here by its own means, not by those of the ingest. Pure.
 */

/** What is no event, and why the ingest will say so. */
const BROKEN: readonly (readonly [reason: string, line: Buffer])[] = [
  ['invalid_json', Buffer.from('{"ts":1538352117000,"userId":"30","sess')],
  ['not_an_object', Buffer.from('["1538352117000","30"]')],
  ['missing_field', Buffer.from('{"userId":"30","page":"Home"}')],
  ['wrong_type', Buffer.from('{"ts":"yesterday","userId":"30","page":"Home"}')],
  ['out_of_range', Buffer.from('{"ts":1538352117,"userId":"30","page":"Home"}')],
  ['invalid_utf8', Buffer.from('{"ts":1538352117000,"page":"NextSong","song":"Café"}', 'latin1')],
];
/** Each so many events of the day before one comes a day late. */
const LATE_EVERY = 50;
/** Each so many events of the day one is sent again, so many events later. */
const TWICE_EVERY = 60;
const TWICE_AFTER = 25;
const BROKEN_EVERY = 400;

/** How many there are of what. */
export interface DayCounts {
  readonly messages: number;
  /** Different events: rows of a table or a lake that has them all. */
  readonly rows: number;
  readonly duplicates: number;
  readonly deadLetters: number;
  /** Events of the day before, among the rows. */
  readonly late: number;
  readonly reasons: Readonly<Record<string, number>>;
}

export interface DayOfEvents {
  readonly lines: readonly Buffer[];
  readonly counts: DayCounts;
}

/** The stream of a day, from the lines of its events and of those of the day before, both in their order. */
export function mixDay(today: readonly string[], dayBefore: readonly string[]): DayOfEvents {
  const late = dayBefore.filter((_, at) => at % LATE_EVERY === 0);
  const lateEvery = Math.max(1, Math.floor(today.length / (late.length + 1)));
  const [events, broken]: [string[], number[]] = [[], []];
  const lines: Buffer[] = [];
  const send = (line: string): void => {
    events.push(line);
    lines.push(Buffer.from(line));
  };
  today.forEach((line, at) => {
    send(line);
    const former =
      at >= TWICE_AFTER && (at - TWICE_AFTER) % TWICE_EVERY === 0 ? today[at - TWICE_AFTER] : undefined;
    if (former !== undefined) send(former);
    const waiting = at % lateEvery === lateEvery - 1 ? late.shift() : undefined;
    if (waiting !== undefined) send(waiting);
    if (at % BROKEN_EVERY !== 0) return;
    const kind = broken.length % BROKEN.length;
    lines.push(BROKEN[kind]?.[1] ?? Buffer.alloc(0));
    broken.push(kind);
  });
  for (const line of late) send(line);
  return { lines, counts: count(events, broken, today) };
}

function count(events: readonly string[], broken: readonly number[], today: readonly string[]): DayCounts {
  const keys = new Set(events.map(readKey));
  const reasons: Record<string, number> = {};
  for (const kind of broken) {
    const reason = BROKEN[kind]?.[0] ?? '';
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return {
    messages: events.length + broken.length,
    rows: keys.size,
    duplicates: events.length - keys.size,
    deadLetters: broken.length,
    late: keys.size - new Set(today.map(readKey)).size,
    reasons,
  };
}

/** Time, session, item and user are what an event is known by. */
function readKey(line: string): string {
  const event = JSON.parse(line) as Readonly<Record<string, unknown>>;
  return JSON.stringify(['ts', 'sessionId', 'itemInSession', 'userId'].map((name) => event[name] ?? ''));
}
