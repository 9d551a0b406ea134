/** `airtempo deploy` and the switches, as a person or a pipeline uses them. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCliProject, type CliProject } from '../support/cli.js';
import { until } from '../support/engine.js';
import { testStack } from '../support/stack.js';

const API = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
const suffix = randomUUID().slice(0, 8);
const NIGHTLY = `nightly_${suffix}`;
const WEEKLY = `weekly_${suffix}`;

const source = (id: string, schedule: string): string =>
  `import { cronTrigger, dag, empty } from ${JSON.stringify(API)};\n` +
  `export default dag('${id}', { schedule: ${schedule}, startDate: '2090-01-01' }, ({ task }) => { task('done', empty); });\n`;

let project: CliProject;
const file = (name: string): string => path.join(project.dir, 'dags', name);

beforeAll(async () => {
  project = await createCliProject({
    TEMPORAL_ADDRESS: testStack.temporalAddress(),
    AIRTEMPO_LOAD_EXAMPLES: 'false',
    AIRTEMPO_TASK_QUEUE: `deploy-${suffix}`,
  });
  await writeFile(path.join(project.dir, 'package.json'), '{"type":"module"}');
  await mkdir(path.join(project.dir, 'dags'));
  await writeFile(file('nightly.ts'), source(NIGHTLY, "cronTrigger('0 2 * * *')"));
  await writeFile(file('weekly.ts'), source(WEEKLY, "cronTrigger('0 2 * * 1')"));
});
afterAll(() => project.remove());

test('deploys, says so, and has nothing to do the second time', async () => {
  const check = await project.run(['deploy', '--check']);
  expect(check).toMatchObject({ code: 1 });
  expect(check.stdout).toContain('2 of 2 would change.');
  const first = await project.run(['deploy']);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(
    new RegExp(`create +${NIGHTLY} +0 2 \\* \\* \\* UTC, paused: "airtempo dags unpause ${NIGHTLY}"`),
  );
  const second = await project.run(['deploy']);
  expect(second).toMatchObject({ code: 0 });
  expect(second.stdout).toContain('Nothing to do: 2 checked.');
  expect(await project.run(['deploy', '--check'])).toMatchObject({ code: 0 });
});

test('switches DAGs on and off, and lists which are on', async () => {
  const on = await project.run(['dags', 'unpause', NIGHTLY, WEEKLY]);
  expect(on).toMatchObject({ code: 0, stdout: `${NIGHTLY} is on\n${WEEKLY} is on\n` });
  const off = await project.run(['dags', 'pause', WEEKLY]);
  expect(off).toMatchObject({ code: 0, stdout: `${WEEKLY} is off\n` });
  const again = await project.run(['dags', 'pause', WEEKLY]);
  expect(again).toMatchObject({ code: 0, stdout: `${WEEKLY} is off, as it was\n` });
  await until(async () => {
    const { stdout } = await project.run(['dags', 'list']);
    const lines = [
      new RegExp(`${NIGHTLY} +0 2 \\* \\* \\* UTC +on +2090-01-01T02:00Z`),
      new RegExp(`${WEEKLY} +0 2 \\* \\* 1 UTC +off +2090-01-02T02:00Z`),
    ];
    return lines.every((line) => line.test(stdout));
  });
  const some = await project.run(['dags', 'pause', '--regex', `^(nightly|weekly)_${suffix}$`, '--json']);
  expect(JSON.parse(some.stdout)).toEqual([
    { dagId: NIGHTLY, state: 'off', changed: true },
    { dagId: WEEKLY, state: 'off', changed: false },
  ]);
});

test('refuses to switch what is not deployed', async () => {
  const result = await project.run(['dags', 'unpause', `${NIGHTLY}x`]);
  expect(result.code).toBe(1);
  expect(result.stderr).toContain('UNKNOWN_DAG');
  expect(result.stderr).toContain(
    'is not deployed: it has no schedule on Temporal. Run "airtempo deploy" first',
  );
});

test('lists the DAGs when Temporal does not answer, and says that it does not know which are on', async () => {
  const alone = await createCliProject({ TEMPORAL_ADDRESS: '127.0.0.1:1', AIRTEMPO_DAGS: file('') });
  try {
    const list = await alone.run(['dags', 'list']);
    expect(list.code).toBe(0);
    expect(list.stderr).toContain('which DAGs are on is not known');
    expect(list.stdout).toMatch(new RegExp(`${NIGHTLY} +0 2 \\* \\* \\* UTC +unknown`));
  } finally {
    await alone.remove();
  }
});

test('takes nothing for removed while a file cannot be loaded, and fails; shows what a DAG has become', async () => {
  await project.run(['dags', 'unpause', WEEKLY]);
  await writeFile(file('nightly.ts'), source(NIGHTLY, "cronTrigger('0 3 * * *')"));
  await writeFile(file('weekly.ts'), 'export default nonsense;\n');
  const broken = await project.run(['deploy']);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain('weekly.ts could not be loaded');
  expect(broken.stderr).toContain(`${WEEKLY}: not in the files that could be loaded`);
  expect(broken.stdout).toMatch(
    new RegExp(`update +${NIGHTLY} +schedule: 0 2 \\* \\* \\* UTC → 0 3 \\* \\* \\* UTC`),
  );
  expect(broken.stdout).toContain('times: 0 0 2 * * * * → none');
  await writeFile(file('nightly.ts'), source(NIGHTLY, "cronTrigger('0 4 * * *')"));
  const stale = await project.run(['dags', 'unpause', NIGHTLY]);
  expect(stale.stderr).toContain(`DAG ${NIGHTLY} has changed since it was deployed. Run "airtempo deploy"`);
  await project.run(['dags', 'pause', NIGHTLY]);
  await writeFile(file('nightly.ts'), source(NIGHTLY, "cronTrigger('0 3 * * *')"));
});

test('pauses what is gone; single files say nothing about the others; an empty folder is refused', async () => {
  await rm(file('weekly.ts'));
  const single = await project.run(['deploy', '--dags', file('nightly.ts')]);
  expect(single).toMatchObject({ code: 0 });
  expect(single.stdout).not.toContain(WEEKLY);
  const dry = await project.run(['deploy', '--dry-run', '--json']);
  expect(JSON.parse(dry.stdout)).toMatchObject({
    dryRun: true,
    steps: [
      { dagId: NIGHTLY, action: 'unchanged', paused: true },
      { dagId: WEEKLY, action: 'pause', reason: 'removed' },
    ],
  });
  const result = await project.run(['deploy']);
  expect(result).toMatchObject({ code: 0 });
  expect(result.stdout).toMatch(new RegExp(`pause +${WEEKLY} +its DAG is gone`));
  await rm(file('nightly.ts'));
  const empty = await project.run(['deploy']);
  expect(empty.code).toBe(1);
  expect(empty.stderr).toContain('No DAG could be loaded');
});
