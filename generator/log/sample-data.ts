/**
 * The small data set that the demo and the tests load: the log shape, file by file, and the counts that a right load ends
 * with. Pure.
 */
import { createCatalogue, type Catalogue } from '../catalogue.js';
import { nameOfDay } from '../file-names.js';
import { generateEvents } from '../generate-events.js';
import { DAY_MS, parseGeneratorSpec, type GeneratorSpec } from '../spec.js';
import { Tally } from '../tally.js';
import { formatLogLine, makeSongFiles } from './shape.js';

/** One object of the data set, under the key it has in the bucket. */
export interface SampleFile {
  readonly key: string;
  readonly body: Uint8Array;
}

/** How many rows a correct load ends with, by table; `matched` = plays whose song the catalogue knows. */
export interface SampleCounts {
  readonly staging_events: number;
  readonly staging_songs: number;
  readonly songplays: number;
  readonly users: number;
  readonly songs: number;
  readonly artists: number;
  readonly time: number;
  readonly matched: number;
}

export interface SampleDataOptions {
  /** Same seed, same bytes. Default 2. */
  readonly seed?: number;
  /** Days of log files, from 2018-11-01. Default 30. */
  readonly days?: number;
  /** Default 71. */
  readonly songs?: number;
  /** Default 97. */
  readonly users?: number;
}

export interface SampleData {
  /** Makes the files afresh, a day at a time. */
  files(): AsyncGenerator<SampleFile>;
  /** Counted from what was made, not from what a database says. */
  readonly expected: SampleCounts;
}

const FIRST_DAY_MS = Date.UTC(2018, 10, 1);

/**
 * Prepares sample data. The defaults give 30 days, about 8,000 events and 71 songs: visitors who have logged out, users who
 * upgrade, plays of songs that have a file and of others that have none.
 * @throws AirtempoError INVALID_ARGUMENT
 */
export function createSampleData(options: SampleDataOptions = {}): SampleData {
  const { seed = 2, days = 30, songs = 71, users = 97 } = options;
  const to = new Date(FIRST_DAY_MS + days * DAY_MS).toISOString().slice(0, 10);
  const spec = parseGeneratorSpec({ shape: 'log', seed, users, songs, to });
  const catalogue = createCatalogue(seed);
  async function* files(): AsyncGenerator<SampleFile> {
    for (const { name, line } of makeSongFiles(catalogue, seed, songs)) {
      yield { key: name, body: Buffer.from(line) };
    }
    yield* makeLogFiles(spec, catalogue);
  }
  return { files, expected: countRows(spec, catalogue) };
}

/** As in the real files, the last line has no line feed. */
function* makeLogFiles(spec: GeneratorSpec, catalogue: Catalogue): Generator<SampleFile> {
  let [lines, day] = [[] as string[], -1];
  const file = (): SampleFile => ({ key: nameOfDay('log', day), body: Buffer.from(lines.join('\n')) });
  for (const event of generateEvents(spec, catalogue)) {
    const eventDay = Math.floor(event.ts / DAY_MS);
    if (eventDay !== day && lines.length > 0) yield file();
    if (eventDay !== day) [lines, day] = [[], eventDay];
    lines.push(formatLogLine(event));
  }
  if (lines.length > 0) yield file();
}

function countRows(spec: GeneratorSpec, catalogue: Catalogue): SampleCounts {
  const tally = new Tally(spec.users, catalogue.songs.slice(0, spec.songs));
  const instants = new Set<number>();
  for (const event of generateEvents(spec, catalogue)) {
    tally.add(event);
    if (event.page === 'NextSong') instants.add(event.ts);
  }
  const songs = catalogue.songs.slice(0, spec.songs);
  return {
    staging_events: tally.events,
    staging_songs: spec.songs,
    songplays: tally.pages['NextSong'] ?? 0,
    users: tally.users,
    songs: songs.length,
    artists: new Set(songs.map(({ artist }) => artist)).size,
    time: instants.size,
    matched: tally.matchedPlays,
  };
}
