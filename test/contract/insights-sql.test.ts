/**
 * One SQL, three engines: each file of sql/insights gives the same rows, in the same order, on DuckDB and on Spark, and those that
 * make sense on a warehouse on Postgres.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { copyFromFiles } from '../../activities/copy-from-files.js';
import { createFolderSink } from '../../generator/sinks/folder.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { INSIGHTS, OVERVIEW } from '../../insights/catalog/index.js';
import { ofWarehouse } from '../../insights/of-warehouse.js';
import type { EventsDatabase } from '../../insights/events/events-database.js';
import { openFiles } from '../../insights/events/open-files.js';
import { openWarehouse } from '../../insights/events/open-warehouse.js';
import { type StarDatabase, createStarDatabase } from '../sql/support/star-database.js';
import { createTaskContext } from '../support/task-context.js';
import { createScratchFolder } from '../support/scratch.js';
import { runSqlOnSpark, type Rows } from '../support/spark-sql.js';

const TIMEOUT_MS = 10 * 60_000;
const files: string[] = [];
const ofTheWarehouse = [OVERVIEW, ...ofWarehouse(INSIGHTS).flatMap(({ queries }) => queries)].map(
  ({ file }) => `insights/${file}.sql`,
);
let onDuckDb: Readonly<Record<string, Rows>>;
let onPostgres: Readonly<Record<string, Rows>>;
let star: StarDatabase;
let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
let onSpark: Readonly<Record<string, Rows>>;

beforeAll(async () => {
  scratch = await createScratchFolder();
  const events = path.join(scratch.dir, 'events');
  await writeData(parseGeneratorSpec({ users: 60, seed: 3 }), await createFolderSink(events));
  const names = await readdir('sql/insights');
  files.push(...names.toSorted().map((name) => `insights/${name}`));
  // Spark takes longest, and is asked while the others answer
  const spark = runSqlOnSpark({ events, files, output: path.join(scratch.dir, 'results') });
  star = await createStarDatabase();
  await star.createTables();
  const { connection } = star;
  const copy = { connId: connection.id, table: 'staging_events', from: events, format: 'json' } as const;
  await copyFromFiles({
    args: { ...copy, ignoreCase: true, timeFormat: 'epochmillisecs' },
    ctx: createTaskContext([connection]),
  });
  const warehouse = { connection, findConnection: () => Promise.resolve(connection) };
  onDuckDb = await ask(await openFiles(events, {}), files);
  onPostgres = await ask(await openWarehouse(warehouse, {}), ofTheWarehouse);
  ({ results: onSpark } = await spark);
}, TIMEOUT_MS);
afterAll(async () => {
  await star.close();
  await scratch.remove();
});

async function ask(db: EventsDatabase, files: readonly string[]): Promise<Readonly<Record<string, Rows>>> {
  const answers: Record<string, Rows> = {};
  try {
    for (const file of files) answers[file] = (await db.query(await readFile(`sql/${file}`, 'utf8'))).rows;
  } finally {
    await db.close();
  }
  return answers;
}

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

function expectSameRows(asked: readonly string[], on: Readonly<Record<string, Rows>>): void {
  for (const file of asked) {
    expect({ file, rows: rounded(on[file] ?? []) }).toEqual({ file, rows: rounded(onDuckDb[file] ?? []) });
  }
}

it('has something to compare', () => {
  const empty = files.filter((file) => onDuckDb[file]?.length === 0);
  expect(empty.filter((file) => !file.includes('disliked'))).toEqual([]); // few users, few votes for one song
  expect(ofTheWarehouse.length).toBeGreaterThan(15);
});

it('gives the same rows on Spark', () => expectSameRows(files, onSpark));
it('gives the same rows on Postgres', () => expectSameRows(ofTheWarehouse, onPostgres));
