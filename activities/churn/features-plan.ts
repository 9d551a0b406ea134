/** What each protocol of the churn model cuts and reads: the SQL files and their parameters. Pure. */
export const DAY_MS = 86_400_000;

/** In days after the first event; the last one is the test's. */
export const LANDMARK_DAYS = [14, 21, 28, 45] as const;
/** The week that begins with the test: what nights are held against, as habits differ by the day of the week. */
const WEEK_DAYS = [45, 46, 47, 48, 49, 50, 51] as const;
/** How far the label of a landmark looks ahead, and how lately a user must have been active. */
export const HORIZON_DAYS = 14;
export const ACTIVE_DAYS = 21;
/** Nothing of a user's last day before the cut is read in E1. */
export const GAP_MS = 24 * 3_600_000;

export const PROTOCOLS = ['e0', 'e1', 'e2'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** A feature table: a protocol's, or that of the week from which drift is measured, which goes with e2. */
export type TableName = Protocol | 'week';

/** The tables that protocols need. */
export function listTables(protocols: readonly Protocol[]): readonly TableName[] {
  return protocols.flatMap((protocol): TableName[] => (protocol === 'e2' ? ['e2', 'week'] : [protocol]));
}

/** One SELECT of cuts, with its parameters. */
export interface CutPlan {
  readonly file: string;
  readonly values: Readonly<Record<string, number>>;
}

export interface FeaturePlan {
  readonly cuts: readonly CutPlan[];
  readonly file: string;
  readonly values: Readonly<Record<string, number>>;
  /** Between the last event that may be read and the cut. */
  readonly gapMs: number;
}

/** The plan of a table. `startMs` is the midnight before the first event. */
export function planFeatures(table: TableName, startMs: number, seed: number): FeaturePlan {
  const values = (gapMs: number): FeaturePlan['values'] => ({ gap_ms: gapMs, calendar_ms: startMs });
  switch (table) {
    case 'e0':
      return {
        cuts: [{ file: 'churn/cuts-everything.sql', values: {} }],
        file: 'churn/features-seed.sql',
        values: {},
        gapMs: 0,
      };
    case 'e1':
      return {
        cuts: [{ file: 'churn/cuts-matched.sql', values: { seed } }],
        file: 'churn/features.sql',
        values: values(GAP_MS),
        gapMs: GAP_MS,
      };
    case 'e2':
    case 'week':
      return {
        cuts: (table === 'e2' ? LANDMARK_DAYS : WEEK_DAYS).map((day) =>
          cutAtLandmark(startMs + day * DAY_MS),
        ),
        file: 'churn/features.sql',
        values: values(0),
        gapMs: 0,
      };
  }
}

/** The features of everybody at risk at an instant: for the nightly scores. */
export function planScoring(landmarkMs: number, calendarMs: number): FeaturePlan {
  return {
    cuts: [cutAtLandmark(landmarkMs)],
    file: 'churn/features.sql',
    values: { gap_ms: 0, calendar_ms: calendarMs },
    gapMs: 0,
  };
}

function cutAtLandmark(landmarkMs: number): CutPlan {
  return {
    file: 'churn/cuts-landmark.sql',
    values: { landmark_ms: landmarkMs, horizon_days: HORIZON_DAYS, active_days: ACTIVE_DAYS },
  };
}
