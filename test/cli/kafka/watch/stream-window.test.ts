/** What is told of a stream, on a clock of the test's own. */
import { expect, test } from '@jest/globals';
import { StreamWindow } from '../../../../cli/kafka/watch/stream-window.js';

const START = 1_000_000_000_000;
const WINDOW_MS = 300_000;
const NOON = Date.parse('2018-10-01T12:00:00Z');

interface Play {
  readonly userId?: string;
  readonly ts?: number;
  readonly song?: string;
  readonly artist?: string;
}
let item = 0;
const play = ({ userId = '7', ts = NOON, song = 'Ebb', artist = 'Tide' }: Play = {}): Buffer =>
  Buffer.from(
    JSON.stringify({ ts, userId, sessionId: 1, itemInSession: (item += 1), page: 'NextSong', song, artist }),
  );
const visit = (userId: string): Buffer => Buffer.from(JSON.stringify({ ts: NOON, userId, page: 'Home' }));
const begin = (): StreamWindow => new StreamWindow(WINDOW_MS, START);

test('counts messages, plays and users; plays alone have songs', () => {
  const window = begin();
  for (const value of [play(), play({ userId: '8' }), visit('8'), visit('')]) window.add(value, START);
  const { messages, plays, activeUsers, topSongs } = window.snapshot(START + 1_000, 5);
  expect({ messages, plays, activeUsers }).toEqual({ messages: 4, plays: 2, activeUsers: 2 });
  expect(topSongs).toEqual([{ artist: 'Tide', song: 'Ebb', plays: 2 }]);
});

test('counts what is no event by its reason, and goes on', () => {
  const window = begin();
  const broken = [null, Buffer.from('{'), Buffer.from('[]'), Buffer.from('{"ts":"x"}'), Buffer.from([0xff])];
  for (const value of [...broken, play()]) window.add(value, START);
  const { messages, malformed, malformedBy, plays } = window.snapshot(START, 5);
  expect({ messages, malformed, plays }).toEqual({ messages: 6, malformed: 5, plays: 1 });
  expect(malformedBy).toEqual({
    empty: 1,
    invalid_json: 1,
    not_an_object: 1,
    wrong_type: 1,
    invalid_utf8: 1,
  });
});

test('a rate is over the last ten seconds, or over what there has been', () => {
  const window = begin();
  for (let ms = 0; ms < 4_000; ms += 10) window.add(visit('1'), START + ms);
  expect(window.snapshot(START + 4_000, 5).perSecond).toBe(100);
  for (let ms = 4_000; ms < 30_000; ms += 100) window.add(visit('1'), START + ms);
  expect(window.snapshot(START + 29_999, 5).perSecond).toBeCloseTo(10, 1);
  const { perSecond, history } = window.snapshot(START + 35_000, 5);
  expect(perSecond).toBeCloseTo(40 / 9, 5);
  expect(history).toHaveLength(60);
  expect(history.slice(25)).toEqual([
    ...Array.from({ length: 4 }, () => 100),
    ...Array.from({ length: 26 }, () => 10),
    ...Array.from({ length: 5 }, () => 0),
  ]);
  expect(window.snapshot(START + 200_000, 5)).toMatchObject({ perSecond: 0, playsPerMinute: 0 });
});

test('users and songs are those of the window', () => {
  const window = begin();
  window.add(play({ userId: 'early', song: 'Old' }), START);
  window.add(play({ userId: 'late', song: 'New' }), START + WINDOW_MS);
  const { activeUsers, topSongs, plays } = window.snapshot(START + WINDOW_MS + 1, 5);
  expect(activeUsers).toBe(1);
  expect(topSongs.map(({ song }) => song)).toEqual(['New']);
  expect(plays).toBe(2);
});

test('a replay is told at two speeds: as it arrives, and by the events’ own time', () => {
  const window = begin();
  // 90 minutes of their own time in 90 seconds, two plays in each minute
  for (let at = 0; at < 180; at += 1) window.add(play({ ts: NOON + at * 30_000 }), START + at * 500);
  const { playsPerMinute, playsPerOwnMinute, minutes } = window.snapshot(START + 90_000, 5);
  expect(playsPerMinute).toBeCloseTo(120, 0);
  expect(playsPerOwnMinute).toBe(2);
  expect(minutes).toHaveLength(30);
  expect(minutes.at(-1)).toEqual({ minuteMs: NOON + 89 * 60_000, plays: 2 });
});

test('a few plays with a wrong clock do not move the time of the stream', () => {
  const window = begin();
  for (let at = 0; at < 200; at += 1) window.add(play({ ts: NOON + at * 1_000 }), START);
  window.add(play({ ts: Date.UTC(2099, 0, 1) }), START);
  window.add(play({ ts: Date.UTC(2001, 0, 1) }), START);
  const { minutes } = window.snapshot(START, 5);
  expect(minutes.at(-1)?.minuteMs).toBe(NOON + 3 * 60_000);
  expect(minutes).toHaveLength(30);
});

test('a hostile stream of distinct users, songs and minutes takes bounded memory, and is told as such', () => {
  const window = begin();
  for (let at = 0; at < 120_000; at += 1) {
    const name = `${String(at)}${'x'.repeat(200)}`;
    window.add(play({ userId: name, song: name, artist: name, ts: NOON + at * 60_000 }), START);
  }
  const { activeUsers, hasAllUsers, topSongs, missedPlays, plays } = window.snapshot(START, 5);
  expect(plays).toBe(120_000);
  expect({ activeUsers, hasAllUsers }).toEqual({ activeUsers: 100_000, hasAllUsers: false });
  expect(missedPlays).toBeGreaterThan(0);
  expect(topSongs.every(({ song }) => song.length <= 80)).toBe(true);
});
