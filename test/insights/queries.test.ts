/** The queries of sql/insights on events made by hand, with answers worked out by hand. */
import { describe, expect, it, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { INSIGHTS, OVERVIEW } from '../../insights/catalog/index.js';
import { text } from '../../insights/words.js';
import { ask, at, event, song } from './hand-made.js';

const near = (value: number): unknown => expect.closeTo(value, 9);
/** Wilson, 95 %, by the textbook's formula. */
function wilson(hits: number, of: number): { low: unknown; high: unknown } {
  const [z, p] = [1.96, hits / of];
  const middle = (p + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((p * (1 - p)) / of + z ** 2 / (4 * of ** 2));
  return { low: near(middle - half), high: near(middle + half) };
}
const cancel = (when: string, user: string, more = {}) =>
  event(when, user, 'Cancellation Confirmation', { auth: 'Cancelled', ...more });

test('every SQL file belongs to an insight', async () => {
  const files = (await readdir('sql/insights')).map((name) => name.replace(/\.sql$/, ''));
  const used = [OVERVIEW, ...INSIGHTS.flatMap(({ queries }) => queries)].map(({ file }) => file);
  expect(files.toSorted()).toEqual(used.toSorted());
  expect(INSIGHTS.map(({ number }) => number)).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
});

describe('without events of users', () => {
  const files = [OVERVIEW, ...INSIGHTS.flatMap(({ queries }) => queries)].map(({ file }) => file);
  it.each(files)('%s divides by nothing', async (file) => {
    const rows = await ask(file, [event('1', '', 'Home', { auth: 'Logged Out' })]);
    if (/^(00|05-upgrade|06|15)/.test(file)) expect(rows.length).toBeGreaterThan(0);
    else expect(rows).toEqual([]);
  });
});

describe('1 active users', () => {
  it('counts users in windows of one, seven and thirty days, each once', async () => {
    const rows = await ask('01-active-users', [
      event('1 09:00', 'a', 'Home'),
      event('1 23:59', 'a', 'Home'),
      event('1 10:00', 'b', 'Home'),
      event('1 10:00', '', 'Home'),
      event('3 10:00', 'a', 'Home'),
      event('40 10:00', 'b', 'Home'),
    ]);
    expect(rows).toHaveLength(40);
    const [first, second, , , , , , eighth] = rows;
    expect(first).toEqual({
      day: '2018-10-01',
      daily_users: 2,
      weekly_users: 2,
      monthly_users: 2,
      stickiness: 1,
    });
    expect(second).toMatchObject({ daily_users: 0, weekly_users: 2, monthly_users: 2, stickiness: 0 });
    // b's visit of day 1 has left the seven days, a's of day 3 is in
    expect(eighth).toMatchObject({ day: '2018-10-08', weekly_users: 1, monthly_users: 2 });
    expect(rows[29]).toMatchObject({ day: '2018-10-30', monthly_users: 2 });
    expect(rows[30]).toMatchObject({ day: '2018-10-31', monthly_users: 1 });
    // nobody for more than thirty days: no division by zero
    expect(rows[37]).toMatchObject({ monthly_users: 0, stickiness: null });
    expect(rows[39]).toMatchObject({ day: '2018-11-09', daily_users: 1, monthly_users: 1, stickiness: 1 });
  });
});

describe('2 sessions', () => {
  it('end with their last song, keep to the day and level of their start, and are of one user', async () => {
    const rows = await ask('02-sessions', [
      // over midnight: 23:50 to 00:06 and 240 s of song = 20 minutes
      song('1 23:50', 'a', { itemInSession: 0 }),
      song('2 00:06', 'a', { itemInSession: 1, length: 240, level: 'paid' }),
      // the same number, another user: 10 minutes, the page after the song is later than the song's end
      song('1 12:00', 'b', { itemInSession: 0, length: 60 }),
      event('1 12:10', 'b', 'Help', { itemInSession: 1 }),
      // no song at all: no length
      event('2 08:00', 'b', 'Home', { sessionId: 2, level: 'paid' }),
    ]);
    expect(rows).toEqual([
      {
        day: '2018-10-01',
        level: 'free',
        sessions: 2,
        songs_per_session: 1.5,
        median_minutes: near(15),
        p95_minutes: near(19.5),
      },
      {
        day: '2018-10-02',
        level: 'paid',
        sessions: 1,
        songs_per_session: 0,
        median_minutes: 0,
        p95_minutes: 0,
      },
    ]);
  });

  it('take the song that began last, not the one that would end last', async () => {
    const [row] = await ask('02-sessions', [
      song('1 12:00', 'a', { itemInSession: 0, length: 3600 }),
      song('1 12:01', 'a', { itemInSession: 1, length: 60 }),
    ]);
    expect(row).toMatchObject({ median_minutes: near(2) });
  });
});

describe('3 listening by hour', () => {
  const placesAndTimes = [
    ['New York-Newark, NY-NJ', '1 02:00', 'America/New_York'],
    ['Chicago, IL', '1 02:00', 'America/Chicago'],
    ['Phoenix, AZ', '1 02:00', 'America/Phoenix'],
    ['San Francisco, CA', '1 02:00', 'America/Los_Angeles'],
    ['Anchorage, AK', '1 02:00', 'America/Anchorage'],
    ['Honolulu, HI', '1 02:00', 'Pacific/Honolulu'],
    // clocks go back on Sunday 4 November 2018 (day 35) at 6 h UTC in New York
    ['New York, NY', '35 05:59', 'America/New_York'],
    ['New York, NY', '35 06:00', 'America/New_York'],
    ['Denver, CO', '35 07:59', 'America/Denver'],
    ['Denver, CO', '35 08:00', 'America/Denver'],
    // and forward on Sunday 10 March 2019 (day 161)
    ['New York, NY', '161 06:59', 'America/New_York'],
    ['New York, NY', '161 07:00', 'America/New_York'],
    ['New York, NY', '154 12:00', 'America/New_York'], // the first Sunday of March
    ['New York, NY', '168 12:00', 'America/New_York'], // the third
    ['New York, NY', '34 12:00', 'America/New_York'],
    ['New York, NY', '42 12:00', 'America/New_York'],
    ['New York, NY', '100 12:00', 'America/New_York'],
  ] as const;

  it.each(placesAndTimes)('%s at %s has the clock of %s', async (location, when, timeZone) => {
    const rows = await ask('03-listening-by-hour', [song(when, 'a', { location, length: 1800 })]);
    const clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'long',
      hour: '2-digit',
      hourCycle: 'h23',
    });
    const parts = Object.fromEntries(clock.formatToParts(at(when)).map(({ type, value }) => [type, value]));
    const names = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
    expect(rows[0]).toEqual({
      clock: 'local',
      weekday: names.indexOf(parts['weekday'] ?? '') + 1,
      hour: Number(parts['hour']),
      songs: 1,
      hours: 0.5,
    });
  });

  it('adds songs up, and leaves unknown places to UTC', async () => {
    const rows = await ask('03-listening-by-hour', [
      song('1 10:05', 'a', { location: 'Toronto, ON' }),
      song('8 10:59', 'b', { location: null, length: 3420 }),
      event('1 10:10', 'a', 'Home'),
    ]);
    expect(rows).toEqual([{ clock: 'utc', weekday: 1, hour: 10, songs: 2, hours: near(1) }]);
  });
});

describe('4 top artists and songs', () => {
  const plays = [
    // the thirty days before: B leads
    ...[1, 2, 3].map((minute) => song(`10 10:0${String(minute)}`, 'a', { artist: 'B', song: 'x' })),
    song('10 11:00', 'a', { artist: 'A', song: 'x' }),
    // the last thirty days end on day 60
    song('60 10:00', 'a', { artist: 'A', song: 'x' }),
    song('60 10:01', 'a', { artist: 'A', song: 'y' }),
    song('60 10:02', 'b', { artist: 'A', song: 'x' }),
    song('60 10:03', 'b', { artist: 'B', song: 'x' }),
    song('60 10:04', 'b', { artist: 'C', song: 'z' }),
    song('60 10:05', 'b', { artist: null, song: 'nameless' }),
    event('60 10:06', 'b', 'Home'),
  ];

  it('rank artists by the last thirty days, and against the thirty before', async () => {
    const rest = { plays: 1, listeners: 1, share: 0.2 };
    expect(await ask('04-top-artists', plays)).toEqual([
      { place: 1, artist: 'A', plays: 3, listeners: 2, share: 0.6, previous_place: 2, places_gained: 1 },
      { place: 2, artist: 'B', ...rest, previous_place: 1, places_gained: -1 },
      { place: 2, artist: 'C', ...rest, previous_place: null, places_gained: null },
    ]);
  });

  it('tell songs of one title apart by their artist', async () => {
    const rows = await ask('04-top-songs', plays);
    expect(rows.map(({ place, song, artist, plays }) => [place, song, artist, plays])).toEqual([
      [1, 'x', 'A', 2],
      [2, 'x', 'B', 1],
      [2, 'y', 'A', 1],
      [2, 'z', 'C', 1],
    ]);
  });

  it('measure how much the most played get, rounding their number up', async () => {
    const artists = Array.from({ length: 10 }, (_, index) => `artist ${String(index)}`);
    const rows = await ask('04-concentration', [
      ...artists.map((artist, index) => song(`1 10:0${String(index)}`, 'a', { artist, song: 'same' })),
      ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((minute) =>
        song(`2 10:${String(minute + 10)}`, 'a', { artist: 'artist 3', song: 'same' }),
      ),
    ]);
    const found = rows
      .filter(({ kind }) => kind === 'artists')
      .map(({ top_percent, items, share }) => [top_percent, items, share]);
    expect(found).toEqual([
      [1, 1, near(0.55)],
      [5, 1, near(0.55)],
      [10, 1, near(0.55)],
      [20, 2, near(0.6)],
      [50, 5, near(0.75)],
      [100, 10, 1],
    ]);
  });
});

describe('5 conversion', () => {
  const users = [
    // followed for 30 days: upgrades after 10 days
    event('1 00:00', 'a', 'Home'),
    event('11 00:00', 'a', 'Submit Upgrade'),
    // followed for 30 days: upgrades after exactly 7 days
    event('1 00:00', 'b', 'Upgrade'),
    event('8 00:00', 'b', 'Submit Upgrade'),
    // never
    event('1 00:00', 'c', 'Upgrade'),
    event('1 00:01', 'c', 'Roll Advert'),
    // began at level paid: not asked
    event('1 00:00', 'd', 'Home', { level: 'paid' }),
    // followed for ten days only
    event('21 00:00', 'e', 'Home'),
    event('31 00:00', 'c', 'Home'),
    event('31 00:00', '', 'Submit Upgrade'),
  ];

  it('counts upgrades in time, of those who can be followed', async () => {
    expect(await ask('05-conversion', users)).toEqual([
      { within_days: 7, users: 4, upgraded: 1, share: 0.25, median_days: 7 },
      { within_days: 14, users: 3, upgraded: 2, share: near(2 / 3), median_days: 8.5 },
      { within_days: 30, users: 3, upgraded: 2, share: near(2 / 3), median_days: 8.5 },
    ]);
  });

  it('follows the steps in their order', async () => {
    // a sent an upgrade without opening the page, c opened it and sent none
    expect(await ask('05-upgrade-funnel', users)).toEqual([
      { step: 1, what: 'used the free level', users: 4, share_of_previous: 1, share_of_first: 1 },
      { step: 2, what: 'opened Upgrade', users: 2, share_of_previous: 0.5, share_of_first: 0.5 },
      { step: 3, what: 'sent Submit Upgrade', users: 1, share_of_previous: 0.5, share_of_first: 0.25 },
    ]);
  });

  it('sees adverts before the outcome: who upgrades on the first day is left out', async () => {
    const rows = await ask('05-conversion-by-adverts', [
      ...users,
      event('1 00:00', 'f', 'Home'),
      event('1 12:00', 'f', 'Submit Upgrade'),
      event('2 00:00', 'c', 'Roll Advert'), // 24 hours later
    ]);
    expect(rows).toEqual([
      { adverts: '0', users: 2, upgraded: 2, share: 1, ...wilson(2, 2) },
      { adverts: '1 to 2', users: 1, upgraded: 0, share: 0, ...wilson(0, 1) },
    ]);
  });
});

describe('6 downgrades', () => {
  it('counts the way down, and back within 14 days of who can be followed', async () => {
    const down = (when: string, user: string) => [
      event(when, user, 'Downgrade', { level: 'paid', itemInSession: 1 }),
      event(`${when}:30`, user, 'Submit Downgrade', { level: 'paid', itemInSession: 2 }),
    ];
    const rows = await ask('06-downgrade-funnel', [
      ...down('1 10:00', 'a'),
      event('10 10:00', 'a', 'Submit Upgrade'),
      ...down('1 10:00', 'b'),
      event('16 10:01', 'b', 'Submit Upgrade'), // too late
      ...down('20 10:00', 'c'), // cannot be followed
      event('1 10:00', 'd', 'Downgrade', { level: 'paid' }),
      event('1 10:00', 'e', 'Home', { level: 'paid' }),
      event('21 10:00', 'f', 'Home'),
    ]);
    expect(rows.map(({ users, share_of_previous }) => [users, share_of_previous])).toEqual([
      [5, 1],
      [4, 0.8],
      [3, 0.75],
      [2, near(2 / 3)],
      [1, 0.5],
    ]);
  });
});

describe('7 churn', () => {
  it('divides by those at risk: seen in the week or the four before, and not yet gone', async () => {
    const rows = await ask('07-churn-by-week', [
      event('1', 'a', 'Home'),
      event('2', 'b', 'Home'),
      cancel('7 23:59', 'b'), // Sunday of the first week
      event('8', 'c', 'Home'), // Monday of the second
      cancel('8 10:00', 'c'),
      event('44', 'd', 'Home'), // the seventh week: a was last seen six weeks ago
    ]);
    expect(rows.map(({ week, at_risk, cancelled }) => [week, at_risk, cancelled])).toEqual([
      ['2018-10-01', 2, 1],
      ['2018-10-08', 2, 1],
      ['2018-10-15', 1, 0],
      ['2018-10-22', 1, 0],
      ['2018-10-29', 1, 0],
      ['2018-11-12', 1, 0],
    ]);
    expect(rows[0]).toMatchObject({ share: 0.5, ...wilson(1, 2) });
  });

  it('shows groups of 20 users and more, by what users were last', async () => {
    const twenty = Array.from({ length: 20 }, (_, index) => `user ${String(index)}`);
    const rows = await ask('07-churn-by-group', [
      ...twenty.flatMap((user) => [
        song('1 10:00', user, { level: 'free', location: 'Springfield, IL' }),
        event('2 10:00', user, 'Thumbs Down', {
          level: 'paid',
          location: 'Austin-Round Rock, TX',
          userAgent: 'Mozilla (X11; Linux)',
        }),
      ]),
      ...twenty
        .slice(0, 5)
        .map((user) => cancel('3 10:00', user, { level: 'paid', location: 'Austin-Round Rock, TX' })),
      song('1 10:00', 'the only one', { gender: 'M' }),
    ]);
    const found = Object.fromEntries(
      rows.map((row) => [
        `${text(row, 'dimension')}: ${text(row, 'value')}`,
        [row['users'], row['cancelled']],
      ]),
    );
    expect(found).toEqual({
      'all users: all': [21, 5],
      'level: paid': [20, 5],
      'gender: F': [20, 5],
      'region: TX': [20, 5],
      'thumbs down per 1,000 songs: 30 or more': [20, 5],
    });
    expect(rows.find(({ dimension }) => dimension === 'level')).toMatchObject({
      share: 0.25,
      ...wilson(5, 20),
    });
  });
});

describe('8 retention', () => {
  it('counts a week of a user once it has passed', async () => {
    const rows = await ask('08-retention', [
      event('1', 'a', 'Home'),
      event('7', 'a', 'Home'), // still week 0
      event('15', 'a', 'Home'), // week 2
      event('3', 'b', 'Home'), // its week 1 is days 10 to 16
      event('10', 'b', 'Home'),
      event('21', 'a', 'Home'),
    ]);
    expect(rows).toEqual([
      { cohort: '2018-10-01', week: 0, users: 2, active: 2, share: 1 },
      { cohort: '2018-10-01', week: 1, users: 2, active: 1, share: 0.5 },
      { cohort: '2018-10-01', week: 2, users: 1, active: 1, share: 1 }, // b's week 2 ends on day 23
    ]);
  });

  it('estimates survival as Kaplan and Meier do', async () => {
    const rows = await ask('08-survival', [
      ...['a', 'b', 'c', 'd'].map((user) => event('1 00:00', user, 'Home')),
      cancel('3 00:00', 'a'), // 2 days: 3 of 4 stay
      cancel('6 00:00', 'b'), // 5 days: 2 of 3 stay
      event('8 00:00', 'e', 'Home'), // seen for 3 days: at risk until then
      event('11 00:00', 'c', 'Home'), // the end: 10 days
    ]);
    expect(
      rows.map(({ days, at_risk, cancelled, survival }) => [days, at_risk, cancelled, survival]),
    ).toEqual([
      [2, 5, 1, near(0.8)],
      [3, 4, 0, near(0.8)],
      [5, 3, 1, near(0.8 * (2 / 3))],
      [10, 2, 0, near(0.8 * (2 / 3))],
    ]);
    const variance = 1 / (5 * 4) + 1 / (3 * 2);
    const survival = 0.8 * (2 / 3);
    expect(rows[2]).toMatchObject({ low: near(survival - 1.96 * survival * Math.sqrt(variance)) });
    expect(rows[0]).toMatchObject({ high: 1 });
  });

  it('ends at zero when the last one cancels', async () => {
    const rows = await ask('08-survival', [event('1 00:00', 'a', 'Home'), cancel('2 00:00', 'a')]);
    expect(rows).toEqual([{ days: 1, at_risk: 1, cancelled: 1, survival: 0, low: 0, high: 0 }]);
  });
});

describe('9 adverts', () => {
  it('count at level free alone, and need no songs', async () => {
    const rows = await ask('09-advert-exposure', [
      song('1 10:00', 'a', { length: 1800 }),
      song('1 10:30', 'a', { length: 1800 }),
      event('1 10:31', 'a', 'Roll Advert'),
      event('1 10:32', 'b', 'Roll Advert', { level: 'paid' }),
      event('2 10:00', 'a', 'Roll Advert'),
    ]);
    expect(rows).toEqual([
      { day: '2018-10-01', adverts: 1, songs: 2, hours: 1, per_1000_songs: 500, per_hour: 1 },
      { day: '2018-10-02', adverts: 1, songs: 0, hours: 0, per_1000_songs: null, per_hour: null },
    ]);
  });

  it('are followed by what comes after them, in fifths that keep equal rates together', async () => {
    // the data ends on day 30: the last 14 days are 17 to 30, the 14 before 3 to 16
    const user = (name: string, adverts: number) => [
      song('3 10:00', name),
      ...Array.from({ length: adverts }, (_, minute) =>
        event(`16 10:${String(minute + 10)}`, name, 'Roll Advert'),
      ),
    ];
    const rows = await ask('09-advert-response', [
      ...['a', 'b', 'c'].flatMap((name) => user(name, 0)),
      ...user('d', 1),
      ...user('e', 2),
      cancel('17 00:00', 'e'),
      event('30 10:00', 'd', 'Submit Upgrade'),
      ...user('gone', 5),
      cancel('16 23:59', 'gone'), // had cancelled before
      song('2 10:00', 'too early'),
      song('5 10:00', 'paying', { level: 'paid' }),
    ]);
    expect(rows).toMatchObject([
      { fifth: 1, users: 3, lowest_rate: 0, highest_rate: 0, cancelled: 0, upgraded: 0 },
      { fifth: 4, users: 1, lowest_rate: 1000, cancelled: 0, upgraded: 1, upgrade_share: 1 },
      {
        fifth: 5,
        users: 1,
        lowest_rate: 2000,
        highest_rate: 2000,
        cancelled: 1,
        cancel_share: 1,
        upgraded: 0,
      },
    ]);
    const { low: cancel_low, high: cancel_high } = wilson(0, 3);
    expect(rows[0]).toMatchObject({ cancel_low, cancel_high });
  });
});

describe('10 thumbs', () => {
  it('by week and level are smoothed', async () => {
    const rows = await ask('10-thumbs-by-week', [
      event('1', 'a', 'Thumbs Up'),
      event('7 23:59', 'a', 'Thumbs Up'),
      event('8', 'a', 'Thumbs Down'),
      event('8', 'b', 'Thumbs Up', { level: 'paid' }),
    ]);
    expect(rows).toEqual([
      { week: '2018-10-01', level: 'free', up: 2, down: 0, ratio: 0.75 },
      { week: '2018-10-08', level: 'free', up: 0, down: 1, ratio: near(1 / 3) },
      { week: '2018-10-08', level: 'paid', up: 1, down: 0, ratio: near(2 / 3) },
    ]);
  });

  it('by user fall into tenths', async () => {
    const rows = await ask('10-thumbs-by-user', [
      event('1', 'a', 'Thumbs Up'),
      event('1', 'b', 'Thumbs Up'),
      event('1', 'c', 'Thumbs Down'),
      event('1', 'd', 'Home'),
    ]);
    expect(rows).toEqual([
      { ratio_from: 0.3, ratio_below: 0.4, users: 1 },
      { ratio_from: 0.6, ratio_below: 0.7, users: 2 },
    ]);
  });

  /** Sessions of one user in which a song of each artist gets a thumb. */
  const thumbs = (artist: string, page: string, times: number, offset: number) =>
    Array.from({ length: times }, (_, index) => {
      const sessionId = offset + index;
      return [
        song('1 10:00', 'a', { sessionId, itemInSession: 0, artist: 'before', song: 'before' }),
        song('1 10:03', 'a', { sessionId, itemInSession: 1, artist, song: `${artist}'s` }),
        event('1 10:04', 'a', 'Home', { sessionId, itemInSession: 2 }),
        event('1 10:04', 'a', page, { sessionId, itemInSession: 3 }),
      ];
    }).flat();
  const votes = [
    ...thumbs('liked', 'Thumbs Up', 19, 100),
    ...thumbs('liked', 'Thumbs Down', 1, 200),
    ...thumbs('loathed', 'Thumbs Down', 20, 300),
    ...thumbs('rare', 'Thumbs Down', 19, 400),
    event('1 09:00', 'a', 'Thumbs Up', { sessionId: 500, itemInSession: 0 }), // for no song
  ];

  it('by artist go to the song that was last started, with 20 or more', async () => {
    expect(await ask('10-thumbs-by-artist', votes)).toEqual([
      { artist: 'liked', up: 19, down: 1, ratio: near(20 / 22) },
      { artist: 'loathed', up: 0, down: 20, ratio: near(1 / 22) },
    ]);
  });

  it('name the most disliked songs first', async () => {
    expect(await ask('10-disliked-songs', votes)).toMatchObject([
      { song: "loathed's", artist: 'loathed', up: 0, down: 20 },
      { song: "liked's", artist: 'liked', up: 19, down: 1 },
    ]);
  });
});

describe('11 friends and playlists', () => {
  it('are counted per 100 songs and by users who ever did', async () => {
    const rows = await ask('11-social', [
      song('1 10:00', 'a'),
      song('1 10:03', 'a'),
      event('1 10:04', 'a', 'Add Friend'),
      event('1 10:05', 'b', 'Add to Playlist', { level: 'paid' }),
      event('1 10:05', 'c', 'Home'),
    ]);
    expect(rows).toEqual([
      {
        action: 'Add Friend',
        level: 'free',
        events: 1,
        per_100_songs: 50,
        users: 2,
        users_ever: 1,
        share_ever: 0.5,
      },
      {
        action: 'Add Friend',
        level: 'paid',
        events: 0,
        per_100_songs: null,
        users: 1,
        users_ever: 0,
        share_ever: 0,
      },
      {
        action: 'Add to Playlist',
        level: 'free',
        events: 0,
        per_100_songs: 0,
        users: 2,
        users_ever: 0,
        share_ever: 0,
      },
      {
        action: 'Add to Playlist',
        level: 'paid',
        events: 1,
        per_100_songs: null,
        users: 1,
        users_ever: 1,
        share_ever: 1,
      },
    ]);
  });

  it('are followed by what comes after them', async () => {
    const user = (name: string, friends: number) => [
      song('10 10:00', name),
      ...Array.from({ length: friends }, (_, minute) =>
        event(`10 10:${String(minute + 10)}`, name, 'Add Friend'),
      ),
    ];
    const rows = await ask('11-social-response', [
      ...['a', 'b'].flatMap((name) => user(name, 0)),
      ...user('c', 1),
      ...user('d', 2),
      cancel('20 10:00', 'a'),
      event('30 10:00', 'd', 'Home'),
    ]);
    expect(rows).toMatchObject([
      { quarter: 1, users: 2, lowest_rate: 0, highest_rate: 0, cancelled: 1, share: 0.5, ...wilson(1, 2) },
      { quarter: 3, users: 1, lowest_rate: 100, cancelled: 0 },
      { quarter: 4, users: 1, lowest_rate: 200, cancelled: 0 },
    ]);
  });
});

describe('12 errors and help', () => {
  it('raise an alarm above three standard deviations of the days before, from the eighth day on', async () => {
    // days 1 to 8 have 9 or 8 pages beside one error, the ninth has nothing but errors
    const quiet = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((day) => [
      event(`${String(day)} 10:00`, 'a', 'Error'),
      ...Array.from({ length: 9 - (day % 2) }, (_, minute) =>
        event(`${String(day)} 11:${String(minute + 10)}`, 'a', 'Home'),
      ),
    ]);
    const rows = await ask('12-errors-and-help', [
      ...quiet,
      event('9 10:00', 'a', 'Error'),
      event('9 10:01', '', 'Error'),
    ]);
    expect(rows[6]).toMatchObject({ errors_limit: null, errors_alarm: 0 });
    const rates = [1, 2, 3, 4, 5, 6, 7, 8].map((day) => 1000 / (10 - (day % 2)));
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / 8;
    const deviation = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / 7);
    expect(rows[8]).toMatchObject({
      day: '2018-10-09',
      requests: 1,
      errors: 1,
      errors_per_1000: 1000,
      errors_limit: near(mean + 3 * deviation),
      errors_alarm: 1,
      helps_per_1000: null,
      helps_alarm: 0,
    });
    expect(rows[7]).toMatchObject({ errors_alarm: 0 });
  });

  it('compare the day after an error with other days', async () => {
    const rows = await ask('12-cancel-after-error', [
      event('1 10:00', 'a', 'Home'),
      event('1 12:00', 'a', 'Error'),
      cancel('2 12:00', 'a'), // 24 hours after the error, on a day of its own
      event('1 10:00', 'b', 'Error'),
      event('1 10:00', 'c', 'Home'),
      cancel('2 10:01', 'c'), // too late for the first day
    ]);
    expect(rows).toEqual([
      { days: 'with an error', user_days: 2, cancelled: 1, share: 0.5, ...wilson(1, 2) },
      { days: 'without an error', user_days: 3, cancelled: 2, share: near(2 / 3), ...wilson(2, 3) },
    ]);
  });
});

describe('13 levels', () => {
  const levels = [
    song('1 10:00', 'a', { length: 3600 }),
    event('1 11:00', 'a', 'Submit Upgrade'),
    event('1 11:01', 'a', 'Home', { level: 'paid', itemInSession: 1 }),
    song('2 10:00', 'a', { level: 'paid', sessionId: 2 }),
    event('3 10:00', 'a', 'Home', { sessionId: 3 }),
    event('1 10:00', 'b', 'Home'),
  ];

  it('count who switches at both levels of the day', async () => {
    expect(await ask('13-level-mix', levels)).toEqual([
      { day: '2018-10-01', level: 'free', users: 2, songs: 1, hours: 1 },
      { day: '2018-10-01', level: 'paid', users: 1, songs: 0, hours: 0 },
      { day: '2018-10-02', level: 'paid', users: 1, songs: 1, hours: 0.05 },
      { day: '2018-10-03', level: 'free', users: 1, songs: 0, hours: 0 },
    ]);
  });

  it('count switches, and who never did', async () => {
    expect(await ask('13-level-switches', levels)).toEqual([
      { from_level: 'free', to_level: 'free', switches: 0, users: 1 },
      { from_level: 'free', to_level: 'paid', switches: 1, users: 1 },
      { from_level: 'paid', to_level: 'free', switches: 1, users: 1 },
    ]);
  });
});

describe('14 silence', () => {
  it('ends with a return, goes on to the end of the data, and is none after a cancellation', async () => {
    const rows = await ask('14-inactivity', [
      event('1', 'a', 'Home'),
      event('9', 'a', 'Home'), // seven days without an event, then back
      event('1', 'b', 'Home'), // silent from day 2 to day 30
      cancel('1', 'c'),
      event('1', 'd', 'Home'),
      event('8', 'd', 'Home'), // six days only
      event('30', 'd', 'Home'), // 21 days
      event('30', 'a', 'Home'), // 20 days
    ]);
    expect(rows).toEqual([
      { days: 7, users: 4, silent_users: 3, silent_share: 0.75, silences: 4, ended: 3, ended_share: 0.75 },
      {
        days: 14,
        users: 4,
        silent_users: 3,
        silent_share: 0.75,
        silences: 3,
        ended: 2,
        ended_share: near(2 / 3),
      },
      { days: 21, users: 4, silent_users: 2, silent_share: 0.5, silences: 2, ended: 1, ended_share: 0.5 },
    ]);
  });
});

describe('15 data quality', () => {
  const dirty = [
    song('1 10:00', 'a', { registration: at('1 09:00') }),
    song('1 10:00', 'a', { registration: at('1 09:00') }), // twice
    song('1 10:05', 'a', { itemInSession: 1, artist: null }),
    event('1 10:04', 'a', 'Home', { itemInSession: 2 }), // a minute older than the one before
    event('1 10:06', 'b', 'Moon', { registration: at('2') }),
    cancel('1 11:00', 'b', { itemInSession: 1 }),
    event('1 11:01', 'b', 'Home', { itemInSession: 2 }),
    event('1 12:00', '', 'Home', { gender: null }),
  ];

  it('is counted', async () => {
    const rows = await ask('15-data-quality', dirty);
    expect(rows.map(({ found, among }) => [found, among])).toEqual([
      [8, 8],
      [1, 8],
      [1, 8],
      [1, 8],
      [1, 8],
      [1, 8],
      [1, 3],
      [1, 2],
    ]);
    expect(rows[6]).toMatchObject({ what: 'songs without artist, title or length', share: near(1 / 3) });
  });

  it('shows what pages lack', async () => {
    const rows = await ask('15-nulls-by-page', dirty);
    expect(rows.map(({ page }) => page)).toEqual(['Cancellation Confirmation', 'Home', 'Moon', 'NextSong']);
    expect(rows[1]).toMatchObject({
      number_of_rows: 3,
      no_user: near(1 / 3),
      no_gender: near(1 / 3),
      no_song: 1,
    });
    expect(rows[3]).toMatchObject({ no_artist: near(1 / 3), no_song: 0 });
  });

  it('tells how late events are', async () => {
    const rows = await ask('15-late-events', dirty);
    expect(rows.map(({ lag_band, events }) => [lag_band, events])).toEqual([
      ['in order', 6],
      ['up to a minute', 1],
      ['up to an hour', 0],
      ['up to a day', 0],
      ['more than a day', 0],
    ]);
  });
});

test('the overview counts events of users', async () => {
  const [row] = await ask('00-overview', [
    song('1 10:00', 'a', { length: 3600, level: 'paid' }),
    song('3 10:00', 'a', { sessionId: 2, artist: 'B', length: 1800 }),
    cancel('2 10:00', 'b'),
    event('9 10:00', '', 'Home'),
  ]);
  expect(row).toEqual({
    first_day: '2018-10-01',
    last_day: '2018-10-03',
    events: 3,
    users: 2,
    sessions: 3,
    songs: 2,
    hours: 1.5,
    artists: 2,
    paid_songs: 1,
    cancelled_users: 1,
  });
});
