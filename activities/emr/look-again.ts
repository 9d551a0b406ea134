/** When to look at something again that takes minutes: soon at first, for what is quick, then ever later. Pure. */

const FIRST_MS = 1_000;
const FACTOR = 1.5;

/** The wait after the given look; 1 is the first. Grows up to `mostMs`. */
export function computeLookAgainMs(looks: number, mostMs: number): number {
  return Math.round(Math.min(mostMs, FIRST_MS * FACTOR ** Math.max(0, looks - 1)));
}

/** Looks in a row that may fail for want of an answer, before the wait fails: the job goes on meanwhile. */
export const MOST_UNANSWERED = 30;
