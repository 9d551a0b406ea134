/**
 * How much of why people leave can be seen in what they do. The dials were chosen for a wished difficulty: a score on
 * such data says something of the model's code and nothing of people. Pure data.
 */

export type PresetName = 'faithful' | 'signal' | 'strong';

export interface Preset {
  /** How strongly dissatisfaction sways the rates of pages: 0 not at all. The product of the dials `signal` and C. */
  readonly sway: number;
  /** How strongly dissatisfaction drives cancellation (the dial B). */
  readonly drive: number;
  /** Deviation of the part of dissatisfaction that is a person's own for good (the dial fr). Its square is below 1. */
  readonly frailty: number;
  /** How long a mood lasts, in days (the dial τ). */
  readonly moodDays: number;
  /** Chance of cancelling after a session of 60 songs at dissatisfaction 0 (the dial h0). */
  readonly baseHazard: number;
  /** Mean dissatisfaction of the four populations: ordinary, adverts, grumpy, happy. */
  readonly populationMood: readonly [number, number, number, number];
}

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  faithful: {
    sway: 0,
    drive: 1.15,
    frailty: 0.7,
    moodDays: 40,
    baseHazard: 0.0128,
    populationMood: [-0.25, 2.05, 0.75, -1.9],
  },
  signal: {
    sway: 2.1,
    drive: 3.5,
    frailty: 0.9,
    moodDays: 75,
    baseHazard: 0.0035,
    populationMood: [-0.2, 1.15, 0.55, -1.15],
  },
  strong: {
    sway: 3.4,
    drive: 5,
    frailty: 0.95,
    moodDays: 110,
    baseHazard: 0.0017,
    populationMood: [-0.2, 1.15, 0.55, -1.15],
  },
};
