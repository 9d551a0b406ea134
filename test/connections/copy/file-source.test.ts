import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { createFileSource } from '../../../connections/copy/file-source.js';
import { createScratchFolder } from '../../support/scratch.js';
import { createLoadScene } from './support.js';

const scene = createLoadScene('file_source');
let dir = '';
let remove = async (): Promise<void> => undefined;

async function names(from: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of createFileSource({ from, manifest: false }).files(undefined))
    found.push(path.relative(dir, name));
  return found;
}

beforeAll(async () => {
  ({ dir, remove } = await createScratchFolder());
  for (const name of [
    'b/2.json',
    'b/10.json',
    'a/x/1.json',
    'c.csv',
    '.hidden',
    'b/.DS_Store',
    'a/[x].json',
  ]) {
    await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
    await writeFile(path.join(dir, name), `{"id":${name.length}}\n`);
  }
  await symlink(path.join(dir, 'c.csv'), path.join(dir, 'link.csv'));
});
afterAll(() => remove());

describe('which files are loaded', () => {
  test.each([
    ['', ['a/[x].json', 'a/x/1.json', 'b/10.json', 'b/2.json', 'c.csv', 'link.csv']],
    ['b', ['b/10.json', 'b/2.json']],
    ['b/2.json', ['b/2.json']],
    ['*.csv', ['c.csv', 'link.csv']],
    ['**/*.json', ['a/[x].json', 'a/x/1.json', 'b/10.json', 'b/2.json']],
    ['b/?.json', ['b/2.json']],
    ['a/[x]*', ['a/[x].json']],
    ['a*/**', ['a/[x].json', 'a/x/1.json']],
  ])('%j: %j', async (from, expected) => expect(await names(path.join(dir, from))).toEqual(expected));

  test('a file:// URL is a path', async () => {
    expect(await names(pathToFileURL(path.join(dir, 'b')).href)).toEqual(['b/10.json', 'b/2.json']);
  });
  test.each(['nope', 'nope/*.json', '*.nope'])('%s: nothing there is an error', async (from) => {
    await expect(names(path.join(dir, from))).rejects.toEqual(
      expect.objectContaining({ code: 'SOURCE_NOT_FOUND' }),
    );
  });
  test('a file that may not be read is an error that names it', async () => {
    if (process.getuid?.() === 0) return; // root may read everything
    const file = path.join(dir, 'secret');
    await writeFile(file, '{}');
    await chmod(file, 0);
    await expect(
      scene.load({ source: createFileSource({ from: file, manifest: false }), table: 'pg_class' }),
    ).rejects.toThrow(/secret/);
  });
});

describe('loading from files', () => {
  beforeEach(async () => {
    await scene.query('DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER)');
  });
  test('works as from S3', async () => {
    const source = createFileSource({ from: path.join(dir, '**/*.json'), manifest: false });
    await expect(scene.load({ source })).resolves.toMatchObject({ rows: 4, files: 4 });
  });
  test('also by a manifest', async () => {
    const from = path.join(dir, 'manifest');
    await writeFile(
      from,
      JSON.stringify({
        entries: [{ url: path.join(dir, 'b/2.json'), mandatory: true }, { url: path.join(dir, 'nope') }],
      }),
    );
    const result = await scene.load({ source: createFileSource({ from, manifest: true }) });
    expect(result).toMatchObject({ rows: 1, skippedFiles: [path.join(dir, 'nope')] });
  });
});

const data = process.env['AIRTEMPO_DATA'] ?? path.resolve('../shared/data');

(existsSync(path.join(data, 'log_data')) ? describe : describe.skip)('the real event and song files', () => {
  test('load to the last row', async () => {
    await scene.query(
      `CREATE TABLE staging_events (artist VARCHAR(1024), userid INTEGER, ts TIMESTAMP, length DOUBLE PRECISION)`,
    );
    await scene.query(`CREATE TABLE staging_songs (song_id VARCHAR(32), title VARCHAR(1024), year INTEGER)`);
    const sourceOf = (folder: string) => createFileSource({ from: path.join(data, folder), manifest: false });
    const copy = { ignoreCase: true, timeFormat: 'epochmillisecs' } as const;
    await expect(
      scene.load({ table: 'staging_events', source: sourceOf('log_data'), copy }),
    ).resolves.toMatchObject({ rows: 8056, files: 30, rejected: 0 });
    await expect(
      scene.load({ table: 'staging_songs', source: sourceOf('song_data') }),
    ).resolves.toMatchObject({ rows: 71, files: 71 });
    expect(
      await scene.query(`SELECT count(*) - count(userid) AS nobody, min(ts), max(ts) FROM staging_events`),
    ).toEqual([{ nobody: 286, min: '2018-11-01 20:57:10.796', max: '2018-11-30 19:54:24.796' }]);
  });
});
