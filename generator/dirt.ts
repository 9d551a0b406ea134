/**
 * Puts faults into lines, exactly counted, for trying what reads them: copies, lines that come late, lines cut off, and
 * names encoded twice. Cleaned of copies and of broken lines, and put in order, what is left is the clean data, but for
 * the encoding. Pure.
 */
import type { SparkifyEvent } from './event.js';
import { RandomStream } from './random.js';
import { SECOND_MS } from './spec.js';

/** Chances from 0 to 1. */
export interface DirtRates {
  /** Of an event to be written twice, the second time up to a minute later. */
  readonly duplicates: number;
  /** Of an event to be written later than it happened: half an hour on average. */
  readonly late: number;
  /** Of an event to be followed by a piece of its line, which is no JSON. */
  readonly malformed: number;
  /** Of an event with a letter beyond ASCII in its artist or song to have these encoded twice. */
  readonly doubleEncoded: number;
}

export type DirtCounts = Record<keyof DirtRates, number>;

/** A line and when it is written. */
export interface Line {
  readonly at: number;
  readonly text: string;
}

export const NO_DIRT: DirtRates = { duplicates: 0, late: 0, malformed: 0, doubleEncoded: 0 };

const NON_ASCII = /[\u0080-\uffff]/;
const MEAN_DELAY_S = 1_800;
const LONGEST_DELAY_S = 6 * 3_600;

interface Waiting extends Line {
  readonly user: number;
}

/** Lines that wait for their time; few at once. */
class WaitingLines {
  readonly #lines: Waiting[] = [];

  add(line: Waiting): void {
    let place = this.#lines.length;
    while (place > 0 && isAfter(this.#lines[place - 1] as Waiting, line)) place -= 1;
    this.#lines.splice(place, 0, line);
  }

  *takeUntil(ts: number): Generator<Line> {
    for (let next = this.#lines[0]; next !== undefined && next.at <= ts; next = this.#lines[0]) {
      this.#lines.shift();
      yield next;
    }
  }
}

function isAfter(a: Waiting, b: Waiting): boolean {
  return a.at > b.at || (a.at === b.at && a.user > b.user);
}

/** UTF-8 taken for Latin-1 and encoded again, twice over: `ö` becomes `ÃÂ¶`. */
function encodeTwice(text: string): string {
  const once = Buffer.from(text, 'utf8').toString('latin1');
  return Buffer.from(once, 'utf8').toString('latin1');
}

function spoilNames({ song, ...event }: SparkifyEvent): SparkifyEvent {
  if (song === undefined) return { ...event, song };
  const [artist, title] = [encodeTwice(song.artist), encodeTwice(song.title)];
  const json = `,"artist":${JSON.stringify(artist)},"song":${JSON.stringify(title)},"length":${song.length}`;
  return { ...event, song: { ...song, artist, title, json } };
}

/**
 * The lines of events, in the order in which they are written. `seen` is called for every event, `counts` grows. What
 * would be written after the end of the period is written last.
 */
export function* makeLines(
  events: Iterable<SparkifyEvent>,
  format: (event: SparkifyEvent) => string,
  dirt: {
    readonly rates: DirtRates;
    readonly seed: number;
    readonly counts: DirtCounts;
    readonly end: number;
  },
  seen: (event: SparkifyEvent) => void,
): Generator<Line> {
  const { rates, seed, counts, end } = dirt;
  const isClean = Object.values(rates).every((rate) => rate === 0);
  const streams = new Map<number, RandomStream>();
  const waiting = new WaitingLines();
  for (const event of events) {
    seen(event);
    if (isClean) {
      yield { at: event.ts, text: format(event) };
      continue;
    }
    yield* waiting.takeUntil(event.ts);
    const user = event.person.index;
    const random = streams.get(user) ?? new RandomStream(seed, 'dirt', user);
    streams.set(user, random);
    const happens = (fault: keyof DirtRates): boolean => random.chance(rates[fault]);
    let text = format(event);
    if (event.song !== undefined && NON_ASCII.test(event.song.json) && happens('doubleEncoded')) {
      text = format(spoilNames(event));
      counts.doubleEncoded += 1;
    }
    if (happens('late')) {
      const delayS = Math.min(LONGEST_DELAY_S, 60 + Math.ceil(MEAN_DELAY_S * random.exponential()));
      waiting.add({ at: event.ts + delayS * SECOND_MS, user, text });
      counts.late += 1;
    } else yield { at: event.ts, text };
    if (happens('duplicates')) {
      waiting.add({ at: event.ts + (1 + random.below(60)) * SECOND_MS, user, text });
      counts.duplicates += 1;
    }
    if (happens('malformed')) {
      yield { at: event.ts, text: text.slice(0, 1 + random.below(text.length - 1)) };
      counts.malformed += 1;
    }
  }
  for (const { text } of waiting.takeUntil(Infinity)) yield { at: end - 1, text };
}
