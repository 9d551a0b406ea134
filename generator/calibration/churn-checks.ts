/** How event data of the churn shape compares with the published figures of the original data. Pure. */
import { type Check, check, exactly } from './check.js';
import { type Figure, fraction, mean, quantile, ratio } from './statistics.js';

export interface UserRow {
  readonly spanDays: number;
  readonly allRows: number;
  readonly paidRows: number;
  readonly male: number;
  readonly songs: number;
  readonly freeSongs: number;
  readonly sessions: number;
  readonly sessionHours: number;
  readonly churned: number;
  readonly thumbsUp: number;
  readonly thumbsDown: number;
  readonly playlist: number;
  readonly friend: number;
  readonly home: number;
  readonly downgrade: number;
  readonly advert: number;
  readonly freeAdvert: number;
  readonly upgrade: number;
  readonly settings: number;
  readonly help: number;
  readonly error: number;
}

/** What the queries of sql/calibration/ found. */
export interface Measured {
  readonly users: readonly UserRow[];
  readonly totals: {
    readonly allRows: number;
    readonly blankRows: number;
    readonly registers: number;
    readonly registrations: number;
    readonly songs: number;
    readonly lengthMean: number;
    readonly lengthSd: number;
    readonly lengthP25: number;
    readonly lengthP50: number;
    readonly lengthP75: number;
  };
  /** Songs by hour, and rows by day of the week from Monday. */
  readonly songsByHour: readonly number[];
  readonly rowsByWeekday: readonly number[];
  readonly distinct: { readonly songsMini: number; readonly songsMedium: number; readonly topPlays: number };
  readonly integrity: {
    readonly wrongGaps: number;
    readonly doubledKeys: number;
    readonly backInTime: number;
    readonly afterCancel: number;
  };
}

/** Plays in the two smaller files of the original, at which its distinct songs were counted. */
const PLAYS_MINI = 228_108;
const PLAYS_MEDIUM = 432_877;

/** All checks; those that need more data than there is are left out. */
export function checkCalibration(measured: Measured): readonly Check[] {
  return [
    ...checkUsers(measured.users),
    ...checkPages(measured.users),
    ...checkTotals(measured),
    ...checkTimes(measured),
    ...checkIntegrity(measured),
  ];
}

function checkUsers(users: readonly UserRow[]): readonly Check[] {
  const count = (rule: (user: UserRow) => boolean): number => users.filter(rule).length;
  const share = (rule: (user: UserRow) => boolean, expected: number): Figure =>
    fraction(count(rule), users.length, expected);
  const pick = (of: (user: UserRow) => number): readonly number[] => users.map(of);
  const sessions = pick((user) => user.sessions);
  const songs = pick((user) => user.songs / user.sessions);
  const spans = (churned: boolean): readonly number[] =>
    users.filter((user) => user.churned > 0 === churned).map((user) => user.spanDays);
  const [freeOnly, paidOnly] = [
    (user: UserRow): boolean => user.paidRows === 0,
    (user: UserRow): boolean => user.paidRows === user.allRows,
  ];
  return [
    check(
      'share of users who cancel',
      0.2246,
      share((user) => user.churned > 0, 0.2246),
      { by: 0.01 },
    ),
    ...checkDeciles(users),
    check('sessions a user, mean', 13.33, mean(sessions), { share: 0.07 }),
    check('sessions a user, median', 9, quantile(sessions, 0.5), { share: 0.07 }),
    check('sessions a user, 95 %', 39, quantile(sessions, 0.95), { share: 0.07 }),
    check('songs a session, mean', 65.5, mean(songs), { share: 0.07 }),
    check('songs a session, 5 %', 15.5, quantile(songs, 0.05), { share: 0.07 }),
    check('songs a session, median', 58.9, quantile(songs, 0.5), { share: 0.07 }),
    check('songs a session, 95 %', 137, quantile(songs, 0.95), { share: 0.07 }),
    check('hours a session, mean', 4.61, mean(pick((user) => user.sessionHours)), { share: 0.08 }),
    check('days seen, stayed, median', 52.2, quantile(spans(false), 0.5), { by: 2 }),
    check('days seen, cancelled, median', 22.7, quantile(spans(true), 0.5), { by: 2 }),
    check('only paid', 0.156, share(paidOnly, 0.156), { by: 0.03 }),
    check('only free', 0.273, share(freeOnly, 0.273), { by: 0.03 }),
    check(
      'free and paid',
      0.57,
      share((user) => !freeOnly(user) && !paidOnly(user), 0.57),
      { by: 0.03 },
    ),
    check(
      'men',
      0.523,
      share((user) => user.male === 1, 0.523),
      { by: 0.01 },
    ),
  ];
}

/** Who cancels hardly depends on how much was heard: every tenth of the users stays between 17 and 28 %. */
function checkDeciles(users: readonly UserRow[]): readonly Check[] {
  const sorted = users.toSorted((a, b) => a.songs - b.songs);
  const shares = Array.from({ length: 10 }, (_, index) => {
    const group = sorted.slice(
      Math.floor((index * sorted.length) / 10),
      Math.floor(((index + 1) * sorted.length) / 10),
    );
    return fraction(group.filter((user) => user.churned > 0).length, group.length, 0.2246);
  });
  const middle = 0.225;
  const off = (figure: Figure): number => Math.abs(figure.found - middle);
  const worst = shares.reduce((a, b) => (off(b) > off(a) ? b : a));
  return [check('share who cancel, furthest tenth by songs', middle, worst, { by: 0.055 })];
}

function checkPages(users: readonly UserRow[]): readonly Check[] {
  const rate = (of: (user: UserRow) => number, songs = (user: UserRow): number => user.songs): Figure =>
    ratio(
      users.map((user) => [of(user), songs(user)] as const),
      1000,
    );
  const [near, far] = [{ share: 0.05 }, { share: 0.1 }];
  const each = 'for 1,000 songs';
  return [
    check(
      `thumbs up ${each}`,
      55.2,
      rate((user) => user.thumbsUp),
      near,
    ),
    check(
      `thumbs down ${each}`,
      11.5,
      rate((user) => user.thumbsDown),
      near,
    ),
    check(
      `playlist ${each}`,
      28.7,
      rate((user) => user.playlist),
      near,
    ),
    check(
      `friends ${each}`,
      18.3,
      rate((user) => user.friend),
      near,
    ),
    check(
      `home ${each}`,
      44.8,
      rate((user) => user.home),
      near,
    ),
    check(
      `downgrade ${each}`,
      8.84,
      rate((user) => user.downgrade),
      near,
    ),
    check(
      `adverts ${each}`,
      18.5,
      rate((user) => user.advert),
      far,
    ),
    check(
      `upgrade ${each}`,
      2.42,
      rate((user) => user.upgrade),
      far,
    ),
    check(
      `settings ${each}`,
      7.05,
      rate((user) => user.settings),
      far,
    ),
    check(
      `help ${each}`,
      6.21,
      rate((user) => user.help),
      far,
    ),
    check(
      `errors ${each}`,
      1.2,
      rate((user) => user.error),
      far,
    ),
    check(
      'adverts for 1,000 free songs',
      88,
      rate(
        (user) => user.freeAdvert,
        (user) => user.freeSongs,
      ),
      far,
    ),
    check(
      'adverts for 1,000 paid songs',
      0.7,
      rate(
        (user) => user.advert - user.freeAdvert,
        (user) => user.songs - user.freeSongs,
      ),
      { by: 1.3 },
    ),
    check('share of paid rows', 0.79, ratio(users.map((user) => [user.paidRows, user.allRows] as const)), {
      by: 0.02,
    }),
  ];
}

function checkTotals({ totals, distinct, users }: Measured): readonly Check[] {
  const { songs } = totals;
  const perRegistration = totals.registers / totals.registrations;
  // registers are geometric with mean 2, so their deviation is 1.4
  const chance = (4 * 1.42) / Math.sqrt(totals.registrations);
  return [
    check('share of rows of nobody', 0.0295, exactly(totals.blankRows / totals.allRows), { by: 0.004 }),
    ...(totals.registrations === 0
      ? []
      : [check('register a registration', 2, { found: perRegistration, chance }, { share: 0.15 })]),
    check('length of a song, mean', 248.7, exactly(totals.lengthMean), { share: 0.02 }),
    check('length of a song, deviation', 98.4, exactly(totals.lengthSd), { share: 0.06 }),
    check('length of a song, 25 %', 197, exactly(totals.lengthP25), { share: 0.03 }),
    check('length of a song, median', 233, exactly(totals.lengthP50), { share: 0.03 }),
    check('length of a song, 75 %', 274, exactly(totals.lengthP75), { share: 0.03 }),
    check('share of the most played song', 0.0049, fraction(distinct.topPlays, songs, 0.0049), {
      share: 0.15,
    }),
    ...(songs < PLAYS_MINI
      ? []
      : [check('songs among 228,108 plays', 58_480, exactly(distinct.songsMini), { share: 0.08 })]),
    ...(songs < PLAYS_MEDIUM
      ? []
      : [check('songs among 432,877 plays', 80_292, exactly(distinct.songsMedium), { share: 0.08 })]),
    check('songs a user, mean', 936, mean(users.map((user) => user.songs)), { share: 0.1 }),
  ];
}

function checkTimes({ songsByHour, rowsByWeekday, users }: Measured): readonly Check[] {
  const at = (values: readonly number[], index: number): number => values[index] ?? 0;
  const weekend = (at(rowsByWeekday, 5) + at(rowsByWeekday, 6)) / 2;
  const working = (rowsByWeekday.reduce((a, b) => a + b, 0) - 2 * weekend) / 5;
  // a session fills several hours, so chance is that of sessions and not of songs; about 550 sessions an hour for 1,000 users
  const sessions = users.reduce((total, user) => total + user.sessions, 0);
  const chance = 4 * Math.sqrt(2 / Math.max(1, sessions / 5));
  return [
    check(
      'songs at 16 h to those at 6 h',
      1.42,
      { found: at(songsByHour, 16) / at(songsByHour, 6), chance: 1.42 * chance },
      { by: 0.1 },
    ),
    check('weekend to working day', 0.53, { found: weekend / working, chance: 0.53 * chance }, { by: 0.06 }),
  ];
}

function checkIntegrity({ integrity }: Measured): readonly Check[] {
  return [
    check('songs not as far apart as the first is long', 0, exactly(integrity.wrongGaps), {}),
    check('items of a session that are there twice', 0, exactly(integrity.doubledKeys), {}),
    check('items of a session that go back in time', 0, exactly(integrity.backInTime), {}),
    check('events after a cancellation', 0, exactly(integrity.afterCancel), {}),
  ];
}
