/** The DAG of the lake without a cluster, on the real engine: a whole history in one run, then a day again. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import localDataLake from '../../dags/local-data-lake.js';
import { readDataFolder } from '../../local/data-folder/read.js';
import { createSampleData } from '../../generator/log/sample-data.js';
import { startEngine, type Engine } from '../support/engine.js';
import { createScratchFolder } from '../support/scratch.js';

const realData =
  process.env['AIRTEMPO_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url));
let scratch: { dir: string; remove: () => Promise<void> };
let engine: Engine;
let expected: readonly string[];

beforeAll(async () => {
  scratch = await createScratchFolder();
  const generated = createSampleData({ days: 30, songs: 20 });
  const hasReal = existsSync(realData);
  for await (const { key, body } of hasReal ? readDataFolder(realData) : generated.files()) {
    const file = path.join(scratch.dir, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  const { songplays, users, songs, artists, time } = hasReal
    ? { songplays: 6820, users: 97, songs: 71, artists: 69, time: 6813 }
    : generated.expected;
  expected = Object.entries({ songplays, users, songs, artists, time }).map(
    ([table, rows]) => `${table}=${String(rows)}`,
  );
  engine = await startEngine([localDataLake]);
});
afterAll(async () => {
  await engine.stop();
  await scratch.remove();
});

test('writes the tables of the warehouse’s counts, and a day again without touching the others', async () => {
  const [songs, logs, lake] = ['song_data', 'log_data', 'lake'].map((part) => path.join(scratch.dir, part));
  const conf = { songs, logs, lake, expect: expected };
  const whole = await engine.run(localDataLake, { conf: { ...conf, from: '2018-11-01', to: '2018-12-01' } });
  expect(whole.failure).toBeUndefined();
  const changedAt = async (day: string): Promise<number> =>
    (await stat(path.join(lake ?? '', `events/date=2018-11-${day}/part-0.parquet`))).mtimeMs;
  const before = await Promise.all(['13', '14', '15', '16'].map(changedAt));
  const again = await engine.run(localDataLake, { conf, logicalDate: '2018-11-15T00:00:00Z' });
  expect(again.failure).toBeUndefined();
  const after = await Promise.all(['13', '14', '15', '16'].map(changedAt));
  expect(after.map((at, index) => at !== before[index])).toEqual([false, true, true, false]);
}, 120_000);
