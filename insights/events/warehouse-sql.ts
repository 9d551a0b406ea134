/**
 * A query of sql/insights as Postgres or Redshift runs it: over sql/events/postgres.sql as its first common table expression, so that
 * nothing is made in the warehouse. Pure.
 */
import { EVENT_COLUMNS } from '../../connections/duckdb/event-columns.js';
import type { SqlDialect } from '../../connections/sql/client.js';

/** `1e0`: numeric on Postgres, and on Redshift one that loses digits, where the other engines have a DOUBLE. */
const DOUBLE = /\b(\d+(?:\.\d+)?)e0\b/g;
const COMMENTS = /^\s*--[^\n]*\n/gm;
/** Texts compare byte by byte, as on the other engines: Redshift does so anyway, and databases of Postgres sort by their language. */
const COLUMNS: Readonly<Record<SqlDialect, string>> = {
  redshift: Object.keys(EVENT_COLUMNS).join(', '),
  postgres: Object.entries(EVENT_COLUMNS)
    .map(([name, type]) => (type === 'VARCHAR' ? `${name} COLLATE "C" AS ${name}` : name))
    .join(', '),
};

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
  const limit = until === undefined ? '' : `\nWHERE ts_ms < ${String(until.getTime())}`;
  const events = `all_events AS (\n${eventsSql}\n),\nevents AS (\nSELECT ${COLUMNS[dialect]} FROM all_events${limit}\n)`;
  const body = query.replace(COMMENTS, '').trim();
  const whole = body.startsWith('WITH ')
    ? `WITH ${events},\n${body.slice('WITH '.length)}`
    : `WITH ${events}\n${body}`;
  return whole.replace(COMMENTS, '').replace(DOUBLE, 'CAST($1 AS DOUBLE PRECISION)');
}
