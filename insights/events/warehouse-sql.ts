/**
 * A query of sql/insights as Postgres or Redshift runs it: over sql/events/postgres.sql as its first common table expression, so that
 * nothing is made in the warehouse. Pure.
 */
import type { SqlDialect } from '../../connections/sql/client.js';

/** `1e0`: numeric on Postgres, and on Redshift one that loses digits, where the other engines have a DOUBLE. */
const DOUBLE = /\b(\d+(?:\.\d+)?)e0\b/g;
const COMMENTS = /^\s*--[^\n]*\n/gm;
/** For Postgres, whose databases sort by their language. */
const BYTE_ORDER = / COLLATE "C"/g;

export interface WarehouseSqlOptions {
  readonly dialect: SqlDialect;
  /** Text of sql/events/postgres.sql. */
  readonly eventsSql: string;
  /** Events before this instant only. */
  readonly until?: Date | undefined;
}

/** The statement. */
export function renderWarehouseSql(
  query: string,
  { dialect, eventsSql, until }: WarehouseSqlOptions,
): string {
  const all = dialect === 'redshift' ? eventsSql.replace(BYTE_ORDER, '') : eventsSql;
  const limit = until === undefined ? '' : `\nWHERE ts_ms < ${String(until.getTime())}`;
  const events = `all_events AS (\n${all}\n),\nevents AS (\nSELECT * FROM all_events${limit}\n)`;
  const body = query.replace(COMMENTS, '').trim();
  const whole = body.startsWith('WITH ')
    ? `WITH ${events},\n${body.slice('WITH '.length)}`
    : `WITH ${events}\n${body}`;
  return whole.replace(COMMENTS, '').replace(DOUBLE, 'CAST($1 AS DOUBLE PRECISION)');
}
