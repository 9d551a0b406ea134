/**
 * The tables of the lake that DuckDB writes: which SQL makes each, and how it is cut. Folders are called `date=…`, since the
 * table of times has a column `day`. Names that begin with `_` are the lake's own: readers pass over them.
 */

export interface LakeTable {
  readonly name: string;
  /** Below sql/. */
  readonly sql: string;
  /** A day's rows are a partition; else the table is one file. */
  readonly byDay: boolean;
  readonly key: readonly string[];
  /** What of a row is its day, if the SQL tells it by `day`: the partition's name holds it instead. */
  readonly without?: 'day';
}

export const EVENTS: LakeTable = {
  name: 'events',
  sql: 'lake/events.sql',
  byDay: true,
  key: ['user_id', 'session_id', 'item_in_session', 'ts'],
  without: 'day',
};
export const SONGPLAYS: LakeTable = {
  name: 'songplays',
  sql: 'lake/songplays.sql',
  byDay: true,
  key: ['songplay_id'],
};
export const TIME: LakeTable = { name: 'time', sql: 'lake/time.sql', byDay: true, key: ['start_time'] };
/** What each day says of its users: `users` is made of it. */
export const USER_DAYS: LakeTable = {
  name: '_user_days',
  sql: 'lake/user-days.sql',
  byDay: true,
  key: ['userid'],
  without: 'day',
};
export const USERS: LakeTable = { name: 'users', sql: 'lake/users.sql', byDay: false, key: ['user_id'] };
export const SONGS: LakeTable = { name: 'songs', sql: 'lake/songs.sql', byDay: false, key: ['song_id'] };
export const ARTISTS: LakeTable = {
  name: 'artists',
  sql: 'lake/artists.sql',
  byDay: false,
  key: ['artist_id'],
};
/** The catalogue as it was delivered: plays are matched with it, day by day. */
export const CATALOGUE = '_catalogue/part-0.parquet';

/** The file of a table, or of its day. */
export function partitionName({ name, byDay }: LakeTable, day?: string): string {
  return byDay ? `${name}/date=${day ?? ''}/part-0.parquet` : `${name}/part-0.parquet`;
}
