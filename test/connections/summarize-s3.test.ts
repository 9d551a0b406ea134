import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { formatSummary } from '../../cli/s3/format-summary.js';
import { groupOfKey } from '../../connections/summarize/prefix-group.js';
import {
  summarizeS3,
  type S3Summary,
  type SummarizeOptions,
} from '../../connections/summarize/summarize-s3.js';
import { createCliProject } from '../support/cli.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';

let bucket: TestBucket;
beforeAll(async () => {
  bucket = await createTestBucket();
});
afterAll(() => bucket.drop());

const summarize = (prefix: string, options: Partial<SummarizeOptions> = {}): Promise<S3Summary> =>
  summarizeS3(bucket.storage, `s3://${bucket.name}/${prefix}`, {
    depth: 1,
    sample: 3,
    countRecords: false,
    ...options,
  });
const lines = (...rows: readonly unknown[]): string => rows.map((row) => JSON.stringify(row)).join('\n');

describe('a summary', () => {
  test('counts objects, bytes and records by prefix, with types of the fields and a sample', async () => {
    await bucket.put('kinds/json/a.json', lines({ id: 1, name: 'one', tags: [] }, { id: 2.5, name: null }));
    await bucket.put('kinds/json/b.json.gz', gzipSync(lines({ id: 3, name: 'three', more: { a: true } })));
    await bucket.put('kinds/csv/a.csv', 'id,name\n1,one\n2,\n3,"three, 3"\n');
    await bucket.put('kinds/csv/b.csv.gz', gzipSync('id,name\n4.5,true\n'));
    await bucket.put('kinds/other/.DS_Store', 'x');
    await bucket.put('kinds/other/_SUCCESS', '');
    await bucket.put('kinds/other/a.parquet', 'PAR1');
    await bucket.put('kinds/other/', '');
    const summary = await summarize('kinds/');
    expect(summary).toMatchObject({
      objects: 7,
      folderMarkers: 1,
      records: { count: 7, exact: true },
      prefixesCut: false,
    });
    expect(summary.bytes).toBe(summary.prefixes.reduce((sum, { bytes }) => sum + bytes, 0));
    const [csv, json, other] = summary.prefixes;
    expect(json).toMatchObject({
      prefix: 'kinds/json/',
      objects: 2,
      records: { count: 3, exact: true },
      formats: { json: 2 },
      sample: JSON.stringify({ id: 1, name: 'one', tags: [] }),
    });
    expect([...(json?.fields ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'id', count: 3, types: { integer: 2, number: 1 } },
      { name: 'more', count: 1, types: { object: 1 } },
      { name: 'name', count: 3, types: { string: 2, null: 1 } },
      { name: 'tags', count: 1, types: { array: 1 } },
    ]);
    expect(csv).toMatchObject({
      prefix: 'kinds/csv/',
      records: { count: 4, exact: true },
      fields: [
        { name: 'id', count: 4, types: { integer: 3, number: 1 } },
        { name: 'name', count: 4, types: { string: 2, empty: 1, boolean: 1 } },
      ],
    });
    expect(other).toMatchObject({ objects: 3, records: { count: 0, exact: true }, formats: { other: 3 } });
  });

  test('goes on past what cannot be read, and names it', async () => {
    await bucket.put('broken/a.json', `${lines({ id: 1 })}\nnot json\n${lines({ id: 2 })}`);
    await bucket.put('broken/b.json.gz', 'this is not gzip');
    await bucket.put('broken/c.csv', 'a,b\n"open quote');
    const summary = await summarize('broken/', { countRecords: true });
    expect(summary.prefixes).toEqual([
      expect.objectContaining({
        objects: 3,
        read: expect.objectContaining({ objects: 1, records: 2 }),
        records: expect.objectContaining({ exact: false }),
        unreadable: { objects: 2, problem: expect.stringMatching(/b\.json\.gz|Invalid CSV/) },
      }),
    ]);
    expect(summary.prefixes[0]?.rejected).toBeGreaterThan(0);
    expect(formatSummary(summary, 100)).toMatch(/2 objects cannot be read: .*/);
  });

  test('of nothing is an error that names the prefix', async () => {
    await expect(summarize('nothing/here')).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: expect.stringContaining('nothing/here'),
    });
    await expect(
      summarizeS3(bucket.storage, 's3://no-such-bucket-here/', { depth: 1, sample: 1, countRecords: true }),
    ).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
  });

  test('ends with the reason of its signal', async () => {
    await bucket.put('stopped/a.json', lines({ id: 1 }));
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = (): void => controller.abort(reason);
    await expect(summarize('stopped/', { signal: controller.signal, onProgress })).rejects.toBe(reason);
  });
});

test.each([
  ['log_data/2018/11/a.json', 'log_data/', 0, 'log_data/'],
  ['log_data/2018/11/a.json', 'log_data/', 1, 'log_data/2018/'],
  ['log_data/2018/11/a.json', 'log_data/', 9, 'log_data/2018/11/'],
  ['log_data_old/a.json', 'log_data', 1, 'log_data_old/'],
  ['a.json', '', 1, ''],
  ['log_data/2018/11/a.json', '', 2, 'log_data/2018/'],
  ['log_data/a.json', 'log_data/', 1, 'log_data/'],
])('the key %s below "%s" at depth %i is counted under "%s"', (key, prefix, depth, group) => {
  expect(groupOfKey(key, prefix, depth)).toBe(group);
});

test('thousands of objects are listed whole, estimated from an even sample, and counted on demand', async () => {
  const COUNT = 2_100; // three pages of a listing
  const keys = Array.from({ length: COUNT }, (_, index) => index);
  const workers = Array.from({ length: 24 }, async () => {
    for (let index = keys.pop(); index !== undefined; index = keys.pop()) {
      const rows = Array.from({ length: 1 + (index % 3) }, (_, row) => ({
        index,
        row,
        text: 'x'.repeat(20),
      }));
      await bucket.put(`many/${String(index % 4)}/${String(index)}.json`, lines(...rows));
    }
  });
  await Promise.all(workers);
  const estimated = await summarize('many/', { sample: 40 });
  expect(estimated).toMatchObject({ objects: COUNT, records: { exact: false } });
  expect(estimated.prefixes.map(({ objects, read }) => [objects, read.objects])).toEqual(
    Array.from({ length: 4 }, () => [COUNT / 4, 40]),
  );
  const count = COUNT * 2;
  expect(Math.abs((estimated.records?.count ?? 0) - count)).toBeLessThan(count / 10);
  expect(await summarize('many/', { sample: 40 })).toEqual(estimated);
  const counted = await summarize('many/', { countRecords: true, depth: 0 });
  expect(counted).toMatchObject({ objects: COUNT, records: { count, exact: true } });
  expect(formatSummary(estimated, 100)).toMatch(/≈ is an estimate from 160 objects; --records/);
  expect(formatSummary(counted, 100)).not.toContain('≈');
}, 300_000);

describe('the command', () => {
  const DATA = path.resolve('../shared/data');

  test('summarizes the data of Sparkify as it is', async () => {
    const files = await readdir(DATA, { recursive: true, withFileTypes: true }).catch(() => []);
    if (files.length === 0) return; // a checkout without the data
    for (const file of files.filter((entry) => entry.isFile())) {
      const full = path.join(file.parentPath, file.name);
      await bucket.put(`sparkify/${path.relative(DATA, full)}`, await readFile(full));
    }
    const s3 = services().s3;
    const project = await createCliProject({
      AIRTEMPO_CONN_AWS_CREDENTIALS: JSON.stringify({
        conn_type: s3.type,
        login: s3.login,
        password: s3.password,
        extra: s3.extra,
      }),
    });
    try {
      const url = `s3://${bucket.name}/sparkify/`;
      const json = await project.run(['s3', 'summarize', url, '--records', '--json']);
      expect(json.code).toBe(0);
      const summary = JSON.parse(json.stdout) as S3Summary;
      expect(summary.prefixes).toEqual([
        expect.objectContaining({
          prefix: 'sparkify/log_data/',
          objects: 30,
          records: { count: 8_056, exact: true },
        }),
        expect.objectContaining({
          prefix: 'sparkify/song_data/',
          objects: 71,
          records: { count: 71, exact: true },
        }),
      ]);
      const types = new Map(summary.prefixes[0]?.fields.map(({ name, types }) => [name, types]));
      expect(types.get('artist')).toEqual({ string: 6_820, null: 1_236 });
      const text = await project.run(['s3', 'summarize', url]);
      expect(text.stdout).toMatch(/sparkify\/log_data\/ +30 +3\.6 MiB +≈ [\d,]+ +json/);
      expect(text.stdout).toMatch(/≈ is an estimate from 6 objects/);
      const wrong = await project.run(['s3', 'summarize', url, '--depth', 'two']);
      expect(wrong).toMatchObject({ code: 2, stdout: '' });
      expect(wrong.stderr).toContain(
        "'--depth <folders>' argument 'two' is invalid. Use a whole number from 0 to 1000.",
      );
    } finally {
      await project.remove();
    }
  }, 180_000);
});
