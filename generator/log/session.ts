/**
 * One session of the log shape: the small files, in which most visits are short and nobody votes, adds a friend or cancels.
 * Pure.
 */
import type { Catalogue } from '../catalogue.js';
import { type BaseRate, PageRates } from '../churn/page-rates.js';
import { SessionWriter } from '../churn/session-writer.js';
import type { Level, Page, SparkifyEvent } from '../event.js';
import type { Person } from '../person.js';
import type { RandomStream } from '../random.js';
import { SECOND_MS } from '../spec.js';

const OPENS_ON_HOME = 0.55;
/** A visit that opens on Home may be over without a song. */
const LEAVES_AT_ONCE: Readonly<Record<Level, number>> = { free: 0.5, paid: 0.15 };
/** Chance that a song is the last one. */
const LAST_SONG: Readonly<Record<Level, number>> = { free: 0.45, paid: 0.034 };

const same = (): number => 1;
const both = (page: Page, rate: number): BaseRate => ({
  page,
  free: rate,
  paid: rate,
  sway: 0,
  factor: same,
});
/** Per 1,000 songs. */
const RATES: readonly BaseRate[] = [
  both('Home', 10.5),
  both('Logout', 13.3),
  both('Settings', 8.2),
  both('Help', 6),
  both('About', 3.4),
  both('Error', 1.3),
  { page: 'Downgrade', free: 0, paid: 10, sway: 0, factor: same },
  { page: 'Upgrade', free: 28, paid: 0, sway: 0, factor: same },
];
const SAVES_SETTINGS = 0.18;
const SUBMITS: Readonly<Record<Level, number>> = { free: 0.38, paid: 0.02 };

/** Pages after logging out, before logging in again: means per visit. */
const LOGGED_OUT_PAGES: readonly (readonly [Page, number])[] = [
  ['Home', 0.9],
  ['About', 0.1],
  ['Help', 0.1],
];

export interface LogSessionPlan {
  readonly id: number;
  readonly start: number;
  readonly level: Level;
}

/** Plays a session; ends before the end of the period. */
export function playLogSession(
  person: Person,
  plan: LogSessionPlan,
  world: { readonly catalogue: Catalogue; readonly random: RandomStream; readonly end: number },
): { readonly events: readonly SparkifyEvent[]; readonly level: Level; readonly endedAt: number } {
  const { random } = world;
  const writer = new SessionWriter(person, plan, world.end, random);
  const opens = random.chance(OPENS_ON_HOME);
  if (opens) writer.visit('Home');
  if (!opens || !random.chance(LEAVES_AT_ONCE[plan.level])) playSongs(writer, person, world);
  return { events: writer.events, level: writer.level, endedAt: writer.ts };
}

function playSongs(
  writer: SessionWriter,
  person: Person,
  { catalogue, random, end }: { catalogue: Catalogue; random: RandomStream; end: number },
): void {
  let next = writer.ts + SECOND_MS;
  while (next < end) {
    const song = catalogue.draw(random);
    writer.open('NextSong', next, song);
    if (random.chance(LAST_SONG[writer.level])) return;
    const songEnd = next + Math.floor(song.length) * SECOND_MS;
    const rates = new PageRates(RATES, person.population, writer.level, 0);
    while (random.chance(rates.more)) openPage(writer, rates.at(random.next()), random);
    next = writer.ts === next ? songEnd : Math.max(songEnd, writer.ts + SECOND_MS);
  }
}

function openPage(writer: SessionWriter, page: Page, random: RandomStream): void {
  writer.visit(page);
  if (page === 'Settings' && random.chance(SAVES_SETTINGS)) writer.visit('Save Settings');
  if (page === 'Logout') logInAgain(writer, random);
  if (page !== 'Upgrade' && page !== 'Downgrade') return;
  if (!random.chance(SUBMITS[writer.level])) return;
  writer.visit(page === 'Upgrade' ? 'Submit Upgrade' : 'Submit Downgrade');
  writer.level = page === 'Upgrade' ? 'paid' : 'free';
}

function logInAgain(writer: SessionWriter, random: RandomStream): void {
  writer.auth = 'Logged Out';
  writer.visit('Home');
  for (const [page, mean] of LOGGED_OUT_PAGES)
    for (let more = mean / (1 + mean); random.chance(more);) writer.visit(page);
  writer.visit('Login');
  writer.auth = 'Logged In';
  writer.visit('Home');
}
