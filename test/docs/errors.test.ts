/** docs/errors.md explains each error code, in the order of the code, and nothing else. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { ERROR_CODES, type ErrorCode } from '../../core/errors.js';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const codes = Object.keys(ERROR_CODES) as ErrorCode[]; // the keys are the codes

/** The sections of the page, by code. */
async function readSections(): Promise<ReadonlyMap<string, string>> {
  const page = await readFile(path.join(root, 'docs/errors.md'), 'utf8');
  const parts = page.split(/^### /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part.split(/^## /m)[0] ?? '']));
}

async function readSources(): Promise<string> {
  const folders = ['core', 'connections', 'activities', 'workflows', 'workers', 'cli', 'local'];
  const files = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(path.join(root, folder), { recursive: true });
      return entries.filter((entry) => entry.endsWith('.ts')).map((entry) => path.join(root, folder, entry));
    }),
  );
  const sources = files.flat().filter((file) => !file.endsWith(path.join('core', 'errors.ts')));
  return (await Promise.all(sources.map((file) => readFile(file, 'utf8')))).join('\n');
}

test('the page has a section for each code, in the order of core/errors.ts', async () => {
  expect([...(await readSections()).keys()]).toEqual(codes);
});

describe.each(codes)('%s', (code) => {
  test('the page says truly whether Temporal retries it', async () => {
    const section = (await readSections()).get(code);
    const [, word] = /\*\*Retried:\*\* (yes|no)\b/.exec(section ?? '') ?? [];
    expect(word).toBe(ERROR_CODES[code].retryable ? 'yes' : 'no');
  });

  test('the page shows a message and a fix', async () => {
    const section = (await readSections()).get(code);
    expect(section).toMatch(/^> \S/m);
    expect(section).toMatch(/\*\*Fix:\*\* \S/);
  });

  test('it is raised somewhere', async () => {
    expect((await readSources()).includes(`'${code}'`)).toBe(true);
  });
});
