/** One session of the churn shape: a state machine from the first page to the last song, and now and then to goodbye. Pure. */
import type { Catalogue } from '../catalogue.js';
import type { Level, Page } from '../event.js';
import type { Person } from '../person.js';
import type { RandomStream } from '../random.js';
import { SECOND_MS } from '../spec.js';
import { CHURN_RATES, FOLLOW_UPS, PageRates, SUBMIT_DOWNGRADE } from './page-rates.js';
import { SessionWriter } from './session-writer.js';

const OPENS_ON_HOME = 0.51;
const MEAN_SONGS: Readonly<Record<Level, number>> = { free: 37, paid: 91 };

/** What a visitor looks at after logging out, before logging in again: means per visit. */
const LOGGED_OUT_PAGES: readonly (readonly [Page, number])[] = [
  ['Home', 0.38],
  ['About', 0.15],
  ['Help', 0.087],
  ['Error', 0.003],
];
/** The same for a guest who is about to register. */
const GUEST_PAGES: readonly (readonly [Page, number])[] = [
  ['Home', 3.5],
  ['About', 1.5],
  ['Help', 1],
  ['Register', 1],
];
/** What somebody does last before cancelling. */
const LAST_STRAWS: Readonly<Record<Level, readonly Page[]>> = {
  free: ['Settings', 'Settings', 'Thumbs Down', 'Roll Advert'],
  paid: ['Settings', 'Downgrade', 'Downgrade', 'Thumbs Down'],
};

export interface SessionPlan {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly level: Level;
  /** How far dissatisfaction pushes the rates of pages. */
  readonly push: number;
  /** The listener's own multiplier of songs a session. */
  readonly songsFactor: number;
  /** Chance to cancel after 60 songs at the current dissatisfaction. */
  readonly hazard: number;
  /** The listener becomes one in this session. */
  readonly registers: boolean;
}

export interface SessionWorld {
  readonly catalogue: Catalogue;
  readonly random: RandomStream;
  /** End of the period, milliseconds since 1970. */
  readonly end: number;
}

export interface PlayedSession {
  readonly events: SessionWriter['events'];
  readonly level: Level;
  /** Time of the last event. */
  readonly endedAt: number;
  readonly cancelled: boolean;
}

/** Plays a session. A registering guest's time of registration is that of `Submit Registration`, a second after `start`. */
export function playSession(person: Person, plan: SessionPlan, world: SessionWorld): PlayedSession {
  const { random } = world;
  const writer = new SessionWriter(person, plan, world.end, random);
  const songs = Math.ceil(random.exponential() * MEAN_SONGS[plan.level] * plan.songsFactor);
  if (plan.registers) register(writer, person, random);
  else if (random.chance(OPENS_ON_HOME)) writer.open('Home');
  const played = playSongs(writer, person, songs, plan, world);
  const cancels = random.chance(1 - Math.exp(-plan.hazard * Math.pow(played / 60, 0.6)));
  const cancelled = cancels && cancel(writer, world);
  return { events: writer.events, level: writer.level, endedAt: writer.ts, cancelled };
}

/** Ends with `Submit Registration` at the time that the person's record names. */
function register(writer: SessionWriter, person: Person, random: RandomStream): void {
  writer.auth = 'Guest';
  writer.open('Home');
  lookAround(writer, GUEST_PAGES, random);
  writer.open('Register', Math.max(writer.ts, person.registration - SECOND_MS));
  writer.open('Submit Registration', person.registration);
  writer.auth = 'Logged In';
  writer.visit('Home');
}

function lookAround(
  writer: SessionWriter,
  pages: readonly (readonly [Page, number])[],
  random: RandomStream,
): void {
  for (const [page, mean] of pages)
    for (let more = mean / (1 + mean); random.chance(more);) writer.visit(page);
}

function playSongs(
  writer: SessionWriter,
  person: Person,
  songs: number,
  plan: SessionPlan,
  world: SessionWorld,
): number {
  let level = writer.level;
  let rates = new PageRates(CHURN_RATES, person.population, level, plan.push);
  let next = writer.events.length === 0 ? writer.ts : writer.ts + afterFirstPage(world.random);
  let played = 0;
  for (; played < songs && next < world.end; played += 1) {
    const song = world.catalogue.draw(world.random);
    writer.open('NextSong', next, song);
    const songEnd = next + Math.floor(song.length) * SECOND_MS;
    if (played === songs - 1) return songs;
    while (world.random.chance(rates.more))
      openPage(writer, person, rates.at(world.random.next()), world.random);
    if (writer.level !== level) {
      level = writer.level;
      rates = new PageRates(CHURN_RATES, person.population, level, plan.push);
    }
    // the song goes on while pages are opened; after a look round that outlasts it, the next one begins
    next = writer.ts === next ? songEnd : Math.max(songEnd, writer.ts + SECOND_MS);
  }
  return played;
}

function afterFirstPage(random: RandomStream): number {
  return Math.ceil(15 * random.lognormal(1.25)) * SECOND_MS;
}

function openPage(writer: SessionWriter, person: Person, page: Page, random: RandomStream): void {
  writer.visit(page);
  if (page === 'Logout') return logInAgain(writer, random);
  if (page === 'Downgrade') {
    if (!random.chance(SUBMIT_DOWNGRADE * person.population.submitDowngrade)) return;
    writer.visit('Submit Downgrade');
    writer.level = 'free';
    return;
  }
  const followUp = FOLLOW_UPS[page];
  if (followUp === undefined || !random.chance(followUp[1])) return;
  // friends are found in chains
  if (followUp[0] === page) return openPage(writer, person, page, random);
  writer.visit(followUp[0]);
  if (followUp[0] === 'Submit Upgrade') writer.level = 'paid';
}

function logInAgain(writer: SessionWriter, random: RandomStream): void {
  writer.auth = 'Logged Out';
  writer.visit('Home');
  lookAround(writer, LOGGED_OUT_PAGES, random);
  writer.visit('Login');
  writer.auth = 'Logged In';
  writer.visit('Home');
}

/** Cancels, unless the period would end in the middle of it. */
function cancel(writer: SessionWriter, { random, end }: SessionWorld): boolean {
  const reason = random.pick(LAST_STRAWS[writer.level]);
  const confirmAfterS = 15 + random.below(26);
  const latestMs = (LONGEST_REASON_S + 1 + confirmAfterS) * SECOND_MS;
  if (writer.ts + latestMs >= end) return false;
  writer.visit(reason);
  writer.visit('Cancel');
  writer.auth = 'Cancelled';
  writer.open('Cancellation Confirmation', writer.ts + confirmAfterS * SECOND_MS);
  return true;
}

/** A page is opened after half an hour at most. */
const LONGEST_REASON_S = 1_800;
