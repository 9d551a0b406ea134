/** Days of the lake: what a run writes, what it leaves alone, and that running again, late or after a kill, is right. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openDuckDb, type DuckDb } from '../../../connections/duckdb/duckdb.js';
import { checkLake } from '../../../connections/lake/check-lake.js';
import { openLakeStore, type LakeStore } from '../../../connections/lake/lake-store.js';
import { writeCatalogue } from '../../../connections/lake/write-catalogue.js';
import { writeDays } from '../../../connections/lake/write-days.js';
import type { Connection } from '../../../core/connection.js';
import { createSampleData, type SampleCounts } from '../../../generator/log/sample-data.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, services } from '../../support/services.js';

const DAYS = { from: '2018-11-01', to: '2018-11-07' };
let scratch: { dir: string; remove: () => Promise<void> };
let db: DuckDb;
let logs: string;
let songs: string;
let expected: SampleCounts;
let at = 0;
let lake: string;

beforeAll(async () => {
  scratch = await createScratchFolder();
  const sample = createSampleData({ days: 6, songs: 20, users: 40 });
  ({ expected } = sample);
  for await (const { key, body } of sample.files()) {
    const file = path.join(scratch.dir, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  [logs, songs] = ['log_data', 'song_data'].map((part) => path.join(scratch.dir, part)) as [string, string];
  db = await openDuckDb({ tempFolder: scratch.dir, threads: 1 });
});
beforeEach(() => {
  at += 1;
  lake = path.join(scratch.dir, `lake-${String(at)}`);
});
afterAll(async () => {
  await db.close();
  await scratch.remove();
});

async function onLake<T>(work: (store: LakeStore) => Promise<T>, connection?: Connection): Promise<T> {
  const store = await openLakeStore(lake, { connection, tempFolder: db.tempFolder });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
type Options = Partial<Parameters<typeof writeDays>[2]>;
const write = (options: Options = {}): ReturnType<typeof writeDays> =>
  onLake((store) => writeDays(db, store, { logs, maxErrors: 0, ...DAYS, ...options }));
const writeSongs = (): ReturnType<typeof writeCatalogue> =>
  onLake((store) => writeCatalogue(db, store, { songs, maxErrors: 0 }));

/** Every row of every table. */
async function readLake(): Promise<Readonly<Record<string, readonly object[]>>> {
  const tables: Record<string, readonly object[]> = {};
  for (const table of ['events', 'songplays', 'time', 'users', 'songs', 'artists']) {
    tables[table] = await db.rows(`SELECT * FROM read_parquet('${lake}/${table}/**/*.parquet') ORDER BY ALL`);
  }
  return tables;
}
/** The data files with the hashes of their content. */
async function readFiles(folder = lake): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) =>
    /\.(parquet|json|jsonl)$/.test(name),
  );
  const visible = names.filter((name) => !name.startsWith('_staging'));
  const contents = await Promise.all(
    visible.sort().map(
      async (name) =>
        [
          name,
          createHash('sha256')
            .update(await readFile(path.join(folder, name)))
            .digest('hex'),
        ] as const,
    ),
  );
  return Object.fromEntries(contents);
}

describe('a lake written day by day', () => {
  it('has the counts of the warehouse, a file a day, and its schema beside it', async () => {
    await writeSongs();
    expect(await write()).toMatchObject({ days: 6, users: expected.users, badRecords: 0 });
    const counts = {
      events: expected.staging_events,
      songplays: expected.songplays,
      time: expected.time,
      users: expected.users,
      songs: expected.songs,
      artists: expected.artists,
    };
    expect(await onLake((store) => checkLake(db, store, counts))).toEqual({ counts, problems: [] });
    const [matched] = await db.rows(
      `SELECT COUNT(song_id) AS n FROM read_parquet('${lake}/songplays/*/*.parquet')`,
    );
    expect(matched).toEqual({ n: expected.matched });
    expect(await readdir(path.join(lake, 'events/date=2018-11-03'))).toEqual(['part-0.parquet']);
    const schema = JSON.parse(await readFile(path.join(lake, 'events/_schema.json'), 'utf8')) as object;
    expect(schema).toMatchObject({
      table: 'events',
      partitionedBy: [{ name: 'date', type: 'DATE' }],
      sql: 'sql/lake/events.sql',
      columns: expect.arrayContaining([{ name: 'ts', type: 'TIMESTAMP' }]),
    });
    const codecs = await db.rows(
      `SELECT DISTINCT compression FROM parquet_metadata('${lake}/*/*/*.parquet')`,
    );
    expect(codecs).toEqual([{ compression: 'ZSTD' }]);
  });

  it('is the same whether its days come at once, one by one, out of order, or twice', async () => {
    await writeSongs();
    await write();
    const whole = await readLake();
    await write({ from: '2018-11-02', to: '2018-11-04' });
    expect(await readLake()).toEqual(whole);
    lake = `${lake}-days`;
    await writeSongs();
    for (const day of ['05', '01', '06', '02', '04', '03', '02']) {
      const next = String(Number(day) + 1).padStart(2, '0');
      await write({ from: `2018-11-${day}`, to: `2018-11-${next}` });
    }
    expect(await readLake()).toEqual(whole);
  });

  it('leaves days alone of which the source has no file, and finds events in the file of the next day', async () => {
    const few = path.join(scratch.dir, 'few');
    const file = (day: string): string => path.join(few, `2018/11/2018-11-${day}-events.json`);
    const event = (day: string, item: number): string =>
      `{"ts":${String(Date.parse(`2018-11-${day}T12:00:00Z`) + item)},"userId":"7","sessionId":1,"itemInSession":${String(item)},"page":"Home"}\n`;
    await mkdir(path.dirname(file('01')), { recursive: true });
    await writeFile(file('01'), event('01', 0));
    await writeFile(file('02'), event('02', 1) + event('01', 2));
    const count = async (): Promise<unknown> =>
      db.rows(
        `SELECT CAST(date AS VARCHAR) AS date, COUNT(*) AS n FROM read_parquet('${lake}/events/*/*.parquet') GROUP BY ALL ORDER BY 1`,
      );
    await write({ logs: few, from: '2018-11-01', to: '2018-11-02' });
    await write({ logs: few, from: '2018-11-02', to: '2018-11-03' });
    const all = [
      { date: '2018-11-01', n: 2 },
      { date: '2018-11-02', n: 1 },
    ];
    expect(await count()).toEqual(all);
    await rm(file('01'));
    expect(await write({ logs: few, from: '2018-11-01', to: '2018-11-03' })).toMatchObject({ days: 1 });
    expect(await count()).toEqual(all);
    await expect(write({ logs: few, from: '2018-12-01', to: '2018-12-02' })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
  });

  it('keeps bad records by the day of their file, and stays as it was when there are too many', async () => {
    const dirty = path.join(scratch.dir, 'dirty');
    const good = '{"ts":1541030400000,"userId":"7","sessionId":1,"itemInSession":0,"page":"Home"}\n';
    await mkdir(dirty, { recursive: true });
    await writeFile(path.join(dirty, '2018-11-01-events.json'), `${good}oops\n`);
    const options = { logs: dirty, from: '2018-11-01', to: '2018-11-02' };
    await expect(write(options)).rejects.toMatchObject({ code: 'LOAD_FAILED' });
    expect(Object.keys(await readFiles())).toEqual(['_bad_records/2018-11-01.jsonl']);
    expect(await write({ ...options, maxErrors: 1 })).toMatchObject({ badRecords: 1, events: 1 });
    const kept = await readFile(path.join(lake, '_bad_records/2018-11-01.jsonl'), 'utf8');
    expect(JSON.parse(kept)).toMatchObject({ problem: 'not a JSON object', record: 'oops' });
    await writeFile(path.join(dirty, '2018-11-01-events.json'), good);
    await write(options);
    expect(Object.keys(await readFiles())).not.toContain('_bad_records/2018-11-01.jsonl');
  });

  it('refuses a day whose plays share a key, and leaves that day as it was', async () => {
    const twice = path.join(scratch.dir, 'twice');
    const play = (ts: number): string =>
      `{"ts":${String(ts)},"userId":"7","sessionId":1,"itemInSession":0,"page":"NextSong","song":"A"}\n`;
    await mkdir(twice, { recursive: true });
    await writeFile(path.join(twice, 'a.json'), play(1541030400000) + play(1541030400000));
    const options = { logs: twice, from: '2018-11-01', to: '2018-11-02' };
    expect(await write(options)).toMatchObject({ events: 2, songplays: 1 });
    const before = await readFiles();
    await writeFile(path.join(twice, 'a.json'), play(1541030400000) + play(1541030401000));
    await expect(write(options)).rejects.toThrow('2 plays of 2018-11-01 have 1 keys');
    expect(await readFiles()).toEqual(before);
  });

  it('is whole in every file after a kill at any moment, and right when the run is run again', async () => {
    await writeSongs();
    await write();
    const [whole, files] = [await readLake(), Object.keys(await readFiles())];
    lake = `${lake}-killed`;
    await writeSongs();
    const program = path.join('test', 'support', 'killed-lake-writer.ts');
    for (const puts of [6, 11]) {
      const child = spawn(process.execPath, ['--import', 'tsx', program, logs, lake, String(puts)], {
        stdio: 'inherit',
      });
      const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      expect(signal).toBe('SIGKILL');
      const found = Object.keys(await readFiles()).filter((name) => name.endsWith('.parquet'));
      expect(found.length).toBeLessThan(files.filter((name) => name.endsWith('.parquet')).length);
      for (const name of found) await db.rows(`SELECT COUNT(*) FROM read_parquet('${lake}/${name}')`);
    }
    await write();
    expect(await readLake()).toEqual(whole);
  });

  it('is the same on S3', async () => {
    await writeSongs();
    await write();
    const folder = await readLake();
    const bucket = await createTestBucket();
    for (const name of await readdir(logs, { recursive: true })) {
      if (name.endsWith('.json')) await bucket.put(`logs/${name}`, await readFile(path.join(logs, name)));
    }
    const local = path.join(db.tempFolder, 'copy');
    const s3 = services().s3;
    lake = `s3://${bucket.name}/lake`;
    const { storage } = bucket;
    await onLake(async (store) => {
      await writeCatalogue(db, store, { songs, maxErrors: 0 });
      await writeDays(db, store, { logs: `s3://${bucket.name}/logs/`, storage, maxErrors: 0, ...DAYS });
      expect((await checkLake(db, store, {})).problems).toEqual([]);
    }, s3);
    for await (const object of storage.listObjects(bucket.name, 'lake/')) {
      const file = path.join(local, object.key.slice('lake/'.length));
      await mkdir(path.dirname(file), { recursive: true });
      const chunks: Buffer[] = [];
      for await (const chunk of storage.openObject(object)) chunks.push(chunk);
      await writeFile(file, Buffer.concat(chunks));
    }
    await bucket.drop();
    lake = local;
    expect(await readLake()).toEqual(folder);
  });
});
