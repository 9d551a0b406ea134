/** Counts what is generated, exactly, while it goes by. Memory: one byte a user. */
import type { Song } from './catalogue.js';
import type { SparkifyEvent } from './event.js';
import { isKnown } from './event.js';

export class Tally {
  events = 0;
  readonly #pages = new Map<string, number>();
  readonly #seen: Uint8Array;
  readonly #songs: ReadonlySet<Song>;
  /** Plays of the songs that were given. */
  matchedPlays = 0;

  constructor(users: number, songs: readonly Song[]) {
    this.#songs = new Set(songs);
    this.#seen = new Uint8Array(users);
  }

  add(event: SparkifyEvent): void {
    this.events += 1;
    this.#pages.set(event.page, (this.#pages.get(event.page) ?? 0) + 1);
    if (event.song !== undefined && this.#songs.has(event.song)) this.matchedPlays += 1;
    if (isKnown(event)) this.#seen[event.person.index] = 1;
  }

  /** Users with at least one event that names them. */
  get users(): number {
    return this.#seen.reduce((sum, seen) => sum + seen, 0);
  }

  get churners(): number {
    return this.#pages.get('Cancellation Confirmation') ?? 0;
  }

  /** Events by page, the most frequent first. */
  get pages(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#pages].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
  }
}
