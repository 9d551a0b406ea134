import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Connection } from '../../core/connection.js';
import { createXComBlobs } from '../../workers/xcom-blobs.js';
import { createFileXComBlobs } from '../../workers/xcom-files.js';
import { createXComStore, type XComStore } from '../../workers/xcom-store.js';
import { INLINE_OUTPUT_BYTES, type XComRef } from '../../workflows/contract.js';
import { createScratchFolder } from '../support/scratch.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';

/** JSON of exactly so many bytes. */
const textOf = (bytes: number): string => 'x'.repeat(bytes - 2);
const LARGE = { text: 'ä'.repeat(INLINE_OUTPUT_BYTES), rows: [1, null, true] };

/** Ids that a person may give a run, and that are no good as a path or an URL as they are. */
const AWKWARD_IDS = [
  'nightly-2018-11-03T02:00:00Z',
  'a b',
  'a#b?c=d',
  '100%',
  '%2e%2e',
  'a/b//c',
  'ü',
  '..a',
  'a\\b',
];
const ESCAPING_IDS = ['..', '../..', '../../outside', 'a/../../..', '/etc', '.'];

const refused = (code: string): unknown => expect.objectContaining({ code });

describe('outputs in a folder', () => {
  let folder: Awaited<ReturnType<typeof createScratchFolder>>;
  let root: string;
  let store: XComStore;
  beforeEach(async () => {
    folder = await createScratchFolder();
    root = path.join(folder.dir, 'deep', 'xcom');
    store = createXComStore(createFileXComBlobs(root));
  });
  afterEach(() => folder.remove());

  async function putLarge(key = 'run/task'): Promise<XComRef> {
    return (await store.put(key, LARGE)) as XComRef;
  }
  const fileOf = (ref: XComRef): string => path.join(root, ref.$xcom.replace('file:', ''));

  test('travel inline up to the limit, and leave no file', async () => {
    const output = textOf(INLINE_OUTPUT_BYTES);
    expect(await store.put('run/task', output)).toBe(output);
    expect(await store.get(output)).toBe(output);
    expect(await readdir(folder.dir)).toEqual([]);
  });

  test('are put away above the limit, which counts bytes of JSON', async () => {
    const ref = (await store.put('run/task', textOf(INLINE_OUTPUT_BYTES + 1))) as XComRef;
    expect(ref).toMatchObject({
      bytes: INLINE_OUTPUT_BYTES + 1,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await store.get(ref)).toBe(textOf(INLINE_OUTPUT_BYTES + 1));
    expect(await store.get(await store.put('run/umlaut', 'ä'.repeat(INLINE_OUTPUT_BYTES / 2)))).toHaveLength(
      INLINE_OUTPUT_BYTES / 2,
    );
  });

  test('are put away above a lower limit, when the run asks for one', async () => {
    expect(await store.put('run/task', textOf(300), 256)).toHaveProperty('$xcom');
    expect(await store.put('run/task', textOf(256), 256)).toBe(textOf(256));
  });

  test('that look like a reference are not taken for one', async () => {
    const lookalike = { $xcom: 'file:elsewhere', bytes: 3, sha256: 'abc' };
    expect(await store.get(await store.put('run/task', lookalike))).toEqual(lookalike);
  });

  test('come back as they were, by another store on the same folder too', async () => {
    const ref = await putLarge();
    expect(await createXComStore(createFileXComBlobs(root)).get(JSON.parse(JSON.stringify(ref)))).toEqual(
      LARGE,
    );
  });

  test('are passed through when they are no reference', async () => {
    for (const value of [undefined, null, 0, '', [], { $xcom: 'file:x' }])
      expect(await store.get(value)).toBe(value);
  });

  test('may be written twice; no half-written file is left', async () => {
    const refs = await Promise.all([putLarge(), putLarge(), putLarge()]);
    for (const ref of refs) expect(await store.get(ref)).toEqual(LARGE);
    expect(await readdir(path.dirname(fileOf(await putLarge())))).toHaveLength(1);
  });

  test('are noticed when truncated, exchanged or gone', async () => {
    const ref = await putLarge();
    const original = await readFile(fileOf(ref));
    await writeFile(fileOf(ref), Buffer.from(original.map((byte) => (byte === 0x78 ? 0x79 : byte ^ 1))));
    await expect(store.get(ref)).rejects.toEqual(refused('XCOM_CORRUPT'));
    await truncate(fileOf(ref), 100);
    await expect(store.get(ref)).rejects.toThrow(/100 of \d+ bytes.*Run the task that made it again/);
    await rm(fileOf(ref));
    await expect(store.get(ref)).rejects.toEqual(refused('XCOM_UNAVAILABLE'));
  });

  test('are not overwritten by a late try or a later run with the same id', async () => {
    const ref = await putLarge();
    await store.put('run/task', { ...LARGE, rows: [2] });
    expect(await store.get(ref)).toEqual(LARGE);
  });

  test('of a task with the longest id can be stored', async () => {
    expect(await store.get(await putLarge(`run/${'t'.repeat(250)}`))).toEqual(LARGE);
  });

  test('that cannot be written are worth another try, and the message names the place', async () => {
    await writeFile(path.join(folder.dir, 'deep'), 'a file');
    await expect(putLarge()).rejects.toMatchObject({
      code: 'XCOM_UNAVAILABLE',
      message: expect.stringContaining(root),
    });
  });

  test.each(AWKWARD_IDS)('survive the run id %j', async (id) => {
    expect(await store.get(await putLarge(`${id}/task`))).toEqual(LARGE);
  });

  test.each(ESCAPING_IDS)('stay in the folder for the run id %j', async (id) => {
    const ref = await putLarge(`${id}/task`);
    expect(await store.get(ref)).toEqual(LARGE);
    expect(path.relative(root, fileOf(ref)).startsWith('..')).toBe(false);
    expect(await readdir(folder.dir)).toEqual(['deep']);
    expect(await readdir(path.dirname(root))).toEqual(['xcom']);
  });

  test('of two runs do not meet when one id looks like the other as a path', async () => {
    const keys = ['a/b', 'a//b', 'a/./b', 'a%2Fb', 'a/../b', 'b'].map((id) => `${id}/task`);
    const refs = await Promise.all(keys.map((key) => store.put(key, `${key}${textOf(INLINE_OUTPUT_BYTES)}`)));
    expect(new Set(refs.map((ref) => (ref as XComRef).$xcom)).size).toBe(keys.length);
  });

  test.each(['file:../secret', 'file:/etc/passwd', 'file:a/../../secret', 'file:'])(
    'are not read from outside the folder: %s',
    async ($xcom) => {
      await writeFile(path.join(path.dirname(folder.dir), path.basename(folder.dir), 'secret'), '{}');
      const ref = {
        $xcom,
        bytes: 2,
        sha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      };
      await expect(store.get(ref)).rejects.toEqual(refused('XCOM_CORRUPT'));
    },
  );
});

describe('outputs in a bucket', () => {
  let bucket: TestBucket;
  let aws: Connection;
  const storeAt = (place: string): XComStore =>
    createXComStore(createXComBlobs(place, (id) => Promise.resolve({ ...aws, id })));
  beforeAll(async () => {
    bucket = await createTestBucket();
    aws = services().s3;
  });
  afterAll(() => bucket.drop());

  test('are put under the prefix and come back as they were', async () => {
    const store = storeAt(`s3://${bucket.name}/air/tempo/?conn=storage`);
    const ref = (await store.put('run/task', LARGE)) as XComRef;
    expect(ref.$xcom).toBe(`s3://${bucket.name}/air/tempo/run/task.${ref.sha256.slice(0, 16)}.json`);
    expect(await store.get(ref)).toEqual(LARGE);
  });

  test('are read wherever the reference says, after the prefix has changed', async () => {
    const ref = await storeAt(`s3://${bucket.name}/old`).put('run/task', LARGE);
    expect(await storeAt(`s3://${bucket.name}`).get(ref)).toEqual(LARGE);
  });

  test.each([...AWKWARD_IDS, ...ESCAPING_IDS])('survive the run id %j', async (id) => {
    const store = storeAt(`s3://${bucket.name}`);
    expect(await store.get(await store.put(`${id}/task`, LARGE))).toEqual(LARGE);
  });

  test('are noticed when exchanged', async () => {
    const store = storeAt(`s3://${bucket.name}`);
    const ref = (await store.put('exchanged/task', LARGE)) as XComRef;
    await bucket.put(ref.$xcom.replace(`s3://${bucket.name}/`, ''), 'something else');
    await expect(store.get(ref)).rejects.toEqual(refused('XCOM_CORRUPT'));
  });

  test('that lie elsewhere are not looked for', async () => {
    const ref = { $xcom: 'file:run/task.json', bytes: 1, sha256: '' };
    await expect(storeAt(`s3://${bucket.name}`).get(ref)).rejects.toThrow(/same AIRTEMPO_XCOM/);
  });

  test('that are out of reach are worth another try, and the message names place and connection', async () => {
    const store = storeAt('s3://no-such-bucket-here?conn=storage');
    const expected =
      /s3:\/\/no-such-bucket-here\/run\/task\.\w+\.json could not be written with connection storage/;
    await expect(store.put('run/task', LARGE)).rejects.toThrow(expected);
    await expect(store.put('run/task', LARGE)).rejects.toMatchObject({
      code: 'XCOM_UNAVAILABLE',
      retryable: true,
    });
    const gone = { $xcom: `s3://${bucket.name}/gone.json`, bytes: 1, sha256: '' };
    await expect(store.get(gone)).rejects.toThrow(/gone\.json could not be read/);
  });
});
