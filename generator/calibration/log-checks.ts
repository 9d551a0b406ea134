/** How event data of the log shape compares with the original log files: 97 users in one month. Pure. */
import { type Check, check, exactly } from './check.js';
import { type Figure, quantile, ratio, STANDARD_ERRORS } from './statistics.js';

/** Events of a user by page, while logged in; those of nobody have no user. */
export interface UserPages {
  readonly pages: Readonly<Record<string, number>>;
}

export interface MeasuredLog {
  readonly users: readonly UserPages[];
  /** Events of each session. */
  readonly sessionEvents: readonly number[];
  readonly totals: {
    readonly allRows: number;
    readonly blankRows: number;
    /** Of pages that only the other shape has. */
    readonly foreignRows: number;
    /** Different fractions of a second among all times. */
    readonly fractions: number;
    /** Sessions and items that are there twice: the warehouse knows a play by them. */
    readonly doubledKeys: number;
  };
}

/** For 1,000 songs of the original, by page, while logged in. */
const PAGES: readonly (readonly [page: string, rate: number])[] = [
  ['Home', 93.1],
  ['Logout', 13.2],
  ['Downgrade', 8.8],
  ['Settings', 8.21],
  ['Help', 5.57],
  ['About', 3.23],
  ['Upgrade', 3.08],
  ['Save Settings', 1.47],
  ['Error', 1.32],
  ['Submit Upgrade', 1.17],
  ['Submit Downgrade', 0.147],
];

/** All checks of the log shape; pages within 15 %, or four standard errors where there are few. */
export function checkLogCalibration({ users, sessionEvents, totals }: MeasuredLog): readonly Check[] {
  return [
    ...PAGES.map(([page, rate]) =>
      check(`${page} for 1,000 songs`, rate, measureRate(users, page, rate), { share: 0.15 }),
    ),
    check('share of rows of nobody', 0.035, exactly(totals.blankRows / totals.allRows), { by: 0.01 }),
    check('events a session, median', 2, quantile(sessionEvents, 0.5), { by: 0.5 }),
    check('pages of the churn shape', 0, exactly(totals.foreignRows), {}),
    check('fractions of a second', 1, exactly(totals.fractions), {}),
    check('items of a session that are there twice', 0, exactly(totals.doubledKeys), {}),
  ];
}

/** A page that is expected once or twice may well be missing, though no user differs from another then. */
function measureRate(users: readonly UserPages[], page: string, expected: number): Figure {
  const pairs = users.map(({ pages }) => [pages[page] ?? 0, pages['NextSong'] ?? 0] as const);
  const { found, chance } = ratio(pairs, 1000);
  const songs = pairs.reduce((sum, [, played]) => sum + played, 0);
  const rare = (STANDARD_ERRORS * Math.sqrt((expected * songs) / 1000) * 1000) / songs;
  return { found, chance: Math.max(chance, rare) };
}
