/**
 * How dissatisfied a listener is, session by session: where their population stands, a part that is theirs for good,
 * and a mood that drifts back to it (an Ornstein–Uhlenbeck process). Pure.
 */
import type { Preset } from './presets.js';
import type { RandomStream } from './random.js';

/** Everyone starts near their population's mean and becomes themselves over so many days. */
const SETTLING_DAYS = 9;
const HAZARD_DAYS = 4;
const BOUND = 3;

/** Nobody cancels at once: how much of the hazard counts after so many days. */
export function computeHazardRamp(days: number): number {
  return 1 - Math.exp(-(days + 0.4) / HAZARD_DAYS);
}

/** From 0 at the start of the period to 1. */
function computeRamp(days: number): number {
  return 1 - Math.exp(-days / SETTLING_DAYS);
}

export class Dissatisfaction {
  readonly #preset: Preset;
  readonly #random: RandomStream;
  readonly #mean: number;
  readonly #frailty: number;
  readonly #moodDeviation: number;
  #mood: number;
  #days = 0;

  constructor(preset: Preset, population: 0 | 1 | 2 | 3, random: RandomStream) {
    this.#preset = preset;
    this.#random = random;
    this.#mean = preset.populationMood[population];
    this.#frailty = preset.frailty * random.normal();
    this.#moodDeviation = Math.sqrt(1 - preset.frailty * preset.frailty);
    this.#mood = this.#moodDeviation * random.normal();
  }

  /** The value so many days after the start of the period; days must not go back. */
  at(days: number): number {
    const kept = Math.exp(-(days - this.#days) / this.#preset.moodDays);
    const drift = this.#moodDeviation * Math.sqrt(1 - kept * kept) * this.#random.normal();
    this.#mood = this.#mood * kept + drift;
    this.#days = days;
    const value = this.#mean + computeRamp(days) * (this.#frailty + this.#mood);
    return Math.min(BOUND, Math.max(-BOUND, value));
  }
}
