/** One SQL, two engines: each file of sql/insights gives the same rows, in the same order, on DuckDB and on Spark. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb } from '../../connections/duckdb/duckdb.js';
import { createFolderSink } from '../../generator/sinks/folder.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { createScratchFolder } from '../support/scratch.js';
import { runSqlOnSpark, type Rows } from '../support/spark-sql.js';

const TIMEOUT_MS = 10 * 60_000;
const files: string[] = [];
const onDuckDb: Record<string, Rows> = {};
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let onSpark: Readonly<Record<string, Rows>>;

beforeAll(async () => {
  scratch = await createScratchFolder();
  const events = path.join(scratch.dir, 'events');
  await writeData(parseGeneratorSpec({ users: 60, seed: 3 }), await createFolderSink(events));
  const names = await readdir('sql/insights');
  files.push(...names.toSorted().map((name) => `insights/${name}`));
  const db = await openDuckDb({ tempFolder: scratch.dir });
  try {
    await createEvents(db, events);
    for (const file of files) onDuckDb[file] = await db.rows(await readFile(`sql/${file}`, 'utf8'));
  } finally {
    await db.close();
  }
  ({ results: onSpark } = await runSqlOnSpark({ events, files, output: path.join(scratch.dir, 'results') }));
}, TIMEOUT_MS);
afterAll(() => scratch.remove());

/** Ten digits: sums of fractions depend on their order. Nothing is told apart from zero below 1e-12. */
function rounded(rows: Rows): unknown {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' ? Number((Math.abs(value) < 1e-12 ? 0 : value).toPrecision(10)) : value,
      ]),
    ),
  );
}

it('gives the same rows on both', () => {
  const empty = files.filter((file) => onDuckDb[file]?.length === 0);
  expect(empty.filter((file) => !file.includes('disliked'))).toEqual([]); // few users, few votes for one song
  for (const file of files) {
    expect({ file, rows: rounded(onSpark[file] ?? []) }).toEqual({
      file,
      rows: rounded(onDuckDb[file] ?? []),
    });
  }
});
