/**
 * The invented catalogue: 100,000 songs of 22,000 artists, with lengths and popularity fitted to published figures of
 * the original data. A function of the seed alone. Pure.
 */
import { AliasTable, zipfMandelbrot } from './alias-table.js';
import type { RandomStream } from './random.js';
import { RandomStream as Stream } from './random.js';
import { FIRST_NAMES_F, FIRST_NAMES_M } from './words/people.js';
import { ADJECTIVES, INVENTED_SURNAMES, NOUNS, TITLE_PATTERNS } from './words/music.js';

/** A song as an event names it. */
export interface Song {
  readonly artist: string;
  readonly title: string;
  /** Seconds, with five decimals. */
  readonly length: number;
  /** The song's three keys as they stand in a line of JSON, with a comma before. */
  readonly json: string;
}

export interface Catalogue {
  /** From the most to the least popular. */
  readonly songs: readonly Song[];
  /** A song, drawn by popularity. */
  draw(random: RandomStream): Song;
}

export const SONG_COUNT = 100_000;
const ARTIST_COUNT = 22_000;
/** Coprime to the sizes of the lists that they walk, so that every combination is met once. */
const TITLE_STRIDE = 68_111;
const ARTIST_STRIDE = 31_337;

/** A song's length in seconds: most near four minutes, some far from it, a few mere snippets. */
export function drawLength(random: RandomStream): number {
  const kind = random.next();
  if (kind < 0.875) return clip(230 * random.lognormal(0.22));
  if (kind < 0.985) return clip(340 * random.lognormal(0.48));
  return clip(0.5 + 9.5 * random.next());
}

function clip(seconds: number): number {
  return Number(Math.min(3_024, Math.max(0.52, seconds)).toFixed(5));
}

/** The title of a number below the number of combinations; no two are the same. */
export function makeTitle(number: number, offset: number): string {
  const combinations = TITLE_PATTERNS.length * ADJECTIVES.length * NOUNS.length;
  const place = (number * TITLE_STRIDE + offset) % combinations;
  const pattern = TITLE_PATTERNS[place % TITLE_PATTERNS.length] as (
    adjective: string,
    noun: string,
  ) => string;
  const rest = Math.floor(place / TITLE_PATTERNS.length);
  const adjective = ADJECTIVES[rest % ADJECTIVES.length] as string;
  return pattern(adjective, NOUNS[Math.floor(rest / ADJECTIVES.length)] as string);
}

const ARTIST_FIRST_NAMES = [...FIRST_NAMES_F, ...FIRST_NAMES_M];

/** The artist of a number: two in three a person, else a band. */
export function makeArtist(number: number, offset: number): string {
  const kind = number % 3;
  if (kind === 2) {
    const place = ((number - 2) / 3) * ARTIST_STRIDE + offset;
    const adjective = ADJECTIVES[place % ADJECTIVES.length] as string;
    const noun = NOUNS[Math.floor(place / ADJECTIVES.length) % NOUNS.length] as string;
    return `The ${adjective} ${noun}s`;
  }
  const place = number * ARTIST_STRIDE + offset;
  const surname = INVENTED_SURNAMES[place % INVENTED_SURNAMES.length] as string;
  const first = ARTIST_FIRST_NAMES[Math.floor(place / INVENTED_SURNAMES.length) % ARTIST_FIRST_NAMES.length];
  return `${first as string} ${surname}`;
}

/** Every artist has a song; the others go to the popular ones. */
function* drawArtists(random: RandomStream): Generator<number> {
  const popularity = new AliasTable(zipfMandelbrot(ARTIST_COUNT, 1.16, 35));
  const firstSong = Int32Array.from({ length: SONG_COUNT }, (_, song) => (song < ARTIST_COUNT ? song : -1));
  for (let index = SONG_COUNT - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    const kept = firstSong[index] as number;
    firstSong[index] = firstSong[other] as number;
    firstSong[other] = kept;
  }
  for (const artist of firstSong) yield artist === -1 ? popularity.draw(random) : artist;
}

/** Makes the catalogue of a seed: some 100 ms and 25 MB. */
export function createCatalogue(seed: number): Catalogue {
  const random = new Stream(seed, 'catalogue', 0);
  const [titleOffset, artistOffset] = [random.below(100_000), random.below(100_000)];
  const artists = Array.from({ length: ARTIST_COUNT }, (_, number) => makeArtist(number, artistOffset));
  const songs: Song[] = [];
  for (const artistNumber of drawArtists(random)) {
    const artist = artists[artistNumber] as string;
    const [title, length] = [makeTitle(songs.length, titleOffset), drawLength(random)];
    const json = `,"artist":${JSON.stringify(artist)},"song":${JSON.stringify(title)},"length":${length}`;
    songs.push({ artist, title, length, json });
  }
  const popularity = new AliasTable(zipfMandelbrot(SONG_COUNT, 0.84, 8));
  return { songs, draw: (stream) => songs[popularity.draw(stream)] as Song };
}
