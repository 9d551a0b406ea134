/**
 * Which page a listener opens while a song plays, and how often. Rates are per 1,000 songs; the one place that is
 * calibrated against the counts of the original data. Pure.
 */
import type { Level, Page } from '../event.js';
import type { Population } from '../populations.js';

/** Rates without what other pages lead to: a thumb up leads to the playlist, a friend to another. */
export interface BaseRate {
  readonly page: Page;
  readonly free: number;
  readonly paid: number;
  /** How strongly dissatisfaction sways the logarithm of the rate. */
  readonly sway: number;
  /** What the population makes of the rate. */
  readonly factor: (population: Population) => number;
}

const same = (): number => 1;
/** The populations' thumbs as multiples of 1 per 1,000 songs. */
export const CHURN_RATES: readonly BaseRate[] = [
  { page: 'Thumbs Up', free: 1, paid: 1, sway: -0.2, factor: ({ thumbsUp }) => thumbsUp },
  { page: 'Thumbs Down', free: 1, paid: 1, sway: 0.6, factor: ({ thumbsDown }) => thumbsDown },
  { page: 'Add to Playlist', free: 25.6, paid: 25.6, sway: -0.12, factor: same },
  { page: 'Add Friend', free: 11.45, paid: 11.45, sway: -0.12, factor: same },
  { page: 'Home', free: 25, paid: 23, sway: 0, factor: same },
  { page: 'Roll Advert', free: 91, paid: 0.7, sway: 0.2, factor: ({ adverts }) => adverts },
  { page: 'Logout', free: 17, paid: 13.4, sway: 0, factor: same },
  { page: 'Help', free: 6.2, paid: 6.2, sway: 0.65, factor: same },
  { page: 'Settings', free: 7.05, paid: 7.05, sway: 0.65, factor: same },
  { page: 'About', free: 2.32, paid: 2.32, sway: 0, factor: same },
  { page: 'Downgrade', free: 0, paid: 11.2, sway: 0.65, factor: ({ downgrade }) => downgrade },
  { page: 'Upgrade', free: 11.7, paid: 0, sway: 0, factor: ({ upgrade }) => upgrade },
  { page: 'Error', free: 1.2, paid: 1.2, sway: 0.65, factor: same },
];

/** What a page leads to at once, with this probability. */
export const FOLLOW_UPS: Readonly<Partial<Record<Page, readonly [page: Page, probability: number]>>> = {
  'Thumbs Up': ['Add to Playlist', 0.057],
  'Add Friend': ['Add Friend', 0.375],
  Settings: ['Save Settings', 0.2],
  Upgrade: ['Submit Upgrade', 0.3],
};

/** Chance that a look at the downgrade page ends in a downgrade; multiplied by the population's. */
export const SUBMIT_DOWNGRADE = 0.035;

/** The pages of one listener in one state, ready to be drawn from. */
export class PageRates {
  /** Chance of one more page while the same song plays. */
  readonly more: number;
  readonly #rates: readonly BaseRate[];
  readonly #cumulative: readonly number[];

  /** `push` is how far dissatisfaction pushes the rates: its value times the preset's sway. */
  constructor(rates: readonly BaseRate[], population: Population, level: Level, push: number) {
    this.#rates = rates;
    let total = 0;
    this.#cumulative = rates.map((rate) => {
      total += (rate[level] / 1000) * rate.factor(population) * Math.exp(rate.sway * push);
      return total;
    });
    // pages a song are geometric with this mean, so each page has just its rate
    this.more = total / (1 + total);
  }

  /** The page at a number from 0 to 1. */
  at(share: number): Page {
    const wanted = share * (this.#cumulative.at(-1) as number);
    const index = this.#cumulative.findIndex((sum) => wanted < sum);
    return (this.#rates[index] as BaseRate).page;
  }
}

interface Wait {
  readonly medianS: number;
  readonly sigma: number;
}

const USUAL_WAIT: Wait = { medianS: 15, sigma: 1.25 };
const WAITS: Readonly<Partial<Record<Page, Wait>>> = {
  'Roll Advert': { medianS: 29, sigma: 1.34 },
  'Add to Playlist': { medianS: 18, sigma: 1.15 },
  Help: { medianS: 11, sigma: 1.05 },
};

/** How long after the event before it a page is opened; log-normal. */
export function waitBefore(page: Page): Wait {
  return WAITS[page] ?? USUAL_WAIT;
}
