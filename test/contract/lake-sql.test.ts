/** One SQL, two engines: each file of sql/lake gives the same rows on DuckDB and on Spark, out of data with both shapes and dirt. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createEvents } from '../../connections/duckdb/create-events.js';
import {
  createStagingEvents,
  createStagingSongs,
  readPackagedSql,
} from '../../connections/duckdb/create-staging.js';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { createScratchFolder } from '../support/scratch.js';
import { comparable, runSqlOnSpark, type Rows } from '../support/spark-sql.js';

/** Good ones: two users with a session of one number, the same event twice, texts where numbers are due. Then bad ones. */
const MORE = [
  '{"ts":1541030400000,"userId":"1000030","sessionId":290029,"page":"NextSong","auth":"Logged In","method":"PUT","status":200,"level":"paid","itemInSession":50,"registration":1538173362000,"gender":"F","artist":"Zoë \\"Q\\" / Ñ","song":"A\\\\B","length":277.89016}',
  '{"ts":1541030400000,"userId":"1000031","sessionId":290029,"page":"NextSong","status":"200","level":"free","itemInSession":50,"registration":1538173362000.0,"artist":"Zoë","song":"A","length":1e2}',
  '{"ts":1541030400000,"userId":"1000031","sessionId":290029,"page":"NextSong","status":"200","level":"free","itemInSession":50,"registration":1538173362000.0,"artist":"Zoë","song":"A","length":1e2}',
  '{"ts":1541116799999,"userId":"1000031","sessionId":30,"page":"Cancel","itemInSession":0,"extra":{"a":[1]}}',
  '{"ts":1541203200000,"userId":1000032,"sessionId":31,"page":"Home","itemInSession":0}',
  '{"ts":1541203200000,"userId":"","sessionId":31,"page":"Home","itemInSession":1}',
];
const BAD = [
  '{"ts":1541203200000,"userId":"1',
  'oops',
  '{"page":"Home","userId":"1"}',
  '{"ts":"tomorrow","userId":"1"}',
  '{"ts":1541203200000,"status":{"code":200}}',
  '{"ts":1541203200000,"page":"NextSong","userId":"1"}',
];
const TIMEOUT_MS = 10 * 60_000;

let scratch: { dir: string; remove: () => Promise<void> };
let db: DuckDb;
let files: readonly string[];
let onSpark: Awaited<ReturnType<typeof runSqlOnSpark>>;
const onDuckDb: Record<string, Rows> = {};
let badRecords: number;

beforeAll(async () => {
  scratch = await createScratchFolder();
  for await (const { key, body } of createSampleData({ days: 3, songs: 20 }).files()) {
    const file = path.join(scratch.dir, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  await writeFile(path.join(scratch.dir, 'log_data/2018/11/more.json'), [...MORE, ...BAD].join('\n'));
  await writeFile(path.join(scratch.dir, 'log_data/events.json.manifest.json'), '{"rows": 1}');
  const [events, songs] = ['log_data', 'song_data'].map((part) => path.join(scratch.dir, part)) as [
    string,
    string,
  ];
  files = (await readdir('sql/lake')).filter((name) => name.endsWith('.sql')).map((name) => `lake/${name}`);

  db = await openDuckDb({ tempFolder: scratch.dir });
  ({ badRecords } = await createEvents(db, events));
  await createStagingEvents(db);
  await createStagingSongs(db, songs);
  for (const file of files) onDuckDb[file] = await db.rows(await readPackagedSql(file));
  onSpark = await runSqlOnSpark({ events, songs, files, output: path.join(scratch.dir, 'results') });
}, TIMEOUT_MS);
afterAll(async () => {
  await db.close();
  await scratch.remove();
});

describe('DuckDB and Spark', () => {
  it('read the same SQL to the same rows', () => {
    expect(files).toContain('lake/songplays.sql');
    for (const file of files) {
      expect({ file, empty: onDuckDb[file]?.length === 0 }).toEqual({ file, empty: false });
      expect({ file, rows: comparable(onSpark.results[file] ?? []) }).toEqual({
        file,
        rows: comparable(onDuckDb[file] ?? []),
      });
    }
  });

  it('set the same records apart', () => {
    expect(badRecords).toBe(BAD.length);
    expect(onSpark.counts).toMatchObject({ bad_records: BAD.length });
  });

  it('count a play delivered twice once, and plays of two users in sessions of one number apart', () => {
    const plays = (onDuckDb['lake/songplays.sql'] ?? []).filter(({ session_id }) => session_id === 290029);
    expect(new Set(plays.map(({ user_id }) => user_id))).toEqual(new Set(['1000030', '1000031']));
    expect(plays).toHaveLength(2);
    expect(new Set(plays.map(({ songplay_id }) => songplay_id)).size).toBe(2);
  });
});
