/**
 * What a stream of messages is like just now: how many there are, who listens to what, and what is no event. Whatever comes, memory
 * is bounded. Pure: the time is handed in.
 */
import { parseEvent, type Event, type Reason } from '../../../activities/kafka/parse-event.js';
import { FrequentLately } from './frequent-items.js';
import { RecentCounts } from './recent-counts.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** The ingest's own limit, unless it is given another. */
const MAX_MESSAGE_BYTES = 2 ** 20;
/** Rates are over so many seconds. */
const RATE_SECONDS = 10;
const HISTORY_SECONDS = 60;
/** Users who are known at once: some 10 MB. */
const USERS = 100_000;
/** Songs in each tenth of the window: some 20 MB in all. */
const SONGS = 5_000;
const NAME_CHARS = 80;
/** Minutes of the events' own time: more than a day. */
const MINUTES = 2_000;
const MINUTES_SHOWN = 30;
/** So few plays, when they are so far ahead of all others, come of a wrong clock, and the stream is not there yet. */
const AHEAD_SHARE = 0.02;
const AHEAD_MINUTES = 60;
/** The plays a minute by their own time are over so many minutes. */
const OWN_MINUTES = 5;

export interface SongPlays {
  readonly artist: string;
  readonly song: string;
  readonly plays: number;
}

/** Plays of one minute of the events' own time. */
export interface MinutePlays {
  readonly minuteMs: number;
  readonly plays: number;
}

export interface StreamSnapshot {
  /** Since the watch began. */
  readonly messages: number;
  readonly plays: number;
  readonly malformed: number;
  readonly malformedBy: Readonly<Partial<Record<Reason, number>>>;
  /** Messages a second, over the last ten seconds. */
  readonly perSecond: number;
  /** Messages in each of the last sixty seconds; the last one is whole. */
  readonly history: readonly number[];
  /** Plays a minute as they arrive, over the last minute: how fast they are sent. */
  readonly playsPerMinute: number;
  /** Plays a minute by their own time, over the last whole minutes of it: how much is listened to. */
  readonly playsPerOwnMinute: number | undefined;
  /** By their own time, up to where the stream is, without gaps. */
  readonly minutes: readonly MinutePlays[];
  /** Distinct users in the window. */
  readonly activeUsers: number;
  /** False: there are more than can be counted. */
  readonly hasAllUsers: boolean;
  /** Of the window. */
  readonly topSongs: readonly SongPlays[];
  /** The plays of each song are too few by so many at most. */
  readonly missedPlays: number;
}

export class StreamWindow {
  readonly #startMs: number;
  readonly #seconds = new RecentCounts<number>((HISTORY_SECONDS + 2) * SECOND_MS, HISTORY_SECONDS + 2);
  readonly #playSeconds = new RecentCounts<number>((HISTORY_SECONDS + 2) * SECOND_MS, HISTORY_SECONDS + 2);
  readonly #users: RecentCounts<string>;
  readonly #minutes: RecentCounts<number>;
  readonly #songs: FrequentLately;
  #messages = 0;
  #plays = 0;
  readonly #malformed = new Map<Reason, number>();

  /** `windowMs`: the time for which a user is active and a play counts for its song. */
  constructor(windowMs: number, startMs: number) {
    this.#startMs = startMs;
    this.#users = new RecentCounts(windowMs, USERS);
    this.#minutes = new RecentCounts(windowMs, MINUTES);
    this.#songs = new FrequentLately(windowMs, SONGS);
  }

  /** Takes the value of a message that has arrived. */
  add(value: Buffer | null, nowMs: number): void {
    this.#messages += 1;
    this.#seconds.add(Math.floor(nowMs / SECOND_MS), nowMs);
    const parsed = parseEvent(value, MAX_MESSAGE_BYTES);
    if ('event' in parsed) return this.#addEvent(parsed.event, nowMs);
    const { reason } = parsed.problem;
    this.#malformed.set(reason, (this.#malformed.get(reason) ?? 0) + 1);
  }

  #addEvent({ userId, page, ts, artist, song }: Event, nowMs: number): void {
    if (userId !== null) this.#users.add(userId, nowMs);
    if (page !== 'NextSong') return;
    this.#plays += 1;
    this.#playSeconds.add(Math.floor(nowMs / SECOND_MS), nowMs);
    this.#minutes.add(Math.floor(ts / MINUTE_MS), nowMs);
    if (song !== null) this.#songs.add(JSON.stringify([cut(artist ?? ''), cut(song)]), nowMs);
  }

  snapshot(nowMs: number, songs: number): StreamSnapshot {
    for (const counts of [this.#seconds, this.#playSeconds, this.#users, this.#minutes]) counts.expire(nowMs);
    const { items, missed } = this.#songs.top(songs, nowMs);
    const minutes = this.#readMinutes();
    return {
      messages: this.#messages,
      plays: this.#plays,
      malformed: [...this.#malformed.values()].reduce((sum, count) => sum + count, 0),
      malformedBy: Object.fromEntries(this.#malformed),
      perSecond: this.#rate(this.#seconds, RATE_SECONDS, nowMs),
      history: this.#readHistory(nowMs),
      playsPerMinute: 60 * this.#rate(this.#playSeconds, HISTORY_SECONDS, nowMs),
      playsPerOwnMinute: averageBeforeLast(minutes),
      minutes,
      activeUsers: this.#users.size,
      hasAllUsers: this.#users.isComplete(nowMs),
      topSongs: items.map(({ item, count }) => {
        const [artist, song] = JSON.parse(item) as readonly [string, string]; // as `#addEvent` made it
        return { artist, song, plays: count };
      }),
      missedPlays: missed,
    };
  }

  /** A second, over the last seconds, of which the one that goes on is counted as far as it has come. */
  #rate(counts: RecentCounts<number>, seconds: number, nowMs: number): number {
    const current = Math.floor(nowMs / SECOND_MS);
    const sinceMs = Math.max(this.#startMs, (current - seconds + 1) * SECOND_MS);
    let sum = 0;
    for (let second = current - seconds + 1; second <= current; second += 1) sum += counts.get(second);
    return sum / Math.max(1, (nowMs - sinceMs) / SECOND_MS);
  }

  #readHistory(nowMs: number): readonly number[] {
    const current = Math.floor(nowMs / SECOND_MS);
    return Array.from({ length: HISTORY_SECONDS }, (_, at) =>
      this.#seconds.get(current - HISTORY_SECONDS + at),
    );
  }

  #readMinutes(): readonly MinutePlays[] {
    const known = this.#minutes.keys().toSorted((a, b) => b - a);
    const latest = this.#findLatest(known);
    if (latest === undefined) return [];
    const earliest = Math.max(known.at(-1) ?? latest, latest - MINUTES_SHOWN + 1);
    return Array.from({ length: latest - earliest + 1 }, (_, at) => ({
      minuteMs: (earliest + at) * MINUTE_MS,
      plays: this.#minutes.get(earliest + at),
    }));
  }

  /** The latest minute; not that of a few plays that are far ahead of all others. */
  #findLatest(known: readonly number[]): number | undefined {
    const total = known.reduce((sum, minute) => sum + this.#minutes.get(minute), 0);
    let [latest, ahead] = [known[0], 0];
    for (const [at, minute] of known.entries()) {
      ahead += this.#minutes.get(minute);
      if (ahead > AHEAD_SHARE * total) break;
      const next = known[at + 1] ?? minute;
      if (minute - next > AHEAD_MINUTES) latest = next;
    }
    return latest;
  }
}

/** The last minute goes on still. */
function averageBeforeLast(minutes: readonly MinutePlays[]): number | undefined {
  const whole = minutes.slice(-1 - OWN_MINUTES, -1);
  if (whole.length === 0) return undefined;
  return whole.reduce((sum, { plays }) => sum + plays, 0) / whole.length;
}

/** Without half a character at the end. */
function cut(text: string): string {
  return text.slice(0, NAME_CHARS).replace(/[\uD800-\uDBFF]$/, '');
}
