/**
 * The four kinds of listeners that the original data is a mixture of, and how they differ. Nothing in an event names
 * them. Pure data.
 */
import type { RandomStream } from './random.js';

export type PopulationName = 'ordinary' | 'adverts' | 'grumpy' | 'happy';

export interface Population {
  readonly name: PopulationName;
  /** Place in the lists of a preset. */
  readonly index: 0 | 1 | 2 | 3;
  /** Per 1,000 songs. */
  readonly thumbsUp: number;
  readonly thumbsDown: number;
  /** Multipliers. */
  readonly adverts: number;
  readonly upgrade: number;
  readonly downgrade: number;
  readonly submitDowngrade: number;
  readonly songs: number;
  /** Share that pays at the start. */
  readonly paidAtStart: number;
}

export const POPULATIONS: readonly Population[] = [
  {
    name: 'ordinary',
    index: 0,
    thumbsUp: 50.2,
    thumbsDown: 10,
    adverts: 0.92,
    upgrade: 1,
    downgrade: 1.03,
    submitDowngrade: 0.9,
    songs: 1.06,
    paidAtStart: 0.245,
  },
  {
    name: 'adverts',
    index: 1,
    thumbsUp: 44.6,
    thumbsDown: 14,
    adverts: 1.6,
    upgrade: 1,
    downgrade: 1.2,
    submitDowngrade: 2.5,
    songs: 0.85,
    paidAtStart: 0.165,
  },
  {
    name: 'grumpy',
    index: 2,
    thumbsUp: 50.3,
    thumbsDown: 31,
    adverts: 1.2,
    upgrade: 0.95,
    downgrade: 1.2,
    submitDowngrade: 1.5,
    songs: 0.82,
    paidAtStart: 0.205,
  },
  {
    name: 'happy',
    index: 3,
    thumbsUp: 88.4,
    thumbsDown: 9.8,
    adverts: 0.65,
    upgrade: 1.3,
    downgrade: 0.62,
    submitDowngrade: 0.7,
    songs: 0.97,
    paidAtStart: 0.345,
  },
];

/** Six in nine are ordinary; the others are one in nine each. */
export function drawPopulation(random: RandomStream): Population {
  return POPULATIONS[Math.max(0, random.below(9) - 5)] as Population;
}
