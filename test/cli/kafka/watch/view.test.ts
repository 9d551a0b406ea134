/** The screen of a watch: it fits, and what messages say steers nothing. */
import { describe, expect, test } from '@jest/globals';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'string-width';
import { measureLag } from '../../../../cli/kafka/watch/lag.js';
import { StreamWindow } from '../../../../cli/kafka/watch/stream-window.js';
import { formatLine, formatScreen, toJson, type WatchState } from '../../../../cli/kafka/watch/view.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const TS = Date.parse('2018-10-01T12:00:00Z');

const HOSTILE = [
  'clear \u001b[2J\u001b[H\u0007 and \u009b31m',
  'over \u202ewritten\u2028 lines\r\nand more',
  '名前の長い歌'.repeat(20),
  `a${'\u0301'.repeat(70)}`,
  '👩‍👩‍👧‍👦'.repeat(12),
];

function makeState(partitionCount = 3, songs: readonly string[] = HOSTILE): WatchState {
  const window = new StreamWindow(300_000, START);
  songs.forEach((song, at) => {
    for (let times = 0; times <= at; times += 1) {
      const event = { ts: TS + times * 60_000, userId: String(at), sessionId: at, itemInSession: times };
      window.add(
        Buffer.from(JSON.stringify({ ...event, page: 'NextSong', song, artist: song })),
        START + times,
      );
    }
  });
  window.add(Buffer.from('{'), START);
  const partitions = Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    low: 0,
    high: 1_000_000 + partition,
  }));
  const sinks = [
    { name: 'warehouse', next: new Map([[1, 5]]) },
    { name: 'lake', problem: 'no\u001b[31m answer '.repeat(20) },
  ];
  return {
    topic: 'events',
    atMs: START + 5_000,
    startMs: START,
    windowMs: 300_000,
    stream: window.snapshot(START + 5_000, 5),
    partitions: measureLag({ atMs: START, partitions, sinks }),
    sinks,
    problem: undefined,
  };
}

describe.each([
  [40, 20],
  [80, 24],
  [120, 50],
])('on a screen of %i columns and %i rows', (columns, rows) => {
  const screen = formatScreen(makeState(200), { columns, rows });
  const lines = screen.split('\n').map((line) => stripVTControlCharacters(line));

  test('each line fits, and all of them do', () => {
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  });

  test('no control character of a message is left', () => {
    expect(lines.join('').match(/[\p{Cc}\p{Cf}\p{Zl}]/gu)).toBeNull();
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(3 * columns);
  });
});

test('shows the partitions that are most behind, and the sum of all', () => {
  const lines = formatScreen(makeState(200), { columns: 80, rows: 24 }).split('\n');
  const table = lines.slice(lines.findIndex((line) => line.includes('partition')));
  expect(table[1]).toContain('199');
  expect(table.join('\n')).toMatch(/… 19\d more that are less behind/);
  expect(table.join('\n')).toContain('200,019,900');
});

test('a line for a log is one line, and an object for programs has the whole', () => {
  const state = makeState();
  expect(formatLine(state)).not.toMatch(/\p{Cc}/u);
  expect(formatLine(state)).toContain('5 users  1 malformed  lag warehouse 2,999,998  lag lake –');
  expect(JSON.parse(JSON.stringify(toJson(state)))).toMatchObject({
    topic: 'events',
    messages: 16,
    plays: 15,
    malformed: 1,
    malformedBy: { invalid_json: 1 },
    activeUsers: 5,
    eventTime: '2018-10-01T12:04:00.000Z',
    lag: { warehouse: 2_999_998 },
  });
});

test('before anything has come it says so', () => {
  const empty = new StreamWindow(300_000, START).snapshot(START, 5);
  const state = { ...makeState(1), stream: empty };
  expect(formatScreen(state, { columns: 80, rows: 24 })).toContain('no plays');
});
