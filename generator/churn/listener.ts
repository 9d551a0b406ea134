/** A listener over the whole period: comes back, plays a session, changes level, and may leave for good. Pure. */
import { drawMeanGapS, drawNextStart, drawReturn } from '../activity.js';
import type { Catalogue } from '../catalogue.js';
import { computeHazardRamp, Dissatisfaction } from '../dissatisfaction.js';
import type { Level, SparkifyEvent } from '../event.js';
import type { Head } from '../merge.js';
import { createPerson, type Person } from '../person.js';
import { PRESETS, type Preset } from '../presets.js';
import { RandomStream } from '../random.js';
import { DAY_MS, type GeneratorSpec, type Period, SECOND_MS } from '../spec.js';
import { playSession } from './session.js';

const SONGS_SPREAD = 0.24;
/** Session numbers rise with time and are shared by users, as in the original: so many in a day. */
const SESSION_IDS_A_DAY = 330;
/** A guest looks round for so long before registering. */
const GUEST_MS = 600 * SECOND_MS;

export class Listener implements Head {
  readonly index: number;
  nextTs: number;
  readonly #person: Person;
  readonly #preset: Preset;
  readonly #period: Period;
  readonly #catalogue: Catalogue;
  readonly #activity: RandomStream;
  readonly #random: RandomStream;
  readonly #dissatisfaction: Dissatisfaction;
  readonly #meanGapS: number;
  readonly #songsFactor: number;
  #level: Level;
  #sessionId = 0;
  #registers: boolean;

  constructor(spec: GeneratorSpec, index: number, catalogue: Catalogue) {
    const { seed, period } = spec;
    this.index = index;
    this.#person = createPerson(seed, index, period);
    this.#preset = PRESETS[spec.preset];
    this.#period = period;
    this.#catalogue = catalogue;
    this.#activity = new RandomStream(seed, 'activity', index);
    this.#random = new RandomStream(seed, 'session', index);
    const mood = new RandomStream(seed, 'mood', index);
    const { population, registration } = this.#person;
    this.#dissatisfaction = new Dissatisfaction(this.#preset, population.index, mood);
    this.#meanGapS = drawMeanGapS(this.#activity);
    this.#songsFactor = population.songs * this.#activity.lognormal(SONGS_SPREAD);
    this.#registers = registration >= period.from;
    this.#level = !this.#registers && this.#activity.chance(population.paidAtStart) ? 'paid' : 'free';
    this.nextTs = this.#registers
      ? Math.max(period.from, registration - GUEST_MS)
      : drawNextStart(this.#activity, period.from, this.#meanGapS);
  }

  /** Plays the session that begins at `nextTs`, and settles when the next one does. */
  takeEvents(): readonly SparkifyEvent[] {
    const start = this.nextTs;
    const days = (start - this.#period.from) / DAY_MS;
    const dissatisfaction = this.#dissatisfaction.at(days);
    this.#sessionId = Math.max(this.#sessionId + 1, 1 + Math.floor(days * SESSION_IDS_A_DAY));
    const { drive, baseHazard, sway } = this.#preset;
    const played = playSession(
      this.#person,
      {
        id: this.#sessionId,
        start,
        level: this.#level,
        push: sway * dissatisfaction,
        songsFactor: this.#songsFactor,
        hazard: baseHazard * Math.exp(drive * dissatisfaction) * computeHazardRamp(days),
        registers: this.#registers,
      },
      { catalogue: this.#catalogue, random: this.#random, end: this.#period.to },
    );
    this.#registers = false;
    this.#level = played.level;
    this.nextTs = played.cancelled ? Infinity : drawReturn(this.#activity, played.endedAt, this.#meanGapS);
    return played.events;
  }
}
