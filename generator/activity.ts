/** When a listener comes back: exponential gaps, fewer at night and at weekends. Pure. */
import type { RandomStream } from './random.js';
import { DAY_MS, SECOND_MS } from './spec.js';

/** A session begins so long after the end of the one before, at least. */
const SHORTEST_GAP_S = 30 * 60;
const MEDIAN_GAP_S = (61 / 11.2) * 86_400;
const GAP_SPREAD = 0.95;

/**
 * Starts of sessions by hour, UTC. Songs have their peak at 16 h and their trough at 6 h; sessions last for hours,
 * so their starts come earlier and vary more.
 */
// prettier-ignore
const HOUR_WEIGHTS = [
  3.0, 2.8, 3.4, 3.5, 3.4, 3.5, 3.4, 3.7, 4.2, 4.5, 4.2, 4.4, 5.1, 5.7, 7.0, 6.8, 5.4, 4.2, 4.2, 4.7, 4.4, 3.8, 3.5, 3.0,
];
/** Starts by day of the week, from Monday. */
const WEEKDAY_WEIGHTS = [0.95, 1.03, 1, 0.98, 1.05, 0.52, 0.41];

const HOUR_MEAN = mean(HOUR_WEIGHTS);
const WEEKDAY_MEAN = mean(WEEKDAY_WEIGHTS);
const LARGEST = (Math.max(...HOUR_WEIGHTS) / HOUR_MEAN) * (Math.max(...WEEKDAY_WEIGHTS) / WEEKDAY_MEAN);

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How much more likely a session begins at this instant than at the average one. */
function weightAt(ts: number): number {
  const weekday = (Math.floor(ts / DAY_MS) + 3) % 7; // 1970-01-01 was a Thursday
  const hour = Math.floor((ts % DAY_MS) / 3_600_000);
  return ((HOUR_WEIGHTS[hour] as number) / HOUR_MEAN) * ((WEEKDAY_WEIGHTS[weekday] as number) / WEEKDAY_MEAN);
}

/** A listener's own mean gap between sessions, in seconds. */
export function drawMeanGapS(random: RandomStream): number {
  return MEDIAN_GAP_S * random.lognormal(GAP_SPREAD);
}

/** The start of the next session after an instant, in whole seconds. */
export function drawNextStart(random: RandomStream, after: number, meanGapS: number): number {
  let at = after;
  do at += (random.exponential() * meanGapS * SECOND_MS) / LARGEST;
  while (random.next() * LARGEST > weightAt(at));
  return Math.ceil(at / SECOND_MS) * SECOND_MS;
}

/** The same, after a session that ended at `end`. */
export function drawReturn(random: RandomStream, end: number, meanGapS: number): number {
  return drawNextStart(random, end + SHORTEST_GAP_S * SECOND_MS, meanGapS);
}
