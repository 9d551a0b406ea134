/** Writes the events of one session in order: numbers them, keeps the time, and stops at the end of the period. Pure. */
import type { Song } from '../catalogue.js';
import { type Auth, type Level, PAGES, type Page, type SparkifyEvent } from '../event.js';
import type { Person } from '../person.js';
import type { RandomStream } from '../random.js';
import { SECOND_MS } from '../spec.js';
import { waitBefore } from './page-rates.js';

const LONGEST_WAIT_S = 1_800;

export class SessionWriter {
  readonly events: SparkifyEvent[] = [];
  auth: Auth = 'Logged In';
  level: Level;
  /** Time of the latest event, or of the start. */
  ts: number;
  readonly #person: Person;
  readonly #sessionId: number;
  readonly #end: number;
  readonly #random: RandomStream;
  #item = 0;

  constructor(
    person: Person,
    session: { readonly id: number; readonly start: number; readonly level: Level },
    end: number,
    random: RandomStream,
  ) {
    this.#person = person;
    this.#sessionId = session.id;
    this.#end = end;
    this.#random = random;
    this.ts = session.start;
    this.level = session.level;
  }

  /** Whether the period is over: nothing more is written. */
  get isOver(): boolean {
    return this.ts >= this.#end;
  }

  /** A page at this time; now unless given. */
  open(page: Page, at: number = this.ts, song?: Song): void {
    this.ts = at;
    const itemInSession = this.#item;
    this.#item += 1;
    if (at >= this.#end) return;
    const [person, sessionId, auth, level] = [this.#person, this.#sessionId, this.auth, this.level];
    this.events.push({ ts: at, person, sessionId, itemInSession, page, auth, level, song });
  }

  /** A page after the usual wait; what answers with a redirect comes a second after its cause. */
  visit(page: Page): void {
    this.open(page, this.ts + this.#drawWaitS(page) * SECOND_MS);
  }

  #drawWaitS(page: Page): number {
    if (PAGES[page].status === 307) return 1;
    const { medianS, sigma } = waitBefore(page);
    return Math.ceil(Math.min(LONGEST_WAIT_S, medianS * this.#random.lognormal(sigma)));
  }
}
