/** `airtempo data` as a person runs it, on real files and a real S3 server. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createCliProject, type CliProject } from '../support/cli.js';
import { createTestBucket, services, type TestBucket } from '../support/services.js';

let project: CliProject;
let bucket: TestBucket;
beforeAll(async () => {
  bucket = await createTestBucket();
  const { type, login, password, host, port, extra } = services().s3;
  project = await createCliProject({
    AIRTEMPO_CONN_LAKE: JSON.stringify({ conn_type: type, login, password, host, port, extra }),
  });
});
afterAll(async () => {
  await project.remove();
  await bucket.drop();
});

const generate = (...args: readonly string[]) => project.run(['data', 'generate', ...args]);
const read = (name: string): Promise<Buffer> => readFile(path.join(project.dir, name));
const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex');

interface ManifestPart {
  readonly sha256: string;
  readonly rows: number;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
}

async function manifestOf(out: string): Promise<ManifestPart> {
  return JSON.parse((await read(`${out}.manifest.json`)).toString()) as ManifestPart;
}

describe('data generate', () => {
  test('writes the same lines to a file, gzipped, and to stdout, and their SHA-256 to the manifest', async () => {
    expect(await generate('--out', 'a.json', '--users', '4')).toMatchObject({ code: 0 });
    expect(await generate('--out', 'b.json.gz', '--users', '4')).toMatchObject({ code: 0 });
    const { code, stdout } = await generate('--out', '-', '--users', '4', '--manifest', 'c.json');
    expect(code).toBe(0);
    const plain = await read('a.json');
    expect(gunzipSync(await read('b.json.gz')).equals(plain)).toBe(true);
    expect(sha256(stdout)).toBe(sha256(plain));
    const { sha256: told, rows } = await manifestOf('a.json');
    expect(told).toBe(sha256(plain));
    expect(plain.toString().trimEnd().split('\n')).toHaveLength(rows);
    expect(JSON.parse((await read('c.json')).toString())).toMatchObject({ sha256: told, rows });
  });

  test('writes a file a day, and replaces what it wrote before', async () => {
    const days = ['--from', '2018-10-01', '--to', '2018-10-08'];
    expect(await generate('--out', 'events', '--users', '20', ...days)).toMatchObject({ code: 0 });
    const first = await manifestOf('events');
    expect(first.files[0]?.name).toBe('2018/10/2018-10-01-events.json');
    for (const { name, sha256: told } of first.files) expect(sha256(await read(`events/${name}`))).toBe(told);
    expect(
      await generate('--out', 'events', '--users', '20', '--from', '2018-10-01', '--to', '2018-10-03'),
    ).toMatchObject({
      code: 0,
    });
    expect(await readdir(path.join(project.dir, 'events/2018/10'))).toHaveLength(2);
    expect((await readdir(project.dir)).filter((name) => /partial|old/.test(name))).toEqual([]);
  });

  test('does not touch a folder of somebody else', async () => {
    await mkdir(path.join(project.dir, 'mine'));
    await writeFile(path.join(project.dir, 'mine/notes.txt'), 'keep');
    const { code, stderr } = await generate('--out', 'mine', '--users', '2');
    expect(code).not.toBe(0);
    expect(stderr).toContain('INVALID_ARGUMENT');
    expect((await read('mine/notes.txt')).toString()).toBe('keep');
  });

  test('writes the log shape with songs to S3, and replaces what it wrote before', async () => {
    const place = ['--out', `s3://${bucket.name}/sample/`, '--conn-id', 'lake'];
    const log = [...place, '--shape', 'log', '--to', '2018-11-04'];
    expect(await generate(...log, '--songs', '20')).toMatchObject({ code: 0 });
    expect(await generate(...log, '--songs', '5')).toMatchObject({ code: 0 });
    const keys: string[] = [];
    for await (const { key } of bucket.storage.listObjects(bucket.name, '')) keys.push(key);
    expect(keys.filter((key) => key.startsWith('sample/song_data/'))).toHaveLength(5);
    expect(keys).toContain('sample/log_data/2018/11/2018-11-01-events.json');
    expect(keys).toContain('sample.manifest.json');
  });

  test('leaves nothing when it is stopped', async () => {
    const running = project.start(['data', 'generate', '--out', 'stopped.json.gz', '--users', '5000']);
    const partial = path.join(project.dir, 'stopped.json.gz.partial');
    while ((await readFile(partial).catch(() => Buffer.alloc(0))).length === 0)
      await new Promise((resolve) => setTimeout(resolve, 50));
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 130 });
    expect((await readdir(project.dir)).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });

  test('writes more than it may hold in memory', async () => {
    const heapMb = 96;
    const small = await createCliProject({ NODE_OPTIONS: `--max-old-space-size=${String(heapMb)}` });
    try {
      expect(await small.run(['data', 'generate', '--out', 'big.json', '--users', '300'])).toMatchObject({
        code: 0,
      });
      const { size } = await stat(path.join(small.dir, 'big.json'));
      expect(size).toBeGreaterThan(1.5 * heapMb * 1024 * 1024);
    } finally {
      await small.remove();
    }
  });

  test.each([
    [['--out', 'x', '--preset', 'loud'], 'preset'],
    [['--out', 'x', '--users', 'many'], '--users'],
    [['--out', 'x', '--dirt', 'dust=1'], 'dust'],
    [['--out', 'x.json', '--shape', 'log'], 'songs'],
  ])('refuses %j', async (args, word) => {
    const { code, stderr } = await generate(...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(word);
  });
});

describe('data check', () => {
  test('prints each figure with its target, and fails when one is outside', async () => {
    await generate('--out', 'f.json.gz', '--users', '150', '--preset', 'faithful');
    const { stdout } = await project.run(['data', 'check', 'f.json.gz', '--json']);
    const { checks } = JSON.parse(stdout) as {
      readonly checks: readonly { readonly name: string; readonly found: number; readonly ok: boolean }[];
    };
    expect(checks.length).toBeGreaterThan(40);
    expect(checks.filter(({ found }) => !Number.isFinite(found))).toEqual([]);
    const exact = checks.filter(({ name }) => /^(songs not|items of|events after)/.test(name));
    expect(exact.map(({ ok }) => ok)).toEqual([true, true, true, true]);

    await generate('--out', 'log', '--shape', 'log', '--songs', '3');
    expect(await project.run(['data', 'check', 'log/log_data'])).toMatchObject({ code: 1 });
  });

  test('knows the log shape, and meets its figures', async () => {
    await generate('--out', 'many', '--shape', 'log', '--songs', '3', '--users', '400');
    const { stdout, code } = await project.run([
      'data',
      'check',
      '--shape',
      'log',
      'many/log_data',
      '--json',
    ]);
    const { checks } = JSON.parse(stdout) as { readonly checks: readonly { readonly ok: boolean }[] };
    expect(checks.length).toBeGreaterThan(15);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    await generate('--out', 'churn', '--users', '20');
    expect(await project.run(['data', 'check', '--shape', 'log', 'churn'])).toMatchObject({ code: 1 });
  });

  test('says so when there is no event', async () => {
    await writeFile(path.join(project.dir, 'none.json'), '{"ts":1,"page":"Home","userId":""}\n');
    const { code, stderr } = await project.run(['data', 'check', 'none.json']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('SOURCE_NOT_FOUND');
  });
});
