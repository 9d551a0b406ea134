/** Messages become events or reasons; what DuckDB takes of the same records is taken, with the same values. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { keyOf, parseEvent, type Event } from '../../../activities/kafka/parse-event.js';
import { createEvents } from '../../../connections/duckdb/create-events.js';
import { openDuckDb, type DuckDb } from '../../../connections/duckdb/duckdb.js';
import { RAW_EVENT_TYPES } from '../../../connections/duckdb/event-columns.js';
import { escapeText } from '../../../connections/copy/cell.js';

const TS = Date.parse('2018-11-01T10:00:00.123Z');
const PLAY = { ts: TS, page: 'NextSong', userId: '7', sessionId: 3, itemInSession: 0, song: 'Ebb' };
const parse = (value: unknown): ReturnType<typeof parseEvent> =>
  parseEvent(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 10_000);
const eventOf = (value: unknown): Event => {
  const parsed = parse(value);
  if ('problem' in parsed) throw new Error(parsed.problem.detail);
  return parsed.event;
};

describe('an event', () => {
  test.each([
    ['absent keys are null', {}, { artist: null, length: null, registration: null }],
    ['a userId may be a number', { userId: 7 }, { userId: '7' }],
    ['a visitor’s userId is empty, and null here', { userId: '' }, { userId: null }],
    ['whole numbers may have a point', { ts: `${String(TS)}.0`, sessionId: '12' }, { ts: TS, sessionId: 12 }],
    ['keys that nobody knows are passed over', { ['colour']: 'red' }, { song: 'Ebb' }],
    [
      'text is kept to the letter',
      { song: 'Tab\tand\nline \\ “quotes” 🎵' },
      { song: 'Tab\tand\nline \\ “quotes” 🎵' },
    ],
  ])('%s', (_, more, expected) => {
    expect(eventOf({ ...PLAY, ...more })).toMatchObject(expected);
  });

  test('is known by time, session, item and user, whatever is in the user’s id', () => {
    const keys = [
      PLAY,
      { ...PLAY, userId: '7/3' },
      { ...PLAY, userId: null },
      { ...PLAY, page: 'Home', sessionId: null },
      { ...PLAY, itemInSession: 1 },
      { ...PLAY, ts: TS + 1 },
    ].map((value) => keyOf(eventOf(value)));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keyOf(eventOf({ ...PLAY, song: 'another' }))).toBe(keys[0]);
  });
});

describe('a dead letter', () => {
  test.each([
    ['invalid_json', '{"ts":'],
    ['invalid_json', '\ufeff{}'],
    ['not_an_object', '[1]'],
    ['not_an_object', 'null'],
    ['not_an_object', '"text"'],
    ['missing_field', { ...PLAY, ts: null }],
    ['missing_field', { ...PLAY, sessionId: undefined }],
    ['wrong_type', { ...PLAY, ts: 'NaN' }],
    ['wrong_type', { ...PLAY, ts: '2018-11-01' }],
    ['wrong_type', { ...PLAY, ts: TS + 0.5 }],
    ['wrong_type', { ...PLAY, ts: true }],
    ['wrong_type', { ...PLAY, song: { title: 'Ebb' } }],
    ['wrong_type', { ...PLAY, length: 'Infinity' }],
    ['out_of_range', { ...PLAY, ts: Math.floor(TS / 1000) }],
    ['out_of_range', { ...PLAY, ts: 253402300800000 }],
    ['out_of_range', `{"ts":1e999}`],
    ['out_of_range', { ...PLAY, registration: -1 }],
    ['out_of_range', { ...PLAY, itemInSession: 2 ** 31 }],
    ['out_of_range', `{"ts":${String(TS)},"userId":12345678901234567890}`],
    ['out_of_range', { ...PLAY, artist: 'é'.repeat(2049) }],
    ['out_of_range', { ...PLAY, userId: 'u'.repeat(257) }],
    ['invalid_text', { ...PLAY, song: 'Ebb\u0000' }],
    ['invalid_text', `{"ts":${String(TS)},"song":"\\ud800"}`],
    ['too_large', JSON.stringify({ ...PLAY, more: 'x'.repeat(10_000) })],
  ])('%s (%#)', (reason, value) => {
    expect(parse(value)).toMatchObject({ problem: { reason } });
  });

  test('a tombstone, nothing, and bytes that are no UTF-8', () => {
    const utf16 = Buffer.from(JSON.stringify(PLAY), 'utf16le');
    const latin1 = Buffer.from(JSON.stringify({ ...PLAY, song: 'Café' }), 'latin1');
    const reasons = [null, Buffer.alloc(0), latin1, utf16].map((value) => {
      const parsed = parseEvent(value, 10_000);
      return 'problem' in parsed ? parsed.problem.reason : 'event';
    });
    expect(reasons).toEqual(['empty', 'empty', 'invalid_utf8', 'invalid_json']);
  });
});

test('whatever the bytes, there is an answer, and what passes can be written by COPY', () => {
  const anyValue = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.double(), fc.integer());
  const anyEvent = fc.record(
    {
      ts: fc.constant(TS),
      ...Object.fromEntries(Object.keys(RAW_EVENT_TYPES).map((key) => [key, anyValue])),
    },
    { requiredKeys: [] },
  );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 50 }).map((array) => Buffer.from(array)),
    anyEvent.map((event) => Buffer.from(JSON.stringify(event))),
  );
  fc.assert(
    fc.property(bytes, (value) => {
      const parsed = parseEvent(value, 10_000);
      if ('problem' in parsed) return parsed.problem.detail !== '';
      return Object.values(parsed.event).every(
        (cell) =>
          typeof cell !== 'string' ||
          (typeof escapeText(cell) === 'string' && (!parsed.isPlain || escapeText(cell) === cell)),
      );
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a text', 'Ebb', true],
  ['quotes and slashes', 'an "Ebb" and/or flow', true],
  ['letters beyond ASCII', 'é 🎵', true],
  ['a tab', 'a\tb', false],
  ['a backslash before a quote', '\\"', false],
])('%s: whether COPY can take it as it is', (_, song, isPlain) => {
  expect(parse({ ...PLAY, song })).toMatchObject({ isPlain, event: { song } });
});

describe('beside DuckDB, which reads the files of events', () => {
  let db: DuckDb;
  beforeAll(async () => {
    db = await openDuckDb({ threads: 1 });
  });
  afterAll(() => db.close());

  test('what passes here passes there, with the same values', async () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 1000 }),
      fc.integer({ min: 0, max: 1000 }).map(String),
      fc.constant(null),
    );
    const word = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.constant(null));
    const records = fc.sample(
      fc.record(
        {
          ts: fc.integer({ min: TS, max: TS + 10_000 }), userId: word, song: word, level: word, page: fc.constantFrom('NextSong', 'Home'),
          sessionId: number, itemInSession: number, status: number, length: fc.oneof(fc.double({ min: 0, max: 900, noNaN: true }), fc.constant('12.5'), fc.constant('long')),
          registration: fc.constantFrom(TS, `${String(TS)}.0`, null, 'never'),
        },
        { requiredKeys: ['ts'] },
      ),
      { numRuns: 300, seed: 7 },
    ); // prettier-ignore
    const file = path.join(db.tempFolder, 'records.jsonl');
    await writeFile(file, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    const { badRecords, rows } = await createEvents(db, file);
    const events = records.map(parse).flatMap((parsed) => ('event' in parsed ? [parsed.event] : []));
    expect([rows, badRecords]).toEqual([events.length, records.length - events.length]);
    expect(badRecords).toBeGreaterThan(10);
    const columns =
      'ts_ms, user_id, session_id, item_in_session, status, level, song, length, registration_ms, page';
    const read = await db.rows(`SELECT ${columns} FROM events`);
    const ours = events.map((event) => ({
      ts_ms: event.ts, user_id: event.userId, session_id: event.sessionId, item_in_session: event.itemInSession, status: event.status,
      level: event.level, song: event.song, length: event.length, registration_ms: event.registration, page: event.page,
    })); // prettier-ignore
    const sorted = (list: readonly object[]): readonly string[] =>
      list.map((row) => JSON.stringify(row)).sort();
    expect(sorted(read)).toEqual(sorted(ours));
  });
});
