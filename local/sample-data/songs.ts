/** The invented catalogue: songs in the shape of the Million Song Dataset's files. */
import type { Random } from './random.js';
import { ADJECTIVES, NOUNS, PLACES } from './vocabulary.js';

/** One song file's content. */
export interface SongRecord {
  readonly num_songs: 1;
  readonly artist_id: string;
  readonly artist_latitude: number | null;
  readonly artist_longitude: number | null;
  readonly artist_location: string;
  readonly artist_name: string;
  readonly song_id: string;
  readonly title: string;
  /** Seconds, with five decimals. */
  readonly duration: number;
  /** 0: unknown. */
  readonly year: number;
}

/** A song of the catalogue and the name of its file. */
export interface CatalogueSong {
  readonly trackId: string;
  readonly record: SongRecord;
}

type Artist = Pick<
  SongRecord,
  'artist_id' | 'artist_name' | 'artist_location' | 'artist_latitude' | 'artist_longitude'
>;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** Every so many songs, one is by the artist of the song before, so that artists are fewer than songs. */
const SONGS_PER_SHARED_ARTIST = 24;
const DECIMALS = 5;

function id(prefix: string, number: number, random: Random): string {
  const letters = Array.from({ length: 6 }, () => LETTERS[random.integer(0, 25)]).join('');
  return `${prefix}${letters}${number.toString(16).toUpperCase().padStart(10, '0')}`;
}

function makeArtist(number: number, random: Random): Artist {
  const place = random.chance(2) ? random.pick(PLACES) : undefined;
  const located = place !== undefined && random.chance(2);
  return {
    artist_id: id('AR', number, random),
    artist_name: `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)} ${number}`,
    artist_location: place?.name ?? '',
    artist_latitude: located ? place.latitude : null,
    artist_longitude: located ? place.longitude : null,
  };
}

/** The same artist as another of its songs lists it: without its place. */
function withoutPlace(artist: Artist): Artist {
  return { ...artist, artist_location: '', artist_latitude: null, artist_longitude: null };
}

function makeRecord(number: number, artist: Artist, random: Random): SongRecord {
  return {
    num_songs: 1,
    ...artist,
    song_id: id('SO', number, random),
    title: `${random.pick(NOUNS)} of the ${random.pick(ADJECTIVES)} ${random.pick(NOUNS)} (No. ${number})`,
    duration: Number((random.integer(120, 420) + random.next()).toFixed(DECIMALS)),
    year: random.chance(2) ? 0 : random.integer(1958, 2010),
  };
}

/** Makes `count` songs. The last one is the first once more under another id: a re-release. */
export function makeCatalogue(count: number, random: Random): readonly CatalogueSong[] {
  const songs: CatalogueSong[] = [];
  let artist = makeArtist(0, random);
  for (let number = 0; number < count; number += 1) {
    const shared = number % SONGS_PER_SHARED_ARTIST === 1;
    artist = shared ? withoutPlace(artist) : makeArtist(number, random);
    const record = makeRecord(number, artist, random);
    songs.push({ trackId: id('TR', number, random), record });
  }
  return [...songs.slice(0, -1), ...reRelease(songs)];
}

function reRelease(songs: readonly CatalogueSong[]): readonly CatalogueSong[] {
  const [first] = songs;
  const last = songs.at(-1);
  if (first === undefined || last === undefined || first === last) return songs.slice(-1);
  return [{ trackId: last.trackId, record: { ...first.record, song_id: last.record.song_id } }];
}
