/** One event as the generator makes it, before any shape; and what each page says of itself. Pure. */
import type { Song } from './catalogue.js';
import type { Person } from './person.js';

const GET = { method: 'GET', status: 200 } as const;
const REDIRECT = { method: 'PUT', status: 307 } as const;

/** Every page and how it is asked for: one method and one status each, as in the original. */
export const PAGES = {
  NextSong: { method: 'PUT', status: 200 },
  'Add to Playlist': { method: 'PUT', status: 200 },
  'Thumbs Up': REDIRECT,
  'Thumbs Down': REDIRECT,
  'Add Friend': REDIRECT,
  Login: REDIRECT,
  Logout: REDIRECT,
  'Save Settings': REDIRECT,
  'Submit Upgrade': REDIRECT,
  'Submit Downgrade': REDIRECT,
  'Submit Registration': REDIRECT,
  Cancel: REDIRECT,
  'Cancellation Confirmation': GET,
  Home: GET,
  'Roll Advert': GET,
  Help: GET,
  About: GET,
  Settings: GET,
  Downgrade: GET,
  Upgrade: GET,
  Register: GET,
  Error: { method: 'GET', status: 404 },
} as const satisfies Record<string, { readonly method: 'GET' | 'PUT'; readonly status: 200 | 307 | 404 }>;

export type Page = keyof typeof PAGES;
export type Level = 'free' | 'paid';
export type Auth = 'Logged In' | 'Logged Out' | 'Guest' | 'Cancelled';

/** What happened at one instant. */
export interface SparkifyEvent {
  /** Milliseconds since 1970, UTC. */
  readonly ts: number;
  /** Whose event it is, also where the line will not say so. */
  readonly person: Person;
  /** Unique for a person, not among persons. */
  readonly sessionId: number;
  readonly itemInSession: number;
  readonly page: Page;
  readonly auth: Auth;
  readonly level: Level;
  /** The song that begins to play; only with page NextSong. */
  readonly song: Song | undefined;
}

/** Whether the line of an event names its user. */
export function isKnown(event: SparkifyEvent): boolean {
  return event.auth === 'Logged In' || event.auth === 'Cancelled';
}
