/** Real data from a folder. */
import { describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataFile, readDataFolder } from '../../local/data-folder/read.js';

async function collect(files: AsyncIterable<DataFile>): Promise<DataFile[]> {
  const all: DataFile[] = [];
  for await (const file of files) all.push(file);
  return all;
}

const folder = (files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'airtempo-data-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};

describe('a data folder', () => {
  test('is read in order of keys, without hidden and other files', async () => {
    const root = folder({
      'log_data/2018/b.json': '{}',
      'log_data/2018/a.json': '{"a":1}',
      'log_data/.DS_Store': '',
      'song_data/A/._x.json': '',
      'song_data/A/x.json': '{}',
      'song_data/A/.ipynb_checkpoints/x.json': '{}',
      'song_data/README.md': '',
    });
    const files = await collect(readDataFolder(root));
    expect(files.map(({ key }) => key)).toEqual([
      'log_data/2018/a.json',
      'log_data/2018/b.json',
      'song_data/A/x.json',
    ]);
    expect(Buffer.from(files[0]?.body ?? []).toString()).toBe('{"a":1}');
    rmSync(root, { recursive: true });
  });

  test.each([
    ['a missing folder', {}, /There is no folder .*log_data/],
    ['a missing part', { 'log_data/a.json': '{}' }, /There is no folder .*song_data/],
    ['an empty part', { 'log_data/a.json': '{}', 'song_data/x.txt': '' }, /song_data holds no \.json file/],
  ])('with %s is refused', async (_, files, message) => {
    const root = folder(files);
    await expect(collect(readDataFolder(root))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: expect.stringMatching(message),
    });
    rmSync(root, { recursive: true });
  });
});
