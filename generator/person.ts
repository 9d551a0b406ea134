/** Who a listener is: names, home, browser and registration, drawn from a stream of their own. Pure. */
import { AliasTable } from './alias-table.js';
import { drawPopulation, type Population } from './populations.js';
import { RandomStream } from './random.js';
import { DAY_MS, SECOND_MS, type Period } from './spec.js';
import { FIRST_NAMES_F, FIRST_NAMES_M, SURNAMES } from './words/people.js';
import { PLACES, placeWeights } from './words/places.js';
import { USER_AGENTS } from './words/user-agents.js';

export interface Person {
  /** Place in the order of users, from 0. */
  readonly index: number;
  readonly userId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly gender: 'F' | 'M';
  readonly location: string;
  readonly userAgent: string;
  /** Milliseconds since 1970. Within the period for the few who join in it. */
  readonly registration: number;
  readonly population: Population;
  /** The keys that say who it is, as they stand in a line of JSON, with a comma before. */
  readonly json: string;
}

const MALE_SHARE = 0.523;
const JOINING_SHARE = 0.018;
const MEAN_AGE_DAYS = 35;

/** Ids walk through a million numbers in steps, so that neighbours in the order have nothing in common. */
const ID_BASE = 1_000_000;
const ID_SPAN = 999_983;
const ID_STRIDE = 619_033;

const places = new AliasTable(placeWeights());
const userAgents = new AliasTable(USER_AGENTS.map(({ weight }) => weight));

function makeUserId(seed: number, index: number): string {
  const offset = new RandomStream(seed, 'person', -1).below(ID_SPAN);
  const place = (offset + (index % ID_SPAN) * ID_STRIDE) % ID_SPAN;
  return String(ID_BASE * (1 + Math.floor(index / ID_SPAN)) + place);
}

function drawRegistration(random: RandomStream, { from, to }: Period): number {
  const joins = random.chance(JOINING_SHARE);
  const at = joins
    ? from + random.next() * (to - from)
    : from - random.exponential() * MEAN_AGE_DAYS * DAY_MS;
  return Math.floor(at / SECOND_MS) * SECOND_MS;
}

/** Makes the person at a place in the order of users. */
export function createPerson(seed: number, index: number, period: Period): Person {
  const random = new RandomStream(seed, 'person', index);
  const gender = random.chance(MALE_SHARE) ? 'M' : 'F';
  const who = {
    location: PLACES[places.draw(random)] as string,
    userAgent: USER_AGENTS[userAgents.draw(random)]?.text as string,
    lastName: random.pick(SURNAMES),
    firstName: random.pick(gender === 'F' ? FIRST_NAMES_F : FIRST_NAMES_M),
    registration: drawRegistration(random, period),
    gender,
  } as const;
  const json = `,${JSON.stringify(who).slice(1, -1)}`;
  return { index, userId: makeUserId(seed, index), ...who, population: drawPopulation(random), json };
}
