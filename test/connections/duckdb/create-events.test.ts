/** The relation `events`, out of every kind of source: the same rows from each, and no record lost without a word. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { createEvents } from '../../../connections/duckdb/create-events.js';
import { openDuckDb, type DuckDb } from '../../../connections/duckdb/duckdb.js';
import { EVENT_COLUMNS } from '../../../connections/duckdb/event-columns.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, type TestBucket } from '../../support/services.js';

/** As the small log files have it: every key, alphabetical, null where there is nothing. */
const LOG_EVENT =
  '{"artist":null,"auth":"Logged Out","firstName":null,"gender":null,"itemInSession":0,"lastName":null,"length":null,"level":"free","location":null,"method":"PUT","page":"Login","registration":null,"sessionId":52,"song":null,"status":307,"ts":1541207073796,"userAgent":null,"userId":""}';
const LOG_PLAY =
  '{"artist":"Des\'ree","auth":"Logged In","firstName":"Kaylee","gender":"F","itemInSession":1,"lastName":"Summers","length":246.30812,"level":"free","location":"Phoenix","method":"PUT","page":"NextSong","registration":1540344794796.0,"sessionId":139,"song":"You Gotta Be","status":200,"ts":1541106106796,"userAgent":"\\"Mozilla\\/5.0\\"","userId":"8"}';
/** As the churn data has it: absent keys, whole seconds, an integer registration. */
const CHURN_EVENT =
  '{"ts":1538352117000,"userId":"1000030","sessionId":29,"page":"NextSong","auth":"Logged In","method":"PUT","status":200,"level":"paid","itemInSession":50,"location":"Bakersfield, CA","userAgent":"Agent","lastName":"Noon","firstName":"Ada","registration":1538173362000,"gender":"F","artist":"The Invented","song":"A Song","length":277.89016}';
const CHURN_PAGE =
  '{"ts":1538352394000,"userId":"","sessionId":8,"page":"Home","auth":"Logged Out","method":"GET","status":200,"level":"free","itemInSession":3}';
const GOOD = [LOG_EVENT, LOG_PLAY, CHURN_EVENT, CHURN_PAGE];
const BAD = [
  '{"ts": 15411',
  'not json',
  '[1, 2]',
  '{"page":"Home"}',
  '{"ts":"soon","page":"Home"}',
  '{"ts":1,"status":{"a":1}}',
];

let scratch: { dir: string; remove: () => Promise<void> };
let bucket: TestBucket;
let db: DuckDb;

beforeAll(async () => {
  scratch = await createScratchFolder();
  bucket = await createTestBucket();
  db = await openDuckDb({ tempFolder: scratch.dir });
});
afterAll(async () => {
  await db.close();
  await bucket.drop();
  await scratch.remove();
});

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(scratch.dir, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}
const readAll = (): Promise<readonly object[]> => db.rows('SELECT * FROM events ORDER BY ts, session_id');

describe('events', () => {
  it('have the same columns in both shapes, with the instant in several forms', async () => {
    const file = await write('both/2018-11-01-events.json', `${GOOD.join('\n')}\n`);
    await write('both/2018-11-01-events.json.manifest.json', '{"rows":4}');
    expect(await createEvents(db, path.dirname(file))).toMatchObject({ files: 1, rows: 4, badRecords: 0 });
    const rows = await readAll();
    expect(Object.keys(rows[0] ?? {})).toEqual(Object.keys(EVENT_COLUMNS));
    expect(rows).toMatchObject([
      {
        ts: '2018-10-01T00:01:57.000Z',
        ts_ms: 1538352117000,
        user_id: '1000030',
        registration_ms: 1538173362000,
      },
      { user_id: null, artist: null, registration_ms: null, item_in_session: 3, first_name: null },
      {
        ts: '2018-11-01T21:01:46.796Z',
        day: '2018-11-01',
        day_number: 17836,
        hour: 21,
        weekday: 4,
        registration_ms: 1540344794796,
        length: 246.30812,
        user_agent: '"Mozilla/5.0"',
        status: 200,
      },
      { ts: '2018-11-03T01:04:33.796Z', weekday: 6, hour: 1, user_id: null },
    ]);
  });

  it('are the same out of JSON, gzip, Parquet, raw Parquet and S3', async () => {
    await createEvents(db, await write('plain/a.json', GOOD.join('\n')));
    const expected = await readAll();
    await db.run(`COPY events TO '${scratch.dir}/lake' (FORMAT parquet, PARTITION_BY (day))`);
    await db.run(`COPY raw_events TO '${scratch.dir}/raw.parquet'`);
    await bucket.put('logs/2018/a.json', GOOD.slice(0, 2).join('\n'));
    await bucket.put('logs/2018/b.json.gz', gzipSync(GOOD.slice(2).join('\n')));
    await bucket.put('logs/_staging/c.json', LOG_PLAY);
    const sources = [
      await write('z/a.json.gz', gzipSync(GOOD.join('\n'))),
      `${scratch.dir}/lake`,
      `${scratch.dir}/raw.parquet`,
      `s3://${bucket.name}/logs/`,
    ];
    for (const source of sources) {
      const summary = await createEvents(db, source, { storage: bucket.storage });
      expect({ source, rows: summary.rows }).toEqual({ source, rows: 4 });
      expect(await readAll()).toEqual(expected);
    }
  });

  it('lose no good line to the one before, wherever that is cut off', async () => {
    const pieces = Array.from({ length: CHURN_EVENT.length - 1 }, (_, cut) => CHURN_EVENT.slice(0, cut + 1));
    const file = await write('cut.json', pieces.map((piece) => `${piece}\n${CHURN_PAGE}\n`).join(''));
    expect(await createEvents(db, file)).toMatchObject({ rows: pieces.length, badRecords: pieces.length });
  });

  it('leave no record out without a word: bad ones are in bad_events with their file and the reason', async () => {
    await write('dirty/a.json', [LOG_PLAY, ...BAD, '', CHURN_EVENT].join('\n'));
    await write('dirty/b.json', [LOG_EVENT, CHURN_PAGE].join('\n'));
    await write('dirty/c.json.gz', gzipSync(`${BAD[0] ?? ''}\n`));
    expect(await createEvents(db, path.join(scratch.dir, 'dirty'))).toMatchObject({ rows: 4, badRecords: 7 });
    const bad = await db.rows('SELECT * FROM bad_events ORDER BY file, problem, record');
    expect(bad.map(({ record }) => record as string).sort()).toEqual([...BAD, BAD[0] ?? ''].sort());
    expect(bad.find(({ record }) => record === BAD[4])).toMatchObject({
      file: path.join(scratch.dir, 'dirty/a.json'),
      problem: 'ts is no BIGINT',
    });
    await createEvents(db, path.join(scratch.dir, 'both'));
    expect(await db.rows('SELECT COUNT(*) AS n FROM bad_events')).toEqual([{ n: 0 }]);
  });

  it('say what is missing: no such folder, nothing in it, a mixture, no connection, too much to download', async () => {
    const of = (source: string, options = {}): Promise<unknown> => createEvents(db, source, options);
    await mkdir(path.join(scratch.dir, 'empty'), { recursive: true });
    await expect(of(`${scratch.dir}/nowhere`)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(of(`${scratch.dir}/empty`)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await write('mixed/a.json', LOG_PLAY);
    await write('mixed/b.parquet', 'x');
    await expect(of(`${scratch.dir}/mixed`)).rejects.toMatchObject({ code: 'INVALID_ARGS' });
    await expect(of(`s3://${bucket.name}/logs/`)).rejects.toThrow('name a connection of type aws or s3');
    await bucket.put('big/a.json', LOG_PLAY);
    const small = { storage: bucket.storage, maxDownloadBytes: 10 };
    await expect(of(`s3://${bucket.name}/big/`, small)).rejects.toThrow('has more than 10 bytes');
  });
});
