/** Reads what the checks of the generator need out of event data, with the queries of sql/calibration/. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { DuckDb } from '../../connections/duckdb/duckdb.js';
import { findPackageRoot } from '../../connections/package-root.js';
import { AirtempoError } from '../../core/errors.js';
import type { Measured } from '../../generator/calibration/churn-checks.js';
import type { MeasuredLog, UserPages } from '../../generator/calibration/log-checks.js';

const NUMBER = z.union([z.number(), z.bigint(), z.string()]).nullable().transform(Number);
const ROW = z.record(z.string(), z.unknown());

async function query(db: DuckDb, name: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const sql = await readFile(path.join(findPackageRoot(), 'sql', 'calibration', `${name}.sql`), 'utf8');
  return (await db.rows(sql)).map((row) => ROW.parse(row));
}

/** Runs a query; the numbers of each row under names in camel case. */
async function queryNumbers(db: DuckDb, name: string): Promise<readonly Readonly<Record<string, number>>[]> {
  return (await query(db, name)).map((row) => {
    const fields = Object.entries(row).filter(([column]) => column !== 'user_id');
    return Object.fromEntries(fields.map(([column, value]) => [toCamelCase(column), NUMBER.parse(value)]));
  });
}

function toCamelCase(column: string): string {
  return column.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

async function queryOne(db: DuckDb, name: string): Promise<Readonly<Record<string, number>>> {
  return (await queryNumbers(db, name))[0] ?? {};
}

function refuseNobody(users: readonly unknown[], source: string): void {
  if (users.length > 0) return;
  throw new AirtempoError(
    'SOURCE_NOT_FOUND',
    `${source} holds no event of a user: there is nothing to check.`,
  );
}

/** Measures the relation `events` of the churn shape. Throws SOURCE_NOT_FOUND when no user is in it. */
export async function measureChurnShape(db: DuckDb, source: string): Promise<Measured> {
  const users = await queryNumbers(db, 'users');
  refuseNobody(users, source);
  const hours = await queryNumbers(db, 'hours');
  const sumBy = (key: string, value: string, slots: readonly number[]): readonly number[] =>
    slots.map((slot) => hours.reduce((sum, row) => (row[key] === slot ? sum + (row[value] ?? 0) : sum), 0));
  return {
    users,
    totals: await queryOne(db, 'totals'),
    songsByHour: sumBy('hour', 'songs', [...Array(24).keys()]),
    rowsByWeekday: sumBy('weekday', 'allRows', [1, 2, 3, 4, 5, 6, 7]),
    distinct: await queryOne(db, 'distinct-songs'),
    integrity: await queryOne(db, 'integrity'),
  } as unknown as Measured; // the queries name their columns as the type names its fields; a test holds them to it
}

const PAGE_ROW = z.object({ user_id: z.string(), page: z.string(), events: NUMBER });

/** Measures the relation `events` of the log shape. Throws SOURCE_NOT_FOUND when no user is in it. */
export async function measureLogShape(db: DuckDb, source: string): Promise<MeasuredLog> {
  const users = new Map<string, UserPages['pages']>();
  for (const row of await query(db, 'log-pages')) {
    const { user_id: user, page, events } = PAGE_ROW.parse(row);
    users.set(user, { ...users.get(user), [page]: events });
  }
  refuseNobody([...users], source);
  const sessions = await queryNumbers(db, 'log-sessions');
  return {
    users: [...users.values()].map((pages) => ({ pages })),
    sessionEvents: sessions.map(({ events = 0 }) => events),
    totals: await queryOne(db, 'log-totals'),
  } as unknown as MeasuredLog; // as above
}
