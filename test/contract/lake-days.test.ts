/**
 * One lake, two engines: the days that Spark writes are those that DuckDB writes, row for row and file for file, out of data with
 * both shapes and dirt; and either goes on where the other has stopped. All of Spark's runs are in one session.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { openDuckDb, type DuckDb } from '../../connections/duckdb/duckdb.js';
import { checkLake } from '../../connections/lake/check-lake.js';
import { openLakeStore, type LakeStore } from '../../connections/lake/lake-store.js';
import { writeCatalogue } from '../../connections/lake/write-catalogue.js';
import { writeDays } from '../../connections/lake/write-days.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { ensureSpark } from '../../local/spark/ensure-spark.js';
import { createScratchFolder } from '../support/scratch.js';
import { comparable, LITTLE_DATA } from '../support/spark-sql.js';

/** Good ones: two users with a session of one number, the same event twice, texts where numbers are due, a late one. Then bad ones. */
const MORE = [
  '{"ts":1541116800000,"userId":"1000030","sessionId":290029,"page":"NextSong","auth":"Logged In","method":"PUT","status":200,"level":"paid","itemInSession":50,"registration":1538173362000,"gender":"F","artist":"Zoë \\"Q\\" / Ñ","song":"A\\\\B","length":277.89016}',
  '{"ts":1541116800000,"userId":"1000031","sessionId":290029,"page":"NextSong","status":"200","level":"free","itemInSession":50,"registration":1538173362000.0,"artist":"Zoë","song":"A","length":1e2}',
  '{"ts":1541116800000,"userId":"1000031","sessionId":290029,"page":"NextSong","status":"200","level":"free","itemInSession":50,"registration":1538173362000.0,"artist":"Zoë","song":"A","length":1e2}',
  '{"ts":1541116799999,"userId":"1000031","sessionId":30,"page":"Cancel","itemInSession":0,"extra":{"a":[1]}}',
  '{"ts":1541116900000,"userId":1000032,"sessionId":31,"page":"Home","itemInSession":0}',
  '{"ts":1541116900000,"userId":"","sessionId":31,"page":"Home","itemInSession":1}',
  '',
];
const BAD = [
  '{"ts":1541203200000,"userId":"1',
  'oops "and" more',
  '[{"ts":1541203200000,"userId":"1"}]',
  '{"page":"Home","userId":"1", "artist": "Ñ"}',
  '{"ts":"tomorrow","userId":"1"}',
  '{"ts":1541203200000,"status":{"code":200}}',
  '{"ts":1541203200000,"page":"NextSong","userId":"1"}',
];
const TABLES = ['events', 'songplays', 'time', '_user_days', 'users', 'songs', 'artists', '_catalogue'];
const TIMEOUT_MS = 10 * 60_000;

interface Step {
  readonly code: number;
  readonly said: string;
  /** Hash and time of each file of the lake, by its name there. */
  readonly files: Readonly<Record<string, readonly [string, number]>>;
}

let scratch: { dir: string; remove: () => Promise<void> };
let db: DuckDb;
let steps: readonly Step[];
const at = (name: string): string => path.join(scratch.dir, name);

beforeAll(async () => {
  scratch = await createScratchFolder();
  for await (const { key, body } of createSampleData({ days: 3, songs: 20 }).files()) {
    await mkdir(path.dirname(at(key)), { recursive: true });
    await writeFile(at(key), body);
  }
  await writeFile(at('log_data/2018/11/2018-11-02 more+.json'), [...MORE, ...BAD].join('\n'));
  await writeFile(at('log_data/events.json.manifest.json'), '{"rows": 1}');
  await writeFile(at('log_data/2018/11/2018-11-20.json.gz'), 'no gzip: whoever reads it fails');
  db = await openDuckDb({ tempFolder: scratch.dir, threads: 1 });
  for (const day of [1, 2]) await writeOnDuckDb('duckdb', day);
  await cp(at('duckdb'), at('begun-by-duckdb'), { recursive: true });
  const days = (lake: string, day: number, ...more: readonly string[]): readonly string[] =>
    [...source(lake), ...period(day), ...more]; // prettier-ignore
  steps = await runOnSpark([
    { args: days('spark', 1) },
    { args: days('spark', 2) },
    { args: days('spark', 2, '--max-errors', String(BAD.length)), snapshot: at('day-2-once') },
    { args: days('spark', 2, '--max-errors', String(BAD.length)) },
    { args: days('begun-by-duckdb', 3, '--check') },
  ]);
}, TIMEOUT_MS);
afterAll(async () => {
  await db.close();
  await scratch.remove();
});

const source = (lake: string): readonly string[] =>
  ['--lake', at(lake), '--songs', at('song_data'), '--logs', at('log_data')]; // prettier-ignore
const period = (day: number): readonly string[] =>
  ['--from', `2018-11-0${String(day)}`, '--to', `2018-11-0${String(day + 1)}`]; // prettier-ignore

async function onLake<T>(lake: string, work: (store: LakeStore) => Promise<T>): Promise<T> {
  const store = await openLakeStore(at(lake), { tempFolder: db.tempFolder });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function writeOnDuckDb(lake: string, day: number): Promise<void> {
  const [, from = '', , to = ''] = period(day);
  await onLake(lake, async (store) => {
    await writeCatalogue(db, store, { songs: at('song_data'), maxErrors: 0 });
    await writeDays(db, store, { logs: at('log_data'), from, to, maxErrors: BAD.length });
  });
}

async function runOnSpark(
  list: readonly { readonly args: readonly string[]; readonly snapshot?: string }[],
): Promise<readonly Step[]> {
  const spark = await ensureSpark();
  await writeFile(at('steps.json'), JSON.stringify(list));
  const { stdout } = await promisify(execFile)(
    spark.sparkSubmit,
    [...LITTLE_DATA, 'test/spark/support/lake-days.py', at('steps.json')],
    { env: { ...process.env, ...spark.env }, maxBuffer: 2 ** 26 },
  );
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"code"'));
  return lines.map((line) => JSON.parse(line) as Step);
}

/** Every row of every table, each with its day. */
async function readRows(lake: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const read = async (table: string): Promise<readonly [string, readonly string[]]> => {
    const files = path.join(at(lake), table, '**/*.parquet');
    return [table, comparable(await db.rows(`SELECT * FROM read_parquet('${files}')`))];
  };
  const tables: (readonly [string, readonly string[]])[] = [];
  for (const table of TABLES) tables.push(await read(table));
  return Object.fromEntries(tables);
}

/** The types of each table's columns, as DuckDB finds them in the files. */
async function readTypes(lake: string): Promise<readonly unknown[]> {
  const types: unknown[] = [];
  for (const table of TABLES) {
    const files = path.join(at(lake), table, '**/*.parquet');
    types.push(await db.rows(`DESCRIBE SELECT * FROM read_parquet('${files}')`));
  }
  return types;
}

/** The texts beside the tables: schemas and bad records. */
async function readTexts(lake: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(at(lake), { recursive: true })).filter((name) => /\.jsonl?$/.test(name));
  const texts = names.sort().map(async (name) => [name, await readFile(path.join(at(lake), name), 'utf8')]);
  return Object.fromEntries(await Promise.all(texts)) as Readonly<Record<string, string>>;
}

const namesOf = async (lake: string): Promise<readonly string[]> =>
  (await readdir(at(lake), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(at(lake), path.join(entry.parentPath, entry.name)))
    .sort();

const filesOf = (step: Step | undefined, matching: RegExp): Step['files'] =>
  Object.fromEntries(Object.entries(step?.files ?? {}).filter(([name]) => matching.test(name)));

describe('the lake that Spark writes', () => {
  it('equals the one that DuckDB writes: rows, names of files, schemas, and bad records with their reasons', async () => {
    expect(steps.map(({ code }) => code)).toEqual([0, 1, 0, 0, 0]);
    const rows = await readRows('duckdb');
    for (const table of TABLES) expect(rows[table]).not.toEqual([]);
    expect(await readRows('spark')).toEqual(rows);
    expect(await namesOf('spark')).toEqual(await namesOf('duckdb'));
    const texts = await readTexts('duckdb');
    expect(texts['_bad_records/2018-11-02.jsonl']?.trim().split('\n')).toHaveLength(BAD.length);
    expect(await readTexts('spark')).toEqual(texts);
    expect(await readTypes('spark')).toEqual(await readTypes('duckdb'));
  });

  it('stays as it was when there are too many bad records, which are kept', () => {
    const [one, refused] = steps;
    expect(refused?.said).toContain(`${String(BAD.length)} bad records, 0 are allowed (--max-errors)`);
    expect(filesOf(refused, /date=/)).toEqual(filesOf(one, /date=/));
    expect(filesOf(refused, /_bad_records|_staging/)).toHaveProperty(['_bad_records/2018-11-02.jsonl']);
    expect(filesOf(refused, /_staging/)).toEqual({});
  });

  it('is the same after a day is run again, and a day touches no file of another', async () => {
    const [one, , once, twice] = steps;
    expect(await readRows('day-2-once')).toEqual(await readRows('duckdb'));
    expect(Object.keys(twice?.files ?? {})).toEqual(Object.keys(once?.files ?? {}));
    expect(filesOf(twice, /date=2018-11-02/)).not.toEqual(filesOf(once, /date=2018-11-02/)); // it has been written
    expect(Object.keys(filesOf(one, /date=2018-11-01/))).toHaveLength(4);
    expect(filesOf(twice, /date=2018-11-01/)).toEqual(filesOf(one, /date=2018-11-01/));
  });

  it('goes on where DuckDB stopped, and DuckDB where Spark stopped', async () => {
    for (const lake of ['duckdb', 'spark']) await writeOnDuckDb(lake, 3);
    expect(await readRows('begun-by-duckdb')).toEqual(await readRows('duckdb'));
    const rows = await readRows('duckdb');
    expect(await readRows('spark')).toEqual(rows);
    const { problems } = await onLake('spark', (store) => checkLake(db, store, {}));
    expect(problems).toEqual([]);
  });
});
