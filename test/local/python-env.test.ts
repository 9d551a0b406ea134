import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ensurePythonEnv } from '../../local/python/ensure-python-env.js';
import { parseRequirements, pythonEnvFolderName } from '../../local/python/python-env-spec.js';
import type { PythonEnvSpec } from '../../local/python/python-env-spec.js';
import type { ProgressEvent } from '../../local/progress.js';
import { createScratchFolder, writeScript } from '../support/scratch.js';

let scratch: Awaited<ReturnType<typeof createScratchFolder>>;

beforeEach(async () => {
  scratch = await createScratchFolder();
});
afterEach(() => scratch.remove());

const at = (...parts: string[]): string => path.join(scratch.dir, ...parts);

const spec = (changes: Partial<PythonEnvSpec> = {}): PythonEnvSpec => ({
  name: 'tool',
  title: 'the tool',
  requirements: ['tool==1.0.0'],
  minimumPython: '3.10',
  expected: 'a moment',
  ...changes,
});

/**
 * A Python that makes environments of itself, leaves a line for each call of pip, and fails where `pip` says so. The
 * real one is used by the suites that start moto.
 */
const fakePython = (version = '3.11.2', pip = 'exit 0'): Promise<string> =>
  writeScript(
    at('path', 'python3'),
    `if [ "$1" = --version ]; then echo "Python ${version}"; exit 0; fi`,
    `if [ "$2" = venv ]; then /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python"; exit 0; fi`,
    `echo "$@" >> ${at('pip-calls')}`,
    pip,
  );

const env = (changes: Record<string, string> = {}): Record<string, string> => ({
  PATH: at('path'),
  AIRTEMPO_CACHE: at('cache'),
  ...changes,
});
const pipCalls = async (): Promise<readonly string[]> =>
  (await readFile(at('pip-calls'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

describe('a Python environment', () => {
  test('is made once, with exactly the packages asked for', async () => {
    await fakePython();
    const events: ProgressEvent[] = [];
    const first = await ensurePythonEnv(spec(), { env: env(), onProgress: (event) => events.push(event) });
    const second = await ensurePythonEnv(spec(), { env: env() });
    expect(second).toEqual(first);
    expect(first.dir).toBe(at('cache', 'python', pythonEnvFolderName(spec())));
    expect(await pipCalls()).toEqual([expect.stringMatching(/--no-deps .* tool==1\.0\.0$/)]);
    expect(events.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^Installing the tool with pip/),
    );
  });

  test('is made once when many ask at the same time', async () => {
    await fakePython();
    const made = await Promise.all([1, 2, 3].map(() => ensurePythonEnv(spec(), { env: env() })));
    expect(new Set(made.map(({ dir }) => dir)).size).toBe(1);
    expect(await pipCalls()).toHaveLength(1);
  });

  test('is made again when it is half-made', async () => {
    await fakePython();
    const { dir } = await ensurePythonEnv(spec(), { env: env() });
    await rm(path.join(dir, 'airtempo-complete.json'));
    await writeFile(path.join(dir, 'rest'), '');
    await ensurePythonEnv(spec(), { env: env() });
    expect(await pipCalls()).toHaveLength(2);
    expect(await readdir(dir)).not.toContain('rest');
  });

  test('is made again when its Python was replaced', async () => {
    await fakePython();
    const { python } = await ensurePythonEnv(spec(), { env: env() });
    await writeScript(python, 'echo "Python 3.12.0"');
    await ensurePythonEnv(spec(), { env: env() });
    expect(await pipCalls()).toHaveLength(2);
  });

  test('has another folder when a version changes', async () => {
    expect(pythonEnvFolderName(spec())).not.toBe(
      pythonEnvFolderName(spec({ requirements: ['tool==1.0.1'] })),
    );
  });

  test('takes the Python that AIRTEMPO_PYTHON names', async () => {
    const python = await fakePython();
    await ensurePythonEnv(spec(), { env: env({ PATH: '/nowhere', AIRTEMPO_PYTHON: python }) });
    expect(await pipCalls()).toHaveLength(1);
  });
});

describe('an environment that cannot be made', () => {
  const make = (changes: Record<string, string> = {}) => ensurePythonEnv(spec(), { env: env(changes) });

  test('names the Python that is missing, and how to get it', async () => {
    await expect(make()).rejects.toMatchObject({
      code: 'BINARY_NOT_FOUND',
      message: expect.stringMatching(/the tool needs Python 3\.10 .* not on PATH.*python3-venv/),
    });
    await expect(make({ AIRTEMPO_PYTHON: at('none') })).rejects.toThrow(/AIRTEMPO_PYTHON is .*none/);
  });

  test('refuses a Python that is too old', async () => {
    await fakePython('3.8.10');
    await expect(make()).rejects.toThrow(/is version 3\.8\.10, older than 3\.10/);
  });

  test('shows what pip said, and is tried again the next time', async () => {
    await fakePython('3.11.2', 'echo "no such version"; exit 1');
    await expect(make()).rejects.toThrow(/could not be installed.*package index[^]*no such version/);
    await fakePython();
    await make();
    expect(await pipCalls()).toHaveLength(2);
  });

  test('names the package of Debian when the module venv is missing', async () => {
    await writeScript(
      at('path', 'python3'),
      `if [ "$1" = --version ]; then echo "Python 3.11.2"; exit 0; fi`,
      'echo "The virtual environment was not created successfully because ensurepip is not available."; exit 1',
    );
    await expect(make()).rejects.toThrow(/apt-get install python3-venv/);
  });

  test('refuses a version that is not exact', async () => {
    await expect(ensurePythonEnv(spec({ requirements: ['tool>=1'] }), { env: env() })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('"tool>=1"'),
    });
  });
});

test('a requirements file is read without its comments', () => {
  expect(parseRequirements('# all\na==1\n\n  b==2  # why\n')).toEqual(['a==1', 'b==2']);
});
