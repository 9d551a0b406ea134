import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createScratchFolder } from '../support/scratch.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const LOADER = fileURLToPath(new URL('../../dist/workers/dag-loader.js', import.meta.url));

/** The loader changes how its process imports files, so it gets one of its own. */
const SCRIPT = `
const { loadDags } = await import(process.argv[1]);
try {
  const { dags, files, errors } = await loadDags(process.argv.slice(2));
  const all = errors.map(({ file, error }) => ({ file, code: error.code, message: error.message, cause: error.cause?.code }));
  console.log(JSON.stringify({ dags: [...dags.keys()], files: Object.fromEntries(files), errors: all }));
} catch (error) {
  console.log(JSON.stringify({ refused: { code: error.code, message: error.message } }));
}`;

interface Loaded {
  readonly dags: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly errors: readonly { file: string; code: string; message: string; cause?: string }[];
  readonly refused?: { readonly code: string; readonly message: string };
}

let folder: Awaited<ReturnType<typeof createScratchFolder>>;
let root: string;
beforeEach(async () => {
  folder = await createScratchFolder();
  root = path.join(folder.dir, 'dags');
  await mkdir(root);
  await writeFile(path.join(folder.dir, 'package.json'), '{"type":"module"}');
});
afterEach(() => folder.remove());

async function put(name: string, text: string): Promise<string> {
  const file = path.join(root, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

async function load(...places: readonly string[]): Promise<Loaded> {
  const args = ['--input-type=module', '-e', SCRIPT, LOADER, ...(places.length === 0 ? [root] : places)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder.dir });
  return JSON.parse(stdout) as Loaded;
}

const dagText = (id: string, how = 'export default'): string =>
  `${how} dag(${JSON.stringify(id)}, {}, ({ task }) => { task('only', () => 1); });\n`;
const fileText = (id: string): string => `import { dag } from ${JSON.stringify(API)};\n${dagText(id)}`;

describe('DAG files', () => {
  test('are found in folders within, as TypeScript and JavaScript, with default and named exports', async () => {
    const typed = await put(
      'a/typed.ts',
      `import { dag, type Dag } from ${JSON.stringify(API)};
       import { ID } from '../shared/id.js';
       interface Row { readonly id: number }
       ${dagText('typed', 'const it: Dag =')}
       export default it;
       export const again = it;
       ${dagText('named', 'export const named: Dag =')}
       export const row: Row = { id: 1 };
       export const third = dag(ID, {}, ({ task }) => { task('only', (): Row => row); });`,
    );
    await put('shared/id.ts', `export const ID: string = 'third' as const;`);
    const plain = await put('b/c/plain.mjs', fileText('plain'));
    expect(await load()).toEqual({
      dags: expect.arrayContaining(['typed', 'named', 'third', 'plain']) as unknown as readonly string[],
      files: { typed, named: typed, third: typed, plain },
      errors: [],
    });
  });

  test('may be given one by one', async () => {
    const one = await put('one.ts', fileText('one'));
    await put('two.ts', fileText('two'));
    expect(await load(one)).toMatchObject({ dags: ['one'], errors: [] });
  });

  test('are not tests, declarations, or what is installed beside them', async () => {
    await put('one.js', fileText('one'));
    for (const name of [
      'one.test.ts',
      'one.spec.mts',
      'one.d.ts',
      'one.test.js',
      'one.spec.mjs',
      'notes.md',
      'data.json',
    ]) {
      await put(name, 'throw new Error("must not be loaded")');
    }
    await put('node_modules/x/index.js', 'throw new Error("must not be loaded")');
    expect(await load()).toMatchObject({ dags: ['one'], errors: [] });
  });

  test('are found in a folder that is itself installed as a package', async () => {
    await put('node_modules/company-dags/dags/one.mjs', fileText('one'));
    expect(await load(path.join(root, 'node_modules/company-dags/dags'))).toMatchObject({ dags: ['one'] });
  });

  test('with nothing in them that is a DAG are no error', async () => {
    await put('helpers.ts', `export const five: number = 5; export default null;`);
    expect(await load()).toEqual({ dags: [], files: {}, errors: [] });
  });

  test('in an empty folder are none', async () => {
    expect(await load()).toEqual({ dags: [], files: {}, errors: [] });
  });
});

describe('a file that fails', () => {
  test.each([
    ['does not parse', 'export default {{{', /could not be loaded: /],
    ['throws', 'throw new Error("no such table")', /could not be loaded: no such table/],
    ['throws no Error', 'throw { code: 7 }', /could not be loaded: \{"code":7\}/],
    ['imports what is not there', `import './nowhere.js';`, /could not be loaded: .*nowhere/],
    [
      'defines a wrong DAG',
      `import { dag } from ${JSON.stringify(API)}; export default dag('cyclic', {}, ({ task }) => { const a = task('a', () => 1); a.then(a); });`,
      /could not be loaded: .*cyclic/,
    ],
  ])('because it %s is reported, and the others are loaded', async (_, text, message) => {
    await put('a.ts', fileText('first'));
    const file = await put('b.ts', text);
    await put('c.ts', fileText('last'));
    const { dags, errors } = await load();
    expect(dags).toEqual(['first', 'last']);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      file,
      code: 'DAG_LOAD_FAILED',
      message: expect.stringMatching(message),
    });
    expect(errors[0]?.message).toContain(file);
  });

  test('because its DAG id is taken is reported with both places; the first one stays', async () => {
    const first = await put('a.ts', fileText('same'));
    const second = await put('b.ts', fileText('same'));
    const { files, errors } = await load();
    expect(files).toEqual({ same: first });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ file: second, cause: 'DUPLICATE_ID' });
    expect(errors[0]?.message).toMatch(/b\.ts defines DAG same, which .*a\.ts defines already\. Rename one/);
  });

  test('does not keep DAGs of a place named twice from loading', async () => {
    const file = await put('one.ts', fileText('one'));
    expect(await load(root, file, `${root}/../dags`)).toEqual({
      dags: ['one'],
      files: { one: file },
      errors: [],
    });
  });
});

test('a folder that does not exist is refused, with the setting to check', async () => {
  const missing = path.join(folder.dir, 'dgas');
  const { refused } = await load(root, missing);
  expect(refused).toMatchObject({ code: 'DAG_LOAD_FAILED' });
  expect(refused?.message).toContain(
    `The DAG folder ${missing} does not exist. Check --dags or AIRTEMPO_DAGS.`,
  );
});
