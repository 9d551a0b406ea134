/**
 * Sample data in the shape of the Sparkify files, made up from a seed: one log file a day and one file a
 * song. Knows nothing of S3, SQL or the checks that its counts are compared with.
 */
import { AirtempoError } from '../../core/errors.js';
import { LATEST_START_S, type MadeEvent, type SessionPlan, makeListeners, makeSession } from './events.js';
import { type Random, createRandom } from './random.js';
import { type CatalogueSong, makeCatalogue } from './songs.js';

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
  /** Days of log files. Default 30. */
  readonly days?: number;
  /** First day, UTC. Default 2018-11-01. */
  readonly firstDay?: string;
  /** About 23 events each. Default 12. */
  readonly sessionsPerDay?: number;
  /** Default 71. */
  readonly songs?: number;
  /** Default 97. */
  readonly listeners?: number;
}

export interface SampleData {
  /** Makes the files afresh, a day at a time. */
  files(): AsyncGenerator<SampleFile>;
  /** Counted from what was made, not from what a database says. */
  readonly expected: SampleCounts;
}

interface Day {
  readonly date: string;
  readonly events: readonly MadeEvent[];
}

const DEFAULTS = { seed: 2, days: 30, firstDay: '2018-11-01', sessionsPerDay: 12, songs: 71, listeners: 97 };
const DAY_MS = 86_400_000;
const SECOND_MS = 1000;
/** The real files share one fraction of a second too; it shows whether milliseconds survive. */
const FRACTION_MS = 796;

function planSessions(
  dayMs: number,
  firstSessionId: number,
  listeners: ReturnType<typeof makeListeners>,
  count: number,
  random: Random,
): readonly SessionPlan[] {
  const plans: SessionPlan[] = [];
  const idle = [...listeners];
  for (let index = 0; index < count && idle.length > 0; index += 1) {
    const [listener] = idle.splice(random.integer(0, idle.length - 1), 1);
    if (listener === undefined) break;
    const previous = plans.at(-1);
    // now and then two sessions begin at one instant, so that plays are more than instants
    const together = previous !== undefined && random.chance(12);
    const startMs = together
      ? previous.startMs
      : dayMs + random.integer(0, LATEST_START_S) * SECOND_MS + FRACTION_MS;
    plans.push({ sessionId: firstSessionId + index, listener, startMs });
  }
  return plans;
}

function byTime(a: MadeEvent, b: MadeEvent): number {
  const { event: first } = a;
  const { event: second } = b;
  return (
    first.ts - second.ts || first.sessionId - second.sessionId || first.itemInSession - second.itemInSession
  );
}

function* makeDays(
  options: Required<SampleDataOptions>,
  catalogue: readonly CatalogueSong[],
): Generator<Day> {
  const random = createRandom(options.seed ^ 0x5eed);
  const firstMs = Date.parse(`${options.firstDay}T00:00:00Z`);
  const listeners = makeListeners(options.listeners, firstMs, random);
  let sessionId = 1;
  for (let index = 0; index < options.days; index += 1) {
    const dayMs = firstMs + index * DAY_MS;
    const plans = planSessions(dayMs, sessionId, listeners, options.sessionsPerDay, random);
    sessionId += plans.length;
    const events = plans.flatMap((plan) => makeSession(plan, catalogue, random));
    yield { date: new Date(dayMs).toISOString().slice(0, 10), events: events.toSorted(byTime) };
  }
}

function songKey(trackId: string): string {
  return `song_data/${trackId[2]}/${trackId[3]}/${trackId[4]}/${trackId}.json`;
}

function logKey(date: string): string {
  return `log_data/${date.slice(0, 4)}/${date.slice(5, 7)}/${date}-events.json`;
}

/** As in the real files: registration has a decimal point, and the last line has no line feed. */
function logBody(events: readonly MadeEvent[]): Uint8Array {
  const lines = events.map(({ event }) =>
    JSON.stringify(event).replace(
      /"registration":(\d+)/,
      (_, digits: string) => `"registration":${digits}.0`,
    ),
  );
  return Buffer.from(lines.join('\n'));
}

function countRows(days: Iterable<Day>, catalogue: readonly CatalogueSong[]): SampleCounts {
  const users = new Set<string>();
  const instants = new Set<number>();
  const totals = { staging_events: 0, songplays: 0, matched: 0 };
  for (const { event, fromCatalogue } of eachEvent(days)) {
    totals.staging_events += 1;
    if (event.userId !== '') users.add(event.userId);
    if (event.page !== 'NextSong') continue;
    totals.songplays += 1;
    instants.add(event.ts);
    if (fromCatalogue) totals.matched += 1;
  }
  return {
    ...totals,
    staging_songs: catalogue.length,
    users: users.size,
    songs: new Set(catalogue.map(({ record }) => record.song_id)).size,
    artists: new Set(catalogue.map(({ record }) => record.artist_id)).size,
    time: instants.size,
  };
}

function* eachEvent(days: Iterable<Day>): Generator<MadeEvent> {
  for (const { events } of days) yield* events;
}

function parseOptions(options: SampleDataOptions): Required<SampleDataOptions> {
  const all = { ...DEFAULTS, ...options };
  const wrong = (['days', 'sessionsPerDay', 'songs', 'listeners'] as const).find(
    (name) => !Number.isInteger(all[name]) || all[name] < 1,
  );
  if (wrong !== undefined) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `Sample data: ${wrong} is ${all[wrong]}. Give a whole number from 1.`,
    );
  }
  if (!/^\d{4}-\d{2}-\d{2}$/.test(all.firstDay) || Number.isNaN(Date.parse(all.firstDay))) {
    throw new AirtempoError(
      'INVALID_OPTION',
      `Sample data: firstDay is ${JSON.stringify(all.firstDay)}. Give YYYY-MM-DD.`,
    );
  }
  return all;
}

/**
 * Prepares sample data. The defaults give 30 days, about 8,000 events and 71 songs: visitors without an
 * account, users who upgrade, plays that match the catalogue exactly and others that nearly do.
 */
export function createSampleData(options: SampleDataOptions = {}): SampleData {
  const all = parseOptions(options);
  const catalogue = makeCatalogue(all.songs, createRandom(all.seed));
  async function* files(): AsyncGenerator<SampleFile> {
    for (const { trackId, record } of catalogue) {
      yield { key: songKey(trackId), body: Buffer.from(JSON.stringify(record)) };
    }
    for (const { date, events } of makeDays(all, catalogue))
      yield { key: logKey(date), body: logBody(events) };
  }
  return { files, expected: countRows(makeDays(all, catalogue), catalogue) };
}
