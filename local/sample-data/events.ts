/** Invented listeners and what they do in the app: events in the shape of the Sparkify log files. */
import type { Random } from './random.js';
import type { CatalogueSong } from './songs.js';
import { ADJECTIVES, FIRST_NAMES, HOMES, LAST_NAMES, NOUNS, USER_AGENTS } from './vocabulary.js';

/** One line of a log file. */
export interface LogEvent {
  readonly artist: string | null;
  readonly auth: 'Logged In' | 'Logged Out';
  readonly firstName: string | null;
  readonly gender: 'F' | 'M' | null;
  readonly itemInSession: number;
  readonly lastName: string | null;
  /** Seconds. */
  readonly length: number | null;
  readonly level: 'free' | 'paid';
  readonly location: string | null;
  readonly method: 'GET' | 'PUT';
  readonly page: string;
  /** Milliseconds since 1970. */
  readonly registration: number | null;
  readonly sessionId: number;
  readonly song: string | null;
  readonly status: 200 | 307 | 404;
  /** Milliseconds since 1970. */
  readonly ts: number;
  readonly userAgent: string | null;
  /** Digits, or empty for a visitor who is not logged in. */
  readonly userId: string;
}

/** An event, and whether it was made from a song of the catalogue, length and all. */
export interface MadeEvent {
  readonly event: LogEvent;
  readonly fromCatalogue: boolean;
}

/** Someone with an account. `level` changes as they upgrade. */
export interface Listener {
  readonly userId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly gender: 'F' | 'M';
  readonly location: string;
  readonly registration: number;
  readonly userAgent: string;
  level: 'free' | 'paid';
}

export interface SessionPlan {
  readonly sessionId: number;
  readonly listener: Listener;
  readonly startMs: number;
}

const BROWSED_PAGES = ['Home', 'Settings', 'Help', 'About', 'Downgrade', 'Error'] as const;
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;
const DECIMALS = 5;
const MAX_SONG_S = 420;
const MAX_SONGS = 38;
/** A session of the longest songs, and the pages between, still ends on the day it began. */
export const LATEST_START_S = 86_400 - MAX_SONGS * (MAX_SONG_S + 2) - 60;

export function makeListeners(count: number, beforeMs: number, random: Random): readonly Listener[] {
  return Array.from({ length: count }, (_, index) => {
    const { name, gender } = random.pick(FIRST_NAMES);
    return {
      userId: String(index + 2),
      firstName: name,
      lastName: random.pick(LAST_NAMES),
      gender,
      location: random.pick(HOMES),
      registration: beforeMs - random.integer(1, 90) * DAY_MS - random.integer(0, 86_399) * SECOND_MS,
      userAgent: random.pick(USER_AGENTS),
      level: random.chance(5) ? 'paid' : 'free',
    };
  });
}

interface Play {
  readonly artist: string;
  readonly song: string;
  readonly length: number;
  readonly fromCatalogue: boolean;
}

function choosePlay(catalogue: readonly CatalogueSong[], random: Random): Play {
  const kind = random.integer(1, 60);
  if (kind <= 2 && catalogue.length > 0) {
    const { artist_name: artist, title: song, duration } = random.pick(catalogue).record;
    // the second kind is the trap: the right title and artist in another length
    if (kind === 1) return { artist, song, length: duration, fromCatalogue: true };
    return { artist, song, length: Number((duration + 0.5).toFixed(DECIMALS)), fromCatalogue: false };
  }
  return {
    artist: `The ${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}s`,
    song: `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}`,
    length: Number((random.integer(90, MAX_SONG_S - 1) + random.next()).toFixed(DECIMALS)),
    fromCatalogue: false,
  };
}

/** Writes the events of one session, in order. */
class SessionWriter {
  readonly made: MadeEvent[] = [];
  readonly #plan: SessionPlan;
  #nowMs: number;

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#nowMs = plan.startMs;
  }

  /** A visit to a page by the listener. */
  browse(page: string): void {
    const submits = page === 'Logout' || page.startsWith('Submit');
    const status = page === 'Error' ? 404 : submits ? 307 : 200;
    this.#write({ page, method: submits ? 'PUT' : 'GET', status });
  }

  /** The login page, before anyone is known to be there. */
  arriveLoggedOut(): void {
    const { level } = this.#plan.listener;
    const nobody = { firstName: null, lastName: null, gender: null, location: null, registration: null };
    this.#write({
      ...nobody,
      userAgent: null,
      userId: '',
      auth: 'Logged Out',
      level,
      page: 'Login',
      method: 'PUT',
      status: 307,
    });
  }

  play({ artist, song, length, fromCatalogue }: Play): void {
    this.#write({ page: 'NextSong', method: 'PUT', status: 200, artist, song, length }, fromCatalogue);
    this.#nowMs += Math.floor(length) * SECOND_MS;
  }

  wait(seconds: number): void {
    this.#nowMs += seconds * SECOND_MS;
  }

  #write(
    fields: Pick<LogEvent, 'page' | 'method' | 'status'> & Partial<LogEvent>,
    fromCatalogue = false,
  ): void {
    const { listener, sessionId } = this.#plan;
    const values = {
      artist: null,
      auth: 'Logged In' as const,
      length: null,
      song: null,
      ...listener,
      ...fields,
    };
    const event: LogEvent = {
      artist: values.artist,
      auth: values.auth,
      firstName: values.firstName,
      gender: values.gender,
      itemInSession: this.made.length,
      lastName: values.lastName,
      length: values.length,
      level: values.level,
      location: values.location,
      method: values.method,
      page: values.page,
      registration: values.registration,
      sessionId,
      song: values.song,
      status: values.status,
      ts: this.#nowMs,
      userAgent: values.userAgent,
      userId: values.userId,
    };
    this.made.push({ event, fromCatalogue });
  }
}

/** Plays one session through; the listener may upgrade to `paid` on the way. */
export function makeSession(
  plan: SessionPlan,
  catalogue: readonly CatalogueSong[],
  random: Random,
): readonly MadeEvent[] {
  const writer = new SessionWriter(plan);
  if (random.chance(8)) writer.arriveLoggedOut();
  if (random.chance(2)) writer.browse('Home');
  const songs = random.integer(3, MAX_SONGS - 1);
  for (let played = 0; played < songs; played += 1) {
    writer.play(choosePlay(catalogue, random));
    if (random.chance(9)) writer.browse(random.pick(BROWSED_PAGES));
    writer.wait(random.integer(0, 1));
  }
  if (plan.listener.level === 'free' && random.chance(25)) upgrade(writer, plan.listener);
  if (random.chance(5)) writer.browse('Logout');
  return writer.made;
}

function upgrade(writer: SessionWriter, listener: Listener): void {
  writer.browse('Upgrade');
  writer.browse('Submit Upgrade');
  writer.wait(2);
  listener.level = 'paid';
  writer.browse('Home');
}
