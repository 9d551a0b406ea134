/** The package as a stranger gets it: packed, judged, installed into an empty project, and used there. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../support/engine.js';
import { createScratchFolder } from '../support/scratch.js';

const ROOT = path.join(import.meta.dirname, '../..');
const run = promisify(execFile);
const tool = (name: string): string => path.join(ROOT, 'node_modules/.bin', name);

let scratch: { dir: string; remove: () => Promise<void> };
let tarball: string;
let project: string;
beforeAll(async () => {
  scratch = await createScratchFolder();
  const npm = ['pack', '--ignore-scripts', '--json', '--pack-destination', scratch.dir];
  await run('npm', npm, { cwd: ROOT, maxBuffer: 2 ** 25 });
  const [name = ''] = (await readdir(scratch.dir)).filter((file) => file.endsWith('.tgz'));
  tarball = path.join(scratch.dir, name);
  project = path.join(scratch.dir, 'project');
  await mkdir(project);
});
afterAll(() => scratch.remove());

test('publint and attw find nothing wrong', async () => {
  await run(tool('publint'), ['run', tarball, '--strict']);
  await run(tool('attw'), [tarball, '--profile', 'esm-only']);
});

test('it holds what it needs and nothing else', async () => {
  const { stdout } = await run('tar', ['-tzf', tarball], { maxBuffer: 2 ** 25 });
  const files = stdout.trimEnd().split('\n');
  const folders = new Set(files.map((file) => file.split('/')[1]));
  expect([...folders].toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'local',
    'package.json',
    'spark',
    'sql',
    'template',
  ]);
  expect(files.filter((file) => /\.test\.|\/test\/|\.env|credentials\.json/.test(file))).toEqual([]);
});

test('a project begins with "airtempo init", and its first DAG runs', async () => {
  const env = createEnv();
  const options = { cwd: project, env, maxBuffer: 2 ** 25 };
  await writeFile(path.join(project, 'package.json'), '{"name":"project","private":true}');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], options);
  const airtempo = async (...args: string[]): Promise<string> =>
    (await run('npx', ['--no-install', 'airtempo', ...args], options)).stdout;

  const made = JSON.parse(await airtempo('init', '--json')) as readonly { path: string; done: string }[];
  expect(made).toEqual([
    { path: 'package.json', done: 'changed' },
    { path: 'dags/first_dag.ts', done: 'made' },
    { path: '.gitignore', done: 'made' },
    { path: 'tsconfig.json', done: 'made' },
  ]);
  const again = JSON.parse(await airtempo('init', '--json')) as readonly { done: string }[];
  expect(new Set(again.map(({ done }) => done))).toEqual(new Set(['kept']));
  const manifest = JSON.parse(await readFile(path.join(project, 'package.json'), 'utf8')) as object;
  expect(manifest).toMatchObject({
    name: 'project',
    type: 'module',
    dependencies: { airtempo: expect.any(String) },
  });

  await run(tool('tsc'), ['-p', project], options); // the types that the package gives
  expect(await airtempo('dags', 'test', 'first_dag', '--logical-date', '2026-11-02')).toContain(
    'ended as success',
  );

  const dev = spawn('npx', ['--no-install', 'airtempo', 'dev'], { cwd: project, env, detached: true });
  try {
    const output = collect(dev);
    await until(() => output().includes('airtempo is running'));
    expect(await airtempo('dags', 'trigger', 'first_dag', '--watch', '--json')).toContain('"COMPLETED"');
  } finally {
    if (dev.pid !== undefined) process.kill(-dev.pid, 'SIGTERM');
    await once(dev, 'exit');
  }
}, 600_000);

/** No variable of the person who runs the tests decides what the commands find. */
function createEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(AIRTEMPO|TEMPORAL|AIRFLOW|npm)_/.test(name),
  );
  const { AIRTEMPO_CACHE } = process.env;
  return {
    ...Object.fromEntries(kept),
    ...(AIRTEMPO_CACHE === undefined ? {} : { AIRTEMPO_CACHE }),
    NO_COLOR: '1',
  };
}

function collect(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}
