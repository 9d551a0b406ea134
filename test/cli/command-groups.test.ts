/** What a command loads before it does anything. Some libraries take a second, which every call would pay. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { createApp } from '../../cli/app.js';
import { COMMAND_GROUPS } from '../../cli/command-groups.js';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** `import … from 'x'`, `export … from 'x'` and `import 'x'` at the start of a line, as they are built. */
const STATIC_IMPORT = /^(?:import|export)\b(?:[^;'"]*\bfrom)?\s*['"]([^'"]+)['"]/gm;

/** The packages that loading a built module loads at once, by static imports. */
async function findLoadedPackages(entry: string): Promise<readonly string[]> {
  const packages = new Set<string>();
  const files = [path.join(DIST, entry)];
  const seen = new Set(files);
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    for (const [, request = ''] of (await readFile(file, 'utf8')).matchAll(STATIC_IMPORT)) {
      const target = path.resolve(path.dirname(file), request);
      if (!request.startsWith('.')) packages.add(request);
      else if (!seen.has(target)) {
        seen.add(target);
        files.push(target);
      }
    }
  }
  return [...packages];
}

describe('loading', () => {
  test('the command line as such needs neither Temporal nor an AWS client', async () => {
    const loaded = await findLoadedPackages('cli/main.js');
    expect(loaded).toContain('commander');
    expect(loaded.filter((name) => /^@temporalio\/|^@aws-sdk\/client-/.test(name))).toEqual([]);
  });

  test('operators bring no AWS client, DuckDB or Vega until a task uses it', async () => {
    const loaded = await findLoadedPackages('activities/index.js');
    expect(loaded).toContain('zod');
    expect(loaded.filter((name) => /^@aws-sdk\/client-|^@duckdb\/|^vega/.test(name))).toEqual([]);
  });

  test('commands about runs do without the library of workers', async () => {
    for (const group of ['runs', 'explain', 'tasks', 'dags', 'deploy', 'backfill']) {
      expect(await findLoadedPackages(`cli/${group}.js`)).not.toContain('@temporalio/worker');
    }
  });
});

describe('command groups', () => {
  test('each is loaded under the name that it is listed by', async () => {
    const app = createApp({}, process.cwd());
    for (const group of COMMAND_GROUPS) {
      const command = await group.load(app);
      expect(command).toBeInstanceOf(Command);
      expect(command.name()).toBe(group.name);
      expect(command.description()).toBe(''); // it has the one of the list
    }
  });
});
