/** Small files of a lake, and putting one in place of the version that was seen: on a real S3 server, and in a folder. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openLakeStore, type LakeStore } from '../../../connections/lake/lake-store.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../../support/services.js';

let scratch: { dir: string; remove: () => Promise<void> };
let bucket: TestBucket;
beforeAll(async () => {
  [scratch, bucket] = await Promise.all([createScratchFolder(), createTestBucket()]);
});
afterAll(async () => {
  await bucket.drop();
  await scratch.remove();
});

let files = 0;
async function stage(store: LakeStore, text: string): Promise<string> {
  const file = path.join(store.staging, `file-${String((files += 1))}`);
  await writeFile(file, text);
  return file;
}
const open = (lake: string): Promise<LakeStore> =>
  openLakeStore(lake, { connection: services().s3, tempFolder: scratch.dir });

describe.each(['folder', 'S3'])('in a lake in %s', (kind) => {
  let store: LakeStore;
  beforeAll(async () => {
    store = await open(kind === 'S3' ? `s3://${bucket.name}/small` : path.join(scratch.dir, 'small'));
  });
  afterAll(() => store.close());

  test('a file is read as it was put, and one that is not there is none', async () => {
    expect(await store.read('_positions/a.json')).toBeUndefined();
    expect(await store.version('_positions/a.json')).toBeUndefined();
    const created = await store.replace(await stage(store, 'one'), '_positions/a.json', undefined);
    expect(created).toBeDefined();
    expect(await store.read('_positions/a.json')).toEqual({ text: 'one', version: created?.version });
    expect(await store.version('_positions/a.json')).toBe(created?.version);
    const replaced = await store.replace(await stage(store, 'two'), '_positions/a.json', created?.version);
    expect(await store.read('_positions/a.json')).toEqual({ text: 'two', version: replaced?.version });
    expect(await store.read('_positions/a')).toBeUndefined();
  });
});

describe('on S3', () => {
  let store: LakeStore;
  beforeAll(async () => {
    store = await open(`s3://${bucket.name}/versions`);
  });
  afterAll(() => store.close());

  test('a file takes the place of the version that was seen only', async () => {
    const name = 'events/date=2018-11-01/part-0.parquet';
    const first = await store.replace(await stage(store, 'one'), name, undefined);
    await store.put(await stage(store, 'two'), name);
    expect(await store.replace(await stage(store, 'three'), name, first?.version)).toBeUndefined();
    expect(await store.replace(await stage(store, 'three'), name, undefined)).toBeUndefined();
    const gone = await store.replace(await stage(store, 'three'), 'events/other', first?.version);
    expect(gone).toBeUndefined();
    expect((await store.read(name))?.text).toBe('two');
  });

  test.each([1, 3_000_000, 20_000_000])('a file of %d bytes is refused as well', async (bytes) => {
    const name = `large-${String(bytes)}`;
    const text = (letter: string): string => letter.repeat(bytes);
    await store.replace(await stage(store, text('a')), name, undefined);
    expect(await store.replace(await stage(store, text('b')), name, undefined)).toBeUndefined();
    expect((await store.read(name))?.text === text('a')).toBe(true);
  });

  test('one of many at once is first', async () => {
    let seen: string | undefined;
    for (let round = 0; round < 5; round += 1) {
      const racers = await Promise.all(['a', 'b', 'c', 'd'].map((text) => stage(store, `${text}${round}`)));
      const answers = await Promise.all(racers.map((file) => store.replace(file, 'race', seen)));
      const winners = answers.filter((answer) => answer !== undefined);
      expect(winners).toHaveLength(1);
      seen = winners[0]?.version;
      expect(await store.version('race')).toBe(seen);
    }
  });
});
