/** The exploratory notebook: stored without outputs, and its figures are those that DuckDB counts in the same events. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { createEvents } from '../../connections/duckdb/create-events.js';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { createFolderSink } from '../../generator/sinks/folder.js';
import { parseGeneratorSpec } from '../../generator/spec.js';
import { writeData } from '../../generator/write-data.js';
import { executeNotebook } from '../support/notebook.js';
import { createScratchFolder } from '../support/scratch.js';

const TIMEOUT_MS = 10 * 60_000;
const NOTEBOOK = 'spark/eda.ipynb';
const cellSchema = z.object({
  cell_type: z.string(),
  outputs: z.array(z.looseObject({ data: z.record(z.string(), z.unknown()).optional() })).optional(),
  execution_count: z.number().nullish(),
});
const notebookSchema = z.object({ nbformat: z.literal(4), cells: z.array(cellSchema) });
const counts = z.record(z.string(), z.number());
const nameOf = (value: unknown): string => z.coerce.string().parse(value);
const figuresSchema = z.looseObject({
  missing: counts,
  pages: counts,
  groups: counts,
  songs_by_level: counts,
  hours: z.object({ utc: z.array(z.number()), local: z.array(z.number()) }),
  medians: z.record(z.string(), counts),
});

const readNotebook = async (file: string): Promise<z.infer<typeof notebookSchema>> =>
  notebookSchema.parse(JSON.parse(await readFile(file, 'utf8')));

it('is stored without outputs', async () => {
  const { cells } = await readNotebook(NOTEBOOK);
  const code = cells.filter(({ cell_type }) => cell_type === 'code');
  expect(code.length).toBeGreaterThan(0);
  for (const cell of code) expect(cell).toMatchObject({ outputs: [], execution_count: null });
  expect((await stat(NOTEBOOK)).size).toBeLessThan(30_000);
});

describe('executed', () => {
  let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
  let db: DuckDb;
  let figures: z.infer<typeof figuresSchema>;
  let executed: z.infer<typeof notebookSchema>;

  beforeAll(async () => {
    scratch = await createScratchFolder();
    const [events, out, summary] = ['events', 'executed.ipynb', 'summary.json'].map((name) =>
      path.join(scratch.dir, name),
    ) as [string, string, string];
    await writeData(parseGeneratorSpec({ users: 60, seed: 3 }), await createFolderSink(events));
    await writeFile(path.join(events, 'broken.json'), '{"ts": 1541044398796, "page"\n');
    db = await openDuckDb({ tempFolder: scratch.dir });
    await createEvents(db, events);
    const parameters = { events, code: path.resolve('.'), summary };
    await executeNotebook({ notebook: NOTEBOOK, parameters, out, scratch: scratch.dir });
    figures = figuresSchema.parse(JSON.parse(await readFile(summary, 'utf8')));
    executed = await readNotebook(out);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await db.close();
    await scratch.remove();
  });

  /** Rows of a name and a number, as an object. */
  const count = async (sql: string): Promise<Readonly<Record<string, number>>> => {
    const rows = await db.rows(sql);
    return Object.fromEntries(rows.map(({ name, value }) => [nameOf(name), Number(value)]));
  };

  it('counts rows, users, sessions and cancellations', async () => {
    const [expected] = await db.rows(`
      SELECT
        COUNT(*) AS rows,
        COUNT(user_id) AS events,
        COUNT(DISTINCT user_id) AS users,
        COUNT(DISTINCT user_id || '-' || session_id) AS sessions,
        COUNT(*) FILTER (page = 'NextSong') AS songs,
        COUNT(*) FILTER (page = 'NextSong' AND level = 'paid') AS paid_songs,
        COUNT(DISTINCT artist) AS artists,
        COUNT(DISTINCT user_id) FILTER (page = 'Cancellation Confirmation') AS cancelled_users
      FROM events`);
    expect(figures).toMatchObject(expected ?? {});
    expect(figures['cancelled_users']).toBeGreaterThan(0);
    expect(figures['bad_records']).toBe(1);
  });

  it('counts pages, and what is missing', async () => {
    expect(figures.pages).toEqual(
      await count('SELECT page AS name, COUNT(*) AS value FROM events GROUP BY page'),
    );
    const columns = [
      ['user', 'user_id'],
      ['registration', 'registration_ms'],
      ...['location', 'user_agent', 'gender', 'artist', 'song', 'length'].map((name) => [name, name]),
    ];
    const missing = columns.map(
      ([name, column]) => `SELECT 'no_${name}' AS name, COUNT(*) - COUNT(${column}) AS value FROM events`,
    );
    expect(figures.missing).toEqual(await count(missing.join(' UNION ALL ')));
  });

  it('compares the churned with those who stayed', async () => {
    const rows = await db.rows(`
      SELECT
        CASE WHEN churned THEN 'churned' ELSE 'stayed' END AS name,
        COUNT(*) AS users,
        MEDIAN(1000 * adverts / songs) AS adverts,
        MEDIAN(1000 * down / songs) AS thumbs_down,
        MEDIAN(songs / sessions) AS songs_per_session,
        MEDIAN(seen / 86400000) AS days_seen
      FROM (
        SELECT
          user_id,
          BOOL_OR(page = 'Cancellation Confirmation') AS churned,
          COUNT(*) FILTER (page = 'NextSong') AS songs,
          COUNT(*) FILTER (page = 'Roll Advert') AS adverts,
          COUNT(*) FILTER (page = 'Thumbs Down') AS down,
          COUNT(DISTINCT session_id) AS sessions,
          MAX(ts_ms) - MIN(ts_ms) AS seen
        FROM events
        WHERE user_id IS NOT NULL
        GROUP BY user_id
      )
      WHERE songs > 0
      GROUP BY churned`);
    expect(rows).toHaveLength(2);
    for (const { name, ...medians } of rows) {
      for (const [measure, value] of Object.entries(medians)) {
        expect(figures.medians[nameOf(name)]?.[measure]).toBeCloseTo(Number(value), 8);
      }
    }
    expect(figures.groups['all users: all']).toBe(figures['cancelled_users']);
  });

  it('counts songs by hour and by level', async () => {
    const songs = `FROM events WHERE page = 'NextSong' AND user_id IS NOT NULL`;
    const hours = await count(`SELECT hour AS name, COUNT(*) AS value ${songs} GROUP BY hour`);
    expect(figures.hours.utc).toEqual(Array.from({ length: 24 }, (_, hour) => hours[hour] ?? 0));
    expect(figures.hours.local).not.toEqual(figures.hours.utc);
    expect(figures.songs_by_level).toEqual(
      await count(`SELECT level AS name, COUNT(*) AS value ${songs} GROUP BY level`),
    );
  });

  it('shows a chart for each question', () => {
    const charts = executed.cells.flatMap(({ outputs = [] }) =>
      outputs.filter(({ data }) => data?.['image/png'] !== undefined),
    );
    expect(charts).toHaveLength(6);
  });
});
