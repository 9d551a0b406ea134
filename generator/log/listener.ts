/** A listener of the log shape over the whole period. Pure. */
import { drawNextStart, drawReturn } from '../activity.js';
import type { Catalogue } from '../catalogue.js';
import type { Level, SparkifyEvent } from '../event.js';
import type { Head } from '../merge.js';
import { createPerson, type Person } from '../person.js';
import { RandomStream } from '../random.js';
import { MAX_LOG_USERS, type GeneratorSpec, type Period } from '../spec.js';
import { playLogSession } from './session.js';

const MEDIAN_GAP_S = 4.2 * 86_400;
const GAP_SPREAD = 0.9;
const PAID_AT_START = 0.155;

export class LogListener implements Head {
  readonly index: number;
  nextTs: number;
  readonly #person: Person;
  readonly #period: Period;
  readonly #catalogue: Catalogue;
  readonly #activity: RandomStream;
  readonly #random: RandomStream;
  readonly #meanGapS: number;
  #level: Level;
  /** How many sessions there have been. */
  #sessions = 0;

  constructor({ seed, period }: GeneratorSpec, index: number, catalogue: Catalogue) {
    this.index = index;
    this.#person = createPerson(seed, index, period);
    this.#period = period;
    this.#catalogue = catalogue;
    this.#activity = new RandomStream(seed, 'activity', index);
    this.#random = new RandomStream(seed, 'session', index);
    this.#meanGapS = MEDIAN_GAP_S * this.#activity.lognormal(GAP_SPREAD);
    this.#level = this.#activity.chance(PAID_AT_START) ? 'paid' : 'free';
    const known = Math.max(period.from, this.#person.registration); // nobody is seen before registering
    this.nextTs = drawNextStart(this.#activity, known, this.#meanGapS);
  }

  /** Plays the session that begins at `nextTs`, and settles when the next one does. */
  takeEvents(): readonly SparkifyEvent[] {
    const start = this.nextTs;
    this.#sessions += 1;
    const played = playLogSession(
      this.#person,
      { id: this.#sessions * MAX_LOG_USERS + this.index, start, level: this.#level },
      { catalogue: this.#catalogue, random: this.#random, end: this.#period.to },
    );
    this.#level = played.level;
    this.nextTs = drawReturn(this.#activity, played.endedAt, this.#meanGapS);
    return played.events;
  }
}
