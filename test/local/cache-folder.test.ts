import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { computeCacheFolder, ensureCacheFolder } from '../../local/cache-folder.js';
import { createScratchFolder } from '../support/scratch.js';

describe('the cache folder is', () => {
  test.each([
    ['what AIRTEMPO_CACHE says', { AIRTEMPO_CACHE: '/c', XDG_CACHE_HOME: '/x' }, 'linux', '/home/a', '/c'],
    ['inside XDG_CACHE_HOME', { XDG_CACHE_HOME: '/x' }, 'linux', '/home/a', '/x/airtempo'],
    ['~/.cache on Linux', {}, 'linux', '/home/a', '/home/a/.cache/airtempo'],
    ['~/Library/Caches on macOS', {}, 'darwin', '/Users/a', '/Users/a/Library/Caches/airtempo'],
    [
      'not a relative XDG_CACHE_HOME, as the specification wants',
      { XDG_CACHE_HOME: 'x' },
      'linux',
      '/h',
      '/h/.cache/airtempo',
    ],
    ['undefined without a home', {}, 'linux', '', undefined],
    ['undefined when the home is the root folder', {}, 'linux', '/', undefined],
  ] as const)('%s', (_name, env, platform, home, expected) => {
    expect(computeCacheFolder(env, platform, home)).toBe(expected);
  });
});

describe('when the wanted folder cannot be used', () => {
  let scratch: Awaited<ReturnType<typeof createScratchFolder>>;
  beforeEach(async () => {
    scratch = await createScratchFolder();
    await writeFile(path.join(scratch.dir, 'file'), '');
  });
  afterEach(() => scratch.remove());

  test('a home that is no folder falls back to a private temporary one', async () => {
    const folder = await ensureCacheFolder({ HOME: path.join(scratch.dir, 'file') });
    expect(path.basename(folder)).toBe(`airtempo-cache-${process.getuid?.()}`);
    await rmdir(folder).catch(() => undefined); // another process may use it
  });

  test('an explicit AIRTEMPO_CACHE is an error instead', async () => {
    await expect(ensureCacheFolder({ AIRTEMPO_CACHE: path.join(scratch.dir, 'file') })).rejects.toMatchObject(
      {
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('AIRTEMPO_CACHE is '),
      },
    );
  });
});
