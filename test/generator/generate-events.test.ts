/** What the generator promises of its events, whatever the dials. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createCatalogue } from '../../generator/catalogue.js';
import { formatChurnLine } from '../../generator/churn/shape.js';
import { isKnown, PAGES, type SparkifyEvent } from '../../generator/event.js';
import { generateEvents } from '../../generator/generate-events.js';
import { parseGeneratorSpec } from '../../generator/spec.js';

const catalogue = createCatalogue(1);
const spec = (users: number, preset: 'faithful' | 'signal' | 'strong' = 'signal') =>
  parseGeneratorSpec({ users, preset, seed: 1 });
let events: readonly SparkifyEvent[];
let byUser: ReadonlyMap<number, readonly SparkifyEvent[]>;

beforeAll(() => {
  events = [...generateEvents(spec(120), catalogue)];
  const groups = new Map<number, SparkifyEvent[]>();
  for (const event of events) {
    const group = groups.get(event.person.index) ?? [];
    group.push(event);
    groups.set(event.person.index, group);
  }
  byUser = groups;
});

/** The events for which a rule about an event and the one before it by the same user holds. */
function eachPair(
  rule: (before: SparkifyEvent | undefined, event: SparkifyEvent) => boolean,
): readonly SparkifyEvent[] {
  return [...byUser.values()].flatMap((mine) => mine.filter((event, index) => rule(mine[index - 1], event)));
}

const lines = (of: Iterable<SparkifyEvent>): readonly string[] => Array.from(of, formatChurnLine);

describe('determinism', () => {
  test('gives the same lines for the same request', () => {
    expect(lines(generateEvents(spec(10), createCatalogue(1)))).toEqual(
      lines(generateEvents(spec(10), catalogue)),
    );
  });

  test('gives other lines for another seed', () => {
    const other = generateEvents(parseGeneratorSpec({ users: 10, seed: 2 }));
    expect(lines(other).slice(0, 20)).not.toEqual(lines(events).slice(0, 20));
  });

  test('the first users of a larger run do just what they do in a smaller one', () => {
    const first = events.filter(({ person }) => person.index < 40);
    expect(lines(first)).toEqual(lines(generateEvents(spec(40), catalogue)));
  });
});

describe('order', () => {
  test('is by time, then by user', () => {
    const wrong = events.slice(1).filter((event, index) => {
      const before = events[index] as SparkifyEvent;
      return event.ts < before.ts || (event.ts === before.ts && event.person.index < before.person.index);
    });
    expect(wrong).toEqual([]);
  });

  test('numbers the events of a session from 0 without a gap, and uses no session number twice for a user', () => {
    const wrong = eachPair((before, event) =>
      before?.sessionId === event.sessionId
        ? event.itemInSession !== before.itemInSession + 1
        : event.itemInSession !== 0 || event.sessionId <= (before?.sessionId ?? 0),
    );
    expect(wrong).toEqual([]);
  });

  test('stays in the period', () => {
    const { from, to } = spec(120).period;
    expect(events.every(({ ts }) => ts >= from && ts < to)).toBe(true);
  });
});

describe('what happens', () => {
  test('songs that follow each other are as far apart as the first one is long, in whole seconds', () => {
    const isPair = (before: SparkifyEvent | undefined, event: SparkifyEvent): boolean =>
      before?.song !== undefined && event.song !== undefined && before.sessionId === event.sessionId;
    const wrong = eachPair(
      (before, event) =>
        isPair(before, event) &&
        event.ts - (before?.ts ?? 0) !== Math.floor(before?.song?.length ?? 0) * 1000,
    );
    expect(eachPair(isPair).length).toBeGreaterThan(10_000);
    expect(wrong).toEqual([]);
  });

  test('a redirect comes a second after its cause', () => {
    const wrong = eachPair(
      (before, event) => PAGES[event.page].status === 307 && event.ts - (before?.ts ?? 0) !== 1000,
    );
    expect(wrong).toEqual([]);
  });

  test('nothing happens after a cancellation, which has its own auth', () => {
    const cancelled = [...byUser.values()].filter((mine) => mine.some(({ auth }) => auth === 'Cancelled'));
    expect(cancelled.length).toBeGreaterThan(10);
    for (const mine of cancelled) {
      expect(mine.slice(-2).map(({ page }) => page)).toEqual(['Cancel', 'Cancellation Confirmation']);
      expect(mine.filter(({ auth }) => auth === 'Cancelled')).toHaveLength(1);
    }
  });

  test('the level changes only after a submit', () => {
    const changes = (before: SparkifyEvent | undefined, event: SparkifyEvent): boolean =>
      before !== undefined && before.level !== event.level;
    const wrong = eachPair(
      (before, event) =>
        changes(before, event) &&
        before?.page !== (event.level === 'paid' ? 'Submit Upgrade' : 'Submit Downgrade'),
    );
    expect(eachPair(changes).length).toBeGreaterThan(10);
    expect(wrong).toEqual([]);
  });
});

describe('the churn shape', () => {
  test('has its keys in the order of the original', () => {
    const song = events.find(({ song }) => song !== undefined) as SparkifyEvent;
    expect(Object.keys(JSON.parse(formatChurnLine(song)) as object)).toEqual([
      'ts', 'userId', 'sessionId', 'page', 'auth', 'method', 'status', 'level', 'itemInSession',
      'location', 'userAgent', 'lastName', 'firstName', 'registration', 'gender', 'artist', 'song', 'length',
    ]); // prettier-ignore
  });

  test('says nothing of who is logged out', () => {
    const unknown = events.filter((event) => !isKnown(event));
    expect(unknown.length).toBeGreaterThan(100);
    const records = unknown.map((event) => JSON.parse(formatChurnLine(event)) as Record<string, unknown>);
    expect(records.filter((record) => record['userId'] !== '' || Object.keys(record).length !== 9)).toEqual(
      [],
    );
  });
});

describe('a request', () => {
  test.each([
    [{ users: 0 }, /users/],
    [{ from: '2018-13-01' }, /from/],
    [{ from: '2018-11-02', to: '2018-11-02' }, /empty/],
  ])('is refused when it makes no sense: %j', (input, message) => {
    expect(() => parseGeneratorSpec(input)).toThrow(message);
  });
});
