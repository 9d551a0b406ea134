import { describe, expect, test } from '@jest/globals';
import { compareRows } from '../../chaos/oracle/compare.js';
import { computeEvents } from '../../chaos/oracle/events.js';
import { toTimestamp } from '../../chaos/oracle/row.js';
import { computeStar } from '../../chaos/oracle/star.js';

describe('the comparison', () => {
  const rows = [['1', 'a'], ['2', null], ['2', null]]; // prettier-ignore

  test('finds nothing in the same rows in another order', () => {
    expect(compareRows(rows, rows.toReversed())).toBeUndefined();
  });

  test.each([
    ['a row that is lost', rows.slice(1), { missing: 1, surplus: 0 }],
    ['a row that is there twice', [...rows, ['1', 'a']], { missing: 0, surplus: 1 }],
    ['one of two equal rows that is lost', rows.slice(0, 2), { missing: 1, surplus: 0 }],
    [
      'NULL that became a text',
      [
        ['1', 'a'],
        ['2', 'null'],
        ['2', null],
      ],
      { missing: 1, surplus: 1 },
    ],
  ])('finds %s', (_, actual, difference) => {
    expect(compareRows(rows, actual)).toMatchObject(difference);
  });
});

test('a timestamp is what Postgres prints', () => {
  expect(toTimestamp(Date.UTC(2018, 10, 1, 21, 1, 46, 790))).toBe('2018-11-01 21:01:46.79');
  expect(toTimestamp(Date.UTC(2018, 10, 1, 21, 1, 40))).toBe('2018-11-01 21:01:40');
});

const event = (fields: object): string =>
  JSON.stringify({
    artist: null, auth: 'Logged In', firstName: 'Ann', gender: 'F', itemInSession: 0, lastName: 'Onym', length: null, level: 'free',
    location: 'Nowhere', method: 'GET', page: 'Home', registration: 1540000000000.0, sessionId: 7, song: null, status: 200,
    ts: Date.UTC(2018, 11, 31, 10), userAgent: 'test', userId: '5', ...fields,
  }); // prettier-ignore
const play = (fields: object): string =>
  event({ page: 'NextSong', artist: 'A', song: 'S', length: 200.5, ...fields });
const song = (fields: object): string =>
  JSON.stringify({
    num_songs: 1, artist_id: 'AR1', artist_latitude: null, artist_longitude: null, artist_location: '', artist_name: 'A',
    song_id: 'SO1', title: 'S', duration: 200.5, year: 0, ...fields,
  }); // prettier-ignore

describe('the star schema by the oracle', () => {
  const star = (events: readonly string[], songs: readonly string[] = []): ReturnType<typeof computeStar> =>
    computeStar(events, songs);

  test('knows a play once however often it came, and no play of nobody', () => {
    const tables = star([play({}), play({}), play({ userId: '' }), event({ itemInSession: 1 })]);
    expect(tables.get('songplays')).toHaveLength(1);
    expect(tables.get('staging_events')).toHaveLength(4);
    expect(tables.get('staging_events')?.[2]?.at(-1)).toBeNull();
  });

  test('finds the release that is closest in length, and none that is too far', () => {
    const songs = [
      song({ song_id: 'SO2', duration: 200.5009 }),
      song({}),
      song({ song_id: 'SO3', duration: 201 }),
    ];
    expect(
      star([play({})], songs)
        .get('songplays')?.[0]
        ?.slice(4, 6),
    ).toEqual(['SO1', 'AR1']);
    expect(
      star([play({ length: 210 })], songs)
        .get('songplays')?.[0]
        ?.slice(4, 6),
    ).toEqual([null, null]);
  });

  test('takes the level of a user from the latest event', () => {
    const users = star([event({ ts: 2_000, level: 'paid' }), event({ ts: 1_000 })]).get('users');
    expect(users).toEqual([['5', 'Ann', 'Onym', 'F', 'paid']]);
  });

  test('takes the entry of an artist that says where they are', () => {
    const songs = [
      song({ year: 2000 }),
      song({ song_id: 'SO2', artist_latitude: 1.5, artist_longitude: 2, artist_location: 'X' }),
    ];
    expect(star([], songs).get('artists')).toEqual([['AR1', 'A', 'X', '1.5', '2']]);
  });

  test('counts weeks by their Thursdays', () => {
    // 2018-12-31 is a Monday of the first week of 2019
    expect(star([play({})]).get('time')).toEqual([
      ['2018-12-31 10:00:00', '10', '31', '1', '12', '2018', '1'],
    ]);
  });
});

test('an event of a topic is known by time, session, item and user', () => {
  const [row] = computeEvents([
    '{"ts":1538352000000,"userId":"","sessionId":8,"page":"Home","auth":"Guest"}',
  ]);
  expect(row?.slice(0, 7)).toEqual([
    '1538352000000/8/-/',
    '2018-10-01',
    '2018-10-01 00:00:00',
    null,
    '8',
    null,
    'Home',
  ]);
});
