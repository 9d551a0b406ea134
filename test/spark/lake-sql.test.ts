/** The SELECTs of the Spark job are those of the warehouse: this holds one to the other, word for word. Runs no Spark. */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';

const job = readFileSync('spark/lake_etl.py', 'utf8');

/** A statement of sql/star from its SELECT on. */
function warehouseSelect(table: string): string {
  const sql = readFileSync(`sql/star/insert-${table}.sql`, 'utf8');
  return sql.slice(sql.indexOf('\nSELECT') + 1).trim();
}

/** What the job assigns to a name, in three quotes. */
function jobSelect(name: string): string {
  return (new RegExp(`^${name} = """\\n([^"]*)"""`, 'm').exec(job)?.[1] ?? '').trim();
}

/** Where Spark is another dialect, or the lake holds all time: everything else must be the same. */
const DIFFERENCES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  songs: [],
  artists: [],
  users: [],
  songplays: [
    [
      '\n    AND e.ts >= CAST(:interval_start AS TIMESTAMP)\n    AND e.ts < CAST(:interval_end AS TIMESTAMP)',
      '',
    ],
  ],
  time: [
    [
      'CAST(EXTRACT(DOW FROM plays.start_time) AS INTEGER)',
      'CAST(EXTRACT(DOW FROM plays.start_time) - 1 AS INTEGER)',
    ],
  ],
};

describe('the SELECT of the Spark job for', () => {
  it.each(Object.keys(DIFFERENCES))('%s is the one of the warehouse', (table) => {
    let expected = warehouseSelect(table);
    for (const [warehouse, lake] of DIFFERENCES[table] ?? []) {
      expect(expected).toContain(warehouse);
      expected = expected.replace(warehouse, lake);
    }
    expect(jobSelect(table.toUpperCase())).toBe(expected);
  });
});
