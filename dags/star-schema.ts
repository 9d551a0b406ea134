/**
 * What the DAGs that fill the Sparkify star schema have in common: the SQL files of each task, the quality
 * checks, and the span of time a run loads. Defines no DAG.
 */
import type { Check } from '../activities/checks/check.js';
import type { IntervalWrite } from '../activities/copy/copy-args.js';
import type { RunContext } from '../core/context.js';

/** How much a run loads: everything below the prefix, or the day of its data interval. */
export const LOAD_MODES = ['full', 'day'] as const;
export type LoadMode = (typeof LOAD_MODES)[number];

/** Bounds of the plays to replace, as the SQL files name them. */
export type LoadInterval = {
  readonly interval_start: string;
  readonly interval_end: string;
};

/** All of time, as far as TIMESTAMP literals go on both engines. */
export const ALL_TIME: LoadInterval = {
  interval_start: '0001-01-01T00:00:00.000Z',
  interval_end: '9999-12-31T00:00:00.000Z',
};

const TABLES = ['staging_events', 'staging_songs', 'songplays', 'users', 'songs', 'artists', 'time'] as const;

/** Every column of staging_events: a load by day on Redshift has to name them. */
export const STAGING_EVENTS_COLUMNS: readonly string[] = [
  'artist', 'auth', 'firstname', 'gender', 'iteminsession', 'lastname', 'length', 'level', 'location',
  'method', 'page', 'registration', 'sessionid', 'song', 'status', 'ts', 'useragent', 'userid',
]; // prettier-ignore

/** Statements that create the tables where they are absent, in one transaction. */
export const SCHEMA_FILES: readonly string[] = [
  'schema/lock-schema.sql',
  ...TABLES.map((table) => `schema/create-${table.replace('_', '-')}.sql`),
];

/** The tables round songplays. */
export const DIMENSIONS = ['users', 'songs', 'artists', 'time'] as const;

/** Statements that load one table of the star, in one transaction. */
export function loadFiles(table: 'songplays' | (typeof DIMENSIONS)[number]): readonly string[] {
  return ['lock', 'delete', 'insert'].map((step) => `star/${step}-${table}.sql`);
}

const LINEAGE = {
  songplays: ['staging_events', 'staging_songs'],
  users: ['staging_events'],
  songs: ['staging_songs'],
  artists: ['staging_songs'],
  time: ['songplays'],
} as const;

/** What `loadFiles` reads and writes, for lineage. */
export function loadLineage(table: keyof typeof LINEAGE): {
  readonly inlets: readonly string[];
  readonly outlets: readonly string[];
} {
  return { inlets: LINEAGE[table], outlets: [table] };
}

/** The run's data interval: with the schedule at midnight UTC, the calendar day that a log file is cut by. */
export function dayInterval({ dataInterval }: Pick<RunContext, 'dataInterval'>): LoadInterval {
  return {
    interval_start: dataInterval.start.toISOString(),
    interval_end: dataInterval.end.toISOString(),
  };
}

/** The plays that a run replaces. */
export function loadInterval(mode: LoadMode, run: Pick<RunContext, 'dataInterval'>): LoadInterval {
  return mode === 'day' ? dayInterval(run) : ALL_TIME;
}

/** Key of the day's log file, without its ending: `log_data/2018/11/2018-11-01`. */
export function dayPrefix(logPrefix: string, { dataInterval }: Pick<RunContext, 'dataInterval'>): string {
  const day = dataInterval.start.toISOString().slice(0, 'yyyy-mm-dd'.length);
  const [year, month] = day.split('-');
  return `${logPrefix}${year}/${month}/${day}`;
}

/** What a load of events replaces in staging: everything, or the rows of its day. */
export function replaceEvents(
  mode: LoadMode,
  run: Pick<RunContext, 'dataInterval'>,
): 'replace' | IntervalWrite {
  if (mode === 'full') return 'replace';
  const { interval_start: start, interval_end: end } = dayInterval(run);
  return { interval: { column: 'ts', start, end }, key: ['ts', 'sessionid', 'iteminsession'] };
}

/**
 * What must hold after a load. Redshift enforces none of it. What compares tables looks at the interval alone: with
 * several days loaded at once, another day's plays may be there before their instants are.
 */
export function qualityChecks(interval: LoadInterval): readonly Check[] {
  return [
    { kind: 'row_count', table: 'songplays', min: 1 },
    { kind: 'not_null', table: 'songplays', columns: ['songplay_id', 'start_time', 'user_id', 'session_id'] },
    { kind: 'unique', table: 'songplays', columns: ['songplay_id'] },
    { kind: 'unique', table: 'users', columns: ['user_id'] },
    { kind: 'unique', table: 'songs', columns: ['song_id'] },
    { kind: 'unique', table: 'artists', columns: ['artist_id'] },
    { kind: 'unique', table: 'time', columns: ['start_time'] },
    reference(interval, 'user_id', 'users', 'user_id'),
    reference(interval, 'song_id', 'songs', 'song_id'),
    reference(interval, 'artist_id', 'artists', 'artist_id'),
    reference(interval, 'start_time', 'time', 'start_time'),
    { kind: 'custom', name: 'no play is lost', file: 'quality/lost-plays.sql', parameters: interval },
    { kind: 'custom', name: 'no play is invented', file: 'quality/invented-plays.sql', parameters: interval },
    {
      kind: 'custom',
      name: 'time holds plays only',
      file: 'quality/time-without-plays.sql',
      parameters: interval,
    },
  ];
}

/** Twice a day's run: one quiet day is no alarm, two are. */
const MAX_AGE_HOURS = 48;

/** The checks of a run: loading day by day, plays must also be recent as of the run. */
export function loadChecks(mode: LoadMode, run: Pick<RunContext, 'dataInterval'>): readonly Check[] {
  const checks = qualityChecks(loadInterval(mode, run));
  if (mode === 'full') return checks;
  return [
    ...checks,
    { kind: 'freshness', table: 'songplays', column: 'start_time', maxAgeHours: MAX_AGE_HOURS },
  ];
}

/** Questions that the loaded star answers, with answers that are known whatever the data. */
export const INSIGHT_CHECKS: readonly Check[] = [
  {
    kind: 'custom',
    name: 'plays by hour add up',
    file: 'warehouse-checks/plays-by-hour.sql',
    expect: 'adds up',
  },
  {
    kind: 'custom',
    name: 'plays by level add up',
    file: 'warehouse-checks/plays-by-level.sql',
    expect: 'adds up',
  },
  { kind: 'custom', name: 'top listeners are known', file: 'warehouse-checks/unknown-top-listeners.sql' },
];

function reference(interval: LoadInterval, column: string, table: string, referenced: string): Check {
  return {
    kind: 'foreign_key',
    table: 'songplays',
    column,
    references: { table, column: referenced },
    interval: { column: 'start_time', start: interval.interval_start, end: interval.interval_end },
  };
}
