/** The star schema on real Postgres: generated data, then the real files where they are at hand. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readSqlFile } from '../../activities/sql/sql-folder.js';
import { prepareStatement } from '../../activities/sql/statement.js';
import { connectSql } from '../../connections/postgres.js';
import { ALL_TIME, loadFiles, qualityChecks } from '../../dags/star-schema.js';
import { dayOf } from './support/day.js';
import { readDataFolder } from '../../local/data-folder/read.js';
import { type SampleFile, createSampleData } from '../../generator/log/sample-data.js';
import { STAR_ROWS, type StarDatabase, createStarDatabase } from './support/star-database.js';

let star: StarDatabase;
beforeAll(async () => {
  star = await createStarDatabase();
  await star.createTables();
});
afterAll(() => star.close());
beforeEach(async () => {
  for (const table of Object.keys(await star.counts())) await star.query(`DELETE FROM ${table}`);
});

async function split(files: AsyncIterable<SampleFile>): Promise<{ songs: SampleFile[]; logs: SampleFile[] }> {
  const songs: SampleFile[] = [];
  const logs: SampleFile[] = [];
  for await (const file of files) (file.key.startsWith('log_data/') ? logs : songs).push(file);
  return { songs, logs };
}

/** Stages and loads one day after the other, as daily runs do. */
async function loadDayByDay({ songs, logs }: { songs: SampleFile[]; logs: SampleFile[] }): Promise<void> {
  await star.stage(songs);
  for (const log of logs) {
    await star.stage([log]);
    await star.load(dayOf(log.key.slice(-'yyyy-mm-dd-events.json'.length, -'-events.json'.length)));
  }
}

describe('generated data', () => {
  const data = createSampleData();

  test('gives the counts that the generator counted', async () => {
    await star.stage(data.files());
    await star.load();
    const { matched, ...rows } = data.expected;
    expect(await star.counts()).toEqual(rows);
    expect(await star.number('SELECT COUNT(song_id) FROM songplays')).toBe(matched);
  });

  test('passes the quality checks', async () => {
    await star.stage(data.files());
    await star.load();
    const checks = await star.check(qualityChecks(ALL_TIME));
    expect(checks.filter(({ passed }) => !passed)).toEqual([]);
  });

  test('loads the same again', async () => {
    await star.stage(data.files());
    await star.load();
    const first = await star.query(STAR_ROWS);
    await star.load();
    expect(await star.query(STAR_ROWS)).toEqual(first);
  });

  test('loads the same day by day as at once', async () => {
    await star.stage(data.files());
    await star.load();
    const atOnce = await star.query(STAR_ROWS);
    for (const table of Object.keys(await star.counts())) await star.query(`DELETE FROM ${table}`);
    await loadDayByDay(await split(data.files()));
    expect(await star.query(STAR_ROWS)).toEqual(atOnce);
  });
});

const event = (fields: Record<string, unknown>): SampleFile => ({
  key: 'log_data/2018/11/2018-11-01-events.json',
  body: Buffer.from(
    JSON.stringify({
      artist: 'Tide', song: 'Ebb', length: 200.5, page: 'NextSong', level: 'free', userId: '7', firstName: 'Ada',
      sessionId: 1, itemInSession: 0, ts: Date.parse('2018-11-01T10:00:00.123Z'), ...fields,
    }), // prettier-ignore
  ),
});
const song = (fields: Record<string, unknown>): SampleFile => ({
  key: 'song_data/A/A/A/TR.json',
  body: Buffer.from(
    JSON.stringify({
      song_id: 'SO1', title: 'Ebb', artist_id: 'AR1', artist_name: 'Tide', artist_location: '',
      artist_latitude: null, artist_longitude: null, duration: 200.5, year: 0, num_songs: 1, ...fields,
    }), // prettier-ignore
  ),
});

describe('rules', () => {
  test('a play of an unknown song is a play', async () => {
    await star.stage([event({}), song({ title: 'Flow' })]);
    await star.load();
    expect(await star.query('SELECT song_id, artist_id FROM songplays')).toEqual([
      { song_id: null, artist_id: null },
    ]);
  });

  test.each([
    ['the same length', 200.5, 'SO1'],
    ['a length within a thousandth', 200.5009, 'SO1'],
    ['another length', 200.502, null],
  ])('title, artist and %s', async (_, length, songId) => {
    await star.stage([event({ length }), song({})]);
    await star.load();
    expect(await star.query('SELECT song_id FROM songplays')).toEqual([{ song_id: songId }]);
  });

  test('of several releases the closest in length counts, then the lowest id', async () => {
    const releases = [
      song({ song_id: 'SO1', duration: 200.5005 }),
      song({ song_id: 'SO3' }),
      song({ song_id: 'SO2' }),
    ];
    await star.stage([event({}), ...releases]);
    await star.load();
    expect(await star.query('SELECT song_id FROM songplays')).toEqual([{ song_id: 'SO2' }]);
  });

  test('other pages and visitors without an account are no plays', async () => {
    await star.stage([event({ page: 'Home' }), event({ userId: '', itemInSession: 1 })]);
    await star.load();
    expect(await star.counts()).toMatchObject({ songplays: 0, time: 0, users: 1 });
  });

  test('an event delivered twice is one play', async () => {
    await star.stage([event({}), event({})]);
    await star.load();
    expect(await star.number('SELECT COUNT(*) FROM songplays')).toBe(1);
  });

  test('two events that share session and item fail the load, and the former rows stay', async () => {
    await star.stage([event({})]);
    await star.load();
    await star.stage([event({ userId: '8' })]);
    await expect(star.load()).rejects.toMatchObject({ code: 'SQL_FAILED' });
    expect(await star.query('SELECT user_id FROM songplays')).toEqual([{ user_id: 7 }]);
  });

  test('a load of one day leaves the other days alone', async () => {
    const days = ['2018-11-01T23:59:59.999Z', '2018-11-02T00:00:00.000Z', '2018-11-02T23:59:59.999Z'];
    await star.stage(days.map((day, item) => event({ ts: Date.parse(day), itemInSession: item })));
    await star.load(dayOf('2018-11-01'));
    await star.load(dayOf('2018-11-02'));
    await star.query('DELETE FROM staging_events');
    await star.load(dayOf('2018-11-02'));
    expect(await star.query('SELECT start_time FROM songplays')).toEqual([
      { start_time: '2018-11-01 23:59:59.999' },
    ]);
  });

  test('a user has the level of the latest event, whatever the page and the order of arrival', async () => {
    await star.stage([
      event({ ts: 3000, itemInSession: 5, level: 'paid', page: 'Home' }),
      event({ ts: 3000, itemInSession: 4, level: 'free' }),
      event({ ts: 1000, itemInSession: 1, level: 'free' }),
    ]);
    await star.load();
    expect(await star.query('SELECT user_id, level FROM users')).toEqual([{ user_id: 7, level: 'paid' }]);
  });

  test('an artist keeps the entry with coordinates, then the one with a location, then the newest', async () => {
    await star.stage([
      song({ song_id: 'SO1', artist_id: 'AR1', year: 2009, artist_location: 'Porto' }),
      song({ song_id: 'SO2', artist_id: 'AR1', year: 1999, artist_latitude: 41.1, artist_longitude: -8.6 }),
      song({ song_id: 'SO3', artist_id: 'AR2', year: 2009 }),
      song({ song_id: 'SO4', artist_id: 'AR2', year: 1999, artist_location: 'Galway' }),
      song({ song_id: 'SO5', artist_id: 'AR3', year: 1999, artist_name: 'Old' }),
      song({ song_id: 'SO6', artist_id: 'AR3', year: 2009, artist_name: 'New' }),
    ]);
    await star.load();
    expect(
      await star.query('SELECT artist_id, name, location, latitude FROM artists ORDER BY artist_id'),
    ).toEqual([
      { artist_id: 'AR1', name: 'Tide', location: '', latitude: 41.1 },
      { artist_id: 'AR2', name: 'Tide', location: 'Galway', latitude: null },
      { artist_id: 'AR3', name: 'New', location: '', latitude: null },
    ]);
  });

  test('time counts weekdays from Sunday = 0 and weeks as ISO does', async () => {
    await star.stage([
      event({ ts: Date.parse('2018-12-30T23:00:00.500Z') }),
      event({ ts: Date.parse('2018-12-31T01:00:00Z'), itemInSession: 1 }),
    ]);
    await star.load();
    expect(await star.query('SELECT * FROM time ORDER BY start_time')).toEqual([
      { start_time: '2018-12-30 23:00:00.5', hour: 23, day: 30, week: 52, month: 12, year: 2018, weekday: 0 },
      { start_time: '2018-12-31 01:00:00', hour: 1, day: 31, week: 1, month: 12, year: 2018, weekday: 1 },
    ]);
  });

  test('tables can be created by several runs at once', async () => {
    const fresh = await createStarDatabase();
    try {
      await Promise.all(Array.from({ length: 6 }, () => fresh.createTables()));
      expect(await fresh.counts()).toMatchObject({ songplays: 0 });
    } finally {
      await fresh.close();
    }
  });

  test('concurrent loads of one table take turns', async () => {
    await star.stage([event({}), song({})]);
    await Promise.all(Array.from({ length: 4 }, () => star.load()));
    expect(await star.counts()).toMatchObject({ songplays: 1, users: 1, songs: 1, artists: 1, time: 1 });
  });

  test('readers are not blocked by a load, and see the former rows until it is done', async () => {
    await star.stage([event({})]);
    await star.load();
    await star.query("SET lock_timeout = '2s'");
    const loader = await connectSql(star.connection);
    await loader.transaction(async () => {
      for (const file of loadFiles('users').slice(0, 2)) {
        await loader.run(prepareStatement(await readSqlFile(file), 'postgres'));
      }
      expect(await star.number('SELECT COUNT(*) FROM users')).toBe(1);
    });
    await loader.close();
    expect(await star.number('SELECT COUNT(*) FROM users')).toBe(0);
  });

  test('a lost and an invented play fail the checks', async () => {
    await star.stage([event({}), event({ itemInSession: 1, ts: 5000 })]);
    await star.load();
    await star.query(
      `UPDATE songplays SET songplay_id = 'x', start_time = '2018-11-05' WHERE start_time < '2000-01-01'`,
    );
    await expect(star.check(qualityChecks(ALL_TIME))).rejects.toThrow(
      /no play is lost: found 1.*"sessionid":1,"iteminsession":1.*no play is invented: found 1/s,
    );
  });
});

const realData =
  process.env['AIRTEMPO_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));

const histogram = (column: string): string =>
  `SELECT ${column}, COUNT(*) AS plays FROM time GROUP BY ${column} ORDER BY ${column}`;
const rule = (file: string, expect: number) => ({ kind: 'custom', name: file, file, expect }) as const;

(existsSync(realData) ? describe : describe.skip)('the Sparkify files', () => {
  const plays = async (column: string): Promise<unknown[]> =>
    (await star.query(histogram(column))).map((row) => row['plays']);

  test('give the counts that three other engines gave', async () => {
    await star.copyFolder(realData);
    await star.load();
    expect(await star.counts()).toEqual({
      staging_events: 8056, staging_songs: 71, songplays: 6820, users: 97, songs: 71, artists: 69, time: 6813,
    }); // prettier-ignore
    expect(await star.query('SELECT * FROM songplays WHERE song_id IS NOT NULL')).toMatchObject([
      {
        user_id: 15, session_id: 818, start_time: '2018-11-21 21:56:47.796',
        song_id: 'SOZCTXZ12AB0182364', artist_id: 'AR5KOSW1187FB35FF4',
      },
    ]); // prettier-ignore
    const counts = await star.query(
      `SELECT level, gender, COUNT(*) AS users FROM users GROUP BY ROLLUP (level), ROLLUP (gender)`,
    );
    const users = (level: string | null, gender: string | null): unknown =>
      counts.find((row) => row['level'] === level && row['gender'] === gender)?.['users'];
    expect([users('paid', null), users('free', null)]).toEqual([22, 75]);
    expect([users(null, 'F'), users(null, 'M')]).toEqual([55, 42]);
    expect(await plays('weekday')).toEqual([396, 1014, 1070, 1361, 1051, 1294, 627]);
    expect(await plays('week')).toEqual([410, 1257, 1956, 1709, 1481]);
    expect((await star.check(qualityChecks(ALL_TIME))).every(({ passed }) => passed)).toBe(true);
    const first = await star.query(STAR_ROWS);
    await star.load();
    expect(await star.query(STAR_ROWS)).toEqual(first);
  });

  test('are staged by COPY value for value', async () => {
    const rows = `SELECT md5(string_agg(CAST(e AS text), '|' ORDER BY CAST(e AS text))) FROM staging_events e UNION ALL
      SELECT md5(string_agg(CAST(s AS text), '|' ORDER BY CAST(s AS text))) FROM staging_songs s`;
    await star.copyFolder(realData);
    const copied = await star.query(rows);
    for (const table of ['staging_events', 'staging_songs']) await star.query(`DELETE FROM ${table}`);
    await star.stage(readDataFolder(realData));
    expect(await star.query(rows)).toEqual(copied);
  });

  test('load the same in thirty daily loads', async () => {
    const files = await split(readDataFolder(realData));
    await star.stage(files.songs);
    await star.stage(files.logs);
    await star.load();
    const atOnce = await star.query(STAR_ROWS);
    for (const table of Object.keys(await star.counts())) await star.query(`DELETE FROM ${table}`);
    await loadDayByDay(files);
    expect(await star.query(STAR_ROWS)).toEqual(atOnce);
  });

  test('give the published counts under the published rules', async () => {
    await star.stage(readDataFolder(realData));
    const checks = await star.check([
      rule('compat/count-users-by-tuple.sql', 105),
      rule('compat/count-play-instants.sql', 6813),
      rule('compat/count-plays-by-inner-join.sql', 1),
    ]);
    expect(checks.every(({ passed }) => passed)).toBe(true);
  });
});
