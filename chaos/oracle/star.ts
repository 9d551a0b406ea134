/**
 * What the star schema must hold, computed from the lines of the files alone. It follows the comments of sql/star/ and shares no code with
 * what loads them. Pure.
 */
import { createHash } from 'node:crypto';
import { groupBy, toText, toTimestamp, type Row } from './row.js';

type Json = Readonly<Record<string, string | number | null>>;
type Order = readonly (string | number)[];

/** Rows of each table. */
export type Tables = ReadonlyMap<string, readonly Row[]>;

const EVENT_KEYS = [
  'artist', 'auth', 'firstName', 'gender', 'itemInSession', 'lastName', 'length', 'level', 'location', 'method', 'page',
  'registration', 'sessionId', 'song', 'status', 'ts', 'userAgent', 'userId',
] as const; // prettier-ignore
const SONG_KEYS = [
  'num_songs', 'artist_id', 'artist_latitude', 'artist_longitude', 'artist_location', 'artist_name', 'song_id', 'title',
  'duration', 'year',
] as const; // prettier-ignore

/** The seven tables, of the lines of event logs and of song files. */
export function computeStar(eventLines: readonly string[], songLines: readonly string[]): Tables {
  const events = eventLines.map((line) => JSON.parse(line) as Json);
  const songs = songLines.map((line) => JSON.parse(line) as Json);
  const plays = computePlays(events, songs);
  return new Map<string, readonly Row[]>([
    ['staging_events', events.map(toStagedEvent)],
    ['staging_songs', songs.map((song) => SONG_KEYS.map((key) => toText(song[key])))],
    ['songplays', plays],
    ['users', computeUsers(events)],
    [
      'songs',
      bestOf(songs, 'song_id', ({ year, title }) => [-Number(year ?? 0), String(title)]).map(
        pick('song_id', 'title', 'artist_id', 'year', 'duration'),
      ),
    ],
    [
      'artists',
      bestOf(songs, 'artist_id', orderArtist).map(
        pick('artist_id', 'artist_name', 'artist_location', 'artist_latitude', 'artist_longitude'),
      ),
    ],
    ['time', computeTimes(events.filter(isPlay))],
  ]);
}

const pick =
  (...keys: readonly string[]) =>
  (item: Json): Row =>
    keys.map((key) => toText(item[key]));

function toStagedEvent(event: Json): Row {
  return EVENT_KEYS.map((key) => {
    if (key === 'ts') return toTimestamp(Number(event.ts));
    return key === 'userId' && event.userId === '' ? null : toText(event[key]);
  });
}

const hasUser = ({ userId }: Json): boolean => userId !== '' && userId !== null;
const isPlay = (event: Json): boolean => event['page'] === 'NextSong' && hasUser(event);

const CLOSE_ENOUGH_S = 0.001;

function computePlays(events: readonly Json[], songs: readonly Json[]): readonly Row[] {
  const byTitle = groupBy(songs, ({ title }) => title);
  const plays = new Map(
    events
      .filter(isPlay)
      .map((event) => [
        JSON.stringify([event.sessionId, event.itemInSession, event.userId, event.ts]),
        event,
      ]),
  );
  return [...plays.values()].map((event) => {
    const distance = ({ duration }: Json): number => Math.abs(Number(duration) - Number(event.length));
    const [match] = (byTitle.get(event.song ?? null) ?? [])
      .filter((song) => song['artist_name'] === event.artist && distance(song) <= CLOSE_ENOUGH_S)
      .sort(byOrder((song) => [distance(song), String(song['song_id']), String(song['artist_id'])]));
    const id = createHash('md5')
      .update(`${String(event.sessionId)}-${String(event.itemInSession)}`)
      .digest('hex');
    const found = [match?.['song_id'], match?.['artist_id']].map(toText);
    return [
      id,
      toTimestamp(Number(event.ts)),
      ...pick('userId', 'level')(event),
      ...found,
      ...pick('sessionId', 'location', 'userAgent')(event),
    ];
  });
}

function computeUsers(events: readonly Json[]): readonly Row[] {
  const latestFirst = ({ ts, itemInSession, sessionId }: Json): Order => [
    -Number(ts),
    -Number(itemInSession),
    -Number(sessionId),
  ];
  return bestOf(events.filter(hasUser), 'userId', latestFirst).map(
    pick('userId', 'firstName', 'lastName', 'gender', 'level'),
  );
}

function orderArtist(song: Json): Order {
  const isLocated = song['artist_latitude'] !== null && song['artist_longitude'] !== null;
  const hasPlace = String(song['artist_location'] ?? '').trim() !== '';
  return [isLocated ? 0 : 1, hasPlace ? 0 : 1, -Number(song['year'] ?? 0), String(song['song_id'])];
}

/** The first of each id by the order. */
function bestOf(items: readonly Json[], id: string, order: (item: Json) => Order): readonly Json[] {
  const groups = groupBy(items, (item) => item[id]);
  return [...groups.values()].map((group) => [...group].sort(byOrder(order))[0] as Json); // no group is empty
}

const byOrder =
  (order: (item: Json) => Order) =>
  (a: Json, b: Json): number => {
    const [first, second] = [order(a), order(b)];
    const at = first.findIndex((value, index) => value !== second[index]);
    return at === -1 ? 0 : (first[at] as string) < (second[at] as string) ? -1 : 1; // numbers compare as numbers
  };

const DAY_MS = 86_400_000;

function computeTimes(plays: readonly Json[]): readonly Row[] {
  return [...new Set(plays.map(({ ts }) => Number(ts)))].map((ms) => {
    const date = new Date(ms);
    const parts = [
      date.getUTCHours(),
      date.getUTCDate(),
      isoWeek(ms),
      date.getUTCMonth() + 1,
      date.getUTCFullYear(),
      date.getUTCDay(),
    ];
    return [toTimestamp(ms), ...parts.map(String)];
  });
}

/** The week's number is that of its Thursday in the Thursday's year. */
function isoWeek(ms: number): number {
  const day = Math.floor(ms / DAY_MS);
  const fromMonday = (new Date(ms).getUTCDay() + 6) % 7;
  const thursday = new Date((day - fromMonday + 3) * DAY_MS);
  const dayOfYear = Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / DAY_MS);
  return Math.floor(dayOfYear / 7) + 1;
}
