/**
 * The log shape: one JSON object a line with the same 18 keys in alphabetical order, null where there is nothing; and the
 * files of songs that go with it. Pure.
 */
import type { Catalogue, Song } from '../catalogue.js';
import { isKnown, PAGES, type SparkifyEvent } from '../event.js';
import { RandomStream } from '../random.js';
import { PLACES } from '../words/places.js';

/** All times of the original share one fraction of a second; it shows whether milliseconds survive. */
const FRACTION_MS = 796;

/** As the original writes it: slashes escaped. */
function text(value: string | undefined): string {
  return value === undefined ? 'null' : JSON.stringify(value).replaceAll('/', '\\/');
}

/** An event as a line, without the line feed. */
export function formatLogLine(event: SparkifyEvent): string {
  const { ts, sessionId, page, auth, level, itemInSession, song } = event;
  const person = isKnown(event) ? event.person : undefined;
  const { method, status } = PAGES[page];
  const registration = person === undefined ? 'null' : `${person.registration + FRACTION_MS}.0`;
  return (
    `{"artist":${text(song?.artist)},"auth":"${auth}","firstName":${text(person?.firstName)},"gender":${text(person?.gender)}` +
    `,"itemInSession":${itemInSession},"lastName":${text(person?.lastName)},"length":${song?.length ?? 'null'},"level":"${level}"` +
    `,"location":${text(person?.location)},"method":"${method}","page":"${page}","registration":${registration}` +
    `,"sessionId":${sessionId},"song":${text(song?.title)},"status":${status},"ts":${ts + FRACTION_MS}` +
    `,"userAgent":${text(person?.userAgent)},"userId":"${person === undefined ? '' : person.index + 2}"}`
  );
}

/** One file of a song. */
export interface SongFile {
  readonly name: string;
  readonly line: string;
}

/** Files for the most popular songs of a catalogue: the plays of others are not found in them. */
export function* makeSongFiles(catalogue: Catalogue, seed: number, count: number): Generator<SongFile> {
  const artists = new Map<string, Artist>();
  for (const [index, song] of catalogue.songs.slice(0, count).entries()) {
    const random = new RandomStream(seed, 'song', index);
    const artist = artists.get(song.artist) ?? makeArtist(song, artists.size, random);
    artists.set(song.artist, artist);
    const track = makeId('TR', index, random);
    yield {
      name: `song_data/${track[2]}/${track[3]}/${track[4]}/${track}.json`,
      line: JSON.stringify({
        num_songs: 1,
        ...artist,
        song_id: makeId('SO', index, random),
        title: song.title,
        duration: song.length,
        year: random.chance(0.6) ? 0 : 1958 + random.below(53),
      }),
    };
  }
}

type Artist = Readonly<Record<string, string | number | null>>;

function makeArtist({ artist }: Song, number: number, random: RandomStream): Artist {
  const place = random.chance(0.6) ? random.pick(PLACES) : '';
  const located = place !== '' && random.chance(0.7);
  return {
    artist_id: makeId('AR', number, random),
    artist_latitude: located ? Number((25 + 24 * random.next()).toFixed(5)) : null,
    artist_longitude: located ? Number((-124 + 57 * random.next()).toFixed(5)) : null,
    artist_location: place,
    artist_name: artist,
  };
}

/** 18 characters, as the ids of the original have; the number makes them unique. */
function makeId(prefix: string, number: number, random: RandomStream): string {
  const letters = Array.from({ length: 6 }, () => String.fromCharCode(65 + random.below(26))).join('');
  return `${prefix}${letters}${number.toString(16).toUpperCase().padStart(10, '0')}`;
}
