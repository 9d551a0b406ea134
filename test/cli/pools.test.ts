/** airtempo.config.ts and its pools, as the command line uses them. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createCliProject, type CliProject } from '../support/cli.js';
import { finishRun, until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const ID = randomUUID().slice(0, 8);
const POOL = `redshift-${ID}`;
const TASK_QUEUE = `pools-${ID}`;
const CONFIG = `
import { defineConfig } from ${JSON.stringify(API)};
export default defineConfig({ pools: { '${POOL}': { slots: 2, description: 'the cluster' }, spare: { slots: 1 } } });
`;
const DAGS = `
import { dag } from ${JSON.stringify(API)};
export const loads = dag('loads', {}, ({ task }) => {
  task('load', () => 1, {}, { pool: '${POOL}' });
  task('free', () => 1);
});
`;
const UNDECLARED = DAGS.replace("'loads'", "'strays'").replace(`'${POOL}'`, `'${POOL}x'`);

let project: CliProject;
beforeAll(async () => {
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: TASK_QUEUE,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await writeFile(path.join(project.dir, 'dags', 'loads.ts'), DAGS);
  await writeFile(path.join(project.dir, 'strays.ts'), UNDECLARED);
});
beforeEach(() => writeFile(path.join(project.dir, 'airtempo.config.ts'), CONFIG));
afterAll(() => project.remove());

interface Problem {
  readonly code: string;
  readonly place: string;
  readonly message: string;
}

async function problemsOf(...args: readonly string[]): Promise<readonly Problem[]> {
  const { stdout } = await project.run(['dags', 'validate', '--json', ...args]);
  return (JSON.parse(stdout) as { problems: Problem[] }).problems;
}

describe('pools', () => {
  test('are listed with their slots and the tasks that name them', async () => {
    const { stdout } = await project.run(['pools', 'list', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      file: expect.stringMatching(/airtempo\.config\.ts$/),
      pools: [
        { name: POOL, slots: 2, tasks: ['loads.load'], description: 'the cluster' },
        { name: 'spare', slots: 1, tasks: [] },
      ],
    });
    expect((await project.run(['pools', 'list'])).stdout).toMatch(new RegExp(`${POOL} +2 +1 +the cluster`));
  });

  test('that are declared pass validation, others do not', async () => {
    expect(await problemsOf()).toEqual([]);
    expect(await problemsOf('--dags', 'strays.ts')).toEqual([
      {
        code: 'UNKNOWN_POOL',
        place: 'DAG strays, task load',
        message: expect.stringContaining(`Did you mean "${POOL}"?`),
      },
    ]);
    const listed = await project.run(['pools', 'list', '--dags', 'strays.ts']);
    expect(listed.stderr).toContain(`names the pool "${POOL}x"`);
  });

  test('fail validation with the fix when there is no configuration file', async () => {
    await rm(path.join(project.dir, 'airtempo.config.ts'));
    expect(await problemsOf()).toEqual([
      expect.objectContaining({
        code: 'UNKNOWN_POOL',
        message: expect.stringContaining('defineConfig({ pools:'),
      }),
    ]);
    expect((await project.run(['pools', 'list'])).stderr).toContain('There is no airtempo.config.ts here');
  });

  test('of a file that is wrong are not guessed at', async () => {
    await writeFile(
      path.join(project.dir, 'airtempo.config.ts'),
      'export default { pools: { a: { slot: 1 } } };',
    );
    const refused = await project.run(['pools', 'list']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('Did you mean "slots"?') });
    await writeFile(path.join(project.dir, 'airtempo.config.ts'), 'export const pools = {};');
    expect((await project.run(['dags', 'validate'])).stderr).toContain('has no default export');
  });

  test('come from the file that AIRTEMPO_CONFIG names, which must exist', async () => {
    await writeFile(
      path.join(project.dir, 'other.mjs'),
      'export default { pools: { other: { slots: 9 } } };',
    );
    const named = await createCliProject({
      AIRTEMPO_LOAD_EXAMPLES: 'false',
      AIRTEMPO_CONFIG: path.join(project.dir, 'other.mjs'),
    });
    const missing = await createCliProject({ AIRTEMPO_CONFIG: 'nowhere.ts' });
    try {
      const { stdout } = await named.run(['pools', 'list', '--json']);
      expect(JSON.parse(stdout)).toMatchObject({ pools: [{ name: 'other', slots: 9 }] });
      expect((await missing.run(['pools', 'list'])).stderr).toMatch(
        /INVALID_CONFIG: AIRTEMPO_CONFIG names .*nowhere\.ts/,
      );
    } finally {
      await named.remove();
      await missing.remove();
    }
  });
});

describe('a worker', () => {
  async function slotsOf(...args: readonly string[]): Promise<unknown> {
    const worker = project.start(['worker', ...args]);
    await until(() => worker.output().includes('worker started'));
    const line = worker.output().split('\n').find((text) => text.includes('worker started')); // prettier-ignore
    worker.child.kill('SIGTERM');
    await worker.ended;
    return (JSON.parse(line ?? '{}') as { pools?: unknown }).pools;
  }

  test.each<[string, readonly string[], Readonly<Record<string, number>>]>([
    ['takes slots from the configuration', ['--pool', POOL], { [POOL]: 2 }],
    ['takes them from the argument', ['--pool', `${POOL}=4`], { [POOL]: 4 }],
    ['takes them from --slots', ['--pools-only', '--pool', POOL, '--slots', '4'], { [POOL]: 4 }],
    ['serves all pools', ['--all-pools', '--pool', `${POOL}=7`], { [POOL]: 7, spare: 1 }],
  ])('%s', async (_, args, pools) => {
    expect(await slotsOf(...args)).toEqual(pools);
  });

  test.each<[string, readonly string[], string]>([
    ['a pool of unknown size', ['--pool', 'spar'], 'Did you mean "spare"?'],
    ['a pool that is the queue of runs', ['--pool', `${TASK_QUEUE}=1`], 'called like the task queue of runs'],
    ['--pools-only without a pool', ['--pools-only'], 'With --pools-only name a pool'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await project.run(['worker', ...args]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });

  test('of a pool alone runs the tasks of that pool for the worker of the runs', async () => {
    const runs = project.start(['worker']);
    const pool = project.start(['worker', '--pools-only', '--pool', POOL, '--slots', '4']);
    await until(() => runs.output().includes('worker started') && pool.output().includes('worker started'));
    const connection = await Connection.connect({ address: testStack.temporalAddress() });
    try {
      const { workflow } = new Client({ connection });
      const handle = await workflow.start('loads', { taskQueue: TASK_QUEUE, workflowId: `loads-${ID}` });
      expect(await finishRun(handle)).toMatchObject({ states: { load: 'success', free: 'success' } });
    } finally {
      await connection.close();
      for (const worker of [runs, pool]) worker.child.kill('SIGTERM');
      await Promise.all([runs.ended, pool.ended]);
    }
    expect(pool.output()).toContain('"taskId":"load"');
    expect(pool.output()).not.toContain('"taskId":"free"');
  });
});
