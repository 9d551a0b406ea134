/** The SELECTs of the lake are those of the warehouse: this holds one to the other, word for word. Runs no engine. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';

/** A statement from its SELECT on. */
function selectOf(file: string): string {
  const sql = readFileSync(`sql/${file}`, 'utf8');
  return sql.slice(sql.indexOf('\nSELECT') + 1).trim();
}

/** The columns that the warehouse's statement fills: in the lake they are names in the SELECT. */
function columnsOf(table: string): readonly string[] {
  const sql = readFileSync(`sql/star/insert-${table}.sql`, 'utf8');
  const [, columns = ''] = new RegExp(`INSERT INTO ${table}\\s*\\(([^)]*)\\)`).exec(sql) ?? [];
  return columns.split(',').map((column) => column.trim());
}

const flat = (sql: string): string => sql.replaceAll(/\s+/g, ' ');

/** Where the lake has a rule of its own, as the comment in its file says: everything else must be the same. */
const DIFFERENCES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  songs: [],
  artists: [],
  users: [],
  songplays: [
    ['AND e.ts >= CAST(:interval_start AS TIMESTAMP) AND e.ts < CAST(:interval_end AS TIMESTAMP) ', ''],
    ['MD5(CAST(ranked.sessionid', "MD5(ranked.userid || '-' || CAST(ranked.sessionid"],
  ],
  time: [
    ['CAST(EXTRACT(DOW FROM plays.start_time) AS INTEGER)', 'CAST(MOD(plays.weekday, 7) AS INTEGER)'],
    [
      'SELECT DISTINCT start_time FROM songplays)',
      "SELECT DISTINCT ts AS start_time, weekday FROM events WHERE page = 'NextSong' AND user_id IS NOT NULL )",
    ],
    ['FROM (SELECT', 'FROM ( SELECT'],
  ],
};

describe('the SELECT of the lake for', () => {
  it.each(Object.keys(DIFFERENCES))('%s is the one of the warehouse', (table) => {
    let expected = flat(selectOf(`star/insert-${table}.sql`));
    for (const [warehouse, lake] of DIFFERENCES[table] ?? []) {
      expect(expected).toContain(warehouse);
      expected = expected.replace(warehouse, lake);
    }
    // the names are those of the warehouse's columns, in its order
    const [head = '', ...rest] = flat(selectOf(`lake/${table}.sql`)).split(' FROM (');
    const names = columnsOf(table);
    const unnamed = names.reduce((sql, name) => sql.replace(new RegExp(` AS ${name}(?=,|$)`), ''), head);
    expect([unnamed, ...rest].join(' FROM (')).toBe(expected);
    expect(names.filter((name) => !new RegExp(`(\\.| AS )${name}(,|$)`).test(head))).toEqual([]);
  });
});
