/** The small data set of the demo and the tests. */
import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  type SampleDataOptions,
  type SampleFile,
  createSampleData,
} from '../../generator/log/sample-data.js';

async function collect(files: AsyncIterable<SampleFile>): Promise<SampleFile[]> {
  const all: SampleFile[] = [];
  for await (const file of files) all.push(file);
  return all;
}

async function digest(options: SampleDataOptions): Promise<string> {
  const hash = createHash('sha256');
  for (const { key, body } of await collect(createSampleData(options).files())) hash.update(key).update(body);
  return hash.digest('hex');
}

interface Event {
  readonly page: string;
  readonly userId: string;
  readonly level: string;
  readonly ts: number;
  readonly sessionId: number;
  readonly itemInSession: number;
}

async function readEvents(): Promise<Event[]> {
  const files = await collect(createSampleData().files());
  const logs = files.filter(({ key }) => key.startsWith('log_data/'));
  return logs.flatMap(({ body }) =>
    Buffer.from(body)
      .toString()
      .split('\n')
      .map((line) => JSON.parse(line) as Event),
  );
}

describe('sample data', () => {
  test('is the same bytes for the same seed, on every machine', async () => {
    expect(await digest({ seed: 7, days: 3 })).toBe(await digest({ seed: 7, days: 3 }));
    expect(await digest({ seed: 7, days: 3 })).not.toBe(await digest({ seed: 8, days: 3 }));
    expect(await digest({})).toBe('7c476d965c903d92a228d3d66666179d243f372bad83243e6d67bdb2ffd39c21');
  });

  test('has a log file a day and a file a song, under the keys of the real data', async () => {
    const keys = (await collect(createSampleData().files())).map(({ key }) => key);
    expect(keys.filter((key) => /^log_data\/2018\/11\/2018-11-\d\d-events\.json$/.test(key))).toHaveLength(
      30,
    );
    expect(
      keys.filter((key) => /^song_data\/([A-Z])\/([A-Z])\/([A-Z])\/TR\1\2\3\w+\.json$/.test(key)),
    ).toHaveLength(71);
    expect(new Set(keys).size).toBe(101);
  });

  test('has what the rules of the star schema are about', async () => {
    const events = await readEvents();
    const { expected } = createSampleData();
    expect(events).toHaveLength(expected.staging_events);
    expect(expected.staging_events).toBeGreaterThan(7500);
    expect(expected.matched).toBeGreaterThan(0);
    expect(expected.time).toBeLessThan(expected.songplays);
    expect(expected.artists).toBeLessThan(expected.songs);
    expect(new Set(events.map(({ page }) => page)).size).toBeGreaterThan(5);
    expect(events.some(({ userId }) => userId === '')).toBe(true);
    const levels = new Set(
      events.filter(({ userId }) => userId !== '').map(({ userId, level }) => `${userId} ${level}`),
    );
    expect(levels.size).toBeGreaterThan(expected.users);
    expect(new Set(events.map((event) => `${event.sessionId}-${event.itemInSession}`)).size).toBe(
      events.length,
    );
  });

  test('keeps each event in the file of its day', async () => {
    for (const { key, body } of await collect(createSampleData({ days: 5 }).files())) {
      if (!key.startsWith('log_data/')) continue;
      const times = [
        ...Buffer.from(body)
          .toString()
          .matchAll(/"ts":(\d+)/g),
      ].map(([, ts]) => Number(ts));
      const days = new Set(times.map((ts) => new Date(ts).toISOString().slice(0, 10)));
      expect([...days]).toEqual([key.slice(-'2018-11-01-events.json'.length, -'-events.json'.length)]);
    }
  });

  test.each([{ days: 0 }, { songs: 1.5 }, { users: 0 }, { users: 100_001 }])('refuses %j', (options) => {
    expect(() => createSampleData(options)).toThrow(/INVALID_ARGUMENT|cannot be generated|empty|at most/);
  });

  test('works for the smallest sizes', async () => {
    const { files, expected } = createSampleData({ days: 30, songs: 1, users: 1 });
    const [song, ...logs] = await collect(files());
    expect(song?.key).toMatch(/^song_data/);
    expect(logs.length).toBeGreaterThan(0);
    expect(expected).toMatchObject({ users: 1, songs: 1, artists: 1 });
  });
});
